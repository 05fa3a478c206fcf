import { describe, expect, it } from 'vitest';
import { type Line, takeTurns, talkFreely } from './two-people.ts';
import { type ChatView, cancellable } from './view.ts';

/** A queue that is waited for. */
function queue<T>() {
  const items: (T | undefined)[] = [];
  let wake = () => {};
  return {
    put: (item: T | undefined) => {
      items.push(item);
      wake();
    },
    async take(): Promise<T | undefined> {
      while (items.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return items.shift();
    },
  };
}

function stage() {
  const typed = queue<string>();
  const arriving = queue<string>();
  const sent: string[] = [];
  const shown: string[] = [];
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const line: Line = { send: (text) => void sent.push(text), receive: arriving.take };
  const view: ChatView = {
    isScreen: false,
    say: (who, text) => void shown.push(`[${who}] ${text}`),
    echo: (who, text) => void shown.push(`[${who}] ${text}`),
    note: () => {},
    next: cancellable(typed.take),
    ended,
    hold: async () => {},
    close: () => {},
  };
  return { typed, arriving, sent, shown, end: () => end(), talk: { line, view, me: 'Luca', other: 'Server' } };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('two people in turns', () => {
  it('wait for each other', async () => {
    const { typed, arriving, sent, shown, talk } = stage();
    const ended = takeTurns(talk, false);
    typed.put('too early');
    await settle();
    expect(sent).toEqual([]);
    arriving.put('Hi Luca!');
    arriving.put('out of turn');
    await settle();
    expect(sent).toEqual(['too early']);
    expect(shown).toEqual(['[Server] Hi Luca!', '[Luca] too early', '[Server] out of turn']);
    typed.put('  ');
    typed.put(' quit ');
    expect(await ended).toBe('by-us');
    expect(sent).toEqual(['too early', 'quit']);
  });

  it('end when the other says quit', async () => {
    const { arriving, shown, talk } = stage();
    arriving.put('quit');
    expect(await takeTurns(talk, false)).toBe('by-other');
    expect(shown).toEqual(['[Server] quit']);
  });

  it('end when the other goes, whosever turn it is', async () => {
    const ours = stage();
    const ended = takeTurns(ours.talk, true);
    ours.arriving.put(undefined);
    expect(await ended).toBe('by-other');
    const theirs = stage();
    theirs.arriving.put(undefined);
    expect(await takeTurns(theirs.talk, false)).toBe('by-other');
  });

  it('end when the other says quit out of turn', async () => {
    const { arriving, shown, talk } = stage();
    const ended = takeTurns(talk, true);
    arriving.put('quit');
    expect(await ended).toBe('by-other');
    expect(shown).toEqual(['[Server] quit']);
  });

  it('end when somebody is told to stop, whosever turn it is', async () => {
    const { end, sent, talk } = stage();
    const ended = takeTurns(talk, false);
    await settle();
    end();
    expect(await ended).toBe('by-us');
    expect(sent).toEqual(['quit']);
  });

  it('end with quit when no more is typed', async () => {
    const { typed, sent, shown, talk } = stage();
    typed.put(undefined);
    expect(await takeTurns(talk, true)).toBe('by-us');
    expect([sent, shown]).toEqual([['quit'], []]);
  });
});

describe('two people at once', () => {
  it('talk as they like, and leave what was typed too late to the next', async () => {
    const first = stage();
    const ended = talkFreely(first.talk);
    first.arriving.put('one');
    first.arriving.put('two');
    first.typed.put('three');
    await settle();
    expect(first.shown.toSorted()).toEqual(['[Luca] three', '[Server] one', '[Server] two']);
    first.arriving.put('quit');
    expect(await ended).toBe('by-other');
    // The same person at the same terminal, with another one.
    const second = stage();
    const talk = { ...second.talk, view: first.talk.view };
    const again = talkFreely(talk);
    first.typed.put('for the second');
    first.typed.put('quit');
    expect(await again).toBe('by-us');
    expect(second.sent).toEqual(['for the second', 'quit']);
  });

  it('fail when the connection is cut', async () => {
    const { talk } = stage();
    const cut = { ...talk, line: { ...talk.line, receive: () => Promise.reject(new Error('reset')) } };
    await expect(talkFreely(cut)).rejects.toThrow('reset');
    await expect(takeTurns(cut, true)).rejects.toThrow('reset');
  });
});
