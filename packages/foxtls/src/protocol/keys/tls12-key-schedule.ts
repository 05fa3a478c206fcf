/**
 * The secrets of TLS 1.2, and with another PRF of TLS 1.0 and 1.1 (RFC 5246 §6.3, §7.4.9, §8.1; RFC 7627 §4; RFC 5705 §4).
 *
 * ```
 *   pre_master_secret ── "master secret", ClientHello.random + ServerHello.random ──▶ master_secret[48]
 *                     └─ "extended master secret", session_hash ───────────────────▶
 *   master_secret ──┬─ "key expansion", ServerHello.random + ClientHello.random ──▶ key_block
 *                   ├─ "client finished" | "server finished", Hash(handshake_messages) ──▶ verify_data[12]
 *                   └─ an exporter's label, both randoms, its context ──▶ keying material
 * ```
 */

import { concat, EMPTY, wipe } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import type { DirectionKeys, RecordCipher } from '../record/record-cipher.ts';
import type { Prf } from './prf.ts';

/** "The master secret is always exactly 48 bytes in length." (RFC 5246 §8.1) */
const MASTER_SECRET_SIZE = 48;
/** "In previous versions of TLS, the verify_data was always 12 octets long. In the current version of TLS, it depends on the cipher suite. Any cipher suite which does not explicitly specify verify_data_length has a verify_data_length equal to 12." (RFC 5246 §7.4.9) */
const VERIFY_DATA_SIZE = 12;

/** The randoms of both hellos. */
export interface HelloRandoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** The master secret of a full handshake without extended_master_secret. Wipes the premaster secret. */
export function masterSecret(prf: Prf, premasterSecret: Uint8Array, randoms: HelloRandoms): MasterSecret {
  const seed = concat(randoms.client, randoms.server);
  const secret = prf(premasterSecret, 'master secret', seed, MASTER_SECRET_SIZE);
  wipe(premasterSecret);
  return new MasterSecret(prf, secret);
}

/**
 * The master secret with extended_master_secret (RFC 7627 §4). `sessionHash`: of all messages up to and including ClientKeyExchange.
 * Wipes the premaster secret.
 */
export function extendedMasterSecret(prf: Prf, premasterSecret: Uint8Array, sessionHash: Uint8Array): MasterSecret {
  const secret = prf(premasterSecret, 'extended master secret', sessionHash, MASTER_SECRET_SIZE);
  wipe(premasterSecret);
  return new MasterSecret(prf, secret);
}

export class MasterSecret {
  readonly bytes: Uint8Array;
  readonly #prf: Prf;

  /** To be made by the functions above; of a session that is resumed, by its secret. */
  constructor(prf: Prf, bytes: Uint8Array) {
    this.#prf = prf;
    this.bytes = bytes;
  }

  /** The keys of both directions, in the order of RFC 5246 §6.3. */
  connectionKeys(
    randoms: HelloRandoms,
    cipher: RecordCipher,
  ): { readonly client: DirectionKeys; readonly server: DirectionKeys } {
    const { macKeySize, keySize, ivSize } = cipher;
    const seed = concat(randoms.server, randoms.client);
    const keyBlock = this.#prf(this.bytes, 'key expansion', seed, 2 * (macKeySize + keySize + ivSize));
    let at = 0;
    const take = (size: number) => {
      at += size;
      return keyBlock.slice(at - size, at);
    };
    const [clientMacKey, serverMacKey] = [take(macKeySize), take(macKeySize)];
    const [clientKey, serverKey] = [take(keySize), take(keySize)];
    const [clientIv, serverIv] = [take(ivSize), take(ivSize)];
    wipe(keyBlock);
    return {
      client: { macKey: clientMacKey, key: clientKey, iv: clientIv },
      server: { macKey: serverMacKey, key: serverKey, iv: serverIv },
    };
  }

  /** verify_data of a Finished. `handshakeHash`: of all messages before it. */
  verifyData(sender: 'client' | 'server', handshakeHash: Uint8Array): Uint8Array {
    return this.#prf(this.bytes, `${sender} finished`, handshakeHash, VERIFY_DATA_SIZE);
  }

  wipe(): void {
    wipe(this.bytes);
  }
}

/** Labels of TLS itself, which no exporter may use (RFC 5705 §4). */
const RESERVED_LABELS: readonly string[] = [
  'client finished',
  'server finished',
  'master secret',
  'extended master secret',
  'key expansion',
];

/**
 * The exporter of RFC 5705 §4; `length` in bytes. Without a context the seed is the randoms alone, which is not the same as an empty one.
 * Throws `ApiMisuse` (`ERR_TLS_OPTION_RANGE`) for a label, a context or a length that cannot be.
 */
export function exportKeyingMaterialByPrf(
  prf: Prf,
  secret: Uint8Array,
  randoms: HelloRandoms,
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  if (RESERVED_LABELS.includes(label)) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the exporter's label is ${JSON.stringify(label)}, which TLS itself uses`);
  }
  if (!Number.isInteger(length) || length < 1 || length > MAX_EXPORT) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the exporter is asked for ${length} bytes: 1 to ${MAX_EXPORT} are expected`);
  }
  if (context !== undefined && context.length > 0xffff) {
    throw new ApiMisuse('ERR_TLS_OPTION_RANGE', `the exporter's context has ${context.length} bytes: at most 65535 fit`);
  }
  const prefixed = context === undefined ? EMPTY : concat(Uint8Array.of(context.length >> 8, context.length & 0xff), context);
  return prf(secret, label, concat(randoms.client, randoms.server, prefixed), length);
}

/** More than any use of it asks for. */
const MAX_EXPORT = 2 ** 16;
