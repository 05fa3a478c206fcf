/**
 * RC2 in CBC mode (RFC 2268): our own code, for reading PKCS#12 files and keys of the last century.
 *
 * ```
 * mix up R[i]     R[i] = R[i] + K[j] + (R[i-1] & R[i-2]) + ((~R[i-1]) & R[i-3]);  j = j + 1;  R[i] = R[i] rol s[i]
 * mash R[i]       R[i] = R[i] + K[R[i-1] & 63]
 * encryption      5 mixing rounds, a mashing round, 6 mixing rounds, a mashing round, 5 mixing rounds
 * ```
 * Look-ups in the table depend on the key, so this is not constant in time: whoever measures it learns of a cipher that protects nothing
 * any more. Nothing of foxtls encrypts with it.
 */

import type { Cipher, CipherName } from '../cipher.ts';
import { checkCipherLengths } from '../cipher-lengths.ts';

const BLOCK_SIZE = 8;

export const rc2Cbc40: Cipher = /* @__PURE__ */ rc2('rc2-40-cbc', 5);
export const rc2Cbc64: Cipher = /* @__PURE__ */ rc2('rc2-64-cbc', 8);
export const rc2Cbc128: Cipher = /* @__PURE__ */ rc2('rc2-128-cbc', 16);

/** One block, in place, with a key that `expandKey` made. `Block` is four words of 16 bits, the low octet of each first (RFC 2268 §3.5). */
type BlockFunction = (key: Uint16Array, block: Uint16Array) => void;

function rc2(name: CipherName, keySize: number): Cipher {
  const sizes = { name, keySize, blockSize: BLOCK_SIZE };
  return {
    ...sizes,
    encrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return encryptCbc(expandKey(key, keySize * 8), iv, data);
    },
    decrypt(key, iv, data) {
      checkCipherLengths(sizes, key, iv, data);
      return decryptCbc(expandKey(key, keySize * 8), iv, data);
    },
  };
}

/** RFC 2268 §2. `effectiveBits` bounds the search space, however long the key is. */
export function expandKey(key: Uint8Array, effectiveBits: number): Uint16Array {
  const expanded = new Uint8Array(128);
  expanded.set(key);
  for (let i = key.length; i < 128; i++) {
    expanded[i] = PITABLE[((expanded[i - 1] as number) + (expanded[i - key.length] as number)) & 0xff] as number;
  }
  const effectiveBytes = (effectiveBits + 7) >> 3;
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits);
  const first = 128 - effectiveBytes;
  expanded[first] = PITABLE[(expanded[first] as number) & mask] as number;
  for (let i = first - 1; i >= 0; i--) {
    expanded[i] = PITABLE[(expanded[i + 1] as number) ^ (expanded[i + effectiveBytes] as number)] as number;
  }
  return Uint16Array.from({ length: 64 }, (_, i) => (expanded[2 * i] as number) + 256 * (expanded[2 * i + 1] as number));
}

function encryptCbc(key: Uint16Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const encrypted = new Uint8Array(data.length);
  const block = new Uint16Array(4);
  xorBlock(block, iv, 0);
  for (let at = 0; at < data.length; at += BLOCK_SIZE) {
    xorBlock(block, data, at);
    encryptBlock(key, block);
    writeBlock(block, encrypted, at);
  }
  return encrypted;
}

function decryptCbc(key: Uint16Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const decrypted = new Uint8Array(data.length);
  const block = new Uint16Array(4);
  for (let at = 0; at < data.length; at += BLOCK_SIZE) {
    block.fill(0);
    xorBlock(block, data, at);
    decryptBlock(key, block);
    if (at === 0) xorBlock(block, iv, 0);
    else xorBlock(block, data, at - BLOCK_SIZE);
    writeBlock(block, decrypted, at);
  }
  return decrypted;
}

/** RFC 2268 §3.5. */
export const encryptBlock: BlockFunction = (key, block) => {
  let j = 0;
  for (let round = 0; round < 16; round++) {
    for (let i = 0; i < 4; i++) {
      const mixed = (block[i] as number) + (key[j++] as number) + composite(block, i);
      block[i] = rotateLeft(mixed & 0xffff, ROTATIONS[i] as number);
    }
    if (round !== 4 && round !== 10) continue;
    for (let i = 0; i < 4; i++) block[i] = (block[i] as number) + (key[(block[(i + 3) & 3] as number) & 63] as number);
  }
};

/** RFC 2268 §4.5. */
export const decryptBlock: BlockFunction = (key, block) => {
  let j = 63;
  for (let round = 0; round < 16; round++) {
    for (let i = 3; i >= 0; i--) {
      const mixed = rotateLeft(block[i] as number, 16 - (ROTATIONS[i] as number));
      block[i] = mixed - (key[j--] as number) - composite(block, i);
    }
    if (round !== 4 && round !== 10) continue;
    for (let i = 3; i >= 0; i--) block[i] = (block[i] as number) - (key[(block[(i + 3) & 3] as number) & 63] as number);
  }
};

