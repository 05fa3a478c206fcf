/**
 * Application protocol names as node:tls takes them: an array of strings, or bytes in wire form (RFC 7301 §3.1).
 *
 * ```
 * opaque ProtocolName<1..2^8-1>;
 * ```
 */

import { withCode } from './errors.ts';

/** `ALPNProtocols` of node:tls. */
export type AlpnProtocols = readonly string[] | NodeJS.ArrayBufferView;

/** The names; undefined when nothing is offered. Throws `ERR_OUT_OF_RANGE` and `ERR_INVALID_ARG_VALUE`. */
export function parseAlpnProtocols(protocols: AlpnProtocols | undefined | null): readonly string[] | undefined {
  if (protocols === undefined || protocols === null) return undefined;
  const names = isArray(protocols) ? protocols : splitNames(asBytes(protocols));
  for (const [index, name] of names.entries()) {
    const length = Buffer.byteLength(name, 'latin1');
    if (length > 0 && length <= 255) continue;
    const message = `The byte length of the protocol at index ${index} is out of range. It must be >= 1 && <= 255. Received ${length}`;
    throw withCode(new RangeError(message), 'ERR_OUT_OF_RANGE');
  }
  return names.length === 0 ? undefined : names;
}

/**
 * `tls.convertALPNProtocols`: puts the wire form into `out.ALPNProtocols`.
 *
 * ```ts
 * const out: { ALPNProtocols?: Buffer } = {};
 * convertALPNProtocols(['h2', 'http/1.1'], out);
 * ```
 */
export function convertALPNProtocols(protocols: AlpnProtocols, out: { ALPNProtocols?: Buffer }): void {
  const names = parseAlpnProtocols(protocols) ?? [];
  out.ALPNProtocols = Buffer.concat(names.map((name) => Buffer.from(`${String.fromCharCode(name.length)}${name}`, 'latin1')));
}

function splitNames(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] as number;
    const name = bytes.subarray(at + 1, at + 1 + length);
    if (name.length !== length) throw withCode(new TypeError('ALPNProtocols is cut off'), 'ERR_INVALID_ARG_VALUE');
    names.push(name.toString('latin1'));
    at += 1 + length;
  }
  return names;
}

function asBytes(view: NodeJS.ArrayBufferView): Buffer {
  if (!ArrayBuffer.isView(view)) throw withCode(new TypeError('Must give a Buffer as first argument'), 'ERR_INVALID_ARG_TYPE');
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

function isArray(protocols: AlpnProtocols): protocols is readonly string[] {
  return Array.isArray(protocols);
}
