/**
 * Messages that pass a connection as text: what `enableTrace` writes.
 *
 * ```
 * client sent handshake: client_hello, 232 bytes
 *   0000  01 00 00 e4 03 03 …
 * ```
 */

import type { TracedMessage } from '../connection/connection.ts';
import { alertName } from '../core/registry/alerts.ts';
import { handshakeTypeName } from '../core/registry/handshake-types.ts';

const PER_LINE = 16;

/** The lines of a message, each with its end. */
export function formatTrace(role: 'client' | 'server', { direction, contentType, version, bytes }: TracedMessage): string {
  const [first = 0, second = 0] = bytes;
  const names = {
    handshake: handshakeTypeName(first) ?? `type ${first}`,
    alert: `${first === 2 ? 'fatal' : 'warning'} ${alertName(second) ?? second}`,
    change_cipher_spec: '',
  };
  const name = names[contentType];
  const title = `${contentType}${name && `: ${name}`}, ${bytes.length} byte${bytes.length === 1 ? '' : 's'}`;
  return `${role} ${direction} ${version === undefined ? '' : `${version} `}${title}\n${hexLines(bytes)}`;
}

function hexLines(bytes: Uint8Array): string {
  let lines = '';
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const part = Buffer.from(bytes.subarray(at, at + PER_LINE))
      .toString('hex')
      .replaceAll(/..(?=.)/g, '$& ');
    lines += `  ${at.toString(16).padStart(4, '0')}  ${part}\n`;
  }
  return lines;
}