/** The word made of R[i-2] where R[i-1] has ones, and of R[i-3] where it has zeros. */
function composite(block: Uint16Array, i: number): number {
  const last = block[(i + 3) & 3] as number;
  return (last & (block[(i + 2) & 3] as number)) + (~last & (block[(i + 1) & 3] as number));
}

function rotateLeft(word: number, bits: number): number {
  return ((word << bits) | (word >> (16 - bits))) & 0xffff;
}

function xorBlock(block: Uint16Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) {
    const word = (bytes[at + 2 * i] as number) | ((bytes[at + 2 * i + 1] as number) << 8);
    block[i] = (block[i] as number) ^ word;
  }
}

function writeBlock(block: Uint16Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 4; i++) {
    bytes[at + 2 * i] = (block[i] as number) & 0xff;
    bytes[at + 2 * i + 1] = (block[i] as number) >> 8;
  }
}

/** s[0] to s[3]. */
const ROTATIONS = [1, 2, 3, 5];

/** RFC 2268 §2: "random" bytes based on the digits of PI. */
const PITABLE: readonly number[] = [
  0xd9, 0x78, 0xf9, 0xc4, 0x19, 0xdd, 0xb5, 0xed, 0x28, 0xe9, 0xfd, 0x79, 0x4a, 0xa0, 0xd8, 0x9d, 0xc6, 0x7e, 0x37, 0x83, 0x2b,
  0x76, 0x53, 0x8e, 0x62, 0x4c, 0x64, 0x88, 0x44, 0x8b, 0xfb, 0xa2, 0x17, 0x9a, 0x59, 0xf5, 0x87, 0xb3, 0x4f, 0x13, 0x61, 0x45,
  0x6d, 0x8d, 0x09, 0x81, 0x7d, 0x32, 0xbd, 0x8f, 0x40, 0xeb, 0x86, 0xb7, 0x7b, 0x0b, 0xf0, 0x95, 0x21, 0x22, 0x5c, 0x6b, 0x4e,
  0x82, 0x54, 0xd6, 0x65, 0x93, 0xce, 0x60, 0xb2, 0x1c, 0x73, 0x56, 0xc0, 0x14, 0xa7, 0x8c, 0xf1, 0xdc, 0x12, 0x75, 0xca, 0x1f,
  0x3b, 0xbe, 0xe4, 0xd1, 0x42, 0x3d, 0xd4, 0x30, 0xa3, 0x3c, 0xb6, 0x26, 0x6f, 0xbf, 0x0e, 0xda, 0x46, 0x69, 0x07, 0x57, 0x27,
  0xf2, 0x1d, 0x9b, 0xbc, 0x94, 0x43, 0x03, 0xf8, 0x11, 0xc7, 0xf6, 0x90, 0xef, 0x3e, 0xe7, 0x06, 0xc3, 0xd5, 0x2f, 0xc8, 0x66,
  0x1e, 0xd7, 0x08, 0xe8, 0xea, 0xde, 0x80, 0x52, 0xee, 0xf7, 0x84, 0xaa, 0x72, 0xac, 0x35, 0x4d, 0x6a, 0x2a, 0x96, 0x1a, 0xd2,
  0x71, 0x5a, 0x15, 0x49, 0x74, 0x4b, 0x9f, 0xd0, 0x5e, 0x04, 0x18, 0xa4, 0xec, 0xc2, 0xe0, 0x41, 0x6e, 0x0f, 0x51, 0xcb, 0xcc,
  0x24, 0x91, 0xaf, 0x50, 0xa1, 0xf4, 0x70, 0x39, 0x99, 0x7c, 0x3a, 0x85, 0x23, 0xb8, 0xb4, 0x7a, 0xfc, 0x02, 0x36, 0x5b, 0x25,
  0x55, 0x97, 0x31, 0x2d, 0x5d, 0xfa, 0x98, 0xe3, 0x8a, 0x92, 0xae, 0x05, 0xdf, 0x29, 0x10, 0x67, 0x6c, 0xba, 0xc9, 0xd3, 0x00,
  0xe6, 0xcf, 0xe1, 0x9e, 0xa8, 0x2c, 0x63, 0x16, 0x01, 0x3f, 0x58, 0xe2, 0x89, 0xa9, 0x0d, 0x38, 0x34, 0x1b, 0xab, 0x33, 0xff,
  0xb0, 0xbb, 0x48, 0x0c, 0x5f, 0xb9, 0xb1, 0xcd, 0x2e, 0xc5, 0xf3, 0xdb, 0x47, 0xe5, 0xa5, 0x9c, 0x77, 0x0a, 0xa6, 0x20, 0x68,
  0xfe, 0x7f, 0xc1, 0xad,
];
