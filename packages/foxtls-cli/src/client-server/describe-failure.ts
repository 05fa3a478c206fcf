/** What went wrong on a connection, in one line: in the words of foxtls rather than in those of OpenSSL, which its face of node:tls has. */

import { AlertReceived, TlsError } from 'foxtls';
import { describeFailure } from '../command/failure.ts';

/** What to try when the peer says so. */
const ADVICE: Readonly<Record<string, string>> = {
  certificate_required: 'it wants a certificate of us: give --cert and --key',
  handshake_failure: 'it found nothing in common, or wants a certificate: compare -v and --ciphers, give --cert and --key',
  protocol_version: 'it does not speak the version: try another -v',
  unknown_ca: 'it does not trust the authority of our certificate',
  bad_certificate: 'it does not accept our certificate',
  no_application_protocol: 'it knows none of the protocols of --alpn',
  unrecognized_name: 'it does not serve the name that --server-name asks for',
  unknown_psk_identity: 'it does not know the identity of our key: see --psk-identity',
  decrypt_error: 'a signature or a key is not what it should be: is the pre-shared key the same on both sides?',
};

export function describeTlsFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const told = cause instanceof TlsError ? cause : error;
  if (!(told instanceof AlertReceived)) return describeFailure(told);
  const { description } = told;
  const advice = ADVICE[description];
  return `the other side ended the connection with the alert ${description}${advice === undefined ? '' : `: ${advice}`}`;
}
