/**
 * ClientKeyExchange of RSA key transport (RFC 5246 §7.4.7.1).
 *
 * ```
 * struct {
 *     public-key-encrypted PreMasterSecret pre_master_secret;
 * } EncryptedPreMasterSecret;
 * ```
 * "Public-key-encrypted data is represented as an opaque vector <0..2^16-1>" (RFC 5246 §7.4.7.1): its length is said, although nothing else
 * is in the message.
 */

import { opaqueVector, struct } from '../../../core/wire/codec.ts';

export const encryptedPreMasterSecret = struct({ preMasterSecret: opaqueVector(0, 0xffff) });
