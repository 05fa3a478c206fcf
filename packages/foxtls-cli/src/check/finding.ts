/** What a check finds: that something is well, worth knowing, weak, or why connections fail; then with the cause and what to do about it. */

export type Level = 'ok' | 'note' | 'warning' | 'failure';

export type Section =
  | 'connection'
  | 'versions'
  | 'suites'
  | 'groups'
  | 'handshake'
  | 'chain'
  | 'names'
  | 'trust'
  | 'revocation'
  | 'extras'
  | 'a client that verifies';

export interface Finding {
  readonly section: Section;
  readonly level: Level;
  readonly text: string;
  /** Why it is so; with warnings and failures. */
  readonly cause?: string;
  /** What to do. */
  readonly cure?: string;
}

/** A finding without a cause. */
export function found(
  section: Section,
  level: Level,
  text: string,
  why: { readonly cause?: string; readonly cure?: string } = {},
): Finding {
  return { section, level, text, ...why };
}

/** Whether a careful client connects. */
export function isWell(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== 'failure');
}
