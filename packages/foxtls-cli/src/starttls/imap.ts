/** IMAP (RFC 9051 §6.2.1): the tagged OK to STARTTLS is the go-ahead. */

import { type Dialogue, quoted, readLine, readLinesTo, StartTlsFailure, sendLine } from './dialogue.ts';

export function* imapDialogue(): Dialogue {
  const greeting = yield* readLine();
  if (!/^\* OK\b/i.test(greeting)) {
    throw new StartTlsFailure(`${JSON.stringify(quoted(greeting))} is no greeting of an IMAP server that lets us in`);
  }
  const answer = yield* command('a1', 'CAPABILITY');
  if (!answer.some((line) => /^\* CAPABILITY .*\bSTARTTLS\b/i.test(line))) {
    throw new StartTlsFailure('the server does not offer STARTTLS');
  }
  yield* command('a2', 'STARTTLS');
}

function* command(tag: string, name: string): Dialogue<string[]> {
  yield* sendLine(`${tag} ${name}`);
  const lines = yield* readLinesTo((line) => !line.startsWith('* '));
  const last = lines.at(-1) as string;
  if (new RegExp(`^${tag} OK\\b`, 'i').test(last)) return lines;
  throw new StartTlsFailure(`${name} was answered with ${JSON.stringify(quoted(last))}`);
}
