/**
 * The chat on its connections.
 *
 * ```
 *            client → server                              server → client
 *   TLS      records: a name first, then lines            pairs of records: who, text
 *   plain    lines                                        name`text
 * ```
 * A record is a message: who reads by records needs no lengths and no separators. The plain connection has neither records nor, under the
 * rules of the tutorial, line ends: there what one read brings is a message. Otherwise a line ends with LF.
 *
 * A client that knows more than the tutorial's asks for ALPN `foxtls-chat`, and is told more, in pairs whose `who` begins with `@`:
 *
 * ```
 *   ← @welcome  <id> <token> [in-clear]    in the room; the token proves at any server of the room who this was; others hear us in clear
 *   ← @refused  <why>                      another name may be sent, or the connection ends
 *   → @resume <token>                      before the name: whoever was given this token
 *   → @plain                               public lines are to go over a plain connection
 *   ← @plain    <token>                    which begins with this line
 *   → @ping     ← @pong  -                 every quarter of a minute: who hears nothing for long has lost the other, whatever TCP thinks
 * ```
 */

export const PROTOCOL = 'foxtls-chat';
export const WELCOME = '@welcome';
export const REFUSED = '@refused';
export const RESUME = '@resume';
export const PLAIN = '@plain';
export const IN_CLEAR = 'in-clear';
export const PING = '@ping';
export const PONG = '@pong';

/** Milliseconds between signs of life, and how long one may be missing. */
export const PING_EVERY = 15_000;
export const SILENCE = 45_000;

/** Of the plain connection. */
export const PUBLIC_PORT = 11112;

/**
 * `all-tls`: one connection. `in-clear`: public lines over a plain connection, if a client asks for it. `classic`: as the tutorial has it, byte by
 * byte: two connections, paired by address; ten clients with ids of one digit; who says `quit` stops the server.
 */
export type Rules = 'all-tls' | 'in-clear' | 'classic';

export const CLASSIC_CLIENTS = 10;
/** What the tutorial's programs have room for, in bytes. */
const CLASSIC_TEXT = 255;

const SEPARATOR = '`';

/** A public line for the plain connection. */
export function formatPublic(name: string, text: string, rules: Rules): string {
  return rules === 'classic' ? cutBytes(`${name}${SEPARATOR}${text}`, CLASSIC_TEXT) : `${name}${SEPARATOR}${text}\n`;
}

/** What came over the plain connection. Without a separator, nobody has said it. */
export function readPublic(line: string): { readonly name: string; readonly text: string } {
  const end = line.indexOf(SEPARATOR);
  return end < 0 ? { name: '', text: line } : { name: line.slice(0, end), text: line.slice(end + 1) };
}

/**
 * One line out of what the tutorial's server sends: it adds each client's copy to those of the clients before, so that the third gets the line
 * twice, and the tenth nine times.
 */
export function withoutRepetition(line: string): string {
  for (let count = 9; count > 1; count--) {
    const length = line.length / count;
    const unit = Number.isInteger(length) ? line.slice(0, length) : '';
    if (unit.includes(SEPARATOR) && unit.repeat(count) === line) return unit;
  }
  return line;
}

/** A text as the tutorial's programs can hold it. */
export function cutClassic(text: string): string {
  return cutBytes(text, CLASSIC_TEXT);
}

/** Never in the midst of a character. */
function cutBytes(text: string, max: number): string {
  if (Buffer.byteLength(text) <= max) return text;
  let cut = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > max) break;
    cut += character;
  }
  return cut;
}
