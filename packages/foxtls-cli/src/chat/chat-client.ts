/**
 * A person in a chat: a name, then lines both ways, at the first server that can be reached. Where several servers make one room, the next one
 * takes over when a connection is lost, and the person stays who he was.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import { formatAddress, type Target } from '../network/addresses.ts';
import { ChatConnection, type ChatConnectionOptions, type Entered } from './chat-connection.ts';
import { Pace } from './pace.ts';
import type { ChatView } from './view.ts';
import { NameRefused } from './words.ts';

export interface ChatClientOptions {
  readonly targets: readonly Target[];
  readonly connection: Omit<ChatConnectionOptions, 'target'>;
  readonly report: Report;
  /** For how long to look for a server, once one was lost. */
  readonly seconds: number;
}

/** Milliseconds between rounds of servers that do not answer. */
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
/** Milliseconds to wait for the server's last words after ours. */
const FAREWELL = 2000;
/** Milliseconds: the name may still belong to who we were at the server that was lost. */
const NAME_PATIENCE = 15_000;

export class ChatClient {
  readonly #options: ChatClientOptions;
  #name = '';
  #entered: Entered | undefined;
  #connection: ChatConnection | undefined;
  #target: Target;
  #isOver = false;
  readonly #pace = new Pace(() => performance.now());
  /** While we look for another server, what is typed waits. */
  #moved: Promise<void> = Promise.resolve();

  constructor(options: ChatClientOptions) {
    this.#options = options;
    this.#target = options.targets[0] as Target;
  }

  get name(): string {
    return this.#name;
  }

  get isInClear(): boolean {
    return this.#entered?.isInClear ?? false;
  }

  /** Connects to the first server that answers. Throws `CommandFailure`. */
  async connect(): Promise<void> {
    this.#connection = await this.#openAny();
  }

  /** Enters the room. Throws `NameRefused` when it has to be by another name, and `CommandFailure`. */
  async enter(name: string): Promise<void> {
    const isAnother = this.#name !== '';
    this.#name = name;
    for (let tries = 1; ; tries++) {
      const connection = this.#connection as ChatConnection;
      try {
        this.#entered = isAnother && tries === 1 ? await connection.rename(name) : await connection.enter(name, undefined);
        return;
      } catch (error) {
        if (error instanceof NameRefused || tries >= this.#options.targets.length || this.#isOver) throw error;
        // Where this one is lost meanwhile, there is another.
        connection.destroy();
        this.#connection = await this.#openAny(this.#target);
      }
    }
  }

  /** Until somebody ends it. Throws `CommandFailure` when it was not us, and no server takes over. */
  async talk(view: ChatView): Promise<void> {
    const typing = this.#readInput(view);
    typing.catch(() => {});
    try {
      for (;;) {
        const failure = await this.#listen(view);
        if (this.#isOver) return;
        if (failure instanceof NameRefused) throw new CommandFailure(`the server has let us go: ${failure.message}`);
        if (this.#options.targets.length < 2) {
          if (failure === undefined) return;
          throw failure;
        }
        const moving = this.#moveOn(view, failure);
        this.#moved = moving.catch(() => {});
        await moving;
        if (this.#isOver) return;
      }
    } finally {
      this.close();
    }
  }

  /** Says `quit`, and goes when the server has heard it. */
  async quit(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    await connection.send('quit');
    connection.end();
    const timer = setTimeout(() => connection.destroy(), FAREWELL);
    connection.socket.once('close', () => clearTimeout(timer));
  }

  /** Leaves nothing open. */
  close(): void {
    this.#isOver = true;
    this.#connection?.destroy();
  }

  /** Resolves with what went wrong, if something did. */
  async #listen(view: ChatView): Promise<Error | undefined> {
    try {
      await this.#connection?.listen((who, text) => view.say(who, text));
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  async #readInput(view: ChatView): Promise<void> {
    for (let line = await view.next(); line !== undefined; line = await view.next()) {
      if (line.trim() === '') continue;
      view.echo(this.#name, line);
      if (line.trim() === 'quit') break;
      await this.#moved;
      // As fast as a server reads it: what waits there would keep our signs of life waiting, too.
      const wait = this.#pace.take();
      if (wait > 0) await pause(wait);
      await this.#connection?.send(line);
    }
    await this.quit();
  }

  // ---- Servers ----

  /** The first that answers. Throws what the last one failed of. */
  async #openAny(after?: Target): Promise<ChatConnection> {
    const { targets, connection, report } = this.#options;
    const start = after === undefined ? 0 : targets.indexOf(after) + 1;
    let failure: unknown;
    for (let i = 0; i < targets.length && !this.#isOver; i++) {
      const target = targets[(start + i) % targets.length] as Target;
      try {
        const opened = await ChatConnection.open({ ...connection, target });
        this.#target = target;
        return opened;
      } catch (error) {
        report.explain(describeFailure(error));
        failure = error;
      }
    }
    throw failure;
  }

  /** To another server of the room, as who we were. */
  async #moveOn(view: ChatView, failure: Error | undefined): Promise<void> {
    const { seconds } = this.#options;
    const lost = formatAddress(this.#target);
    const facts = { event: 'lost', server: lost, ...(failure && { why: failure.message }) };
    view.note(`[System] The connection to ${lost} is lost`, facts);
    this.#connection?.destroy();
    const begin = performance.now();
    let last: unknown = failure;
    for (
      let wait = FIRST_WAIT;
      performance.now() - begin < seconds * 1000 && !this.#isOver;
      wait = Math.min(2 * wait, LONGEST_WAIT)
    ) {
      try {
        const connection = await this.#openAny(this.#target);
        this.#connection = connection;
        this.#entered = await this.#enterAgain(connection);
        const server = formatAddress(this.#target);
        view.note(`[System] Connected to ${server}`, { event: 'connected', server });
        return;
      } catch (error) {
        last = error;
        this.#connection?.destroy();
        if (error instanceof NameRefused && performance.now() - begin > NAME_PATIENCE) break;
      }
      await pause(wait);
    }
    if (!this.#isOver) throw new CommandFailure(`no server takes over: ${describeFailure(last)}`);
  }

  #enterAgain(connection: ChatConnection): Promise<Entered> {
    return connection.enter(this.#name, this.#entered?.token);
  }
}
