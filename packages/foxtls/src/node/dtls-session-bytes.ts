/**
 * A client's session as `session.session` of node:dtls hands it out, bound to the name that its server was verified as: whoever resumes it shows
 * no certificate, and so has to be who it was.
 *
 * ```
 * magic "foxdtls1\n", uint16 length and that many bytes of the name, then the bytes of session-bytes.ts
 * ```
 */

import type { ClientSession } from '../protocol/session/client-session.ts';
import { withCode } from './errors.ts';
import { readSession, writeSession } from './session-bytes.ts';

const MAGIC = Buffer.from('foxdtls1\n');

export function writeDtlsSession(hostname: string, session: ClientSession): Buffer {
  const name = Buffer.from(hostname);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(name.length);
  return Buffer.concat([MAGIC, length, name, writeSession(session)]);
}

/** Throws `ERR_INVALID_ARG_VALUE` for what is no session of ours, or one of another name. */
export function readDtlsSession(hostname: string, session: NodeJS.ArrayBufferView): ClientSession | undefined {
  if (!ArrayBuffer.isView(session)) {
    throw withCode(new TypeError('The "options.session" property must be an instance of Buffer.'), 'ERR_INVALID_ARG_TYPE');
  }
  const bytes = Buffer.from(session.buffer, session.byteOffset, session.byteLength);
  const start = MAGIC.length + 2;
  if (bytes.length < start || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw invalidSession('it is no session of foxtls/dtls');
  const end = start + bytes.readUInt16BE(MAGIC.length);
  const name = bytes.subarray(start, end).toString();
  if (name !== hostname) throw invalidSession(`it is of ${name}, which ${hostname} was not verified as`);
  return readSession(bytes.subarray(end));
}

function invalidSession(problem: string): TypeError {
  return withCode(new TypeError(`The property 'options.session' is invalid: ${problem}`), 'ERR_INVALID_ARG_VALUE');
}
