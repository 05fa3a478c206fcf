/** SMTP (RFC 3207 §4): EHLO has to offer STARTTLS, 220 is the go-ahead. */

import { type Dialogue, StartTlsFailure, sendLine } from './dialogue.ts';
import { expectReply } from './replies.ts';

export function* smtpDialogue(): Dialogue {
  yield* expectReply('220', 'greeting');
  // A client without a name of its own gives its address (RFC 5321 §4.1.4).
  yield* sendLine('EHLO [127.0.0.1]');
  const offers = yield* expectReply('250', 'EHLO');
  if (!offers.some((line) => /^250[- ]STARTTLS\s*$/i.test(line))) throw new StartTlsFailure('the server does not offer STARTTLS');
  yield* sendLine('STARTTLS');
  yield* expectReply('220', 'STARTTLS');
}
