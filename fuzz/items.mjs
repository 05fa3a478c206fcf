/**
 * What one end of a connection of the null provider sent, as items: `{ isProtected, type, content }`, a handshake message each, or the
 * content of a record of another kind; read from its bytes, and written as bytes again.
 *
 * ```
 *   TLS 1.3, protected:  23 | 3 3 | length | content | type | tag      (RFC 8446 §5.2)
 *   TLS 1.2, protected:  type | 3 3 | length | nonce_explicit (8) | content | tag      (RFC 5246 §6.2.3.3, RFC 5288 §3)
 * ```
 */

import { TAG_SIZE } from './null-provider.mjs';

export const TYPES = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23, heartbeat: 24 };
const HEADER = 5;
const EXPLICIT_NONCE = 8;
const TAG = new Uint8Array(TAG_SIZE);
/** What a record's length can say. */
const MAX_LENGTH = 0xffff - EXPLICIT_NONCE - 1 - TAG_SIZE;

/**
 * The items of a stream that an honest end wrote: whole records, and messages that share them or straddle them. `isChanged`: of TLS 1.2, behind
 * a change_cipher_spec.
 */
export function readItems(bytes, version, isChanged = false) {
  return readRecords(bytes, version, isChanged)
    .reduce(joinFragments, [])
    .flatMap((record) => (record.type === TYPES.handshake ? messagesOf(record) : [record]));
}

function joinFragments(records, record) {
  const last = records.at(-1);
  if (last?.type !== TYPES.handshake || record.type !== last.type || record.isProtected !== last.isProtected)
    return [...records, record];
  return records.with(-1, { ...last, content: Uint8Array.from(Buffer.concat([last.content, record.content])) });
}

function readRecords(bytes, version, isChangedBefore) {
  const records = [];
  let isChanged = isChangedBefore;
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at];
    const end = at + HEADER + bytes[at + 3] * 256 + bytes[at + 4];
    const record = readRecord(type, bytes.slice(at + HEADER, end), version, isChanged);
    if (type === TYPES.changeCipherSpec) isChanged = true;
    records.push(record);
    at = end;
  }
  return records;
}

function readRecord(type, body, version, isChanged) {
  if (version === 'TLSv1.2') {
    if (!isChanged) return { isProtected: false, type, content: body };
    return { isProtected: true, type, content: body.slice(EXPLICIT_NONCE, -TAG_SIZE) };
  }
  if (type !== TYPES.data) return { isProtected: false, type, content: body };
  // Behind the type there may be padding: zeros.
  const end = body.subarray(0, -TAG_SIZE).findLastIndex((byte) => byte !== 0);
  return { isProtected: true, type: body[end] ?? 0, content: body.slice(0, Math.max(end, 0)) };
}

function messagesOf({ isProtected, type, content }) {
  const messages = [];
  for (let at = 0; at < content.length; ) {
    const end = at + 4 + lengthOf(content, at);
    messages.push({ isProtected, type, content: content.slice(at, end) });
    at = end;
  }
  return messages;
}

/** What a handshake message's header says. */
export function lengthOf(bytes, at = 0) {
  return bytes[at + 1] * 0x10000 + bytes[at + 2] * 0x100 + bytes[at + 3];
}

/** The record of an item; records, if it is a message that is longer than a fragment may be. */
export function writeItem(item, version, maxFragment = MAX_LENGTH) {
  const { type, content } = item;
  if (type !== TYPES.handshake || content.length <= maxFragment)
    return writeRecord(item, content.subarray(0, MAX_LENGTH), version);
  const starts = Array.from({ length: Math.ceil(content.length / maxFragment) }, (_, index) => index * maxFragment);
  return Uint8Array.from(Buffer.concat(starts.map((at) => writeRecord(item, content.subarray(at, at + maxFragment), version))));
}

function writeRecord({ isProtected, type }, content, version) {
  if (!isProtected) return record(type, content);
  if (version === 'TLSv1.2') return record(type, new Uint8Array(EXPLICIT_NONCE), content, TAG);
  return record(TYPES.data, content, Uint8Array.of(type), TAG);
}

function record(type, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Uint8Array.from(Buffer.concat([Uint8Array.of(type, 3, 3, length >> 8, length & 0xff), ...parts]));
}
