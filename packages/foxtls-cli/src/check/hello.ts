/**
 * A ClientHello that offers what one wants to know about, and what the server answers: its ServerHello, an alert, or something that is no TLS. The
 * handshake goes no further, so that suites and groups can be asked for that nobody here computes.
 *
 * For TLS 1.3 the key_share is empty: the server names the group that it wants in a HelloRetryRequest, and the suite with it (RFC 8446 §4.1.4).
 */

import {
  alertName,
  ClientHello,
  cipherSuiteName,
  contentTypeName,
  decode,
  extensionsOf,
  HANDSHAKE_TYPES,
  namedGroupName,
  PROTOCOL_VERSIONS,
  protocolVersionName,
  ServerHello,
  SIGNATURE_SCHEMES,
  writeMessage,
} from 'foxtls/messages';

export type Version = 'TLSv1.3' | 'TLSv1.2' | 'TLSv1.1' | 'TLSv1';

export interface Offer {
  /** Only this one. */
  readonly version: Version;
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  /** Sent as SNI, unless it is an address. */
  readonly serverName: string | undefined;
  /** 32 bytes for the random, 32 for the session id. */
  readonly random: Uint8Array;
}

export type Answer =
  | {
      readonly kind: 'hello';
      readonly version: string;
      readonly suite: number;
      readonly suiteName: string;
      readonly group: string | undefined;
    }
  | { readonly kind: 'alert'; readonly description: string }
  | { readonly kind: 'not-tls'; readonly bytes: Uint8Array }
  /** The connection ended, or nothing came in time. */
  | { readonly kind: 'closed' | 'reset' | 'silent' };

/** The record of a ClientHello. */
export function writeOffer({ version, cipherSuites, groups, serverName, random }: Offer): Uint8Array {
  const is13 = version === 'TLSv1.3';
  const is12 = version === 'TLSv1.2';
  const schemes = Object.values(SIGNATURE_SCHEMES).filter((code) => !(is12 && isForTls13(code)));
  const hello = writeMessage(ClientHello, {
    legacyVersion: PROTOCOL_VERSIONS[is13 ? 'TLSv1.2' : version],
    random: random.subarray(0, 32),
    legacySessionId: is13 ? random.subarray(32, 64) : new Uint8Array(0),
    cipherSuites,
    legacyCompressionMethods: Uint8Array.of(0),
    extensions: extensionsOf('client_hello', {
      ...(serverName !== undefined && { server_name: serverName }),
      supported_groups: groups,
      ...(!is13 && {
        ec_point_formats: [0],
        renegotiation_info: new Uint8Array(0),
        extended_master_secret: true as const,
        encrypt_then_mac: true as const,
      }),
      ...((is13 || is12) && { signature_algorithms: schemes }),
      ...(is13 && { supported_versions: [PROTOCOL_VERSIONS['TLSv1.3']], key_share: [] }),
    }),
  });
  const length = hello.length;
  return new Uint8Array(Buffer.concat([Uint8Array.of(22, 3, 1, length >> 8, length & 0xff), hello]));
}

/** EdDSA alone of the new ones is spoken in TLS 1.2, too (RFC 8422 §5.10); rsa_pss_* as well (RFC 8446 §4.2.3). */
function isForTls13(code: number): boolean {
  return code >= 0x081a && code <= 0x08ff;
}

const MAX_ANSWER = 1 << 16;
const HEADER_SIZE = 5;
const ALERT = 21;
const HANDSHAKE = 22;

/** Reads what a server answers, as it comes. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Undefined while more is needed. */
  read(bytes: Uint8Array): Answer | undefined {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const [type = 0, major] = this.#bytes;
    if (contentTypeName(type) === undefined || (major !== undefined && major !== 3)) return this.#notTls();
    if (this.#bytes.length > MAX_ANSWER) return this.#notTls();
    let messages: Buffer = Buffer.alloc(0);
    for (let at = 0; at + HEADER_SIZE <= this.#bytes.length; ) {
      const length = this.#bytes.readUInt16BE(at + 3);
      const fragment = this.#bytes.subarray(at + HEADER_SIZE, at + HEADER_SIZE + length);
      if (fragment.length < length) return undefined;
      if (this.#bytes[at] === ALERT) return alertOf(fragment);
      if (this.#bytes[at] !== HANDSHAKE) return this.#notTls();
      messages = Buffer.concat([messages, fragment]);
      // What follows the ServerHello is of no interest.
      const answer = helloOf(messages);
      if (answer !== undefined) return answer === 'malformed' ? this.#notTls() : answer;
      at += HEADER_SIZE + length;
    }
    return undefined;
  }

  #notTls(): Answer {
    return { kind: 'not-tls', bytes: new Uint8Array(this.#bytes.subarray(0, 64)) };
  }
}

function alertOf(fragment: Buffer): Answer {
  const [, code = 0] = fragment;
  return { kind: 'alert', description: alertName(code) ?? `alert ${code}` };
}

function helloOf(messages: Buffer): Answer | 'malformed' | undefined {
  if (messages.length < 4) return undefined;
  if (messages[0] !== HANDSHAKE_TYPES.server_hello) return 'malformed';
  const length = messages.readUIntBE(1, 3);
  if (messages.length < 4 + length) return undefined;
  try {
    const { cipherSuite, legacyVersion, extensions } = decode(
      ServerHello.codec,
      messages.subarray(4, 4 + length),
      'server_hello',
    );
    const values = extensions.values as {
      readonly supported_versions?: number;
      readonly key_share?: number | { readonly group: number };
    };
    const { key_share: share } = values;
    const group = typeof share === 'number' ? share : share?.group;
    const version = values.supported_versions ?? legacyVersion;
    return {
      kind: 'hello',
      version: protocolVersionName(version) ?? `0x${version.toString(16)}`,
      suite: cipherSuite,
      suiteName: cipherSuiteName(cipherSuite) ?? `0x${cipherSuite.toString(16).padStart(4, '0')}`,
      group: group === undefined ? undefined : (namedGroupName(group) ?? `0x${group.toString(16).padStart(4, '0')}`),
    };
  } catch {
    return 'malformed';
  }
}
