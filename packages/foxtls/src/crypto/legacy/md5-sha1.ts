/**
 * MD5 and SHA-1 of the same bytes, one after the other: the transcript of TLS 1.0 and 1.1, whose Finished is made of
 * `MD5(handshake_messages) + SHA-1(handshake_messages)` (RFC 4346 §7.4.9), and what RSA signs there (§7.4.3, §7.4.8).
 *
 * ```
 * opaque md5_hash[16];
 * opaque sha_hash[20];
 * ```
 */

import { concat } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { Hash, HashPairName, HashState } from '../hash.ts';
import { md5 } from './md5.ts';

/**
 * The pair, with the SHA-1 of a provider. It has no HMAC, for nobody defines one: the PRF of TLS 1.0 takes that of either hash and XORs
 * what comes of it (RFC 4346 §5). `hmac` throws `ApiMisuse` (`ERR_TLS_NO_HMAC`).
 */
export function md5Sha1(sha1: Hash): Hash<HashPairName> {
  return {
    name: 'md5-sha1',
    size: md5.size + sha1.size,
    blockSize: 64,
    digest: (data) => concat(md5.digest(data), sha1.digest(data)),
    create: () => new RunningPair(md5.create(), sha1.create()),
    hmac() {
      throw new ApiMisuse('ERR_TLS_NO_HMAC', 'MD5 and SHA-1 together have no HMAC: take that of each');
    },
  };
}

class RunningPair implements HashState {
  readonly #md5: HashState;
  readonly #sha1: HashState;

  constructor(runningMd5: HashState, runningSha1: HashState) {
    this.#md5 = runningMd5;
    this.#sha1 = runningSha1;
  }

  update(data: Uint8Array): void {
    this.#md5.update(data);
    this.#sha1.update(data);
  }

  digest(): Uint8Array {
    return concat(this.#md5.digest(), this.#sha1.digest());
  }

  copy(): HashState {
    return new RunningPair(this.#md5.copy(), this.#sha1.copy());
  }
}
