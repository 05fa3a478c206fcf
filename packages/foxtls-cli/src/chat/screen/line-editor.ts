/**
 * The line that is being typed: characters as people count them, a cursor between them, and the lines typed before. Pure: keys in, a state out.
 */

import { MAX_TEXT } from '../words.ts';

export interface EditorState {
  /** What is seen as one character each. */
  readonly characters: readonly string[];
  /** Before which of them; at the end, their number. */
  readonly cursor: number;
  /** Lines that were sent, oldest first. */
  readonly history: readonly string[];
  /** Which of them is shown; their number is the new line. */
  readonly place: number;
  /** The new line, while an older one is shown. */
  readonly draft: string;
}

/** As `readline` of Node tells of it. */
export interface Key {
  readonly name?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
  /** What was typed, if it was a character. */
  readonly text?: string | undefined;
}

const MAX_HISTORY = 200;

export const EMPTY: EditorState = { characters: [], cursor: 0, history: [], place: 0, draft: '' };

const segmenter = new Intl.Segmenter();

function split(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

export function textOf({ characters }: EditorState): string {
  return characters.join('');
}

/** The line was sent. */
export function submit(state: EditorState): EditorState {
  const line = textOf(state);
  const isNew = line.trim() !== '' && state.history.at(-1) !== line;
  const history = isNew ? [...state.history, line].slice(-MAX_HISTORY) : state.history;
  return { characters: [], cursor: 0, history, place: history.length, draft: '' };
}

/** Text at the cursor, typed or pasted: a line end within it is a space. */
export function insert(state: EditorState, text: string): EditorState {
  const clean = text.replace(/\r\n|[\r\n\t]/g, ' ').replace(/\p{Cc}/gu, '');
  const before = state.characters.slice(0, state.cursor).join('') + clean;
  const after = state.characters.slice(state.cursor).join('');
  // Joined and split again: an accent belongs to the letter before it.
  const characters = split(before + after).slice(0, MAX_TEXT);
  return { ...state, characters, cursor: Math.min(split(before).length, characters.length) };
}

export function edit(state: EditorState, key: Key): EditorState {
  const { characters, cursor, history, place } = state;
  const moved = (to: number) => ({ ...state, cursor: Math.max(0, Math.min(characters.length, to)) });
  switch (commandOf(key)) {
    case 'left':
      return moved(cursor - 1);
    case 'right':
      return moved(cursor + 1);
    case 'home':
      return moved(0);
    case 'end':
      return moved(characters.length);
    case 'wordLeft':
      return moved(wordBefore(state));
    case 'wordRight':
      return moved(wordAfter(state));
    case 'backspace':
      return without(state, cursor - 1, cursor);
    case 'delete':
      return without(state, cursor, cursor + 1);
    case 'killWord':
      return without(state, wordBefore(state), cursor);
    case 'killBefore':
      return without(state, 0, cursor);
    case 'killAfter':
      return without(state, cursor, characters.length);
    case 'up':
      return recall(state, place - 1);
    case 'down':
      return recall(state, Math.min(history.length, place + 1));
    default:
      return key.text === undefined || key.ctrl || key.meta ? state : insert(state, key.text);
  }
}

const NAMED: Readonly<Record<string, string>> = {
  left: 'left',
  right: 'right',
  home: 'home',
  end: 'end',
  up: 'up',
  down: 'down',
  backspace: 'backspace',
  delete: 'delete',
};
const CONTROLS: Readonly<Record<string, string>> = {
  a: 'home',
  e: 'end',
  b: 'left',
  f: 'right',
  p: 'up',
  n: 'down',
  h: 'backspace',
  d: 'delete',
  w: 'killWord',
  u: 'killBefore',
  k: 'killAfter',
  left: 'wordLeft',
  right: 'wordRight',
};
const METAS: Readonly<Record<string, string>> = { b: 'wordLeft', f: 'wordRight', backspace: 'killWord' };

function commandOf({ name = '', ctrl, meta }: Key): string | undefined {
  const table = ctrl ? CONTROLS : meta ? METAS : NAMED;
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function without(state: EditorState, from: number, to: number): EditorState {
  if (from < 0 || from >= to) return state;
  const characters = state.characters.toSpliced(from, to - from);
  return { ...state, characters, cursor: from };
}

function recall(state: EditorState, place: number): EditorState {
  const { history } = state;
  if (place < 0 || place === state.place) return state;
  const draft = state.place === history.length ? textOf(state) : state.draft;
  const characters = split(history[place] ?? draft);
  return { ...state, characters, cursor: characters.length, place, draft };
}

function wordBefore({ characters, cursor }: EditorState): number {
  let at = cursor;
  while (at > 0 && characters[at - 1] === ' ') at--;
  while (at > 0 && characters[at - 1] !== ' ') at--;
  return at;
}

function wordAfter({ characters, cursor }: EditorState): number {
  let at = cursor;
  while (at < characters.length && characters[at] === ' ') at++;
  while (at < characters.length && characters[at] !== ' ') at++;
  return at;
}
