/**
 * Text from strangers, made harmless for a terminal: names, comments and error messages can hold control sequences, which would move the
 * cursor, recolour or rewrite what a person reads.
 */

/** Controls (C0, C1, DEL) and the marks that turn the direction of writing. */
const HARMFUL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
/** The same, but for line ends and tabs, of text that has lines of its own. */
const HARMFUL_IN_LINES = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/** A value within a line. */
export function printable(text: string): string {
  return text.replace(HARMFUL, '.');
}

/** Lines of text. */
export function printableLines(text: string): string {
  return text.replace(HARMFUL_IN_LINES, '.');
}
