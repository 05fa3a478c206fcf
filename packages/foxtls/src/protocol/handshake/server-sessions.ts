/**
 * What a server asks of a session before it goes on with it, and of a client before it gives it one.
 */

import { EMPTY } from '../../core/bytes/bytes.ts';
import { MAX_CARRIED_CHAIN } from '../session/ticket-state.ts';
import type { ServerConfig } from './config.ts';
import { type PeerIdentity, presentedCertificates, presentedRawPublicKey } from './peer-identity.ts';

/** Whether a full handshake under this config could have ended with this client: a ticket is no way around its demands. */
export function admits(config: ServerConfig, client: PeerIdentity): boolean {
  const { clientCertificates, verifier, lookUpPreSharedKey } = config;
  if (client.kind === 'psk') return lookUpPreSharedKey !== undefined;
  if (clientCertificates === 'none') return true;
  if (client.kind === 'anonymous') return clientCertificates !== 'require';
  const kind = client.rawPublicKey === undefined ? 'x509' : 'raw-public-key';
  if (!config.clientCertificateTypes.includes(kind)) return false;
  return client.kind === 'verified' || verifier?.acceptsUnverified === true;
}

/** Whether what the client showed fits into the state of a session. */
export function canBeCarried(client: PeerIdentity): boolean {
  const name = client.kind === 'psk' ? client.identity : EMPTY;
  const shown = [...presentedCertificates(client), presentedRawPublicKey(client) ?? EMPTY, name];
  return shown.reduce((total, { length }) => total + length, 0) <= MAX_CARRIED_CHAIN;
}
