/** What suites and groups are worth (RFC 9325 §4), and which of them can be asked for in which version. */

import { CIPHER_SUITES, NAMED_GROUPS } from 'foxtls/messages';
import type { Version } from './hello.ts';

export type Weakness = 'broken' | 'weak' | 'dated' | undefined;

/** Of a suite, by IANA's name: why one should not use it. */
export function weaknessOf(suite: string): { readonly grade: Weakness; readonly why: string } {
  const rule = RULES.find(({ pattern }) => pattern.test(suite));
  return rule === undefined ? { grade: undefined, why: '' } : { grade: rule.grade, why: rule.why };
}

const RULES: readonly { readonly pattern: RegExp; readonly grade: Weakness; readonly why: string }[] = [
  { pattern: /_NULL_/, grade: 'broken', why: 'nothing is encrypted' },
  { pattern: /_anon_/, grade: 'broken', why: 'nobody proves who he is' },
  { pattern: /_EXPORT_|_DES40_|_DES_CBC_|_RC2_/, grade: 'broken', why: 'its keys are so short that they are found by trying' },
  { pattern: /_RC4_/, grade: 'broken', why: 'RC4 leaks what it encrypts (RFC 7465)' },
  { pattern: /_MD5$/, grade: 'broken', why: 'its records are protected by MD5' },
  { pattern: /_3DES_|_IDEA_/, grade: 'weak', why: 'blocks of 64 bits collide in long connections (Sweet32)' },
  {
    pattern: /^TLS_(RSA|ECDH|DH)_/,
    grade: 'weak',
    why: 'no forward secrecy: who gets the key of the server later reads all that was recorded',
  },
  {
    pattern: /_CBC_/,
    grade: 'dated',
    why: 'CBC, whose padding has been attacked often: AES-GCM and ChaCha20-Poly1305 are better',
  },
];

/** Suites to offer in a version, those that we like first. */
export function suitesFor(version: Version): number[] {
  const entries = Object.entries(CIPHER_SUITES).filter(([name]) => isOf(name, version));
  const rank = (name: string) =>
    (name.includes('_ECDHE_') || name.startsWith('TLS_AES') ? 0 : 1) + (name.includes('GCM') || name.includes('CHACHA') ? 0 : 2);
  return entries.sort(([a], [b]) => rank(a) - rank(b)).map(([, code]) => code);
}

function isOf(name: string, version: Version): boolean {
  if (name.endsWith('_SCSV')) return false;
  if (version === 'TLSv1.3') return !name.includes('_WITH_');
  if (!name.includes('_WITH_') || name.includes('PSK')) return false;
  return version === 'TLSv1.2' || !/_(GCM|CCM|POLY1305)|_SHA(256|384)$/.test(name);
}

export const ECDHE_SUITES: readonly number[] = Object.entries(CIPHER_SUITES)
  .filter(([name]) => /^TLS_ECDHE_(RSA|ECDSA)_WITH_/.test(name))
  .map(([, code]) => code);

/** All that there are. */
export const ALL_GROUPS: readonly number[] = Object.values(NAMED_GROUPS);

/** Of which a server of TLS 1.2 is asked one by one. */
export const COMMON_GROUPS: readonly (readonly [name: string, code: number])[] = Object.entries(NAMED_GROUPS).filter(([name]) =>
  ['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1'].includes(name),
);
