/**
 * Programs that change a recording inside its messages: the input of the handshake targets. A byte says which recording, then each
 * edit is a byte that says which, and its operands; what is missing at the end is zero. So every string of bytes is a program, a small change
 * of it a small change of what it does, and what it does keeps lengths right unless it says otherwise.
 */

import { inner } from './inner.mjs';
import { lengthOf, TYPES } from './items.mjs';
import { seeded } from './mutate.mjs';

const { messages, tls12Messages, encode, decode } = inner;
const MAX_EDITS = 16;
const MAX_ITEMS = 64;
/** A field that is longer is not doubled. */
const MAX_REPEATED = 16384;
const KINDS = [messages, tls12Messages].flatMap((module) => Object.values(module).filter((kind) => kind?.codec !== undefined));

class Operands {
  #bytes;
  #at = 0;
  constructor(bytes) {
    this.#bytes = bytes;
  }
  get isEmpty() {
    return this.#at >= this.#bytes.length;
  }
  byte() {
    return this.#bytes[this.#at++] ?? 0;
  }
  below(limit) {
    return limit <= 256 ? this.byte() % limit : (this.byte() * 256 + this.byte()) % limit;
  }
  /** At most 255 bytes, as many as a byte says and are there. */
  some() {
    const start = this.#at + 1;
    this.#at = start + this.byte();
    return this.#bytes.slice(start, this.#at);
  }
  of(list) {
    return list[this.below(list.length)];
  }
}

/** Which recording, of `count`. */
export const recordingOf = (program, count) => (program[0] ?? 0) % count;

/** The items of a recording after the edits. `others`: what is spliced from. */
export function edited(program, items, others) {
  const operands = new Operands(program.subarray(1));
  let result = items;
  for (let edits = 0; edits < MAX_EDITS && !operands.isEmpty && result.length > 0; edits++) {
    result = EDITS[operands.of(EDIT_NAMES)](result, operands, others).slice(0, MAX_ITEMS);
  }
  return result;
}

/** A program as a machine that knows what one looks like would write it: half of its edits are of the handshake before it is protected. */
export function inventProgram(count, below) {
  const length = 1 + below(3) * 6 + below(12);
  return Uint8Array.of(below(count), ...Array.from({ length }, () => (below(2) === 0 ? below(32) : below(256))));
}

const replaced = (items, at, ...instead) => items.toSpliced(at, 1, ...instead);
const concat = (...parts) => Uint8Array.from(Buffer.concat(parts));
const inserted = (items, at, ...more) => items.toSpliced(at, 0, ...more);

/** An edit of the content of one item. */
const ofContent = (change) => (items, operands, others) => {
  const at = operands.below(items.length);
  if (items[at].content.length === 0) return items;
  const content = change(items[at], operands, others);
  return content === undefined ? items : replaced(items, at, { ...items[at], content });
};

/** An edit of a field of one handshake message. */
const ofField = (change) =>
  ofContent((item, operands, others) => {
    const field = operands.of(fieldsOf(item));
    return field && withField(item, field, change(item.content.slice(field.start, field.end), operands, others));
  });

