/**
 * A key agreement without signatures, and somebody in between: Diffie and Hellman's, by X25519 (RFC 7748) or over the group of 2048 bits (RFC 3526).
 *
 * ```
 * Alice ── A ──▶ Mallory ── M ──▶ Bob        Alice and Mallory agree on a key, Mallory and Bob on another;
 * Alice ◀── M ── Mallory ◀── B ── Bob        both think that they have one with each other
 * ```
 */

import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  getDiffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

export type Kind = 'x25519' | 'dh';

/** One end, with a key pair made for one exchange. */
export interface Party {
  readonly publicKey: Buffer;
  /** 32 bytes that whoever has the other half can compute, too. */
  agree(theirs: Uint8Array): Buffer;
}

export function createParty(kind: Kind): Party {
  return kind === 'x25519' ? x25519Party() : groupParty();
}

const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

function x25519Party(): Party {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const raw = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
  return {
    publicKey: raw(publicKey),
    agree(theirs) {
      const der = Buffer.concat([SPKI_PREFIX, theirs]);
      return deriveKey(diffieHellman({ privateKey, publicKey: createPublicKey({ key: der, format: 'der', type: 'spki' }) }));
    },
  };
}

function groupParty(): Party {
  const pair = getDiffieHellman('modp14');
  const publicKey = pair.generateKeys();
  return { publicKey, agree: (theirs) => deriveKey(pair.computeSecret(theirs)) };
}

function deriveKey(secret: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), 'foxtls mim-key', 32));
}

/** AES-256-GCM: nonce, ciphertext, tag. */
export function sealText(key: Uint8Array, text: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when it was sealed with another key, or changed on the way. */
export function openText(key: Uint8Array, sealed: Uint8Array): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(-16));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}
