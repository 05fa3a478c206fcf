/**
 * A client's connection to a chat server: one of TLS, and where public lines go in clear a plain one beside it, which is there before the
 * handshake begins, as in the tutorial.
 */

import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'foxtls/tls';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import { formatAddress } from '../network/addresses.ts';
import { connectTcp } from '../network/tcp.ts';
import { takesTls } from './orders.ts';
import { type PlainConnection, plainByLines, plainByReads } from './plain-connection.ts';
import { type ConnectOptions, secureTransport } from './secure-connection.ts';
import {
  cutClassic,
  IN_CLEAR,
  PING,
  PING_EVERY,
  PLAIN,
  PROTOCOL,
  REFUSED,
  RESUME,
  type Rules,
  readPublic,
  SILENCE,
  WELCOME,
  withoutRepetition,
} from './wire.ts';
import { NameRefused, readText } from './words.ts';

export interface ChatConnectionOptions extends ConnectOptions {
  readonly rules: Rules;
  readonly publicPort: number;
  /** Milliseconds: how often to ask for a sign of life, and how long to wait for one. */
  readonly pingEvery?: number;
  readonly silence?: number;
}

/** Who we are in the room. */
export interface Entered {
  /** Undefined under the rules of the tutorial, which do not tell. */
  readonly id?: number;
  /** Proves to another server of the room who we are. */
  readonly token?: string;
  /** Whether the server sends our public lines on in clear. */
  readonly isInClear: boolean;
}

/** Somebody's words for us: `who` as it is shown. */
export type Hear = (who: string, text: string) => void;

/** Milliseconds between two messages that nothing but time keeps apart. */
const APART = 30;

export class ChatConnection {
  readonly socket: TLSSocket;
  readonly #options: ChatConnectionOptions;
  readonly #plain: PlainConnection | undefined;
  #lastPlain = 0;
  #lastHeard = 0;
  #isRefused: string | undefined;

  /** Connects, on TCP and TLS. Throws `CommandFailure`. */
  static async open(options: ChatConnectionOptions): Promise<ChatConnection> {
    const { target, rules, publicPort } = options;
    const transport = await connectTcp(target, options);
    const sockets = [transport];
    try {
      let plain: Socket | undefined;
      if (rules !== 'all-tls') {
        plain = await connectTcp({ ...target, port: publicPort }, options);
        plain.setNoDelay(true);
        sockets.push(plain);
      }
      transport.setNoDelay(true);
      const socket = await secure(transport, options);
      return new ChatConnection(options, socket, plain);
    } catch (error) {
      for (const socket of sockets) socket.destroy();
      throw error;
    }
  }

  private constructor(options: ChatConnectionOptions, socket: TLSSocket, plain: Socket | undefined) {
    this.#options = options;
    this.socket = socket;
    // What goes wrong is found where it is read.
    socket.on('error', () => {});
    plain?.on('error', () => {});
    if (plain !== undefined) this.#plain = options.rules === 'classic' ? plainByReads(plain) : plainByLines(plain);
  }

