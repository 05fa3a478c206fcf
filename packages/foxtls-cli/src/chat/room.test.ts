import { describe, expect, it } from 'vitest';
import { formatRoomMessage, Room, type RoomMessage, readRoomMessage, type Seat } from './room.ts';
import { NameRefused } from './words.ts';

/** A seat that writes down what it gets. */
function seat(): Seat & { readonly got: string[] } {
  const got: string[] = [];
  return {
    got,
    hear: (name, text) => got.push(`[${name}] ${text}`),
    tell: (who, text) => got.push(`[${who}] ${text}`),
    dismiss: (why) => got.push(`dismissed: ${why}`),
  };
}

const LUCA = { id: 0, name: 'Luca' };
const MARIA = { id: 1, name: 'Maria' };
const CARLOS = { id: 2, name: 'Carlos' };

function threeOfThem() {
  const room = new Room();
  const seats = [LUCA, MARIA, CARLOS].map((member) => {
    const one = seat();
    room.join(member, one);
    return one;
  });
  return { room, seats: seats as [ReturnType<typeof seat>, ReturnType<typeof seat>, ReturnType<typeof seat>] };
}

describe('a room', () => {
  it('brings a line to everybody else', () => {
    const { room, seats } = threeOfThem();
    room.say(LUCA, 'Hi');
    expect(seats.map(({ got }) => got)).toEqual([[], ['[Luca] Hi'], ['[Luca] Hi']]);
  });

  it('brings a private line to one', () => {
    const { room, seats } = threeOfThem();
    expect(room.tell(LUCA, 1, 'for you')).toBe(true);
    expect(seats.map(({ got }) => got)).toEqual([[], ['[private-Luca] for you'], []]);
    expect(room.tell(LUCA, 7, 'nobody')).toBe(false);
  });

  it('goes on without one who has left', () => {
    const { room, seats } = threeOfThem();
    room.leave(1, seats[1]);
    expect(room.members).toEqual([LUCA, CARLOS]);
    room.say(CARLOS, 'still here');
    expect(seats[0].got).toEqual(['[Carlos] still here']);
    expect(room.tell(CARLOS, 1, 'gone')).toBe(false);
    expect(room.freeId).toBe(1);
  });

  it('takes a seat away from nobody but who sits in it', () => {
    const { room, seats } = threeOfThem();
    room.leave(1, seats[0]);
    expect(room.members).toHaveLength(3);
  });

  it('has each name once', () => {
    const { room, seats } = threeOfThem();
    expect(() => room.join({ id: 3, name: 'LUCA' }, seat())).toThrow(new NameRefused('the name LUCA is taken'));
    room.leave(0, seats[0]);
    room.join({ id: 3, name: 'LUCA' }, seat());
    expect(room.members.map(({ name }) => name)).toEqual(['Maria', 'Carlos', 'LUCA']);
  });

  it('is full at its capacity', () => {
    const room = new Room({ capacity: 1 });
    const first = seat();
    room.join(LUCA, first);
    expect(() => room.join(MARIA, seat())).toThrow(new NameRefused('the room is full'));
    room.leave(0, first);
    room.join(MARIA, seat());
  });

  it('lets who comes back with the same secret have the seat', () => {
    const { room, seats } = threeOfThem();
    const [old, fresh] = [seat(), seat()];
    room.join({ id: 3, name: 'Dora' }, old, 'secret');
    expect(room.find('guess')).toBeUndefined();
    expect(room.find('')).toBeUndefined();
    expect(room.find('secret')).toEqual({ id: 3, name: 'Dora' });
    room.join({ id: 3, name: 'Dora' }, fresh, 'secret');
    expect(old.got).toEqual(['dismissed: you are here twice: the newer connection stays']);
    // The late end of the old connection takes nothing away.
    room.leave(3, old);
    room.tell(LUCA, 3, 'hello again');
    expect(fresh.got).toEqual(['[private-Luca] hello again']);
    expect(seats[1].got).toEqual([]);
  });
});

/** Servers on one bus, which brings everything at once, through its text. */
function federation(...names: string[]) {
  let now = 0;
  const dead = new Set<string>();
  const rooms: Record<string, Room> = {};
  for (const server of names) {
    const publish = (message: RoomMessage) => {
      if (dead.has(server)) return;
      const read = readRoomMessage(formatRoomMessage(server, message));
      if (read === undefined) throw new Error('a message of ours cannot be read');
      for (const [name, room] of Object.entries(rooms)) if (!dead.has(name)) room.receive(read.server, read.message, now);
    };
    rooms[server] = new Room({ server, publish });
  }
  return {
    room: (name: string) => rooms[name] as Room,
    kill: (name: string) => dead.add(name),
    pass(milliseconds: number) {
      for (const end = now + milliseconds; now < end; ) {
        now += 1000;
        for (const [name, room] of Object.entries(rooms)) {
          if (dead.has(name)) continue;
          if (now % 3000 === 0) room.announce();
          room.expire(now);
        }
      }
    },
  };
}

