/**
 * Cipher suites of TLS 1.2 and older in OpenSSL's words: their names, and the words of its cipher-list language that stand for them
 * (ciphers(1)). Both follow from IANA's name, which has the same parts: `TLS_` key exchange `_WITH_` cipher.
 */

export interface OpenSslSuite {
  readonly name: string;
  readonly standardName: string;
  /** The words of the language that stand for it, beside its name. */
  readonly words: readonly string[];
}

interface Part {
  /** In the name; empty for static RSA, which OpenSSL does not mention. */
  readonly name: string;
  readonly words: readonly string[];
}

const ECDHE = ['kECDHE', 'kEECDH', 'ECDH'];
const DHE = ['kDHE', 'kEDH', 'DH'];

/** By the first half of IANA's name, in OpenSSL's order of preference. */
const KEY_EXCHANGES: Readonly<Record<string, Part>> = {
  ECDHE_ECDSA: { name: 'ECDHE-ECDSA', words: [...ECDHE, 'ECDHE', 'EECDH', 'ECDSA', 'aECDSA'] },
  ECDHE_RSA: { name: 'ECDHE-RSA', words: [...ECDHE, 'ECDHE', 'EECDH', 'aRSA'] },
  DHE_DSS: { name: 'DHE-DSS', words: [...DHE, 'DHE', 'EDH', 'DSS', 'aDSS'] },
  DHE_RSA: { name: 'DHE-RSA', words: [...DHE, 'DHE', 'EDH', 'aRSA'] },
  ECDH_anon: { name: 'AECDH', words: [...ECDHE, 'AECDH', 'aNULL'] },
  DH_anon: { name: 'ADH', words: [...DHE, 'ADH', 'aNULL'] },
  ECDHE_PSK: { name: 'ECDHE-PSK', words: ['PSK', 'kECDHEPSK', 'aPSK'] },
  RSA_PSK: { name: 'RSA-PSK', words: ['PSK', 'kRSAPSK', 'aRSA'] },
  DHE_PSK: { name: 'DHE-PSK', words: ['PSK', 'kDHEPSK', 'aPSK'] },
  // The names of two suites of RFC 6655 stand the other way round.
  PSK_DHE: { name: 'DHE-PSK', words: ['PSK', 'kDHEPSK', 'aPSK'] },
  ECDH_ECDSA: { name: 'ECDH-ECDSA', words: [] },
  ECDH_RSA: { name: 'ECDH-RSA', words: [] },
  RSA: { name: '', words: ['RSA', 'kRSA', 'aRSA'] },
  PSK: { name: 'PSK', words: ['PSK', 'kPSK', 'aPSK'] },
};

const STRONG = ['ALL', 'HIGH'];
const AES128 = [...STRONG, 'AES', 'AES128'];
const AES256 = [...STRONG, 'AES', 'AES256'];
const CAMELLIA128 = [...STRONG, 'CAMELLIA', 'CAMELLIA128'];
const CAMELLIA256 = [...STRONG, 'CAMELLIA', 'CAMELLIA256'];
/** Our own mark, which is no word: OpenSSL has none for it. */
const AEAD = ['(AEAD)'];
const MEDIUM = ['ALL', 'MEDIUM'];
const NOTHING = ['eNULL', 'NULL', 'COMPLEMENTOFALL'];
const SHA1 = ['SHA', 'SHA1'];

