/**
 * The screen of a chat, on the terminal of this process: drawn by ink, keys by `node:readline`. The terminal's own lines come back when it is
 * closed, whatever ends the process.
 */

import { emitKeypressEvents } from 'node:readline';
import { render } from 'ink';
import { type ChatView, cancellable } from '../view.ts';
import { drawScreen, type ScreenState, type ShownLine } from './layout.ts';
import { EMPTY, edit, insert, type Key, submit, textOf } from './line-editor.ts';

export interface ScreenOptions {
  readonly title: string;
  readonly isColoured: boolean;
}

/** Lines that can be scrolled back to. */
const MAX_LINES = 1000;
/** Lines that were sent and nobody has taken yet. */
const MAX_TYPED = 64;
/** Milliseconds between two drawings: what comes meanwhile is drawn at once. */
const FRAME = 30;
const SCROLL = 10;

/** Another screen, so that the lines before the chat come back; pasted text comes marked as such. */
const ENTER = '\x1b[?1049h\x1b[H\x1b[?2004h';
const LEAVE = '\x1b[?2004l\x1b[?1049l\x1b[?25h';

export function openScreen(options: ScreenOptions): ChatView {
  return new ChatScreen(options);
}

class ChatScreen implements ChatView {
  readonly isScreen = true;
  readonly next: ChatView['next'];
  readonly ended: Promise<void>;
  #state: ScreenState;
  #count = 0;
  #frame: NodeJS.Timeout | undefined;
  #isClosed = false;
  #hasEnded = false;
  #onEnded = () => {};
  #held: (() => void) | undefined;
  /** What is being pasted. */
  #pasted: string | undefined;
  readonly #typed: string[] = [];
  #wake = () => {};
  readonly #instance: ReturnType<typeof render>;
  readonly #onKey = (text: string | undefined, key: Key & { readonly sequence?: string }) =>
    this.#press({ ...key, text }, key.sequence ?? '');
  readonly #onResize = () => this.#draw();
  readonly #onExit = () => this.close();
  readonly #onInputEnd = () => this.#end();

  constructor({ title, isColoured }: ScreenOptions) {
    this.next = cancellable(() => this.#nextTyped());
    this.ended = new Promise((resolve) => {
      this.#onEnded = resolve;
    });
    this.#state = { title, isColoured, columns: 0, rows: 0, lines: [], scrolled: 0, editor: EMPTY };
    const { stdin, stdout } = process;
    stdout.write(ENTER);
    process.once('exit', this.#onExit);
    this.#measure();
    this.#instance = render(drawScreen(this.#state), { exitOnCtrlC: false, patchConsole: false });
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.on('keypress', this.#onKey);
    stdin.once('end', this.#onInputEnd);
    stdin.resume();
    stdout.on('resize', this.#onResize);
  }

  say(who: string, text: string): void {
    const kind = who.startsWith('private-') ? 'private' : who === 'System' || who === 'Server' ? 'system' : 'theirs';
    this.#add(`[${who}] ${text}`, kind);
  }

  echo(who: string, text: string): void {
    this.#add(`[${who}] ${text}`, 'own');
  }

  note(line: string): void {
    this.#add(line, 'system');
  }

  hold(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#add(' Press a button!!!', 'system');
    return new Promise((resolve) => {
      this.#held = resolve;
    });
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { stdin, stdout } = process;
    clearTimeout(this.#frame);
    stdout.off('resize', this.#onResize);
    stdin.off('keypress', this.#onKey);
    stdin.off('end', this.#onInputEnd);
    stdin.setRawMode(false);
    stdin.pause();
    this.#instance.unmount();
    stdout.write(LEAVE);
    process.off('exit', this.#onExit);
    this.#end();
    this.#held?.();
  }

  #add(text: string, kind: ShownLine['kind']): void {
    const { lines, scrolled } = this.#state;
    const line = { number: this.#count++, text, kind };
    // Who reads what was said before is not moved from it.
    this.#change({
      lines: [...lines, line].slice(-MAX_LINES),
      scrolled: scrolled === 0 ? 0 : Math.min(scrolled + 1, MAX_LINES - 1),
    });
  }

  // ---- Drawing ----

  #change(change: Partial<ScreenState>): void {
    this.#state = { ...this.#state, ...change };
    this.#draw();
  }

  #draw(): void {
    if (this.#isClosed || this.#frame !== undefined) return;
    this.#frame = setTimeout(() => {
      this.#frame = undefined;
      this.#measure();
      this.#instance.rerender(drawScreen(this.#state));
    }, FRAME);
  }

  #measure(): void {
    const { columns, rows } = process.stdout;
    this.#state = { ...this.#state, columns, rows };
  }

  // ---- Keys ----

  #press(key: Key, sequence: string): void {
    if (this.#held !== undefined) {
      this.#held();
      return;
    }
    if (key.name === 'paste-start') this.#pasted = '';
    else if (key.name === 'paste-end') {
      this.#change({ editor: insert(this.#state.editor, this.#pasted ?? '') });
      this.#pasted = undefined;
    } else if (this.#pasted !== undefined) this.#pasted += sequence;
    else if (key.ctrl && key.name === 'c') this.#end();
    else if (key.ctrl && key.name === 'd' && this.#state.editor.characters.length === 0) this.#end();
    else if (key.name === 'return' || key.name === 'enter') this.#submit();
    else if (key.name === 'pageup') this.#scroll(SCROLL);
    else if (key.name === 'pagedown') this.#scroll(-SCROLL);
    else this.#change({ editor: edit(this.#state.editor, key) });
  }

  #submit(): void {
    const { editor } = this.#state;
    if (this.#typed.length >= MAX_TYPED) return;
    this.#typed.push(textOf(editor));
    this.#change({ editor: submit(editor), scrolled: 0 });
    this.#wake();
  }

  #scroll(by: number): void {
    const { lines, scrolled } = this.#state;
    this.#change({ scrolled: Math.max(0, Math.min(lines.length - 1, scrolled + by)) });
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake();
    this.#onEnded();
  }

  async #nextTyped(): Promise<string | undefined> {
    while (this.#typed.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#typed.shift();
  }
}
