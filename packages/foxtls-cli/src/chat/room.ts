/**
 * The room: who is in it, and who gets what. Nothing of sockets, and nothing of time but what it is told.
 *
 * A room may be spread over several servers. Each holds the seats of its own clients, and knows those of the others by what they announce on a
 * bus, which brings each server's messages to all in their order:
 *
 * ```
 *   join  id name key      somebody sat down here; with an id that is known: moved here (the key shows that it is the same one)
 *   leave id
 *   here  members          all seats of a server: every few seconds, and whenever one asks `who`
 *   say   id name text     for everybody but id
 *   tell  to name text     for one
 *   bye                    the server closes; its clients come back elsewhere within seconds, or are gone
 * ```
 * Ids are given out once for the whole room. Invariants: names differ; nobody hears himself; a server that falls silent takes its seats with it;
 * what the bus brings is checked like anything else from outside.
 */

import { NameRefused, nameKey, readName, readText } from './words.ts';

/** Somebody in the room. */
export interface Member {
  readonly id: number;
  readonly name: string;
}

/** How a server reaches one of its clients. Must not throw. */
export interface Seat {
  /** A public line of somebody else. */
  hear(name: string, text: string): void;
  /** What is for this client alone: `who` is `Server`, `private-Luca`, an id. */
  tell(who: string, text: string): void;
  /** This client has to go. */
  dismiss(why: string): void;
}

export type RoomMessage =
  | { readonly type: 'join'; readonly id: number; readonly name: string; readonly key: string }
  | { readonly type: 'leave'; readonly id: number }
  | { readonly type: 'here'; readonly members: readonly { readonly id: number; readonly name: string; readonly key: string }[] }
  | { readonly type: 'say'; readonly id: number; readonly name: string; readonly text: string }
  | { readonly type: 'tell'; readonly to: number; readonly name: string; readonly text: string }
  | { readonly type: 'who' }
  | { readonly type: 'bye' };

export interface RoomOptions {
  /** Which of the servers this is. */
  readonly server?: string;
  /** Tells the other servers. */
  readonly publish?: (message: RoomMessage) => void;
  /** Seats that there are at this server. */
  readonly capacity?: number;
}

interface Entry extends Member {
  /** What its client can prove to know: the hash of a token. Empty where there are no tokens. */
  readonly key: string;
  readonly server: string;
  /** Only for those of this server. */
  readonly seat: Seat | undefined;
}

const DEFAULT_CAPACITY = 1000;
/** Of one server; what is beyond is not believed. */
const MAX_ANNOUNCED = 100_000;
/** Milliseconds without a word, after which a server is taken for dead. It announces itself three times in this time. */
const SILENCE = 9000;
/** Milliseconds that the clients of a server that has closed have to sit down elsewhere as who they were. */
const MOVING = 5000;
export const ANNOUNCE_EVERY = SILENCE / 3;

export class Room {
  readonly #server: string;
  readonly #publish: (message: RoomMessage) => void;
  readonly #capacity: number;
  readonly #entries = new Map<number, Entry>();
  /** Ids by what makes names the same. */
  readonly #names = new Map<string, number>();
  /** When the other servers were last heard, in milliseconds. */
  readonly #heard = new Map<string, number>();
  #seats = 0;
  #isClosed = false;

  constructor({ server = '', publish = () => {}, capacity = DEFAULT_CAPACITY }: RoomOptions = {}) {
    this.#server = server;
    this.#publish = publish;
    this.#capacity = capacity;
  }

