/**
 * TLS over a stream, as records (RFC 8446 §5.1, RFC 5246 §6.2.1).
 *
 * ```
 * uint8 type, uint16 legacy_record_version, uint16 length, opaque fragment[length]
 * ```
 * Handshake messages are put together across records. What is encrypted stays closed: in TLS 1.3 it says so by its type, in TLS 1.2 all that follows
 * change_cipher_spec is. The bytes may be those of one direction, or of both one after the other: a handshake record behind change_cipher_spec that is
 * whole messages is shown as those.
 */

import { alertName, contentTypeName, HANDSHAKE_TYPES, handshakeTypeName, protocolVersionName } from 'foxtls/messages';
import { type Agreed, readHandshakeMessage } from './handshake.ts';
import { bytesText, missingText, type Node } from './node.ts';
import { Source } from './source.ts';

const RECORD_HEADER_SIZE = 5;
/** "The length MUST NOT exceed 2^14 + 2048." (RFC 5246 §6.2.3): with the most that any version's protection adds. */
const MAX_LENGTH = (1 << 14) + 2048;
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23, heartbeat: 24 } as const;

/** Whether bytes can begin a record of TLS. */
export function beginsTlsRecord(bytes: Uint8Array): boolean {
  const [type = 0, major = 0, minor = 0] = bytes;
  return type >= 20 && type <= 24 && major === 3 && minor <= 4;
}

export function readRecords(input: Source): Node[] {
  const state: State = { agreed: { isDatagram: false }, isEncrypted: false, waiting: [] };
  const nodes: Node[] = [];
  let at = 0;
  while (at < input.length) {
    const rest = input.slice(at);
    const problem = findHeaderProblem(rest.bytes);
    if (problem !== undefined) {
      nodes.push({
        label: 'rest',
        value: bytesText(rest.length),
        offset: rest.offsetOf(0),
        bytes: rest.bytes,
        children: [],
        problem,
      });
      break;
    }
    const [, , , high = 0, low = 0] = rest.bytes;
    const length = (high << 8) | low;
    const record = rest.slice(0, RECORD_HEADER_SIZE + length);
    nodes.push(readRecord(record, length, state));
    at += record.length;
  }
  const left = Source.join(state.waiting);
  if (left.length > 0 && nodes.at(-1)?.problem === undefined) nodes.push(unfinishedMessage(left, state));
  return nodes;
}

interface State {
  readonly agreed: Agreed;
  isEncrypted: boolean;
  /** Of a handshake message that goes on in the next record. */
  waiting: Source[];
}

function findHeaderProblem(bytes: Uint8Array): string | undefined {
  if (!beginsTlsRecord(bytes)) {
    const wrong =
      contentTypeName(bytes[0] as number) === undefined
        ? 'no content type of TLS'
        : 'a content type, but no version of TLS behind it';
    return `here it stops being TLS: ${wrong}`;
  }
  if (bytes.length < RECORD_HEADER_SIZE) return 'the input ends inside the header of a record';
  const length = ((bytes[3] as number) << 8) | (bytes[4] as number);
  return length > MAX_LENGTH ? `here it stops being TLS: a record of ${length} bytes, ${MAX_LENGTH} at most` : undefined;
}

function readRecord(record: Source, length: number, state: State): Node {
  const [type = 0, major = 0, minor = 0] = record.bytes;
  const fragment = record.slice(RECORD_HEADER_SIZE);
  const version = (major << 8) | minor;
  const isCut = fragment.length < length;
  const name = contentTypeName(type) as string;
  const base = {
    label: name,
    offset: record.offsetOf(0),
    bytes: record.bytes,
    ...(isCut && { problem: `the input ends inside the record: ${missingText(length - fragment.length)}` }),
  };
  const { note, children } = readFragment(type, fragment, state, isCut);
  const value = `${protocolVersionName(version) ?? `version 0x${version.toString(16)}`}, ${bytesText(length)}${note && `, ${note}`}`;
  return { ...base, value, children };
}

