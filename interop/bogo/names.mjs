/** The names and numbers of BoringSSL's shim, in foxtls's words. */

export const VERSIONS = [
  { id: 0x0304, name: 'TLSv1.3', flag: 'no-tls13' },
  { id: 0x0303, name: 'TLSv1.2', flag: 'no-tls12' },
  { id: 0x0302, name: 'TLSv1.1', flag: 'no-tls11' },
  { id: 0x0301, name: 'TLSv1', flag: 'no-tls1' },
];

/** Those of DTLS, by the names that foxtls's configs have for them: it counts downward. */
export const DTLS_VERSIONS = [
  { id: 0xfefc, name: 'TLSv1.3', flag: 'no-tls13' },
  { id: 0xfefd, name: 'TLSv1.2', flag: 'no-tls12' },
  { id: 0xfeff, name: 'TLSv1.1', flag: 'no-tls1' },
];

/** @type {Readonly<Record<string, string>>} */
export const SRTP_PROFILES = {
  SRTP_AES128_CM_SHA1_80: 'SRTP_AES128_CM_HMAC_SHA1_80',
  SRTP_AES128_CM_SHA1_32: 'SRTP_AES128_CM_HMAC_SHA1_32',
};

/** @type {Readonly<Record<number, string>>} */
export const GROUPS = {
  23: 'secp256r1',
  24: 'secp384r1',
  25: 'secp521r1',
  29: 'x25519',
  514: 'MLKEM1024',
  4588: 'X25519MLKEM768',
};

const SCHEMES = [
  [0x0403, 'ecdsa_secp256r1_sha256'],
  [0x0807, 'ed25519'],
  [0x0503, 'ecdsa_secp384r1_sha384'],
  [0x0603, 'ecdsa_secp521r1_sha512'],
  [0x0804, 'rsa_pss_rsae_sha256'],
  [0x0805, 'rsa_pss_rsae_sha384'],
  [0x0806, 'rsa_pss_rsae_sha512'],
  [0x0401, 'rsa_pkcs1_sha256'],
  [0x0501, 'rsa_pkcs1_sha384'],
  [0x0601, 'rsa_pkcs1_sha512'],
  [0x0201, 'rsa_pkcs1_sha1'],
  [0x0203, 'ecdsa_sha1'],
];
/** @type {Readonly<Record<number, string>>} */
export const SIGNATURE_SCHEMES = Object.fromEntries(SCHEMES);

/** BoringSSL's choices, in its order. */
export const VERIFIED_BY_DEFAULT = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201].map(schemeName);
export const SIGNED_BY_DEFAULT = [
  0x0807, 0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0603, 0x0806, 0x0601, 0x0203, 0x0201,
].map(schemeName);

/** @param {number} id */
function schemeName(id) {
  return /** @type {string} */ (SIGNATURE_SCHEMES[id]);
}

export const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const RSA_CBC = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA'];
const ECDHE_CBC = ['AES_128_CBC_SHA', 'AES_256_CBC_SHA'].flatMap((cipher) => both(cipher));

/** @param {string} cipher */
function both(cipher) {
  return [`TLS_ECDHE_ECDSA_WITH_${cipher}`, `TLS_ECDHE_RSA_WITH_${cipher}`];
}

/** BoringSSL's `ALL`, in its order, and the two that its shim adds. */
export const BASE_SUITES = [
  ...both('AES_128_GCM_SHA256'),
  ...both('AES_256_GCM_SHA384'),
  ...both('CHACHA20_POLY1305_SHA256'),
  ...ECDHE_CBC,
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  ...RSA_CBC,
  ...both('AES_128_CBC_SHA256'),
];

/** Those of `ALL` that are of use with a pre-shared key alone. */
export const PSK_SUITES = [
  'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA',
  'TLS_PSK_WITH_AES_128_CBC_SHA',
  'TLS_PSK_WITH_AES_256_CBC_SHA',
];

const TRIPLE_DES = 'TLS_RSA_WITH_3DES_EDE_CBC_SHA';

/** The cipher strings of OpenSSL's language that the runner uses. @type {Readonly<Record<string, readonly string[]>>} */
export const CIPHER_STRINGS = {
  '3DES': [TRIPLE_DES],
  'ALL:3DES': [...BASE_SUITES, TRIPLE_DES],
  'DEFAULT:!AES': both('CHACHA20_POLY1305_SHA256'),
  AES128: BASE_SUITES.filter((name) => name.includes('AES_128')),
};
