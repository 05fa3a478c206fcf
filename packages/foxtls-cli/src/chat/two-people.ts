/** Two people on one connection: in turns, or as they like. */

import type { ChatView } from './view.ts';

/** What carries whole messages. */
export interface Line {
  send(text: string): void;
  /** The next message; undefined when the other has gone. Rejects when the connection was cut. */
  receive(): Promise<string | undefined>;
}

export interface Talk {
  readonly line: Line;
  readonly view: ChatView;
  /** How each is shown. */
  readonly me: string;
  readonly other: string;
}

/** Who said `quit`, or went away. */
export type Ended = 'by-us' | 'by-other';

/** One writes, then the other: a ping-pong. What comes out of turn waits for its turn. */
export async function takeTurns({ line, view, me, other }: Talk, isFirst: boolean): Promise<Ended> {
  const left = view.ended.then(() => ({ isLeft: true as const }));
  const receive = () => {
    const receiving = line.receive();
    receiving.catch(() => {});
    return receiving;
  };
  let incoming = receive();
  for (let isOurs = isFirst; ; isOurs = !isOurs) {
    if (isOurs) {
      // Whoever leaves out of turn has left.
      const text = await typed(
        view,
        incoming.then((early) => (early === 'quit' ? undefined : early)),
      );
      if (text === 'gone') {
        if ((await incoming) === 'quit') view.say(other, 'quit');
        return 'by-other';
      }
      const words = text?.text ?? 'quit';
      line.send(words);
      if (text !== undefined) view.echo(me, words);
      if (words === 'quit') return 'by-us';
    } else {
      const heard = await Promise.race([incoming, left]);
      if (typeof heard === 'object') {
        line.send('quit');
        return 'by-us';
      }
      if (heard === undefined) return 'by-other';
      view.say(other, heard);
      if (heard === 'quit') return 'by-other';
      incoming = receive();
    }
  }
}

/** Both at once. */
export async function talkFreely({ line, view, me, other }: Talk): Promise<Ended> {
  const hear = async (): Promise<undefined> => {
    for (let text = await line.receive(); text !== undefined; text = await line.receive()) {
      view.say(other, text);
      if (text === 'quit') break;
    }
  };
  const hearing = hear();
  hearing.catch(() => {});
  for (;;) {
    const text = await typed(view, hearing);
    if (text === 'gone') return 'by-other';
    const words = text?.text ?? 'quit';
    line.send(words);
    if (text !== undefined) view.echo(me, words);
    if (words === 'quit') return 'by-us';
  }
}

/**
 * A line that is worth sending; undefined at the end of input; `gone` when `incoming` says that the other went. Rejects as `incoming` does. A
 * message that came early is no reason to stop typing.
 */
async function typed(
  view: ChatView,
  incoming: Promise<string | undefined>,
): Promise<{ readonly text: string } | 'gone' | undefined> {
  const left = new AbortController();
  const gone = incoming.then((text) => {
    if (text === undefined) left.abort();
    return text === undefined ? ('gone' as const) : new Promise<never>(() => {});
  });
  try {
    for (;;) {
      const line = await Promise.race([view.next(left.signal), gone]);
      if (left.signal.aborted) return 'gone';
      if (line === undefined || line === 'gone') return line;
      const text = line.trim() === 'quit' ? 'quit' : line;
      if (text.trim() !== '') return { text };
    }
  } finally {
    left.abort();
  }
}
