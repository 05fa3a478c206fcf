/**
 * Encrypted PEM as OpenSSL wrote it before PKCS#8: the headers of RFC 1421, a key from MD5 of the password. Read only.
 *
 * ```
 * -----BEGIN RSA PRIVATE KEY-----
 * Proc-Type: 4,ENCRYPTED
 * DEK-Info: AES-256-CBC,5D3C…            the cipher, and its initialization vector in hexadecimal
 *
 * base64
 * ```
 * The key is D_1 || D_2 || …, where D_i = MD5(D_(i-1) || password || first 8 octets of the vector): one MD5 stands between the password and
 * whoever guesses it. RFC 7468 §4 leaves the headers out; new files are PKCS#8 (`encryptPrivateKey`).
 */

import type { PemBlock } from '../../core/asn1/pem.ts';
import { concat, EMPTY, fromHex } from '../../core/bytes/bytes.ts';
import { DecodeError } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import type { CipherName } from '../../crypto/cipher.ts';
import { type PasswordForms, type PasswordWork, protectionUnsupported } from './password.ts';
import { openWithScheme } from './password-scheme.ts';

interface CipherUse {
  readonly cipher: CipherName;
  /** Octets of key that are derived; 8 for DES, 16 for Triple-DES with two keys. */
  readonly keySize: number;
  readonly ivSize: number;
}

/** By OpenSSL's names. */
const CIPHERS: ReadonlyMap<string, CipherUse> = new Map([
  ['AES-128-CBC', { cipher: 'aes-128-cbc', keySize: 16, ivSize: 16 }],
  ['AES-192-CBC', { cipher: 'aes-192-cbc', keySize: 24, ivSize: 16 }],
  ['AES-256-CBC', { cipher: 'aes-256-cbc', keySize: 32, ivSize: 16 }],
  ['DES-EDE3-CBC', { cipher: 'des-ede3-cbc', keySize: 24, ivSize: 8 }],
  ['DES-EDE-CBC', { cipher: 'des-ede3-cbc', keySize: 16, ivSize: 8 }],
  ['DES-CBC', { cipher: 'des-ede3-cbc', keySize: 8, ivSize: 8 }],
  ['RC2-CBC', { cipher: 'rc2-128-cbc', keySize: 16, ivSize: 8 }],
  ['RC2-64-CBC', { cipher: 'rc2-64-cbc', keySize: 8, ivSize: 8 }],
  ['RC2-40-CBC', { cipher: 'rc2-40-cbc', keySize: 5, ivSize: 8 }],
]);

/**
 * Decrypts a block with a DEK-Info. Undefined when the padding is wrong. Throws `DecodeError` for a malformed header, and `CryptoFailure`
 * for a cipher that is not supported.
 */
export function* openLegacyPem(
  { headers, data }: PemBlock,
  password: PasswordForms,
  work: PasswordWork,
): Flow<Uint8Array | undefined> {
  const { use, iv } = readDekInfo(headers.get('DEK-Info'));
  const scheme = {
    cipher: use.cipher,
    *derive({ octets }: PasswordForms) {
      return { key: yield* deriveKey(octets, iv.subarray(0, 8), use.keySize, work), iv };
    },
  };
  return yield* openWithScheme(scheme, data, password, work);
}

function readDekInfo(header: string | undefined): { readonly use: CipherUse; readonly iv: Uint8Array } {
  const [, name, digits] = /^([A-Za-z0-9-]+)\s*,\s*((?:[0-9A-Fa-f]{2})+)\s*$/.exec(header ?? '') ?? [];
  if (name === undefined || digits === undefined) {
    throw new DecodeError('pem.dek_info', 'a cipher and its initialization vector in hexadecimal are expected');
  }
  const use = CIPHERS.get(name.toUpperCase());
  if (use === undefined) throw protectionUnsupported(`the cipher ${name} of a PEM block`);
  const iv = fromHex(digits);
  if (iv.length === use.ivSize) return { use, iv };
  throw new DecodeError('pem.dek_info', `an initialization vector of ${use.ivSize} octets is expected, ${iv.length} are there`);
}

function* deriveKey(password: Uint8Array, salt: Uint8Array, size: number, work: PasswordWork): Flow<Uint8Array> {
  const { iteratedHash } = work.provider.passwordHashes;
  let last = EMPTY;
  let key = EMPTY;
  while (key.length < size) {
    work.spend(1);
    last = yield* settle(iteratedHash.derive({ hash: 'md5', data: concat(last, password, salt), iterations: 1 }));
    key = concat(key, last);
  }
  return key.slice(0, size);
}
