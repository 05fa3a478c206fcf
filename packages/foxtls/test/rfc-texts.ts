/**
 * The texts of the RFCs, read from `../shared/rfc` and never copied into the project.
 *
 * `FOXTLS_RFC_DIR` names another folder; `FOXTLS_RFC=required` turns a missing one from a skip into a failure.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SharedFolder, type Skippable, sharedOrSkip } from './folders.ts';

const RFC_TEXTS: SharedFolder = { what: 'RFC texts', name: 'rfc', setting: 'FOXTLS_RFC' };

/** The text of an RFC, without page breaks; skips the running test when it is missing. */
export function rfcOrSkip(context: Skippable, number: number): string {
  return withoutPageBreaks(readFileSync(sharedOrSkip(context, RFC_TEXTS, `rfc${number}.txt`), 'utf8'));
}

/** Every RFC text at hand, by number; skips the running test when there is none. */
export function allRfcsOrSkip(context: Skippable): ReadonlyMap<number, string> {
  const folder = sharedOrSkip(context, RFC_TEXTS, '');
  const files = readdirSync(folder).filter((name) => /^rfc\d+\.txt$/.test(name));
  return new Map(files.map((name) => [Number(name.slice(3, -4)), withoutPageBreaks(readFileSync(join(folder, name), 'utf8'))]));
}

/** A page break is a footer line, a form feed, and a header line that begins with the RFC's number. */
function withoutPageBreaks(text: string): string {
  return text.replace(/\n+[^\n]*\[Page [^\n]*\n\f\n?(RFC [^\n]*\n)?\n*/g, '\n\n');
}
