import { describe, expect, it } from 'vitest';
import { MAX_TEXT } from '../words.ts';
import { type EditorState, EMPTY, edit, insert, type Key, submit, textOf } from './line-editor.ts';

/** The line with `|` at the cursor. */
function shown({ characters, cursor }: EditorState): string {
  return characters.toSpliced(cursor, 0, '|').join('');
}

function typed(state: EditorState, ...keys: (string | Key)[]): EditorState {
  return keys.reduce<EditorState>((now, key) => edit(now, typeof key === 'string' ? { text: key, name: key } : key), state);
}

const [left, right, home, end] = ['left', 'right', 'home', 'end'].map((name) => ({ name })) as [Key, Key, Key, Key];
const [up, down, backspace, remove] = ['up', 'down', 'backspace', 'delete'].map((name) => ({ name })) as [Key, Key, Key, Key];
const control = (name: string): Key => ({ name, ctrl: true });

describe('the line that is typed', () => {
  it('has a cursor that moves', () => {
    const line = insert(EMPTY, 'hello');
    expect(shown(typed(line, left, left, 'X'))).toBe('helX|lo');
    expect(shown(typed(line, home, 'X', end, 'Y'))).toBe('XhelloY|');
    expect(shown(typed(line, right, left, left, left, left, left, left))).toBe('|hello');
  });

  it('loses characters, words and parts', () => {
    const line = insert(EMPTY, 'one two three');
    expect(shown(typed(line, backspace, left, remove))).toBe('one two thr|');
    expect(shown(typed(line, control('w')))).toBe('one two |');
    expect(shown(typed(line, control('left'), control('k')))).toBe('one two |');
    expect(shown(typed(line, control('left'), control('u')))).toBe('|three');
    expect(shown(typed(EMPTY, backspace, remove))).toBe('|');
    expect(shown(typed(line, control('a'), control('right')))).toBe('one| two three');
  });

  it('counts characters as people do', () => {
    const line = insert(EMPTY, '漢👩‍💻e\u0301');
    expect(line.characters).toHaveLength(3);
    expect(textOf(typed(line, backspace))).toBe('漢👩‍💻');
    expect(textOf(typed(line, backspace, backspace))).toBe('漢');
    // Typed piece by piece, as terminals send it.
    expect(typed(EMPTY, '👩', '\u200d', '💻').characters).toEqual(['👩‍💻']);
  });

  it('takes what is pasted as one line, without what steers a terminal', () => {
    expect(textOf(insert(EMPTY, 'a\r\nb\nc\td\x1b[31me'))).toBe('a b c d[31me');
    expect(insert(EMPTY, 'x'.repeat(3 * MAX_TEXT)).characters).toHaveLength(MAX_TEXT);
  });

  it('types nothing for keys that have no character', () => {
    expect(typed(EMPTY, { name: 'f5' }, control('x'), { name: 'x', meta: true, text: 'x' }, { name: 'escape' })).toEqual(EMPTY);
  });
});

describe('the history of lines', () => {
  const two = submit(insert(submit(insert(EMPTY, 'first')), 'second'));

  it('brings them back, and the new one that was begun', () => {
    const begun = insert(two, 'new');
    expect(textOf(typed(begun, up))).toBe('second');
    expect(textOf(typed(begun, up, up))).toBe('first');
    expect(textOf(typed(begun, up, up, up))).toBe('first');
    expect(textOf(typed(begun, up, up, down))).toBe('second');
    expect(shown(typed(begun, up, down))).toBe('new|');
    expect(textOf(typed(begun, down))).toBe('new');
  });

  it('keeps a line once that is sent twice, and no empty one', () => {
    expect(submit(submit(insert(two, 'second'))).history).toEqual(['first', 'second']);
  });
});
