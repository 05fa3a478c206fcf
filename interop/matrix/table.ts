/**
 * docs/interop.md: a row for each suite of each version, a column for each peer in each role.
 */

import { cellsOf, type Row, untried } from './cells.ts';
import type { MatrixPeer } from './peer.ts';

/** A peer, and what we are to it. */
export interface Column {
  readonly peer: MatrixPeer;
  readonly ourRole: 'client' | 'server';
}

/** What became of the cells of one row with one column. */
export interface Outcome {
  readonly green: number;
  readonly failed: readonly string[];
  /** What could not be tried, with the reason. */
  readonly lacking: readonly string[];
}

export type OutcomeOf = (row: Row, column: Column) => Outcome;

export function formatTable(rows: readonly Row[], columns: readonly Column[], outcomeOf: OutcomeOf): string {
  const notes: string[] = [];
  const lines = rows.map((row) => {
    const cells = columns.map((column) => formatOutcome(column, row, outcomeOf(row, column), notes));
    return line([row.version, `\`${row.suite.name}\``, ...cells]);
  });
  const greenOf = (column: Column) => rows.reduce((sum, row) => sum + outcomeOf(row, column).green, 0);
  const triedOf = (column: Column) => rows.reduce((sum, row) => sum + outcomeOf(row, column).failed.length, greenOf(column));
  const total = (count: (column: Column) => number) => columns.reduce((sum, column) => sum + count(column), 0);
  return [
    INTRODUCTION,
    `${formatPeers(columns)} ${total(greenOf)} of ${total(triedOf)} handshakes were right.`,
    '',
    line(['', '', ...columns.map(titleOf)]),
    line(['---', '---', ...columns.map(() => '---')]),
    ...lines,
    line(['', 'all', ...columns.map((column) => `**${greenOf(column)}**`)]),
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}`),
    '',
    formatModes(rows),
    '',
  ].join('\n');
}

const INTRODUCTION = `# Every suite with every peer

Written by \`npm run interop\`; \`npm run test:long\` compares it with what it sees. Each number counts handshakes in which both sides agreed
on version, suite and resumption, every certificate was verified, and data went both ways. – : the peer has no such suite.
`;

function formatPeers(columns: readonly Column[]): string {
  const peers = [...new Set(columns.map(({ peer }) => peer))].map(({ name, version }) => `${name} ${version}`);
  return `Peers: ${peers.join(', ')}.`;
}

function titleOf({ peer, ourRole }: Column): string {
  const theirs = ourRole === 'client' ? peer.serverName : peer.clientName;
  return `our ${ourRole}, ${peer.name} ${theirs}`;
}

function formatOutcome({ peer }: Column, { suite }: Row, { green, failed, lacking }: Outcome, notes: string[]): string {
  if (!peer.has(suite)) return '–';
  const marks = [...failed, ...lacking].map((note) => {
    if (!notes.includes(note)) notes.push(note);
    return `[${notes.indexOf(note) + 1}]`;
  });
  const count = failed.length === 0 ? String(green) : `**${green} of ${green + failed.length}**`;
  return [count, ...new Set(marks)].join(' ');
}

/** What is tried of a suite, by version, and the most that there can be. */
function formatModes(rows: readonly Row[]): string {
  const ofVersions = new Map<string, Set<string>>();
  for (const row of rows) {
    const modes = ofVersions.get(row.version) ?? new Set();
    for (const { mode, key } of cellsOf(row)) modes.add(mode === 'full' ? `full (${key})` : mode);
    ofVersions.set(row.version, modes);
  }
  const lines = [...ofVersions].map(([version, modes]) => `- ${version}: ${[...modes].join(', ')}`);
  const missing = untried().map(({ name }) => `\`${name}\``);
  return [
    'What is tried, so far as it fits the suite; of what `foxtls/legacy` brings, full handshakes and tickets:',
    '',
    ...lines,
    '',
    ...(missing.length === 0 ? [] : [`Not tried, for want of what they need on this side of the tests: ${missing.join(', ')}.`]),
  ].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
