/**
 * What the screen of a chat looks like, by React's elements for ink:
 *
 * ```
 * |--------------------------------foxtls chat---------------------------------|
 * [Luca] Hi
 * [private-Luca] this is for you alone
 * ┌────────────────────────────────────────────────────────────────────────────┐
 * │ > what is being typed                                                      │
 * └────────────────────────────────────────────────────────────────────────────┘
 * ```
 */

import { Box, Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { EditorState } from './line-editor.ts';

export interface ShownLine {
  /** Unique, so that React knows it again. */
  readonly number: number;
  readonly text: string;
  readonly kind: 'theirs' | 'private' | 'own' | 'system';
}

export interface ScreenState {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  readonly lines: readonly ShownLine[];
  /** How many of the last lines are below the window. */
  readonly scrolled: number;
  readonly editor: EditorState;
  readonly isColoured: boolean;
}

/** Less than this is too small. */
const MIN_ROWS = 24;
const MIN_COLUMNS = 76;

const COLOURS = { theirs: undefined, private: 'green', own: 'cyan', system: 'yellow' } as const;

export function drawScreen(state: ScreenState): ReactElement {
  const { columns, rows } = state;
  if (rows < MIN_ROWS || columns < MIN_COLUMNS) {
    const words = `The terminal is too small (${rows}×${columns}): make it ${MIN_ROWS}×${MIN_COLUMNS} at least`;
    return h(Text, { wrap: 'wrap' }, words);
  }
  // A row less than there is: ink begins each frame on an empty screen otherwise, which flickers.
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: rows - 1 },
    h(Text, { bold: state.isColoured }, titleLine(state)),
    h(
      Box,
      { flexDirection: 'column', flexGrow: 1, flexBasis: 0, justifyContent: 'flex-end', overflow: 'hidden' },
      ...shownLines(state),
    ),
    h(Box, { borderStyle: 'single', flexShrink: 0, paddingX: 1, width: columns }, typedLine(state)),
  );
}

function titleLine({ title, columns, scrolled }: ScreenState): string {
  const text = scrolled === 0 ? title : `${title} (PageDown for what is new)`;
  const left = Math.floor((columns - 2 - text.length) / 2);
  return `|${'-'.repeat(left)}${text}${'-'.repeat(columns - 2 - text.length - left)}|`;
}

function shownLines({ lines, scrolled, rows, isColoured }: ScreenState): ReactElement[] {
  const end = lines.length - scrolled;
  return lines.slice(Math.max(0, end - rows), end).map(({ number, text, kind }) => {
    const color = isColoured ? COLOURS[kind] : undefined;
    return h(Box, { key: number, flexShrink: 0 }, h(Text, { wrap: 'wrap', ...(color !== undefined && { color }) }, text));
  });
}

function typedLine({ editor: { characters, cursor } }: ScreenState): ReactElement {
  const before = characters.slice(0, cursor).join('');
  const after = characters.slice(cursor + 1).join('');
  return h(Text, { wrap: 'wrap' }, `> ${before}`, h(Text, { inverse: true }, characters[cursor] ?? ' '), after);
}
