/** The registries against the texts that define them: RFC 8446 Appendix B, the suites of every RFC at hand, RFC 8701. */

import { describe, expect, it } from 'vitest';
import { allRfcsOrSkip, rfcOrSkip } from '../../../test/rfc-texts.ts';
import { ALERTS } from './alerts.ts';
import { CERTIFICATE_TYPES } from './certificate-types.ts';
import { CIPHER_SUITES, type CipherSuiteName, cipherSuiteName } from './cipher-suites.ts';
import { CONTENT_TYPES } from './content-types.ts';
import { EXTENSION_TYPES, extensionTypeName } from './extension-types.ts';
import { GREASE_PSK_KEY_EXCHANGE_MODES, GREASE_VALUES, isGrease } from './grease.ts';
import { HANDSHAKE_TYPES } from './handshake-types.ts';
import { KEY_UPDATE_REQUESTS, PSK_KEY_EXCHANGE_MODES } from './hello-codes.ts';
import { NAMED_GROUPS, namedGroupName } from './named-groups.ts';
import { PROTOCOL_VERSIONS, protocolVersionName } from './protocol-versions.ts';
import { SIGNATURE_SCHEMES, signatureSchemeName, TLS12_SIGNATURE_SCHEMES } from './signature-schemes.ts';
import { SRTP_PROTECTION_PROFILES } from './srtp-protection-profiles.ts';

type Table = Readonly<Record<string, number>>;

const ENUMS_OF_RFC_8446: Readonly<Record<string, Table>> = {
  AlertDescription: ALERTS,
  CertificateType: CERTIFICATE_TYPES,
  ContentType: CONTENT_TYPES,
  ExtensionType: EXTENSION_TYPES,
  HandshakeType: HANDSHAKE_TYPES,
  KeyUpdateRequest: KEY_UPDATE_REQUESTS,
  NamedGroup: NAMED_GROUPS,
  PskKeyExchangeMode: PSK_KEY_EXCHANGE_MODES,
  SignatureScheme: SIGNATURE_SCHEMES,
};

/** What the grammar lists only to keep a number free. */
const PLACEHOLDERS = new Set(['RESERVED', 'unallocated_RESERVED', 'obsolete_RESERVED', 'private_use', 'invalid']);

describe('the registries', () => {
  for (const [name, table] of Object.entries({
    ...ENUMS_OF_RFC_8446,
    CIPHER_SUITES,
    PROTOCOL_VERSIONS,
    SRTP_PROTECTION_PROFILES,
  })) {
    it(`gives no number of ${name} two names`, () => {
      const codes = Object.values(table);
      expect(new Set(codes).size).toBe(codes.length);
    });
  }

  for (const [name, table] of Object.entries(ENUMS_OF_RFC_8446)) {
    it(`has every ${name} of RFC 8446 Appendix B, with its number`, (context) => {
      const entries = enumEntries(rfcOrSkip(context, 8446), name);
      expect(entries.length).toBeGreaterThan(1);
      const ours = entries.map(([entry]) => [entry, table[entry] ?? table[entry.replace(/_RESERVED$/, '')]]);
      expect(ours).toEqual(entries);
    });
  }

  it('has every cipher suite that an RFC at hand defines, with its number', (context) => {
    const entries = suitesInRfcs(allRfcsOrSkip(context));
    expect(entries.length).toBeGreaterThan(250);
    const ours = entries.map(([name]) => [name, CIPHER_SUITES[name as CipherSuiteName]]);
    expect(ours).toEqual(entries);
  });

  it('has the GREASE values of RFC 8701 §2', (context) => {
    const section = /\n2\. {2}GREASE Values\n(.*?)\n3\. /s.exec(rfcOrSkip(context, 8701))?.[1] ?? '';
    const numbers = [...section.matchAll(/^ +(0x[0-9A-F]+)$/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual([...GREASE_VALUES, ...GREASE_PSK_KEY_EXCHANGE_MODES]);
  });
});

describe('names of numbers', () => {
  it('names what is registered', () => {
    expect(cipherSuiteName(0x1301)).toBe('TLS_AES_128_GCM_SHA256');
    expect(cipherSuiteName(0xcca9)).toBe('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256');
    expect(namedGroupName(0x11ec)).toBe('X25519MLKEM768');
    expect(signatureSchemeName(0x0804)).toBe('rsa_pss_rsae_sha256');
    expect(signatureSchemeName(TLS12_SIGNATURE_SCHEMES.ecdsa_sha224)).toBe('ecdsa_sha224');
    expect(extensionTypeName(51)).toBe('key_share');
    expect(protocolVersionName(0xfefd)).toBe('DTLSv1.2');
  });

  it('has no name for a number that is not registered', () => {
    expect(cipherSuiteName(0x0a0a)).toBeUndefined();
    expect(extensionTypeName(40)).toBeUndefined();
    expect(protocolVersionName(0xfefe)).toBeUndefined();
  });

  it('tells GREASE from other numbers', () => {
    expect(GREASE_VALUES.every(isGrease)).toBe(true);
    expect([0x0a1a, 0x1301, 0x0a0b, 0x0b0a].some(isGrease)).toBe(false);
    const all = Array.from({ length: 0x10000 }, (_, code) => code).filter(isGrease);
    expect(all).toEqual([...GREASE_VALUES]);
  });
});

/** The entries `name(number)` of an enum in the grammar, without ranges and placeholders. */
function enumEntries(rfc: string, name: string): [string, number][] {
  const appendix = rfc.slice(rfc.lastIndexOf('Appendix B.  Protocol Data Structures'));
  const body = new RegExp(`enum \\{([^{}]*)\\} ${name};`).exec(appendix)?.[1] ?? '';
  const entries = body.replace(/\/\*.*?\*\//gs, '').matchAll(/(\w+)\((0x[0-9A-Fa-f]+|\d+)\)/g);
  return [...entries]
    .map((match): [string, number] => [match[1] ?? '', Number(match[2])])
    .filter(([entry]) => !PLACEHOLDERS.has(entry));
}

/** The definitions `TLS_NAME = {0x00,0x01}`, and the rows of tables, of all RFCs. */
function suitesInRfcs(rfcs: ReadonlyMap<number, string>): [string, number][] {
  const definition = /(TLS_\w+)[ |]*=?\s*\{ ?0x([0-9A-F]{2}), ?0x([0-9A-F]{2}) ?\}/gi;
  const suites = new Map<string, number>();
  for (const text of rfcs.values()) {
    for (const [, name = '', high, low] of text.matchAll(definition)) suites.set(name, Number(`0x${high}${low}`));
  }
  return [...suites];
}
