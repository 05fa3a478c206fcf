/**
 * The `'OCSPRequest'` event of node:tls servers: who listens, staples a response to the certificate (RFC 8446 §4.4.2.1).
 */

import type { EventEmitter } from 'node:events';
import type { Eventually } from '../core/flow/flow.ts';
import { callbackFailed } from './errors.ts';

/** Finds the response for a certificate, DER; `issuer` is null when it is not known. */
export type OcspLookUp = (certificate: Uint8Array, issuer: Uint8Array | null) => Eventually<Uint8Array | undefined>;

/** Asks the listeners of a server. Without any there is no response; an error of theirs ends the connection, as in Node. */
export function askListeners(server: EventEmitter): OcspLookUp {
  return (certificate, issuer) => {
    if (server.listenerCount('OCSPRequest') === 0) return undefined;
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null, response?: Uint8Array | null) => {
        if (error) reject(callbackFailed('OCSPRequest', error));
        else resolve(response ? Uint8Array.from(response) : undefined);
      };
      try {
        server.emit('OCSPRequest', Buffer.from(certificate), issuer && Buffer.from(issuer), answer);
      } catch (thrown) {
        reject(callbackFailed('OCSPRequest', thrown));
      }
    });
  };
}