describe('a room of several servers', () => {
  it('is one room', () => {
    const { room } = federation('a', 'b');
    const [luca, maria] = [seat(), seat()];
    room('a').join(LUCA, luca);
    room('b').join(MARIA, maria);
    expect(room('a').members).toEqual([LUCA, MARIA]);
    expect(room('b').members).toEqual([LUCA, MARIA]);
    room('a').say(LUCA, 'Hi');
    expect(room('b').tell(MARIA, 0, 'for you')).toBe(true);
    expect(maria.got).toEqual(['[Luca] Hi']);
    expect(luca.got).toEqual(['[private-Maria] for you']);
    expect(() => room('b').join({ id: 5, name: 'Luca' }, seat())).toThrow(NameRefused);
    room('a').leave(0, luca);
    expect(room('b').members).toEqual([MARIA]);
  });

  it('tells a server that comes later who is there', () => {
    const { room } = federation('a', 'b', 'c');
    room('a').join(LUCA, seat());
    const late = new Room({ server: 'd', publish: (message) => room('a').receive('d', message, 0) });
    const announced: RoomMessage[] = [];
    const answering = new Room({ server: 'e', publish: (message) => announced.push(message) });
    answering.join(LUCA, seat(), 'k');
    answering.receive('d', { type: 'who' }, 0);
    expect(announced.at(-1)).toEqual({ type: 'here', members: [{ ...LUCA, key: 'k' }] });
    late.receive('e', announced.at(-1) as RoomMessage, 0);
    expect(late.members).toEqual([LUCA]);
  });

  it('forgets who was at a server that died, unless they come back', () => {
    const { room, kill, pass } = federation('a', 'b');
    const [maria, lucaAgain] = [seat(), seat()];
    room('a').join(LUCA, seat(), 'lucas secret');
    room('a').join(CARLOS, seat(), 'carlos secret');
    room('b').join(MARIA, maria);
    pass(6000);
    kill('a');
    // Luca comes back elsewhere, as who he was.
    expect(room('b').find('lucas secret')).toEqual(LUCA);
    room('b').join(LUCA, lucaAgain, 'lucas secret');
    room('b').say(LUCA, 'back');
    expect(maria.got).toEqual(['[Luca] back']);
    expect(room('b').members).toEqual([LUCA, MARIA, CARLOS]);
    pass(12_000);
    expect(room('b').members).toEqual([LUCA, MARIA]);
  });

  it('forgets who was at a server that closed sooner', () => {
    const { room, pass } = federation('a', 'b');
    const luca = seat();
    room('a').join(LUCA, luca, 'secret');
    pass(3000);
    room('a').close();
    room('a').leave(0, luca);
    expect(room('b').find('secret')).toEqual(LUCA);
    pass(6000);
    expect(room('b').members).toEqual([]);
  });

  it('takes the old seat from who moved', () => {
    const { room, pass } = federation('a', 'b');
    const old = seat();
    room('a').join(LUCA, old, 'secret');
    room('b').join(LUCA, seat(), 'secret');
    expect(old.got).toEqual(['dismissed: you are here twice: the newer connection stays']);
    pass(9000);
    expect(room('a').members).toEqual([LUCA]);
    expect(room('b').members).toEqual([LUCA]);
  });

  it('leaves a name that two take at the same time to the smaller id', () => {
    const messages: { from: string; message: RoomMessage }[] = [];
    const [a, b] = ['a', 'b'].map(
      (server) => new Room({ server, publish: (message) => messages.push({ from: server, message }) }),
    );
    const [first, second] = [seat(), seat()];
    a?.join({ id: 0, name: 'Luca' }, first);
    b?.join({ id: 1, name: 'luca' }, second);
    for (const { from, message } of messages) (from === 'a' ? b : a)?.receive(from, message, 0);
    expect(first.got).toEqual([]);
    expect(second.got).toEqual(['dismissed: the name Luca is taken']);
    expect(a?.members).toEqual([{ id: 0, name: 'Luca' }]);
    expect(b?.members).toEqual([{ id: 0, name: 'Luca' }]);
  });

  it('gives no id to a stranger who has no key to it', () => {
    const { room } = federation('a', 'b');
    const luca = seat();
    room('a').join(LUCA, luca, 'secret');
    room('a').receive('evil', { type: 'join', id: 0, name: 'Luca', key: 'other' }, 0);
    room('a').receive('evil', { type: 'leave', id: 0 }, 0);
    expect(luca.got).toEqual([]);
    expect(room('a').members).toEqual([LUCA]);
  });

  it.each([
    '',
    'null',
    '{}',
    '{"server":"a","message":null}',
    '{"server":"a","message":{"type":"join","id":-1,"name":"x","key":""}}',
    '{"server":"a","message":{"type":"join","id":1,"name":"a b","key":""}}',
    '{"server":"a","message":{"type":"here","members":7}}',
    '{"server":"a","message":{"type":"here","members":[{"id":1.5,"name":"x","key":""}]}}',
    '{"server":"","message":{"type":"who"}}',
    '{"server":"a","message":{"type":"__proto__"}}',
  ])('takes nothing from %s', (text) => {
    expect(readRoomMessage(text)).toBeUndefined();
  });

  it('cleans what comes by the bus', () => {
    const text = JSON.stringify({ server: 'a', message: { type: 'say', id: 1, name: 'Ev\x1bil', text: '\x1b[2Jgone' } });
    expect(readRoomMessage(text)?.message).toEqual({ type: 'say', id: 1, name: 'Evil', text: '[2Jgone' });
  });
});
