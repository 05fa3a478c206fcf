/**
 * Fingerprints of clients: JA3 (Salesforce, 2017) and JA4 (FoxIO, 2023; the part for TLS clients), from what a ClientHello says.
 *
 * ```
 * JA3:  legacy version , suites , extensions , groups , point formats          decimal, joined by "-"; its hash is MD5
 * JA4:  t 13 d 15 16 h2 _ sha256(sorted suites) _ sha256(sorted extensions _ signature schemes)
 *       │ │  │ │  │  └ first and last character of the first ALPN protocol
 *       │ │  │ │  └ extensions    └ hexadecimal, joined by ","; hashes are cut to 12 digits
 *       │ │  │ └ suites
 *       │ │  └ "d" with SNI, "i" without
 *       │ └ the highest version
 *       └ "t" for TLS, "d" for DTLS
 * ```
 * GREASE (RFC 8701) is left out of everything. A fingerprint says what a client looks like, never who it is: anybody can look like that.
 */

import { toHex, utf8 } from '../../core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../core/registry/extension-types.ts';
import { isGrease } from '../../core/registry/grease.ts';
import { PROTOCOL_VERSIONS } from '../../core/registry/protocol-versions.ts';
import type { Hash } from '../../crypto/hash.ts';
import type { ClientHelloInfo } from './client-hello-info.ts';

type Digest = Pick<Hash, 'digest'>;

/**
 * The JA3 string, not hashed.
 *
 * ```ts
 * ja3(info);   // 771,4865-4866-4867,0-10-13-43-45-51,29-23-24,
 * ```
 */
export function ja3(info: ClientHelloInfo): string {
  const lists = [info.cipherSuites, info.extensionTypes, info.groups];
  const fields = [...lists.map(withoutGrease), info.pointFormats].map((list) => list.join('-'));
  return [info.legacyVersion, ...fields].join(',');
}

/**
 * The JA3 hash: MD5 of the string, hexadecimal.
 *
 * ```ts
 * import { md5 } from 'foxtls/crypto/node';
 * ja3Hash(info, md5);   // 32 digits
 * ```
 */
export function ja3Hash(info: ClientHelloInfo, md5: Digest): string {
  return toHex(md5.digest(utf8(ja3(info))));
}

/**
 * The JA4 fingerprint of a TLS client; `sha256` is the provider's.
 *
 * ```ts
 * import { sha256 } from 'foxtls/crypto/node';
 * ja4(info, sha256);   // t13d1516h2_8daaf6152771_e5627efa2ab1
 * ```
 */
export function ja4(info: ClientHelloInfo, sha256: Digest): string {
  const { head, suites, extensions } = ja4Parts(info);
  return `${head}_${shortHash(suites, sha256)}_${shortHash(extensions, sha256)}`;
}

/** JA4_r: the fingerprint before it is hashed, which shows what differs. */
export function ja4Raw(info: ClientHelloInfo): string {
  const { head, suites, extensions } = ja4Parts(info);
  return `${head}_${suites}_${extensions}`;
}

function ja4Parts(info: ClientHelloInfo): { head: string; suites: string; extensions: string } {
  const suites = withoutGrease(info.cipherSuites);
  const types = withoutGrease(info.extensionTypes);
  const hasName = types.includes(EXTENSION_TYPES.server_name);
  const protocol = isDatagramVersion(info.legacyVersion) ? 'd' : 't';
  const head = [protocol, versionOf(info), hasName ? 'd' : 'i', count(suites), count(types), alpnCharacters(info)].join('');
  // These two stand in the head, so that the rest is the same wherever the client goes.
  const others = types.filter(
    (type) => type !== EXTENSION_TYPES.server_name && type !== EXTENSION_TYPES.application_layer_protocol_negotiation,
  );
  const schemes = hexList(withoutGrease(info.signatureSchemes));
  const extensions = hexList(others.toSorted(ascending));
  return {
    head,
    suites: hexList(suites.toSorted(ascending)),
    extensions: schemes === '' || extensions === '' ? extensions : `${extensions}_${schemes}`,
  };
}

const VERSION_CHARACTERS: Readonly<Record<number, string>> = {
  [PROTOCOL_VERSIONS['TLSv1.3']]: '13',
  [PROTOCOL_VERSIONS['TLSv1.2']]: '12',
  [PROTOCOL_VERSIONS['TLSv1.1']]: '11',
  [PROTOCOL_VERSIONS.TLSv1]: '10',
  [PROTOCOL_VERSIONS.SSLv3]: 's3',
  2: 's2',
  [PROTOCOL_VERSIONS['DTLSv1']]: 'd1',
  [PROTOCOL_VERSIONS['DTLSv1.2']]: 'd2',
  [PROTOCOL_VERSIONS['DTLSv1.3']]: 'd3',
};

/** Versions of DTLS count downward. */
function versionOf({ versions, legacyVersion }: ClientHelloInfo): string {
  const known = withoutGrease(versions);
  const highest = isDatagramVersion(legacyVersion) ? Math.min(...known) : Math.max(...known);
  return VERSION_CHARACTERS[highest] ?? '00';
}

function isDatagramVersion(version: number): boolean {
  return version >> 8 === 0xfe;
}

function alpnCharacters({ alpnProtocols: [first = ''] }: ClientHelloInfo): string {
  if (first === '') return '00';
  const plain = /^[0-9A-Za-z]$/.test(first.charAt(0)) && /^[0-9A-Za-z]$/.test(first.charAt(first.length - 1));
  const text = plain ? first : toHex(Uint8Array.from(first, (character) => character.charCodeAt(0)));
  return text.charAt(0) + text.charAt(text.length - 1);
}

function shortHash(text: string, sha256: Digest): string {
  return text === '' ? '000000000000' : toHex(sha256.digest(utf8(text))).slice(0, 12);
}

function count(list: readonly number[]): string {
  return String(Math.min(list.length, 99)).padStart(2, '0');
}

function hexList(list: readonly number[]): string {
  return list.map((code) => code.toString(16).padStart(4, '0')).join(',');
}

function withoutGrease(list: readonly number[]): readonly number[] {
  return list.filter((code) => !isGrease(code));
}

const ascending = (a: number, b: number): number => a - b;
