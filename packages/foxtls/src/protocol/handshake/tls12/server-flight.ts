/**
 * The first flight of a server of TLS 1.2, behind its ServerHello, as a client receives it (RFC 5246 §7.3): which messages are in it depends
 * on the key exchange, and on what the hellos said.
 *
 * ```
 *   Certificate*   CertificateStatus*   ServerKeyExchange*   CertificateRequest*   ServerHelloDone
 * ```
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import type { CertificateRequest as CertificateRequestMessage } from '../../messages/tls12/certificate-request.ts';
import { CertificateStatus, ServerHelloDone, ServerKeyExchange } from '../../messages/tls12/messages.ts';
import { isAnonymous } from '../../negotiate/tls12-cipher-suites.ts';
import { type HandshakeFlow, receiveOneOf } from '../receive.ts';
import { presentedIn, receiveCertificate } from './certificate-message.ts';
import type { CheckedServerHello } from './checked-server-hello.ts';

export interface ServerFlight {
  /** The certificate and what came with it; undefined where the suite has none. */
  readonly presented: PeerPresented | undefined;
  /** The body of ServerKeyExchange, if there was one. */
  readonly keyExchange: Uint8Array | undefined;
  readonly certificateRequest: CertificateRequestMessage | undefined;
}

export function* receiveServerFlight(checked: CheckedServerHello): HandshakeFlow<ServerFlight> {
  const { agreement, signedCertificateTimestamps } = checked;
  const shown = agreement.suite.keyExchange.certificateKey === 'unused' ? undefined : yield* receiveServerCertificate(checked);
  const { ocspResponse, ...rest } = yield* receiveBehindCertificate(checked);
  const presented = shown && presentedIn(shown, { ocspResponse, signedCertificateTimestamps });
  return { presented, ...rest };
}

function* receiveServerCertificate({ agreement, kinds }: CheckedServerHello): HandshakeFlow<PeerPresented> {
  const shown = yield* receiveCertificate(agreement, kinds.server);
  if (shown === undefined) throw new PeerMisbehaved('certificate_list_empty', 'the server sent no certificate');
  return shown;
}

interface BehindCertificate {
  ocspResponse: Uint8Array | undefined;
  keyExchange: Uint8Array | undefined;
  certificateRequest: CertificateRequestMessage | undefined;
}

/** Each message at most once, in order, and none left out that has to be there. */
function* receiveBehindCertificate(checked: CheckedServerHello): HandshakeFlow<BehindCertificate> {
  const { version, transcript } = checked.agreement;
  const order = [CertificateStatus, ServerKeyExchange, version.messages.CertificateRequest, ServerHelloDone] as const;
  const found: BehindCertificate = { ocspResponse: undefined, keyExchange: undefined, certificateRequest: undefined };
  const places = placesOf(checked);
  for (let at = 0; ; ) {
    const upTo = places.findIndex((place, index) => index >= at && place === 'must');
    const kinds = order.filter((_, index) => index >= at && index <= upTo && places[index] !== 'never');
    const next = yield* receiveOneOf(kinds, transcript);
    if (next.name === 'server_hello_done') return found;
    if (next.name === 'certificate_status') found.ocspResponse = next.message;
    else if (next.name === 'server_key_exchange') found.keyExchange = next.message.body;
    else found.certificateRequest = checkMayAsk(checked, next.message);
    at = order.findIndex(({ name }) => name === next.name) + 1;
  }
}

/**
 * "It is a fatal handshake_failure alert for an anonymous server to request client authentication." (RFC 5246 §7.4.4)
 */
function checkMayAsk(
  { agreement: { suite } }: CheckedServerHello,
  request: CertificateRequestMessage,
): CertificateRequestMessage {
  if (!isAnonymous(suite)) return request;
  throw new PeerMisbehaved(
    'certificate_request_anonymous',
    `the server shows none itself, with ${suite.name}, and asks for a certificate`,
  );
}

const PLACE_OF = { always: 'must', sometimes: 'may', never: 'never' } as const;

/** Whether each of the messages, in their order, must, may or may not be there. */
function placesOf({ agreement, statusMayFollow }: CheckedServerHello): readonly ('must' | 'may' | 'never')[] {
  const { certificateKey, usesPreSharedKey, serverKeyExchange } = agreement.suite.keyExchange;
  const hasCertificate = certificateKey !== 'unused';
  return [
    hasCertificate && statusMayFollow ? 'may' : 'never',
    PLACE_OF[serverKeyExchange],
    // With a pre-shared key the client proves itself by that (RFC 4279 §2).
    usesPreSharedKey ? 'never' : 'may',
    'must',
  ];
}