interface Content {
  readonly note: string;
  readonly children: readonly Node[];
}

function readFragment(type: number, fragment: Source, state: State, isCut: boolean): Content {
  switch (type) {
    case CONTENT.handshake:
      return readHandshake(fragment, state, isCut);
    case CONTENT.changeCipherSpec:
      state.isEncrypted = true;
      return { note: '', children: [] };
    case CONTENT.alert:
      return readAlert(fragment);
    default:
      return { note: 'encrypted', children: [] };
  }
}

/** An alert in clear has two bytes; no encrypted one has so few. */
export function readAlert(fragment: Source): Content {
  if (fragment.length !== 2) return { note: 'encrypted', children: [] };
  const [level = 0, description = 0] = fragment.bytes;
  const levelName = { 1: 'warning', 2: 'fatal' }[level] ?? 'unknown';
  const node = (label: string, value: string, index: number): Node => ({
    label,
    value,
    offset: fragment.offsetOf(index),
    bytes: fragment.bytes.subarray(index, index + 1),
    children: [],
  });
  const name = alertName(description) ?? 'unknown';
  return {
    note: '',
    children: [node('level', `${levelName} (${level})`, 0), node('description', `${name} (${description})`, 1)],
  };
}

function readHandshake(fragment: Source, state: State, isCut: boolean): Content {
  if (state.isEncrypted && state.waiting.length === 0 && !isWholeMessages(fragment.bytes))
    return { note: 'encrypted', children: [] };
  state.isEncrypted &&= state.waiting.length > 0;
  let content = Source.join([...state.waiting, fragment]);
  const children: Node[] = [];
  for (let length = messageLength(content.bytes); length <= content.length; length = messageLength(content.bytes)) {
    children.push(readHandshakeMessage(content.slice(0, length), state.agreed));
    content = content.slice(length);
  }
  state.waiting = content.length === 0 ? [] : [content];
  if (content.length === 0 || isCut) return { note: '', children };
  const goesOn = children.length === 0 ? 'part of a handshake message' : 'and the beginning of a handshake message';
  return { note: goesOn, children };
}

/** With its header; no message is so long where there is no header yet. */
function messageLength(bytes: Uint8Array): number {
  const [, high, middle, low] = bytes;
  if (high === undefined || middle === undefined || low === undefined) return Number.POSITIVE_INFINITY;
  return 4 + ((high << 16) | (middle << 8) | low);
}

/** Whether it is handshake messages, one after the other to the end, that somebody would send. */
export function isWholeMessages(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at] as number;
    // The beginning of an explicit nonce, all zeros, looks like messages of this type.
    if (handshakeTypeName(type) === undefined || type === HANDSHAKE_TYPES.hello_request) return false;
    at += messageLength(bytes.subarray(at));
  }
  return at === bytes.length && at > 0;
}

/** What is there of a message that the input does not end. */
function unfinishedMessage(left: Source, { agreed }: State): Node {
  const missing = messageLength(left.bytes) - left.length;
  const problem = `the input ends inside a handshake message${Number.isFinite(missing) ? `: ${missingText(missing)}` : ''}`;
  if (left.length < 4)
    return {
      label: 'handshake',
      value: bytesText(left.length),
      offset: left.offsetOf(0),
      bytes: left.bytes,
      children: [],
      problem,
    };
  return { ...readHandshakeMessage(left, { ...agreed }), problem };
}

/** Handshake messages without records, as RFC 8448 shows them. */
export function readMessages(input: Source): Node[] {
  const state: State = { agreed: { isDatagram: false }, isEncrypted: false, waiting: [] };
  const { children } = readHandshake(input, state, false);
  const left = Source.join(state.waiting);
  return left.length === 0 ? [...children] : [...children, unfinishedMessage(left, state)];
}
