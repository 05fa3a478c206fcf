/**
 * What a line that somebody typed asks for.
 *
 * ```
 * list             who is there
 * #<id><text>      to one alone; a space after the id is not part of the text
 * quit             the end
 * anything else    to all
 * ```
 * Ids have as many digits as they need: a text that begins with a digit takes the space. The tutorial's have one digit.
 */

export type Order =
  | { readonly kind: 'list' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'private'; readonly to: number; readonly text: string }
  | { readonly kind: 'public'; readonly text: string }
  /** A private line without an id, or without a text. */
  | { readonly kind: 'unclear'; readonly why: string };

const PRIVATE = /^#(\d{1,9})(?: |(?!\d))(.*)$/s;
/** On the wire the tutorial's text keeps its space. */
const CLASSIC_PRIVATE = /^#(\d)(.*)$/s;

/** `text` is clean. `isClassic`: one digit an id, and every byte behind it text. */
export function readOrder(text: string, isClassic = false): Order {
  const word = text.trim();
  if (word === 'list') return { kind: 'list' };
  if (word === 'quit') return { kind: 'quit' };
  if (!text.startsWith('#')) return { kind: 'public', text };
  const [, id, rest = ''] = (isClassic ? CLASSIC_PRIVATE : PRIVATE).exec(text) ?? [];
  if (id === undefined) return { kind: 'unclear', why: 'a private line is #, an id and a text: list shows the ids' };
  if (rest.trim() === '') return { kind: 'unclear', why: `what should client ${id} be told?` };
  return { kind: 'private', to: Number(id), text: rest };
}

/** Which connection of the two a line takes where public lines go in clear. */
export function takesTls(line: string): boolean {
  return line.startsWith('list') || line.startsWith('#');
}
