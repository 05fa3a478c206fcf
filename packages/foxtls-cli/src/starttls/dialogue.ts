/**
 * What is said in clear before TLS begins on a port that begins without it: a dialogue is a generator that says what it sends and what it waits for, and
 * knows no socket.
 *
 * Everything that a server can send is bounded: a line, how many lines, and all of it. What it sends behind its go-ahead is an error: somebody in
 * between could have put it there, to be taken for words of the protected connection.
 */

/** What a dialogue wants: to say something, or the next bytes up to a mark (which is given with them), or so many bytes. */
export type Step =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'until'; readonly mark: string }
  | { readonly kind: 'take'; readonly length: number };

export type Dialogue<T = void> = Generator<Step, T, Uint8Array>;

/** The server does not go on to TLS, and why. */
export class StartTlsFailure extends Error {}

/** Of one line, or whatever ends with a mark. */
const MAX_PART = 8192;
const MAX_RECEIVED = 65536;
const MAX_LINES = 200;
/** Of a server's words in an error. */
const MAX_QUOTED = 120;

/** A line of text, with CR LF behind it. */
export function* sendLine(text: string): Dialogue {
  yield { kind: 'send', bytes: Buffer.from(`${text}\r\n`) };
}

/** The next line, without its end. */
export function* readLine(): Dialogue<string> {
  return textOf(yield { kind: 'until', mark: '\n' }).replace(/\r?\n$/, '');
}

/** Lines until one is the last, which is among them. */
export function* readLinesTo(isLast: (line: string) => boolean): Dialogue<string[]> {
  const lines: string[] = [];
  while (lines.length < MAX_LINES) {
    const line = yield* readLine();
    lines.push(line);
    if (isLast(line)) return lines;
  }
  throw new StartTlsFailure(`an answer of more than ${MAX_LINES} lines`);
}

export function* send(bytes: Uint8Array): Dialogue {
  yield { kind: 'send', bytes };
}

export function* readUntil(mark: string): Dialogue<string> {
  return textOf(yield { kind: 'until', mark });
}

export function* take(length: number): Dialogue<Uint8Array> {
  return yield { kind: 'take', length };
}

/** Of a server, for an error. */
export function quoted(words: string): string {
  return words.length > MAX_QUOTED ? `${words.slice(0, MAX_QUOTED)}…` : words;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** A dialogue under way: bytes in, bytes out. */
export class Conversation {
  /** Whether TLS may begin. */
  isOver = false;
  readonly #dialogue: Dialogue;
  readonly #send: (bytes: Uint8Array) => void;
  #waiting: Buffer = Buffer.alloc(0);
  #received = 0;
  #wanted: Step | undefined;

  /** Says what the dialogue begins with, at once. */
  constructor(dialogue: Dialogue, send: (bytes: Uint8Array) => void) {
    this.#dialogue = dialogue;
    this.#send = send;
    this.#go(dialogue.next());
  }

  /** Throws `StartTlsFailure` when it leads to no TLS. */
  receive(bytes: Uint8Array): void {
    this.#received += bytes.length;
    if (this.#received > MAX_RECEIVED) throw new StartTlsFailure(`more than ${MAX_RECEIVED} bytes, and no TLS yet`);
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    while (!this.isOver) {
      const part = this.#nextPart();
      if (part === undefined) break;
      this.#go(this.#dialogue.next(part));
    }
    if (this.isOver && this.#waiting.length > 0) {
      throw new StartTlsFailure(
        `${this.#waiting.length} bytes in clear behind the go-ahead: somebody between may have put them there`,
      );
    }
  }

  /** The server has ended the connection. */
  receiveEnd(): StartTlsFailure {
    const rest = this.#waiting.length === 0 ? '' : ` after ${JSON.stringify(quoted(textOf(this.#waiting)))}`;
    return new StartTlsFailure(`the server ended the connection before TLS${rest}`);
  }

  #go(result: IteratorResult<Step, void>): void {
    let next = result;
    while (!next.done && next.value.kind === 'send') {
      this.#send(next.value.bytes);
      next = this.#dialogue.next(new Uint8Array(0));
    }
    this.isOver = next.done === true;
    this.#wanted = next.done ? undefined : next.value;
  }

  #nextPart(): Uint8Array | undefined {
    const wanted = this.#wanted;
    const end = wanted?.kind === 'until' ? this.#endOfMark(wanted.mark) : wanted?.kind === 'take' ? wanted.length : 0;
    if (end === undefined || this.#waiting.length < end) return undefined;
    const part = new Uint8Array(this.#waiting.subarray(0, end));
    this.#waiting = this.#waiting.subarray(end);
    return part;
  }

  #endOfMark(mark: string): number | undefined {
    const at = this.#waiting.indexOf(mark, 0, 'latin1');
    if ((at < 0 ? this.#waiting.length : at) > MAX_PART) {
      throw new StartTlsFailure(`${MAX_PART} bytes without ${JSON.stringify(mark)}: this is another protocol`);
    }
    return at < 0 ? undefined : at + mark.length;
  }
}
