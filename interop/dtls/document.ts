/**
 * docs/interop-dtls.md: a table for each peer, of what was tried with it and what became of it.
 */

import { expect } from 'vitest';
import type { DtlsCase } from './case.ts';

export type Result = 'untried' | 'right' | 'failed';

/** Over the link that carries everything, and over the faulty one. */
export interface Outcome {
  direct: Result;
  faulty: Result;
}

export interface Section {
  /** The peer and its version. */
  readonly title: string;
  readonly outcomes: ReadonlyMap<DtlsCase, Outcome>;
}

const HEAD = `# DTLS with every peer

Written by \`npm run interop\`; \`npm run test:long\` compares it with what it sees. ✓ : a handshake in which both sides agreed on version and
on what is named, certificates were verified, and datagrams went both ways. ✓✓ : the same over a link that loses 15 % of the datagrams, doubles
15 % and delays 30 %, so that others overtake them.
`;

/** The text of a section: what is not possible says why below its table. */
export function sectionOf({ title, outcomes }: Section): string {
  const reasons: string[] = [];
  const note = (reason: string) => {
    if (!reasons.includes(reason)) reasons.push(reason);
    return `[${reasons.indexOf(reason) + 1}]`;
  };
  const rows = new Map<string, Partial<Record<'client' | 'server', string>>>();
  for (const [one, outcome] of outcomes) {
    const name = `| ${one.version} | ${one.feature}`;
    const row = rows.get(name) ?? {};
    row[one.ourRole] = cellOf(one, outcome, note);
    rows.set(name, row);
  }
  const lines = [...rows].map(([name, { client = '', server = '' }]) => `${name} | ${client} | ${server} |`);
  const notes = reasons.map((reason, index) => `${index + 1}. ${reason}`);
  return [
    `## ${title}\n`,
    '| version | what | our client | our server |\n| --- | --- | --- | --- |',
    ...lines,
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
  ].join('\n');
}

function cellOf({ lack, faultyLack }: DtlsCase, { direct, faulty }: Outcome, note: (reason: string) => string): string {
  if (lack !== undefined) return `– ${note(lack)}`;
  if (direct === 'untried') return '';
  const over = faultyLack === undefined ? marks[faulty] : ` ${note(faultyLack)}`;
  return `${marks[direct]}${over}`;
}

const marks = { untried: '', right: '✓', failed: '✗' } as const;

/** Whether all of a peer was tried: not when only some tests were asked for. */
export function isWhole({ outcomes }: Section): boolean {
  return [...outcomes].every(
    ([{ run, faultyLack }, { direct, faulty }]) =>
      run === undefined || (direct !== 'untried' && (faultyLack !== undefined || faulty !== 'untried')),
  );
}

/** The document with these sections in place of those of the same peers: what is not here, or was not tried, stays as it was. */
export function withSections(written: string, sections: readonly string[]): string {
  const known = new Map(partsOf(written).map((part) => [titleOf(part), part]));
  for (const section of sections) {
    const name = nameOf(titleOf(section));
    for (const title of known.keys()) if (nameOf(title) === name && title !== titleOf(section)) known.delete(title);
    known.set(titleOf(section), section);
  }
  return `${[HEAD, ...known.values()].map((part) => part.trim()).join('\n\n')}\n`;
}

/** Fails where a section differs from what was written about the same version of the peer. */
export function expectWritten(written: string, sections: readonly string[]): void {
  const known = new Map(partsOf(written).map((part) => [titleOf(part), part]));
  for (const section of sections) {
    const before = known.get(titleOf(section));
    if (before !== undefined) expect(section.trim()).toBe(before.trim());
  }
}

function partsOf(text: string): readonly string[] {
  return text.split(/^(?=## )/m).filter((part) => part.startsWith('## '));
}

function titleOf(section: string): string {
  return /^## (.*)/.exec(section)?.[1] ?? '';
}

/** Without the version, which comes last. */
function nameOf(title: string): string {
  return title.replace(/ [\d.]+(?: or later)?$/, '');
}
