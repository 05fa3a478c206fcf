/**
 * DTLS: records of datagrams one after the other (RFC 6347 §4.1, RFC 9147 §4), and handshake messages in fragments (RFC 6347 §4.2.2).
 *
 * ```
 * uint8 type, uint16 version, uint16 epoch, uint48 sequence_number, uint16 length, opaque fragment[length]
 * 001CSLEE …                                                                     the unified header of DTLS 1.3, encrypted
 * uint8 msg_type, uint24 length, uint16 message_seq, uint24 fragment_offset, uint24 fragment_length, opaque body
 * ```
 * Where one datagram ends is not known: a record of DTLS 1.3 that does not say its length is taken for the last. Fragments are put together as they are
 * needed, and a message of which some are missing stays in fragments.
 */

import { contentTypeName, handshakeTypeName, protocolVersionName } from 'foxtls/messages';
import { type Agreed, describeMessage } from './handshake.ts';
import { bytesText, missingText, type Node } from './node.ts';
import { CONTENT, readAlert } from './records.ts';
import { Source } from './source.ts';

const HEADER_SIZE = 13;
const FRAGMENT_HEADER_SIZE = 12;

interface State {
  readonly agreed: Agreed;
  /** Of messages that are not whole yet, by message_seq and type. */
  readonly fragments: Map<string, Source[]>;
}

export function beginsDtlsRecord(bytes: Uint8Array): boolean {
  const [type = 0, major = 0, minor = 0] = bytes;
  return type >= 20 && type <= 26 && ((major === 0xfe && [0xff, 0xfd].includes(minor)) || (major === 1 && minor === 0));
}

export function readDatagrams(input: Source): Node[] {
  const state: State = { agreed: { isDatagram: true }, fragments: new Map() };
  const nodes: Node[] = [];
  let at = 0;
  while (at < input.length) {
    const rest = input.slice(at);
    const node = nodes.length > 0 && ((rest.bytes[0] as number) & 0xe0) === 0x20 ? readUnified(rest) : readRecord(rest, state);
    nodes.push(node);
    if (node.problem !== undefined && node.label === 'rest') break;
    at += node.bytes.length;
  }
  return nodes;
}

function readRecord(rest: Source, state: State): Node {
  const { bytes } = rest;
  const stop = (problem: string): Node => ({
    label: 'rest',
    value: bytesText(rest.length),
    offset: rest.offsetOf(0),
    bytes,
    children: [],
    problem,
  });
  if (!beginsDtlsRecord(bytes)) return stop('here it stops being DTLS: no content type and version of DTLS');
  if (bytes.length < HEADER_SIZE) return stop('the input ends inside the header of a record');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [epoch, sequence, length] = [view.readUInt16BE(3), view.readUIntBE(5, 6), view.readUInt16BE(11)];
  const record = rest.slice(0, HEADER_SIZE + length);
  const fragment = record.slice(HEADER_SIZE);
  const missing = length - fragment.length;
  const children = epoch > 0 ? [] : readContent(bytes[0] as number, fragment, state);
  const notes = [`epoch ${epoch}`, `number ${sequence}`, bytesText(length), ...(epoch > 0 ? ['encrypted'] : [])];
  return {
    label: contentTypeName(bytes[0] as number) ?? `content of type ${bytes[0]}`,
    value: `${protocolVersionName(view.readUInt16BE(1)) ?? 'DTLS'}, ${notes.join(', ')}`,
    offset: rest.offsetOf(0),
    bytes: record.bytes,
    children,
    ...(missing > 0 && { problem: `the input ends inside the record: ${missingText(missing)}` }),
  };
}

function readContent(type: number, fragment: Source, state: State): readonly Node[] {
  if (type === CONTENT.alert) return readAlert(fragment).children;
  return type === CONTENT.handshake ? readFragments(fragment, state) : [];
}

function readFragments(content: Source, state: State): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  while (at < content.length) {
    const rest = content.slice(at);
    const fragment = readFragment(rest, state);
    nodes.push(fragment);
    at += fragment.bytes.length;
  }
  return nodes;
}

function readFragment(rest: Source, state: State): Node {
  const { bytes } = rest;
  const base = { offset: rest.offsetOf(0), bytes, children: [] };
  if (bytes.length < FRAGMENT_HEADER_SIZE)
    return {
      ...base,
      label: 'rest',
      value: bytesText(bytes.length),
      problem: 'the record ends inside the header of a handshake message',
    };
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const [type = 0] = bytes;
  const [length, sequence] = [view.readUIntBE(1, 3), view.readUInt16BE(4)];
  const [start, size] = [view.readUIntBE(6, 3), view.readUIntBE(9, 3)];
  const name = handshakeTypeName(type) ?? `handshake message of type ${type}`;
  const fragment = rest.slice(0, FRAGMENT_HEADER_SIZE + size);
  const what = `message ${sequence}, ${start === 0 && size === length ? bytesText(length) : `bytes ${start} to ${start + size} of ${length}`}`;
  const node = { ...base, label: name, value: what, bytes: fragment.bytes };
  if (size > rest.length - FRAGMENT_HEADER_SIZE || start + size > length)
    return { ...node, problem: 'the fragment is longer than the record, or than its message' };
  const body = collect(`${sequence} ${type} ${length}`, fragment.slice(FRAGMENT_HEADER_SIZE), { start, length }, state);
  if (body === undefined) return node;
  const { children, problem, label } = describeMessage(fragment, body, state.agreed);
  return { ...node, label, children, ...(problem !== undefined && { problem }) };
}

/** The body of a message, when this fragment makes it whole. Fragments that come in order are enough for what is captured. */
function collect(
  key: string,
  part: Source,
  { start, length }: { start: number; length: number },
  { fragments }: State,
): Source | undefined {
  if (start === 0) fragments.set(key, [part]);
  else {
    const before = fragments.get(key) ?? [];
    const reached = before.reduce((sum, each) => sum + each.length, 0);
    if (start > reached || before.length === 0) return undefined;
    fragments.set(key, [...before, part.slice(Math.min(part.length, reached - start))]);
  }
  const parts = fragments.get(key) as Source[];
  if (parts.reduce((sum, each) => sum + each.length, 0) < length) return undefined;
  fragments.delete(key);
  return Source.join(parts);
}

/** RFC 9147 §4: connection ID (C), number of 16 or 8 bits (S), length (L), the epoch's last two bits. All encrypted but for the length. */
function readUnified(rest: Source): Node {
  const { bytes } = rest;
  const [first = 0] = bytes;
  const base = { label: 'encrypted record', offset: rest.offsetOf(0), children: [] };
  const epoch = `DTLSv1.3, epoch …${first & 3}`;
  if ((first & 0x10) !== 0) return { ...base, value: `${epoch}, with a connection ID: where it ends is not said`, bytes };
  const at = 1 + ((first & 0x08) === 0 ? 1 : 2);
  if ((first & 0x04) === 0) return { ...base, value: `${epoch}, without a length, ${bytesText(bytes.length - at)}`, bytes };
  const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const record = rest.slice(0, at + 2 + length);
  const missing = at + 2 + length - record.length;
  return {
    ...base,
    value: `${epoch}, ${bytesText(length)}`,
    bytes: record.bytes,
    ...(missing > 0 && { problem: `the input ends inside the record: ${missingText(missing)}` }),
  };
}
