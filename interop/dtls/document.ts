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

/** Without a text that was written: what to write. Else compares the sections of those peers that are here, in the same version. */
export function expectWritten(sections: readonly string[], written: string | undefined): string | undefined {
  if (written === undefined) return [HEAD, ...sections].join('\n');
  const titles = (text: string): readonly string[] => text.match(/^## .*/gm) ?? [];
  const known = titles(written);
  for (const section of sections) {
    if (known.includes(titles(section)[0] ?? '')) expect(written).toContain(section);
  }
  return undefined;
}
