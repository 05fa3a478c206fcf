/** FTP (RFC 4217 §4): 234 to AUTH TLS is the go-ahead. */

import { type Dialogue, sendLine } from './dialogue.ts';
import { expectReply } from './replies.ts';

export function* ftpDialogue(): Dialogue {
  yield* expectReply('220', 'greeting');
  yield* sendLine('AUTH TLS');
  yield* expectReply('234', 'AUTH TLS');
}
