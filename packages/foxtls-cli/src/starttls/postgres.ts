/**
 * PostgreSQL (Frontend/Backend Protocol, "SSL Session Encryption"): SSLRequest, one byte of answer.
 *
 * ```
 * Int32(8) Int32(80877103)      S: TLS may begin    N: it may not    E: an error message of a server that does not know the question
 * ```
 */

import { type Dialogue, StartTlsFailure, send, take } from './dialogue.ts';

const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f);

export function* postgresDialogue(): Dialogue {
  yield* send(SSL_REQUEST);
  const [answer = 0] = yield* take(1);
  const letter = String.fromCharCode(answer);
  if (letter === 'S') return;
  if (letter === 'N') throw new StartTlsFailure('the server has TLS switched off (it answered N)');
  throw new StartTlsFailure(`SSLRequest was answered with ${JSON.stringify(letter)}, not with S or N`);
}
