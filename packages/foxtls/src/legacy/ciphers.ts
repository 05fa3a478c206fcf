/**
 * The ciphers of the old suites, as data: Camellia in CBC mode (RFC 5932, RFC 6367), 3DES, RC4, and none at all (RFC 5246 §A.5; RFC 4279;
 * RFC 5487; RFC 8422 §6), and ChaCha20-Poly1305 as it was before RFC 7905.
 */

import type { HashName } from '../crypto/hash.ts';
import { chacha20Poly1305Old } from '../crypto/legacy/chacha20-poly1305-old.ts';
import { md5 } from '../crypto/legacy/md5.ts';
import { rc4Stream128 } from '../crypto/legacy/rc4.ts';
import type { StreamCipher } from '../crypto/stream-cipher.ts';
import { type CipherParts, cbc } from '../protocol/handshake/tls12/suite-ciphers.ts';
import type { RecordCipher } from '../protocol/record/record-cipher.ts';
import { streamRecordCipher } from '../protocol/record/stream-protection.ts';
import { aeadRecordCipher } from '../protocol/record/tls12-aead-protection.ts';

/** A cipher, and why it should not be used. */
export interface OldCipher {
  readonly cipher: CipherParts;
  readonly weakness: string | undefined;
}

export type OldCiphers = Readonly<Record<string, OldCipher>>;

/** What is no reason against a suite by itself: another part of it is. */
export function sound(ciphers: Readonly<Record<string, CipherParts>>): OldCiphers {
  return all(undefined, ciphers);
}

export const CAMELLIA: OldCiphers = /* @__PURE__ */ all('Camellia is hardly used any more, and is here in CBC mode alone', {
  CAMELLIA_128_CBC_SHA: /* @__PURE__ */ cbc('camellia-128-cbc', 'sha1'),
  CAMELLIA_256_CBC_SHA: /* @__PURE__ */ cbc('camellia-256-cbc', 'sha1'),
  CAMELLIA_128_CBC_SHA256: /* @__PURE__ */ cbc('camellia-128-cbc', 'sha256'),
  CAMELLIA_256_CBC_SHA256: /* @__PURE__ */ cbc('camellia-256-cbc', 'sha256'),
  CAMELLIA_256_CBC_SHA384: /* @__PURE__ */ cbc('camellia-256-cbc', 'sha384', 'sha384'),
});

export const TRIPLE_DES: OldCiphers = /* @__PURE__ */ all('blocks of 3DES are so short that two are soon alike (Sweet32)', {
  '3DES_EDE_CBC_SHA': /* @__PURE__ */ cbc('des-ede3-cbc', 'sha1'),
});

export const RC4: OldCiphers = /* @__PURE__ */ all('RC4 is broken, and forbidden (RFC 7465)', {
  RC4_128_SHA: /* @__PURE__ */ stream(rc4Stream128, 'sha1'),
  RC4_128_MD5: /* @__PURE__ */ stream(rc4Stream128, 'md5'),
});

export const NULL: OldCiphers = /* @__PURE__ */ all('nothing is encrypted, everybody can read it', {
  NULL_MD5: /* @__PURE__ */ stream(undefined, 'md5'),
  NULL_SHA: /* @__PURE__ */ stream(undefined, 'sha1'),
  NULL_SHA256: /* @__PURE__ */ stream(undefined, 'sha256'),
  NULL_SHA384: /* @__PURE__ */ stream(undefined, 'sha384', 'sha384'),
});

function all(weakness: string | undefined, ciphers: Readonly<Record<string, CipherParts>>): OldCiphers {
  return Object.fromEntries(Object.entries(ciphers).map(([end, cipher]) => [end, { cipher, weakness }]));
}

/** draft-agl-tls-chacha20poly1305-04 §5: the nonce is the sequence number, the keys make no IV. */
export const OLD_CHACHA20: OldCiphers = /* @__PURE__ */ all('ChaCha20-Poly1305 in the form of a draft was given up (RFC 7905)', {
  CHACHA20_OLD_POLY1305_SHA256: {
    hash: 'sha256',
    beforeTls12: false,
    resolve() {
      const limits = { recordLimit: RECORD_LIMIT, openFailureLimit: OPEN_FAILURE_LIMIT };
      const cipher = aeadRecordCipher(chacha20Poly1305Old, { explicitNonce: false, ...limits });
      const withoutIv: RecordCipher = {
        ...cipher,
        ivSize: 0,
        protect(keys, pseudoHeader) {
          return cipher.protect({ ...keys, iv: new Uint8Array(chacha20Poly1305Old.nonceSize) }, pseudoHeader);
        },
      };
      return { isBlockCipher: false, create: () => withoutIv };
    },
  },
});

/** What RC4 gives away it gives away with the first records of each connection: no limit would help. */
const RECORD_LIMIT = 2 ** 48;

/** As for ChaCha20-Poly1305 as it became (RFC 9147 §4.5.3). */
const OPEN_FAILURE_LIMIT = 2 ** 36;

/** A stream cipher, or none, and HMAC (RFC 5246 §6.2.3.1). `prf`: where it is another than the usual one. */
function stream(cipher: StreamCipher | undefined, mac: HashName, prf: HashName = 'sha256'): CipherParts {
  return {
    hash: prf,
    beforeTls12: mac === 'sha1' || mac === 'md5',
    resolve(provider) {
      const hash = [md5, ...provider.hashes].find(({ name }) => name === mac);
      if (hash === undefined) return undefined;
      const recordCipher = streamRecordCipher({ cipher, hash, recordLimit: RECORD_LIMIT });
      return { isBlockCipher: false, needsOrder: cipher !== undefined, create: () => recordCipher };
    },
  };
}
