/**
 * EncryptedExtensions (RFC 8446 §4.3.1).
 *
 * ```
 * struct { Extension extensions<0..2^16-1>; } EncryptedExtensions;
 * ```
 */

import { type Decoded, struct } from '../../core/wire/codec.ts';
import { extensionBlock } from './extensions/block.ts';

export const encryptedExtensions = struct({ extensions: extensionBlock('encrypted_extensions') });
export type EncryptedExtensions = Decoded<typeof encryptedExtensions>;
