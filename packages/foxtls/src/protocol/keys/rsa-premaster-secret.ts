/**
 * The premaster secret of RSA key exchange (RFC 5246 §7.4.7.1), made by the client and decrypted by the server without telling whether
 * it could be decrypted.
 *
 * ```
 * struct {
 *     ProtocolVersion client_version;
 *     opaque random[46];
 * } PreMasterSecret;
 * ```
 * "… a TLS server MUST NOT generate an alert if processing an RSA-encrypted premaster secret message fails, or the version number is not
 * as expected. Instead, it MUST continue the handshake with a randomly generated premaster secret." (RFC 5246 §7.4.7.1) Whoever sent the
 * wrong one learns that from the Finished messages, as anybody else.
 */

import { type Flow, settle } from '../../core/flow/flow.ts';
import type { RsaDecrypter } from '../../crypto/key-encryption.ts';
import type { RandomSource } from '../../crypto/key-exchange.ts';

export const PREMASTER_SECRET_SIZE = 48;

/** What the client encrypts. `clientVersion` is the one that its ClientHello offered, not the one that was negotiated. */
export function createRsaPremasterSecret(clientVersion: number, random: RandomSource): Uint8Array {
  return withVersion(random(PREMASTER_SECRET_SIZE), clientVersion);
}

/**
 * What the server makes of EncryptedPreMasterSecret: the first of the two ways of RFC 5246 §7.4.7.1, "RECOMMENDED" there, in which the
 * version is written over and never compared, so that a wrong one makes a wrong secret. Takes the same steps whatever is wrong; throws
 * only what the decrypter throws because it is not there, never for what it was given.
 */
export function* decryptRsaPremasterSecret(
  decrypter: RsaDecrypter,
  encrypted: Uint8Array,
  clientVersion: number,
  random: RandomSource,
): Flow<Uint8Array> {
  // "Generate a string R of 46 random bytes": before the message is looked at, and two more, so that nothing depends on their need.
  const substitute = random(PREMASTER_SECRET_SIZE);
  return withVersion(yield* settle(decrypter.decryptPkcs1(encrypted, substitute)), clientVersion);
}

function withVersion(secret: Uint8Array, version: number): Uint8Array {
  secret[0] = version >>> 8;
  secret[1] = version & 0xff;
  return secret;
}