/** By the second half of IANA's name, in OpenSSL's order of preference. */
const CIPHERS: Readonly<Record<string, Part>> = {
  AES_256_GCM_SHA384: { name: 'AES256-GCM-SHA384', words: [...AES256, ...AEAD, 'AESGCM'] },
  CHACHA20_POLY1305_SHA256: { name: 'CHACHA20-POLY1305', words: [...STRONG, ...AEAD, 'CHACHA20'] },
  AES_256_CCM_8: { name: 'AES256-CCM8', words: [...AES256, ...AEAD, 'AESCCM', 'AESCCM8'] },
  AES_256_CCM: { name: 'AES256-CCM', words: [...AES256, ...AEAD, 'AESCCM'] },
  AES_128_GCM_SHA256: { name: 'AES128-GCM-SHA256', words: [...AES128, ...AEAD, 'AESGCM'] },
  AES_128_CCM_8: { name: 'AES128-CCM8', words: [...AES128, ...AEAD, 'AESCCM', 'AESCCM8'] },
  AES_128_CCM: { name: 'AES128-CCM', words: [...AES128, ...AEAD, 'AESCCM'] },
  AES_128_CCM_8_SHA256: { name: 'AES128-CCM8-SHA256', words: [...AES128, ...AEAD, 'AESCCM', 'AESCCM8'] },
  AES_128_CCM_SHA256: { name: 'AES128-CCM-SHA256', words: [...AES128, ...AEAD, 'AESCCM'] },
  CHACHA20_OLD_POLY1305_SHA256: { name: 'CHACHA20-POLY1305-OLD', words: [...MEDIUM, ...AEAD] },
  AES_256_CBC_SHA384: { name: 'AES256-SHA384', words: [...AES256, 'SHA384'] },
  AES_256_CBC_SHA256: { name: 'AES256-SHA256', words: [...AES256, 'SHA256'] },
  CAMELLIA_256_CBC_SHA384: { name: 'CAMELLIA256-SHA384', words: [...CAMELLIA256, 'SHA384'] },
  CAMELLIA_256_CBC_SHA256: { name: 'CAMELLIA256-SHA256', words: [...CAMELLIA256, 'SHA256'] },
  AES_128_CBC_SHA256: { name: 'AES128-SHA256', words: [...AES128, 'SHA256'] },
  CAMELLIA_128_CBC_SHA256: { name: 'CAMELLIA128-SHA256', words: [...CAMELLIA128, 'SHA256'] },
  AES_256_CBC_SHA: { name: 'AES256-SHA', words: [...AES256, ...SHA1] },
  CAMELLIA_256_CBC_SHA: { name: 'CAMELLIA256-SHA', words: [...CAMELLIA256, ...SHA1] },
  AES_128_CBC_SHA: { name: 'AES128-SHA', words: [...AES128, ...SHA1] },
  CAMELLIA_128_CBC_SHA: { name: 'CAMELLIA128-SHA', words: [...CAMELLIA128, ...SHA1] },
  '3DES_EDE_CBC_SHA': { name: 'DES-CBC3-SHA', words: [...MEDIUM, ...SHA1, '3DES'] },
  RC4_128_SHA: { name: 'RC4-SHA', words: [...MEDIUM, ...SHA1, 'RC4'] },
  RC4_128_MD5: { name: 'RC4-MD5', words: [...MEDIUM, 'MD5', 'RC4'] },
  NULL_SHA384: { name: 'NULL-SHA384', words: [...NOTHING, 'SHA384'] },
  NULL_SHA256: { name: 'NULL-SHA256', words: [...NOTHING, 'SHA256'] },
  NULL_SHA: { name: 'NULL-SHA', words: [...NOTHING, ...SHA1] },
  NULL_MD5: { name: 'NULL-MD5', words: [...NOTHING, 'MD5'] },
};

/** Names that follow other rules where there is a pre-shared key. */
const WITH_PSK: Readonly<Record<string, string>> = {
  AES_256_CBC_SHA384: 'AES256-CBC-SHA384',
  AES_128_CBC_SHA256: 'AES128-CBC-SHA256',
  AES_256_CBC_SHA: 'AES256-CBC-SHA',
  AES_128_CBC_SHA: 'AES128-CBC-SHA',
  '3DES_EDE_CBC_SHA': '3DES-EDE-CBC-SHA',
};

/** A suite by IANA's name; undefined for one whose parts OpenSSL has no words for. */
export function openSslSuite(standardName: string): OpenSslSuite | undefined {
  const [, exchange = '', end = ''] = /^TLS_(.+)_WITH_(.+)$/.exec(standardName) ?? [];
  const [keyExchange, cipher] = [KEY_EXCHANGES[exchange], CIPHERS[end]];
  if (keyExchange === undefined || cipher === undefined) return undefined;
  const hasPsk = exchange.includes('PSK');
  const cipherName = (hasPsk && WITH_PSK[end]) || cipher.name;
  return {
    name: keyExchange.name === '' ? cipherName : `${keyExchange.name}-${cipherName}`,
    standardName,
    words: [...keyExchange.words, ...cipher.words, ...versionWords(exchange, cipher)],
  };
}

/** The version that a suite came with, as OpenSSL counts it. */
function versionWords(exchange: string, { words }: Part): readonly string[] {
  if (words.includes('(AEAD)')) return ['TLSv1.2'];
  const hasNewHash = words.includes('SHA256') || words.includes('SHA384');
  if (hasNewHash && !exchange.includes('PSK')) return ['TLSv1.2'];
  return hasNewHash || exchange.startsWith('ECDH') ? ['TLSv1', 'TLSv1.0'] : ['SSLv3'];
}

/** OpenSSL's order: what needs the server's certificate to sign, by cipher; then the rest, by cipher. */
export function inOpenSslOrder(suites: readonly OpenSslSuite[]): readonly OpenSslSuite[] {
  const [exchanges, ciphers] = [Object.keys(KEY_EXCHANGES), Object.keys(CIPHERS)];
  const rank = ({ standardName }: OpenSslSuite) => {
    const [, exchange = '', end = ''] = /^TLS_(.+)_WITH_(.+)$/.exec(standardName) ?? [];
    const place = exchanges.indexOf(exchange);
    const isLate = place >= exchanges.indexOf('ECDHE_PSK') ? 1 : 0;
    return (isLate * ciphers.length + ciphers.indexOf(end)) * exchanges.length + place;
  };
  return [...suites].sort((one, other) => rank(one) - rank(other));
}