const EDITS = {
  setByte: ofContent(({ content }, operands) => {
    return content.with(operands.below(content.length), operands.byte());
  }),
  flipBit: ofContent(({ content }, operands) => {
    const at = operands.below(content.length);
    return content.with(at, content[at] ^ (1 << operands.below(8)));
  }),
  writeField: ofField((_old, operands) => {
    return operands.some();
  }),
  changeField: ofField((old, operands) => {
    return old.length === 0 ? old : old.with(operands.below(old.length), operands.byte());
  }),
  removeField: ofField(() => {
    return new Uint8Array(0);
  }),
  repeatField: ofField((old) => {
    return old.length > MAX_REPEATED ? old : concat(old, old);
  }),
  spliceField: ofField((_old, operands, others) => {
    const item = operands.of(operands.of(others));
    const field = operands.of(fieldsOf(item));
    return field === undefined ? item.content.slice(0, 64) : item.content.slice(field.start, field.end);
  }),
  cutMessage: ofContent(({ type, content }, operands) => {
    const cut = content.slice(0, operands.below(content.length + 1));
    return type === TYPES.handshake ? withLength(cut) : cut;
  }),
  lengthen: ofContent(({ type, content }, operands) => {
    const longer = concat(content, operands.some());
    return type === TYPES.handshake ? withLength(longer) : longer;
  }),
  drop(items, operands) {
    return replaced(items, operands.below(items.length));
  },
  duplicate(items, operands) {
    return inserted(items, operands.below(items.length), operands.of(items));
  },
  swap(items, operands) {
    const [from, to] = [operands.below(items.length), operands.below(items.length)];
    return items.with(from, items[to]).with(to, items[from]);
  },
  splice(items, operands, others) {
    return inserted(items, operands.below(items.length + 1), operands.of(operands.of(others)));
  },
  insertAnything(items, operands) {
    const [at, type, isProtected] = [operands.below(items.length + 1), 18 + operands.below(8), operands.below(2) === 0];
    return inserted(items, at, { type, isProtected, content: operands.some() });
  },
  insertMessage(items, operands) {
    const [at, kind, seed] = [operands.below(items.length + 1), operands.of(KINDS), operands.byte()];
    const body = encode(kind.codec, kind.codec.invent(seeded(seed + 1)));
    const isProtected = items[at]?.isProtected ?? true;
    return inserted(items, at, {
      type: TYPES.handshake,
      isProtected,
      content: withLength(concat(Uint8Array.of(kind.type, 0, 0, 0), body)),
    });
  },
  insertUsual(items, operands) {
    const at = operands.below(items.length + 1);
    const [type, ...content] = operands.of(USUAL);
    return inserted(items, at, { type, isProtected: items[at]?.isProtected ?? true, content: Uint8Array.from(content) });
  },
  repeatOften(items, operands) {
    const at = operands.below(items.length);
    return inserted(items, at, ...Array.from({ length: 1 + operands.below(MAX_ITEMS) }, () => items[at]));
  },
  changeProtection(items, operands) {
    const at = operands.below(items.length);
    return replaced(items, at, { ...items[at], isProtected: !items[at].isProtected });
  },
  /** What the network may do: fed in one piece with the next. */
  together(items, operands) {
    const at = operands.below(items.length);
    return replaced(items, at, { ...items[at], isWithNext: true });
  },
  split(items, operands) {
    const [at, where] = [operands.below(items.length), operands.below(256)];
    const item = items[at];
    const parts = [item.content.slice(0, where), item.content.slice(where)];
    return replaced(items, at, ...parts.map((content) => ({ ...item, content })));
  },
  join(items, operands) {
    const at = operands.below(items.length);
    const [one, other] = [items[at], items[at + 1]];
    if (one.type !== other?.type || one.isProtected !== other.isProtected) return items;
    return items.toSpliced(at, 2, { ...one, content: concat(one.content, other.content) });
  },
};
export const EDIT_NAMES = Object.keys(EDITS);

/** What goes on after handshakes: close_notify, user_canceled, a fatal alert, no_renegotiation, KeyUpdate, HelloRequest, heartbeats, data. */
const USUAL = [
  [TYPES.alert, 1, 0],
  [TYPES.alert, 1, 90],
  [TYPES.alert, 2, 40],
  [TYPES.alert, 1, 100],
  [TYPES.handshake, 24, 0, 0, 1, 0],
  [TYPES.handshake, 24, 0, 0, 1, 1],
  [TYPES.handshake, 0, 0, 0, 0],
  [TYPES.handshake, 5, 0, 0, 0],
  [TYPES.heartbeat, 1, 0, 1, 7, ...new Uint8Array(16)],
  [TYPES.heartbeat, 2, 0, 1, 7, ...new Uint8Array(16)],
  [TYPES.data, 9, 9],
  [TYPES.data],
  [TYPES.changeCipherSpec, 1],
];

/** The header says what follows it. */
function withLength(content) {
  if (content.length < 4) return content;
  const length = content.length - 4;
  return concat(Uint8Array.of(content[0], length >> 16, length >> 8, length), content.subarray(4));
}

/** Where the fields of a handshake message are, as the first codec says that reads it; of vectors, and of those in them, the content too. */
function fieldsOf({ type, content }) {
  if (type !== TYPES.handshake || content.length !== 4 + lengthOf(content)) return [];
  for (const { type: number, codec, name } of KINDS) {
    if (number !== content[0]) continue;
    const fields = [];
    try {
      decode(codec, content.subarray(4), name, (_path, start, end) => addField(fields, content, start + 4, end + 4));
      return fields;
    } catch {
      // A message of another version, or one that was changed before.
    }
  }
  return [];
}

function addField(fields, content, start, end) {
  fields.push({ start, end });
  const size = prefixSize(content, start, end);
  if (size > 0 && start + size < end) addField(fields, content, start + size, end);
}

/** How many bytes of length a vector has that stands there; none if there is no vector. */
function prefixSize(bytes, start, end) {
  const sizes = [1, 2, 3].filter((size) => start + size <= end);
  return sizes.find((size) => numberAt(bytes, start, size) + size === end - start) ?? 0;
}

const numberAt = (bytes, start, size) => bytes.subarray(start, start + size).reduce((sum, byte) => sum * 256 + byte, 0);

/** With another field in place of one, and the lengths around it right. */
function withField(item, field, bytes) {
  const { content } = item;
  const delta = bytes.length - (field.end - field.start);
  const result = concat(content.subarray(0, field.start), bytes, content.subarray(field.end));
  const isAround = ({ start, end }) => start < field.start && end >= field.end;
  for (const { start, end } of fieldsOf(item).filter(isAround)) {
    const size = prefixSize(content, start, end);
    const length = numberAt(content, start, size) + delta;
    for (let index = 0; index < size; index++) result[start + index] = length >> (8 * (size - 1 - index));
  }
  return withLength(result);
}
