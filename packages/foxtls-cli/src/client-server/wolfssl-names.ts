/**
 * wolfSSL's names of what is negotiated: versions, suites and groups as its examples print them, and the short names of suites that its option `-l`
 * takes and `-e` lists.
 */

/** Old suites have kept the prefix of SSL 3.0 there. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  TLS_RSA_WITH_RC4_128_SHA: 'SSL_RSA_WITH_RC4_128_SHA',
  TLS_RSA_WITH_RC4_128_MD5: 'SSL_RSA_WITH_RC4_128_MD5',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'SSL_RSA_WITH_3DES_EDE_CBC_SHA',
};

/** `TLSv1.3`, `DTLSv1.2`, `DTLS`. */
export function wolfSslVersion(version: string): string {
  return version === 'DTLSv1' ? 'DTLS' : version;
}

/** For `SSL cipher suite is`, from IANA's name, which it mostly is. */
export function wolfSslSuite(name: string): string {
  return OLD_NAMES[name] ?? name;
}

/** For `SSL curve name is`: `SECP256R1`, `X25519`, `FFDHE_2048`. */
export function wolfSslGroup(name: string): string {
  const upper = name.toUpperCase();
  return upper.startsWith('FFDHE') ? upper.replace('FFDHE', 'FFDHE_') : upper.replace(/TLS13$/, '');
}

const TLS13_SUITES = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
];

const GCM_AND_CHACHA = ['AES_128_GCM_SHA256', 'AES_256_GCM_SHA384', 'CHACHA20_POLY1305_SHA256'];
const CCM = ['AES_128_CCM', 'AES_256_CCM', 'AES_128_CCM_8', 'AES_256_CCM_8'];
const SHA1 = ['AES_128_CBC_SHA', 'AES_256_CBC_SHA'];
const ECDHE_CBC = ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA384', ...SHA1];
const DHE_CBC = ['AES_128_CBC_SHA256', 'AES_256_CBC_SHA256', ...SHA1];

/** Those that need nothing of `foxtls/legacy`, of TLS 1.2. */
const TLS12_SUITES: Readonly<Record<string, readonly string[]>> = {
  ECDHE_ECDSA: [...GCM_AND_CHACHA, ...CCM, ...ECDHE_CBC],
  ECDHE_RSA: [...GCM_AND_CHACHA, ...ECDHE_CBC],
  DHE_RSA: [...GCM_AND_CHACHA, ...CCM, ...DHE_CBC],
  ECDHE_PSK: [...GCM_AND_CHACHA, ...ECDHE_CBC],
  DHE_PSK: [...GCM_AND_CHACHA, 'AES_128_CCM', 'AES_256_CCM', ...ECDHE_CBC],
  PSK: [...GCM_AND_CHACHA, ...CCM, ...ECDHE_CBC],
};

/** IANA's names of all suites that `-l` may name without `--legacy`. */
export const KNOWN_SUITES: readonly string[] = [
  ...TLS13_SUITES,
  ...Object.entries(TLS12_SUITES).flatMap(([keyExchange, ciphers]) =>
    ciphers.map((cipher) => `TLS_${keyExchange}_WITH_${cipher}`),
  ),
];

/** Whether there is a name of it in `ciphers` of foxtls/tls: of those before RFC 7905 there is none. */
export function hasShortName(name: string): boolean {
  return !name.includes('CHACHA20_OLD');
}

/** `TLS13-AES128-GCM-SHA256`, `ECDHE-RSA-AES128-SHA256`, `ECDHE-ECDSA-AES128-CCM-8`, from IANA's name. */
export function wolfSslShortName(name: string): string {
  const [, keyExchange, cipher] = /^TLS_(?:(\w+)_WITH_)?(\w+)$/.exec(name) as unknown as [string, string | undefined, string];
  const isPsk = keyExchange?.endsWith('PSK') ?? false;
  const short = cipher
    .replace('3DES_EDE_CBC', isPsk ? '3DES_EDE_CBC' : 'DES_CBC3')
    .replace('RC4_128', 'RC4')
    .replace(/^(AES|CAMELLIA)_(\d+)/, '$1$2')
    .replace(/^CHACHA20_POLY1305_SHA256$/, keyExchange === undefined ? '$&' : 'CHACHA20_POLY1305');
  // `AES128-SHA`, but `PSK-AES128-CBC-SHA`.
  const named = isPsk && !short.startsWith('CAMELLIA') ? short : short.replace('_CBC_', '_');
  const prefix =
    keyExchange === undefined ? 'TLS13_' : keyExchange === 'RSA' ? '' : `${KEY_EXCHANGES[keyExchange] ?? keyExchange}_`;
  return `${prefix}${named}`.replaceAll('_', '-');
}

const KEY_EXCHANGES: Readonly<Record<string, string>> = { DH_anon: 'ADH', ECDH_anon: 'AECDH' };

/** A list of suites for `-l` in the words of foxtls/tls, which are IANA's and OpenSSL's; others stay as they are. */
export function readSuiteList(list: string): string {
  return list
    .split(':')
    .map((word) => {
      const [, tls13] = /^TLS13-(.+)$/.exec(word) ?? [];
      if (tls13 === undefined) return word.replace(/-CCM-8$/, '-CCM8');
      return `TLS_${tls13
        .replace(/^AES(\d+)/, 'AES-$1')
        .replace('CCM8', 'CCM-8')
        .replaceAll('-', '_')}`;
    })
    .join(':');
}
