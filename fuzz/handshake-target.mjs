/**
 * Handshakes that are changed inside their messages, behind the encryption: recordings of the null provider, changed by a program
 * (edit-program.mjs), fed to one end message by message.
 *
 * What must hold, whatever is fed: only errors that blame the peer; one fatal alert at most, and nothing sent or delivered after the fault;
 * no data before the handshake is over, and no data but what was fed; output in proportion to input; and no handshake is over unless its
 * messages are those of a recording, in their order and under the protection that they had, for a Finished is of all that came before it.
 * HelloRequest ("This message will be ignored by the client if the client is currently negotiating a session", RFC 5246 §7.4.1.1) and
 * change_cipher_spec in TLS 1.3 (RFC 8446 §5) may stand anywhere.
 */

import { edited, inventProgram, recordingOf } from './edit-program.mjs';
import { blamesInput } from './fuzz-target.mjs';
import { readItems, TYPES, writeItem } from './items.mjs';
import { mutated } from './mutate.mjs';
import { recordings } from './scenarios.mjs';

/** Bytes that an end may send for a handshake, and for each byte that it is sent. */
const [OUTPUT, OUTPUT_PER_BYTE] = [16384, 4];
const HELLO_REQUEST = '\0\0\0\0';

/** Feeds the items, and says how far it came. Throws for what must not be. */
function replay({ version, role, make, act, maxFragment }, items) {
  const connection = make((event) => watch(event));
  const state = { fed: 0, input: 0, output: [], over: [], delivered: [], expected: [], error: undefined, afterFault: undefined };
  function watch(event) {
    if (event.type === 'output') return state.output.push(...connection.takeOutput().map((bytes) => bytes.slice()));
    if (state.error !== undefined) state.afterFault ??= event.type;
    if (event.type === 'error') state.error = event.error;
    if (event.type === 'connected' || event.type === 'renegotiated') state.over.push(state.fed);
    if (event.type === 'data') state.delivered.push({ data: event.data, isEarly: state.over.length === 0 });
    if (event.type === 'connected') act(connection);
    return undefined;
  }
  connection.start();
  let piece = [];
  for (const item of items) {
    state.fed++;
    const written = writeItem(item, version, maxFragment);
    piece.push(written);
    // Under keys that protect nothing, a record is data if it looks so.
    const isData = ({ type }) => type === TYPES.data;
    state.expected.push(
      ...readItems(written, version, true)
        .filter(isData)
        .map(({ content }) => content),
    );
    if (item.isWithNext && state.fed < items.length) continue;
    const bytes = Uint8Array.from(Buffer.concat(piece));
    piece = [];
    state.input += bytes.length;
    connection.receive(bytes);
  }
  connection.receiveEnd();
  check(state, version, role, connection);
  return state;
}

function check({ error, afterFault, output, input, delivered, expected }, version, role, connection) {
  if (error !== undefined && !blamesInput(error)) throw error;
  if (afterFault !== undefined) throw new Error(`${afterFault} after the error`);
  if (error !== undefined && connection.state !== 'closed') throw new Error('an error, and the connection is not closed');
  if (delivered.some(({ isEarly }) => isEarly)) throw new Error('data before the handshake is over');
  const data = Buffer.concat(delivered.map((part) => part.data));
  if (!Buffer.concat(expected).subarray(0, data.length).equals(data)) throw new Error('data that nobody sent');
  const sent = Buffer.concat(output);
  if (sent.length > OUTPUT + OUTPUT_PER_BYTE * input) throw new Error(`${sent.length} bytes of output for ${input} of input`);
  const items = readItems(sent, version);
  const fault = items.findIndex(({ type, content }) => type === TYPES.alert && content[0] === 2);
  if (fault >= 0 && fault !== items.length - 1) throw new Error(`a ${role} sends something after its fatal alert`);
}

/** The handshake messages of items, as text, with their protection; and in TLS 1.2 what stands between them. */
function transcript(items, { version, role }) {
  const tokens = [];
  let rest = { bytes: '', protection: '' };
  for (const { type, isProtected, content } of items) {
    if (type === TYPES.changeCipherSpec && version === 'TLSv1.2') tokens.push('change_cipher_spec');
    if (type !== TYPES.handshake) continue;
    const letter = isProtected ? 'p' : 'c';
    rest = {
      bytes: rest.bytes + Buffer.from(content).toString('latin1'),
      protection: rest.protection + letter.repeat(content.length),
    };
    for (let end = lengthOfFirst(rest.bytes); end <= rest.bytes.length; end = lengthOfFirst(rest.bytes)) {
      const isIgnored = version === 'TLSv1.2' && role === 'client' && rest.bytes.startsWith(HELLO_REQUEST);
      if (!isIgnored) tokens.push(`${rest.bytes.slice(0, end)} ${rest.protection.slice(0, end)}`);
      rest = { bytes: rest.bytes.slice(end), protection: rest.protection.slice(end) };
    }
  }
  return `${tokens.join(';')};${rest.bytes}`;
}

function lengthOfFirst(bytes) {
  return bytes.length < 4 ? Infinity : 4 + bytes.charCodeAt(1) * 0x10000 + bytes.charCodeAt(2) * 0x100 + bytes.charCodeAt(3);
}

/**
 * In TLS 1.2 the next handshake may begin in the record of a Finished; in TLS 1.3 the keys change there (RFC 8446 §5.1), and nothing may,
 * unless more records were fed with it.
 */
function isAsOneOf(given, recorded, mayHaveMore) {
  return recorded.some((one) => one !== undefined && (mayHaveMore ? given.startsWith(one) : given === one));
}

/** `parts`: of the provider, in place of those of the null provider. */
export function handshakeTarget(role, version, parts) {
  const ends = recordings(version, parts).map((recording) => recording[role]);
  const others = ends.map(({ items }) => items);
  /** What had been fed when a handshake was over, of each recording: that of the first, of the second. */
  const known = ends.map((end) => replay(end, end.items).over.map((fed) => transcript(end.items.slice(0, fed), end)));
  const corpus = ends.map((_, index) => Uint8Array.of(index));
  return {
    name: `handshakes-${role}-${version}`,
    corpus: () => corpus,
    change: (inputs, below) => (below(2) === 0 ? inventProgram(ends.length, below) : mutated(inputs, below)),
    run(program) {
      const end = ends[recordingOf(program, ends.length)];
      const items = edited(program, end.items, others);
      const { over } = replay(end, items);
      for (const [nth, fed] of over.entries()) {
        const isKnown = isAsOneOf(
          transcript(items.slice(0, fed), end),
          known.map((times) => times[nth]),
          version === 'TLSv1.2' || items.some(({ isWithNext }) => isWithNext),
        );
        if (!isKnown) throw new Error(`a changed handshake is over after ${fed} items`);
      }
      return over.length > 0 ? 'accepted' : 'refused';
    },
  };
}
