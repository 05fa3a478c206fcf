/**
 * The `ciphers` of node:tls: suites of TLS 1.3 by IANA's names, those of TLS 1.2 in OpenSSL's cipher-list language (ciphers(1)).
 *
 * A list is read from left to right. A word adds the suites that it stands for and that are not there yet, in our order of preference;
 * `-` takes them out, `!` for good, `+` moves them to the end; `A+B` stands for what both stand for. Words that OpenSSL knows and that stand
 * for nothing that foxtls speaks (RC4, CAMELLIA, PSK …) are no mistake. As in Node, a version of which nothing is named is not spoken.
 */

import { getCiphers as getOpenSslCiphers } from 'node:tls';
import { defaultTls12CipherSuites, TLS12_CIPHER_SUITES } from '../protocol/handshake/tls12/cipher-suites.ts';
import { withCode } from './errors.ts';
import { inOpenSslOrder, type OpenSslSuite, openSslSuite } from './openssl-suites.ts';
import { provider } from './provider.ts';

/** The suites of TLS 1.3 that are used by default, in Node's order of preference, which is that of OpenSSL. */
export const TLS13_SUITES: readonly string[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
];

/** All of TLS 1.3 that `ciphers` may name: those of small devices only when they are asked for, as in OpenSSL. */
const KNOWN_TLS13_SUITES: readonly string[] = [...TLS13_SUITES, 'TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'];

/** Of TLS 1.2, in OpenSSL's order of preference. */
const TLS12_SUITES: readonly OpenSslSuite[] = describe(TLS12_CIPHER_SUITES);

const DEFAULT_SUITES = defaultTls12CipherSuites(provider).map(({ name }) => name);

/** Those that DEFAULT, and a list that says nothing of TLS 1.2, stand for: as RFC 9325 §4.2, and ChaCha20-Poly1305. */
const DEFAULT_TLS12_SUITES = TLS12_SUITES.filter(({ standardName }) => DEFAULT_SUITES.includes(standardName));

function describe(suites: readonly { readonly name: string }[]): readonly OpenSslSuite[] {
  return inOpenSslOrder(suites.flatMap(({ name }) => openSslSuite(name) ?? []));
}

/** Words of OpenSSL's cipher-list language that are not names of suites. */
const CIPHER_LIST_WORD =
  /^(?:ALL|COMPLEMENTOFALL|COMPLEMENTOFDEFAULT|DEFAULT|HIGH|MEDIUM|LOW|EXP(?:ORT)?(?:40|56)?|[ae]?NULL|[ak]?(?:RSA|DSS|ECDSA|EDH|DHE|ECDHE?|EECDH|DH|PSK|SRP)|k(?:ECDHE|DHE|RSA)PSK|ADH|AECDH|AES(?:128|256)?|AESGCM|AESCCM8?|CAMELLIA(?:128|256)?|CHACHA20|3DES|DES|RC4|RC2|IDEA|SEED|ARIA(?:128|256)?|MD5|SHA(?:1|256|384)?|SSLv3|TLSv1(?:\.[02])?|SUITEB128(?:ONLY)?|SUITEB192)$/i;

/** `tls.DEFAULT_CIPHERS`. */
export const DEFAULT_CIPHERS: string = [...TLS13_SUITES, ...DEFAULT_TLS12_SUITES.map(({ name }) => name)].join(':');

/**
 * The suites of a `ciphers` string, by IANA's names; `legacy` are those that `foxtls/legacy` adds to the language. Throws
 * `ERR_SSL_NO_CIPHER_MATCH` for an unknown suite of TLS 1.3, for words that OpenSSL does not know, and for a list that leaves nothing.
 */
export function parseCiphers(ciphers: string, legacy: readonly { readonly name: string }[] = []): string[] {
  const words = ciphers.split(/[:, ]/).filter((word) => word !== '');
  if (words.length === 0) throw invalidValue(ciphers);
  const tls13 = words.filter((word) => /^!?TLS_/.test(word) && !word.includes('_WITH_'));
  const older = words.filter((word) => !tls13.includes(word));
  if (tls13.some((suite) => !KNOWN_TLS13_SUITES.includes(suite))) throw noCipherMatch();
  const known = legacy.length === 0 ? TLS12_SUITES : describe([...TLS12_CIPHER_SUITES, ...legacy]);
  if (older.length > 0 && !older.some((word) => isCipherListWord(word, known))) throw noCipherMatch();
  const suites = [...new Set([...tls13, ...readList(older, known)])];
  if (suites.length === 0) throw noCipherMatch();
  return suites;
}

/** OpenSSL's name of a suite. */
export function formatCipherSuite(standardName: string): string {
  return openSslSuite(standardName)?.name ?? standardName;
}

/** `tls.getCiphers()`: lower case, as Node gives them, and none that Node leaves out. */
export function getCiphers(): string[] {
  return [...KNOWN_TLS13_SUITES, ...DEFAULT_TLS12_SUITES.map(({ name }) => name)].map((suite) => suite.toLowerCase());
}

function readList(words: readonly string[], known: readonly OpenSslSuite[]): readonly string[] {
  let chosen: OpenSslSuite[] = [];
  const banned = new Set<OpenSslSuite>();
  for (const word of words) {
    const meant = suitesOf(word.replace(/^[!+-]/, ''), known);
    if (word.startsWith('!')) for (const suite of meant) banned.add(suite);
    if (word.startsWith('+'))
      chosen = [...chosen.filter((suite) => !meant.includes(suite)), ...chosen.filter((suite) => meant.includes(suite))];
    else if (/^[!-]/.test(word)) chosen = chosen.filter((suite) => !meant.includes(suite));
    else chosen.push(...meant.filter((suite) => !banned.has(suite) && !chosen.includes(suite)));
  }
  return chosen.map(({ standardName }) => standardName);
}

function suitesOf(word: string, suites: readonly OpenSslSuite[]): readonly OpenSslSuite[] {
  if (word.startsWith('@')) return [];
  if (word.toUpperCase() === 'DEFAULT') return DEFAULT_TLS12_SUITES;
  const parts = word.split('+').map((part) => part.toLowerCase());
  return suites.filter(({ name, standardName, words }) => {
    const all = [name, standardName, ...words].map((known) => known.toLowerCase());
    return parts.every((part) => all.includes(part));
  });
}

function isCipherListWord(word: string, known: readonly OpenSslSuite[]): boolean {
  const parts = word.replace(/^[!+-]/, '').split('+');
  if (/^@(?:STRENGTH|SECLEVEL=[0-5])$/.test(word)) return true;
  const suites = new Set([...getOpenSslCiphers(), ...known.flatMap(({ name, standardName }) => [name, standardName])]);
  const lowered = new Set([...suites].map((name) => name.toLowerCase()));
  return parts.every((part) => CIPHER_LIST_WORD.test(part) || lowered.has(part.toLowerCase()));
}

function noCipherMatch(): Error {
  const error = withCode(new Error('error:0A0000B9:SSL routines::no cipher match'), 'ERR_SSL_NO_CIPHER_MATCH');
  return Object.assign(error, { library: 'SSL routines', reason: 'no cipher match' });
}

function invalidValue(ciphers: string): TypeError {
  return withCode(new TypeError(`The property 'options.ciphers' is invalid. Received '${ciphers}'`), 'ERR_INVALID_ARG_VALUE');
}