  /** Says who we are. Throws `NameRefused`, after which another name may be tried, and `CommandFailure`. */
  async enter(name: string, token: string | undefined): Promise<Entered> {
    const { socket } = this;
    if (this.#options.rules === 'classic') {
      socket.writeRecord(name);
      return { isInClear: true };
    }
    if (token !== undefined) socket.writeRecord(`${RESUME} ${token}`);
    if (this.#plain !== undefined) socket.writeRecord(PLAIN);
    if (this.#plain === undefined) socket.writeRecord(name);
    for (;;) {
      const [who, text] = await this.#inTime(this.#readPair());
      if (who === PLAIN) {
        this.#plain?.socket.write(`${text}\n`);
        socket.writeRecord(name);
      } else if (who === REFUSED) throw new NameRefused(text);
      else if (who === WELCOME) {
        const [id = '', given = '', mark] = text.split(' ');
        return { id: Number(id), token: given, isInClear: mark === IN_CLEAR };
      }
    }
  }

  /** Another name, after one that was refused. */
  async rename(name: string): Promise<Entered> {
    this.socket.writeRecord(name);
    const [who, text] = await this.#inTime(this.#readPair());
    if (who !== WELCOME) throw new NameRefused(text);
    const [id = '', token = '', mark] = text.split(' ');
    return { id: Number(id), token, isInClear: mark === IN_CLEAR };
  }

  /**
   * Brings what others say until the connection ends. Throws `CommandFailure` when it was cut off, and `NameRefused` when the server
   * does not want us any more.
   */
  async listen(hear: Hear): Promise<void> {
    const readings = [this.#listenTls(hear)];
    if (this.#plain !== undefined) readings.push(this.#listenPlain(hear, this.#plain));
    const stopPinging = this.#ping();
    try {
      await Promise.race(readings);
    } catch (error) {
      throw new CommandFailure(`${formatAddress(this.#options.target)}: ${describeFailure(error)}`);
    } finally {
      stopPinging();
      for (const reading of readings) reading.catch(() => {});
    }
    if (this.#isRefused !== undefined) throw new NameRefused(this.#isRefused);
    if (this.socket.truncated) throw new CommandFailure(`${formatAddress(this.#options.target)}: the connection was cut off`);
  }

  /** Sends a line to where it belongs. Resolves when there is room for another. */
  async send(line: string): Promise<void> {
    const { rules } = this.#options;
    const [plain] = this.#plain === undefined || takesTls(line) ? [] : [this.#plain.socket];
    if (this.socket.destroyed || !this.socket.writable) return;
    if (plain === undefined)
      await this.#drained(this.socket, this.socket.writeRecord(rules === 'classic' ? cutClassic(line) : line));
    else if (rules === 'in-clear') await this.#drained(plain, plain.write(`${line}\n`));
    else await this.#sendClassic(plain, cutClassic(line));
  }

  /** Two messages must not arrive in one read. */
  async #sendClassic(plain: Socket, line: string): Promise<void> {
    const wait = this.#lastPlain + APART - performance.now();
    if (wait > 0) await pause(wait);
    this.#lastPlain = performance.now();
    await this.#drained(plain, plain.write(line));
  }

  async #drained(socket: Socket, hasRoom: boolean): Promise<void> {
    if (hasRoom || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'close'] as const) socket.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'close'] as const) socket.on(event, done);
    });
  }

  /** Ends our side: close_notify is sent. What the server still has to say is read by `listen`. */
  end(): void {
    this.socket.end();
    this.#plain?.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
    this.#plain?.socket.destroy();
  }

  /** Asks for signs of life, for TCP does not notice for hours that the other side is gone. Returns what ends it. */
  #ping(): () => void {
    const { rules, pingEvery = PING_EVERY, silence = SILENCE } = this.#options;
    if (rules === 'classic') return () => {};
    this.#lastHeard = performance.now();
    const timer = setInterval(() => {
      const { socket } = this;
      if (performance.now() - this.#lastHeard > silence)
        socket.destroy(new Error(`the server was not heard for ${silence / 1000} s`));
      else if (socket.writable) socket.writeRecord(PING);
    }, pingEvery);
    return () => clearInterval(timer);
  }

  async #listenTls(hear: Hear): Promise<void> {
    for (;;) {
      const pair = await this.#readPairOrEnd();
      if (pair === undefined) return;
      this.#lastHeard = performance.now();
      const [who, text] = pair;
      if (who === REFUSED) this.#isRefused = text;
      else if (!who.startsWith('@')) hear(who, who.startsWith('private-') ? text.replace(/^ /, '') : text);
    }
  }

  async #listenPlain(hear: Hear, { messages }: PlainConnection): Promise<void> {
    const isClassic = this.#options.rules === 'classic';
    for await (const message of messages) {
      const { name, text } = readPublic(isClassic ? withoutRepetition(message) : message);
      hear(name, text);
    }
  }

  async #readPair(): Promise<readonly [who: string, text: string]> {
    const pair = await this.#readPairOrEnd();
    if (pair === undefined) throw new CommandFailure('the server has closed the connection');
    return pair;
  }

  async #readPairOrEnd(): Promise<readonly [who: string, text: string] | undefined> {
    const who = await this.socket.readRecord();
    const text = who && (await this.socket.readRecord());
    return text ? [readText(who), readText(text)] : undefined;
  }

  async #inTime<T>(answer: Promise<T>): Promise<T> {
    const { seconds, target } = this.#options;
    const timer = setTimeout(() => this.socket.destroy(), seconds * 1000);
    try {
      return await answer;
    } catch (error) {
      if (error instanceof NameRefused) throw error;
      throw new CommandFailure(`${formatAddress(target)} did not let us in: ${describeFailure(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function secure(transport: Socket, options: ChatConnectionOptions): Promise<TLSSocket> {
  const { target, rules } = options;
  if (rules === 'classic') return secureTransport(transport, options);
  const socket = await secureTransport(transport, { ...options, tls: { ...options.tls, ALPNProtocols: [PROTOCOL] } });
  if (socket.alpnProtocol === PROTOCOL) return socket;
  socket.destroy();
  throw new CommandFailure(`${formatAddress(target)} is no foxtls chat-server: to speak as the tutorial does, --classic`);
}
