// Seeded mutation of byte strings: the same seed makes the same run on every machine.

/** xorshift32: small, fast, and good enough to choose bytes. */
export function seeded(seed) {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Lengths and tags of DER, and the bytes at which things change. */
const TELLING = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xa3, 0xff];

const MUTATIONS = [
  function flipBit(bytes, below) {
    bytes[below(bytes.length)] ^= 1 << below(8);
    return bytes;
  },
  function setByte(bytes, below) {
    bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  function setTelling(bytes, below) {
    bytes[below(bytes.length)] = TELLING[below(TELLING.length)];
    return bytes;
  },
  function cut(bytes, below) {
    return bytes.subarray(0, below(bytes.length));
  },
  function remove(bytes, below) {
    const [from, length] = span(bytes, below);
    return Uint8Array.of(...bytes.subarray(0, from), ...bytes.subarray(from + length));
  },
  function repeat(bytes, below) {
    const [from, length] = span(bytes, below);
    return Uint8Array.of(...bytes.subarray(0, from + length), ...bytes.subarray(from));
  },
  function splice(bytes, below, others) {
    const other = others[below(others.length)];
    const [from, length] = span(other, below);
    const at = below(bytes.length);
    return Uint8Array.of(...bytes.subarray(0, at), ...other.subarray(from, from + length), ...bytes.subarray(at));
  },
];

function span(bytes, below) {
  const from = below(bytes.length);
  return [from, 1 + below(Math.min(64, bytes.length - from))];
}

/** One of `corpus` with one to four changes. */
export function mutated(corpus, below) {
  let bytes = corpus[below(corpus.length)].slice();
  for (let changes = 1 + below(4); changes > 0 && bytes.length > 0; changes--) {
    bytes = MUTATIONS[below(MUTATIONS.length)](bytes, below, corpus);
  }
  return bytes;
}
