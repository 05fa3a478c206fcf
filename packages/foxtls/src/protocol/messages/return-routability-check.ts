/**
 * return_routability_check (RFC 9853): by which an end sees that its peer can be reached at the address that its records come from now.
 *
 * ```
 * enum { path_challenge(0), path_response(1), path_drop(2), (255) } rrc_msg_type;
 * struct {
 *     rrc_msg_type msg_type;
 *     select (return_routability_check.msg_type) {
 *         case path_challenge: Cookie;
 *         case path_response:  Cookie;
 *         case path_drop:      Cookie;
 *     };
 * } return_routability_check;            // Cookie: 8 bytes that nobody can guess
 * ```
 * A content of its own, no handshake message: it may be lost. path_drop is a peer's word that it has left the path of the challenge.
 */

import { concat } from '../../core/bytes/bytes.ts';

export type PathMessageType = 'path_challenge' | 'path_response' | 'path_drop';

export interface PathMessage {
  readonly type: PathMessageType;
  readonly cookie: Uint8Array;
}

export const PATH_COOKIE_SIZE = 8;

const TYPES: readonly PathMessageType[] = ['path_challenge', 'path_response', 'path_drop'];

/** Undefined for what cannot be read, and for types that are not known: both are dropped. */
export function readPathMessage(content: Uint8Array): PathMessage | undefined {
  const type = TYPES[content[0] ?? TYPES.length];
  return type === undefined || content.length !== 1 + PATH_COOKIE_SIZE ? undefined : { type, cookie: content.slice(1) };
}

export function writePathMessage({ type, cookie }: PathMessage): Uint8Array {
  return concat(Uint8Array.of(TYPES.indexOf(type)), cookie);
}