  /** Everybody, in the order of their ids. */
  get members(): readonly Member[] {
    return [...this.#entries.values()].map(({ id, name }) => ({ id, name })).sort((a, b) => a.id - b.id);
  }

  get isFull(): boolean {
    return this.#seats >= this.#capacity;
  }

  /** The smallest id that nobody has, for rooms of one server. */
  get freeId(): number {
    let id = 0;
    while (this.#entries.has(id)) id++;
    return id;
  }

  has(id: number): boolean {
    return this.#entries.has(id);
  }

  /** Somebody who was here before, or is at another server, and knows the same secret. */
  find(key: string): Member | undefined {
    if (key === '') return undefined;
    for (const { id, name, key: theirs } of this.#entries.values()) if (theirs === key) return { id, name };
    return undefined;
  }

  /** Throws `NameRefused` when the name is somebody else's. */
  checkName(name: string): void {
    if (this.#names.has(nameKey(name))) throw new NameRefused(`the name ${name} is taken`);
  }

  /** Gives somebody a seat at this server. Who comes back by `find` keeps id and name. Throws `NameRefused`. */
  join({ id, name }: Member, seat: Seat, key = ''): void {
    if (this.isFull) throw new NameRefused('the room is full');
    const before = this.#entries.get(id);
    if (before === undefined) this.checkName(name);
    else if (key === '' || before.key !== key) throw new NameRefused(`${id} is the id of somebody else`);
    if (before !== undefined) this.#remove(before, 'you are here twice: the newer connection stays');
    this.#add({ id, name, key, server: this.#server, seat });
    this.#publish({ type: 'join', id, name, key });
  }

  /** Whoever sits in this seat is gone. Nothing happens when the seat was given up before. */
  leave(id: number, seat: Seat): void {
    const entry = this.#entries.get(id);
    if (entry?.seat !== seat) return;
    this.#remove(entry);
    if (!this.#isClosed) this.#publish({ type: 'leave', id });
  }

  /** Whether somebody is still the one in this seat. */
  sits(id: number, seat: Seat): boolean {
    return this.#entries.get(id)?.seat === seat;
  }

  /** Brings a line to everybody else. */
  say({ id, name }: Member, text: string): void {
    this.#hearAll(id, name, text);
    this.#publish({ type: 'say', id, name, text });
  }

  /** Brings a line to one; false when there is nobody of that id. */
  tell({ name }: Member, to: number, text: string): boolean {
    const entry = this.#entries.get(to);
    if (entry === undefined) return false;
    if (entry.seat !== undefined) entry.seat.tell(`private-${name}`, text);
    else this.#publish({ type: 'tell', to, name, text });
    return true;
  }

  /** Says to the other servers who sits here. */
  announce(): void {
    const own = [...this.#entries.values()].filter(({ seat }) => seat !== undefined);
    this.#publish({ type: 'here', members: own.map(({ id, name, key }) => ({ id, name, key })) });
  }

  /** Asks the others who is there, and tells them. */
  arrive(): void {
    this.#publish({ type: 'who' });
    this.announce();
  }

  /** Closes this server's part: its clients may sit down elsewhere. */
  close(): void {
    this.#isClosed = true;
    this.#publish({ type: 'bye' });
  }

  /** Forgets servers that have been silent for too long. */
  expire(now: number): void {
    for (const [server, heard] of this.#heard) if (now - heard > SILENCE) this.#forget(server);
  }

  /** What another server said. What makes no sense is dropped. */
  receive(server: string, message: RoomMessage, now: number): void {
    if (server === this.#server) return;
    this.#heard.set(server, now);
    switch (message.type) {
      case 'join':
        this.#admit(server, message);
        return;
      case 'leave': {
        const entry = this.#entries.get(message.id);
        if (entry?.server === server) this.#remove(entry);
        return;
      }
      case 'here':
        this.#replace(server, message.members);
        return;
      case 'say':
        this.#hearAll(message.id, message.name, message.text);
        return;
      case 'tell':
        this.#entries.get(message.to)?.seat?.tell(`private-${message.name}`, message.text);
        return;
      case 'who':
        this.announce();
        return;
      case 'bye':
        this.#heard.set(server, now - SILENCE + MOVING);
        return;
      default:
        message satisfies never;
    }
  }

  #hearAll(from: number, name: string, text: string): void {
    for (const { id, seat } of this.#entries.values()) if (id !== from) seat?.hear(name, text);
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    this.#names.set(nameKey(entry.name), entry.id);
    if (entry.seat !== undefined) this.#seats++;
  }

  #remove(entry: Entry, why?: string): void {
    this.#entries.delete(entry.id);
    this.#names.delete(nameKey(entry.name));
    if (entry.seat === undefined) return;
    this.#seats--;
    if (why !== undefined) entry.seat.dismiss(why);
  }

  /** Somebody sat down at another server. Of two of one name, who asked at the same time, the smaller id stays: all servers see it so. */
  #admit(server: string, { id, name, key }: { readonly id: number; readonly name: string; readonly key: string }): void {
    const before = this.#entries.get(id);
    if (before !== undefined && before.key !== key) return;
    if (before !== undefined) this.#remove(before, 'you are here twice: the newer connection stays');
    const sameName = this.#entries.get(this.#names.get(nameKey(name)) ?? -1);
    if (sameName !== undefined && sameName.id < id) return;
    if (sameName !== undefined) this.#remove(sameName, `the name ${name} is taken`);
    this.#add({ id, name, key, server, seat: undefined });
  }

  #replace(server: string, members: readonly { readonly id: number; readonly name: string; readonly key: string }[]): void {
    const ids = new Set(members.map(({ id }) => id));
    for (const entry of this.#entries.values()) if (entry.server === server && !ids.has(entry.id)) this.#remove(entry);
    for (const member of members) {
      const before = this.#entries.get(member.id);
      // Who has moved on since is at the place where he was last seen to sit down.
      if (before === undefined) this.#admit(server, member);
    }
  }

  #forget(server: string): void {
    this.#heard.delete(server);
    for (const entry of this.#entries.values()) if (entry.server === server) this.#remove(entry);
  }
}

/** What a bus brought; undefined when it is nothing of ours. */
export function readRoomMessage(text: string): { readonly server: string; readonly message: RoomMessage } | undefined {
  try {
    const { server, message } = JSON.parse(text) as { readonly server: unknown; readonly message: Record<string, unknown> };
    if (typeof server !== 'string' || server === '' || server.length > 64) return undefined;
    const read = readMessage(message);
    return read && { server, message: read };
  } catch {
    return undefined;
  }
}

export function formatRoomMessage(server: string, message: RoomMessage): string {
  return JSON.stringify({ server, message });
}

/** May throw whatever a wrong value makes it throw. */
function readMessage(message: Record<string, unknown>): RoomMessage | undefined {
  const { type } = message;
  switch (type) {
    case 'who':
    case 'bye':
      return { type };
    case 'leave':
      return { type, id: readId(message['id']) };
    case 'join':
      return { type, ...readMember(message) };
    case 'here': {
      const members = message['members'] as readonly Record<string, unknown>[];
      return members.length > MAX_ANNOUNCED ? undefined : { type, members: members.map(readMember) };
    }
    case 'say':
      return {
        type,
        id: readId(message['id']),
        name: readName(String(message['name'])),
        text: readText(String(message['text'])),
      };
    case 'tell':
      return {
        type,
        to: readId(message['to']),
        name: readName(String(message['name'])),
        text: readText(String(message['text'])),
      };
    default:
      return undefined;
  }
}

function readMember(member: Record<string, unknown>): { readonly id: number; readonly name: string; readonly key: string } {
  const key = String(member['key']);
  if (key.length > 128) throw new RangeError('a key is a hash');
  return { id: readId(member['id']), name: readName(String(member['name'])), key };
}

function readId(id: unknown): number {
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw new RangeError('an id is a whole number');
}
