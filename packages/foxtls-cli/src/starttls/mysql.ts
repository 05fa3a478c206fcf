/**
 * MySQL (Client/Server Protocol, "Connection Phase"): the greeting has to have CLIENT_SSL among its capabilities; then SSLRequest, and TLS begins without
 * another word.
 *
 * ```
 * packet     int<3> length, int<1> sequence, payload
 * greeting   int<1> 10, string<NUL> version, int<4> thread, string[8] salt, int<1> 0, int<2> capabilities (the lower half), …
 * request    int<4> capabilities, int<4> longest packet, int<1> character set, string[23] zeros
 * ```
 * Numbers begin with the least byte.
 */

import { type Dialogue, quoted, StartTlsFailure, send, take } from './dialogue.ts';

const CLIENT_PROTOCOL_41 = 0x0200;
const CLIENT_SSL = 0x0800;
const CLIENT_SECURE_CONNECTION = 0x8000;
const UTF8 = 33;
const MAX_GREETING = 4096;
const PROTOCOL_VERSION = 10;
const ERROR_PACKET = 0xff;

export function* mysqlDialogue(): Dialogue {
  const [low = 0, middle = 0, high = 0, sequence = 0] = yield* take(4);
  const length = low | (middle << 8) | (high << 16);
  if (length === 0 || length > MAX_GREETING) throw new StartTlsFailure('what the server begins with is no greeting of MySQL');
  const greeting = Buffer.from(yield* take(length));
  if (greeting[0] === ERROR_PACKET) {
    throw new StartTlsFailure(`the server refuses us: ${JSON.stringify(quoted(greeting.subarray(3).toString('latin1')))}`);
  }
  if (greeting[0] !== PROTOCOL_VERSION) throw new StartTlsFailure('what the server begins with is no greeting of MySQL');
  const endOfVersion = greeting.indexOf(0, 1);
  const at = endOfVersion + 1 + 4 + 8 + 1;
  if (endOfVersion < 0 || at + 2 > greeting.length) throw new StartTlsFailure('the greeting of the server is cut short');
  if ((greeting.readUInt16LE(at) & CLIENT_SSL) === 0) throw new StartTlsFailure('the server has TLS switched off');
  yield* send(sslRequest(sequence + 1));
}

function sslRequest(sequence: number): Uint8Array {
  const packet = Buffer.alloc(4 + 32);
  packet.writeUIntLE(32, 0, 3);
  packet[3] = sequence & 0xff;
  packet.writeUInt32LE(CLIENT_PROTOCOL_41 | CLIENT_SSL | CLIENT_SECURE_CONNECTION, 4);
  packet.writeUInt32LE(1 << 24, 8);
  packet[12] = UTF8;
  return packet;
}
