/**
 * One client of a chat server, from its first record to its end: the name, then lines, until either connection ends.
 *
 * Invariants: whatever the client does ends this client at most; it holds no more than its queue, and who lets that grow by not reading is
 * let go; who talks too fast is read more slowly.
 */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'foxtls/tls';
import { describeFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import { type Order, readOrder } from './orders.ts';
import { Pace } from './pace.ts';
import type { TokenPairing } from './pairing.ts';
import type { PlainConnection } from './plain-connection.ts';
import type { Member, Room, Seat } from './room.ts';
import { cutClassic, formatPublic, IN_CLEAR, PING, PLAIN, PONG, PROTOCOL, REFUSED, RESUME, type Rules, WELCOME } from './wire.ts';
import { NameRefused, readName, readText } from './words.ts';

/** What all clients of a server share. */
export interface House {
  readonly room: Room;
  readonly rules: Rules;
  readonly report: Report;
  readonly tokens: TokenPairing<PlainConnection>;
  /** An id that nobody in the room has. Rejects with `NameRefused` when there is none to be had now. */
  nextId(): Promise<number>;
  /** The rules of the tutorial: whoever says `quit` stops all. */
  stop(): void;
  /** Milliseconds, after which a client that gives signs of life is taken for dead when there is none. */
  readonly silence: number;
}

/** Milliseconds until a client is in the room. */
const JOIN_PATIENCE = 10_000;
/** Bytes that wait for a client that does not read. */
const MAX_QUEUE = 256 * 1024;
/** Names that one client may try. */
const MAX_TRIES = 5;
/** Members in a list that count as one line. */
const MEMBERS_A_LINE = 50;
/** Milliseconds for the last words to get through. */
const FAREWELL = 1000;

export class ServedClient implements Seat {
  readonly #house: House;
  readonly #socket: TLSSocket;
  readonly #pace = new Pace(() => performance.now());
  #plain: PlainConnection | undefined;
  /** It was asked for. */
  #hasPlain: Promise<unknown> | undefined;
  #token = '';
  #isKnown = false;
  /** The server closes: that all leave is no news. */
  #isClosing = false;

  /** `plain` where the two were paired before. */
  constructor(house: House, socket: TLSSocket, plain?: PlainConnection) {
    this.#house = house;
    this.#socket = socket;
    this.#plain = plain;
    // What goes wrong is found where it is read.
    socket.on('error', () => {});
    plain?.socket.on('error', () => {});
  }

  /** Serves it to its end. Never rejects. */
  async run(): Promise<void> {
    const { report, rules } = this.#house;
    const timer = setTimeout(() => this.#drop(), JOIN_PATIENCE);
    let member: Member | undefined;
    try {
      member = await this.#enter();
      clearTimeout(timer);
      if (member !== undefined) await this.#talk(member);
    } catch (error) {
      if (rules === 'classic') report.say('[System] ERROR READ!!', { event: 'read-failed', why: describeFailure(error) });
      report.explain(`${member?.name ?? 'a client that had no name yet'}: ${describeFailure(error)}`);
    } finally {
      clearTimeout(timer);
      if (member !== undefined) this.#leave(member);
      await this.#end();
    }
  }

  /** Says goodbye; `run` resolves soon. */
  close(): void {
    this.#isClosing = true;
    void this.#end();
  }

  #leave({ id, name }: Member): void {
    const { room, report, rules } = this.#house;
    room.leave(id, this);
    // Who has come back by another connection has not left.
    if (rules !== 'classic' && !this.#isClosing && !room.has(id))
      report.say(`[System] Client ${name} left`, { event: 'left', id, name });
  }

  // ---- Seat ----

  hear(name: string, text: string): void {
    const { rules } = this.#house;
    if (this.#plain === undefined) this.#send(name, text);
    else this.#guarded(this.#plain.socket, (plain) => plain.write(formatPublic(name, text, rules)));
  }

  tell(who: string, text: string): void {
    this.#send(who, this.#house.rules === 'classic' ? cutClassic(text) : text);
  }

  dismiss(why: string): void {
    this.#refuse(why);
    void this.#end();
  }

  #send(who: string, text: string): void {
    this.#guarded(this.#socket, (socket) => {
      socket.writeRecord(who);
      socket.writeRecord(text);
    });
  }

  #guarded<S extends Socket>(socket: S, write: (socket: S) => void): void {
    if (socket.destroyed || !socket.writable) return;
    if (socket.writableLength > MAX_QUEUE) {
      this.#house.report.explain('a client that does not read is let go');
      this.#drop();
      return;
    }
    try {
      write(socket);
    } catch (error) {
      // It has agreed on records too small for a line.
      this.#house.report.explain(describeFailure(error));
      this.#drop();
    }
  }

  // ---- Its beginning ----

  /** Who it is; undefined when it went away, or was refused. */
  async #enter(): Promise<Member | undefined> {
    this.#isKnown = this.#socket.alpnProtocol === PROTOCOL;
    for (let tries = 0; tries < MAX_TRIES; ) {
      const record = await this.#socket.readRecord();
      if (record === null) return undefined;
      const text = readText(record);
      if (this.#isKnown && text.startsWith('@')) {
        this.#heed(text);
        tries += 0.25;
        continue;
      }
      tries++;
      try {
        await this.#hasPlain;
        return await this.#sitDown(text);
      } catch (error) {
        if (!(error instanceof NameRefused)) throw error;
        this.#refuse(error.message);
        if (!this.#isKnown) return undefined;
      }
    }
    return undefined;
  }

  /** What comes before the name. */
  #heed(text: string): void {
    const [word, token = ''] = text.split(' ');
    if (word === RESUME && /^[0-9a-f]{32}$/.test(token)) this.#token = token;
    else if (word === PLAIN && this.#house.rules === 'in-clear') this.#awaitPlain();
    else if (word === PLAIN) this.#refuse('this server has no plain connections: foxtls chat-server --public-in-clear has them');
    else this.#refuse('that is nothing this server knows');
  }

  #awaitPlain(): void {
    const { tokens } = this.#house;
    // Once: there is one plain connection.
    if (this.#hasPlain !== undefined) return;
    let token = '';
    const found = new Promise<void>((resolve) => {
      token = tokens.issue((plain) => {
        plain.socket.on('error', () => {});
        this.#plain = plain;
        resolve();
      });
    });
    const gone = once(this.#socket, 'close').finally(() => tokens.withdraw(token));
    this.#hasPlain = Promise.race([found, gone]);
    this.#hasPlain.catch(() => {});
    this.#send(PLAIN, token);
  }

  async #sitDown(given: string): Promise<Member> {
    const { room, report, rules } = this.#house;
    const name = readName(given);
    const key = this.#token === '' ? '' : keyOf(this.#token);
    const before = room.find(key);
    if (before === undefined) room.checkName(name);
    const member = before ?? { id: await this.#house.nextId(), name };
    if (this.#socket.destroyed) throw new NameRefused('it is gone');
    if (this.#isKnown && this.#token === '') this.#token = randomBytes(16).toString('hex');
    room.join(member, this, this.#token === '' ? '' : keyOf(this.#token));
    const facts = { event: 'joined', ...member };
    const who = rules === 'classic' ? '' : ` ${member.name}`;
    report.say(`[System] Client${who} connected successfully`, facts);
    if (this.#isKnown) this.#send(WELCOME, `${member.id} ${this.#token}${rules === 'in-clear' ? ` ${IN_CLEAR}` : ''}`);
    return member;
  }

  #refuse(why: string): void {
    this.#send(this.#isKnown ? REFUSED : 'Server', why);
  }

  // ---- Its lines ----

  async #talk(member: Member): Promise<void> {
    const readings = [this.#readTls(member)];
    if (this.#plain !== undefined) readings.push(this.#readPlain(member, this.#plain));
    try {
      await Promise.race(readings);
    } finally {
      for (const reading of readings) reading.catch(() => {});
    }
  }

  async #readTls(member: Member): Promise<void> {
    const { silence, report } = this.#house;
    // Others are looked after by TCP alone.
    const onSilence = () => {
      report.explain(`${member.name} was not heard for ${silence / 1000} s`);
      this.#drop();
    };
    const timer = this.#isKnown ? setTimeout(onSilence, silence) : undefined;
    try {
      for await (const record of this.#socket.records()) {
        timer?.refresh();
        const text = readText(record);
        if (this.#isKnown && text === PING) this.#send(PONG, '-');
        else if ((await this.#obey(member, text)) === 'quit') return;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async #readPlain(member: Member, { messages }: PlainConnection): Promise<void> {
    const isClassic = this.#house.rules === 'classic';
    for await (const text of messages) {
      if (isClassic ? (await this.#obeyPublic(member, text)) === 'quit' : (await this.#obey(member, text)) === 'quit') return;
    }
  }

  /** A line of the plain connection under the rules of the tutorial: `quit`, or public whatever it is. */
  async #obeyPublic(member: Member, text: string): Promise<'quit' | undefined> {
    return this.#carryOut(member, text === 'quit' ? { kind: 'quit' } : { kind: 'public', text });
  }

  async #obey(member: Member, text: string): Promise<'quit' | undefined> {
    return this.#carryOut(member, readOrder(text, this.#house.rules === 'classic'));
  }

  async #carryOut(member: Member, order: Order): Promise<'quit' | undefined> {
    const { room, report, rules } = this.#house;
    const wait = this.#pace.take(order.kind === 'list' ? 1 + room.members.length / MEMBERS_A_LINE : 1);
    if (wait > 0) await pause(wait);
    if (!room.sits(member.id, this)) return 'quit';
    switch (order.kind) {
      case 'list':
        this.tell('Server', 'Connected clients:');
        for (const { id, name } of room.members) if (id !== member.id) this.tell(String(id), name);
        return undefined;
      case 'private':
        if (!room.tell(member, order.to, order.text)) this.tell('Server', `There is no client ${order.to}`);
        return undefined;
      case 'unclear':
        this.tell('Server', order.why);
        return undefined;
      case 'public':
        if (order.text.trim() === '') return undefined;
        report.say(`[${member.name}] ${order.text}`, { event: 'public', ...member, text: order.text });
        room.say(member, order.text);
        return undefined;
      case 'quit':
        report.say(`[${member.name}] quit`, { event: 'quit', ...member });
        if (rules === 'classic') this.#house.stop();
        return 'quit';
      default:
        return order satisfies never;
    }
  }

  // ---- Its end ----

  /** Politely: close_notify, and some time for what is on its way. Resolves when both connections are closed. */
  async #end(): Promise<void> {
    const socket = this.#socket;
    this.#plain?.socket.end();
    if (!socket.destroyed) {
      socket.end();
      // Nobody reads any more: what still comes must not keep the end from being seen.
      socket.resume();
      const timer = setTimeout(() => this.#drop(), FAREWELL);
      await new Promise<void>((resolve) => socket.once('close', () => resolve()));
      clearTimeout(timer);
    }
    this.#plain?.socket.destroy();
  }

  #drop(): void {
    this.#socket.destroy();
    this.#plain?.socket.destroy();
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(`foxtls-chat ${token}`).digest('hex');
}
