/** POP3 (RFC 2595 §4): +OK to STLS is the go-ahead. */

import { type Dialogue, quoted, readLine, readLinesTo, StartTlsFailure, sendLine } from './dialogue.ts';

export function* pop3Dialogue(): Dialogue {
  yield* expectOk('greeting');
  yield* sendLine('CAPA');
  const first = yield* readLine();
  // A server that does not know CAPA may know STLS.
  if (/^\+OK/.test(first)) {
    const offers = yield* readLinesTo((line) => line === '.');
    if (!offers.some((line) => /^STLS\s*$/i.test(line))) throw new StartTlsFailure('the server does not offer STLS');
  }
  yield* sendLine('STLS');
  yield* expectOk('STLS');
}

function* expectOk(what: string): Dialogue {
  const line = yield* readLine();
  if (!/^\+OK/.test(line)) throw new StartTlsFailure(`${what} was answered with ${JSON.stringify(quoted(line))}, not with +OK`);
}
