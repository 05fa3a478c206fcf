/** Replies of SMTP and FTP, of one or more lines (RFC 5321 §4.2.1, RFC 959 §4.2): `220-first`, anything, `220 last`. */

import { type Dialogue, quoted, readLine, readLinesTo, StartTlsFailure } from './dialogue.ts';

/** Its lines. Throws when the code is another one. */
export function* expectReply(code: string, what: string): Dialogue<string[]> {
  const first = yield* readLine();
  if (!first.startsWith(code)) {
    throw new StartTlsFailure(`${what} was answered with ${JSON.stringify(quoted(first))}, not with ${code}`);
  }
  return first[code.length] === '-' ? [first, ...(yield* readLinesTo((line) => line.startsWith(`${code} `)))] : [first];
}
