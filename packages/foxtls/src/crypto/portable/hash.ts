/**
 * Hash functions and HMAC (RFC 6234, RFC 2104) by @noble/hashes.
 */

import { sha1 as nobleSha1 } from '@noble/hashes/legacy.js';
import {
  sha224 as nobleSha224,
  sha256 as nobleSha256,
  sha384 as nobleSha384,
  sha512 as nobleSha512,
} from '@noble/hashes/sha2.js';
import type { Hash } from '../hash.ts';
import { nobleHash } from '../legacy/noble-hash.ts';

/** SHA-1, for old signatures and TLS 1.0–1.2 only. */
export const sha1: Hash = /* @__PURE__ */ nobleHash('sha1', nobleSha1);
/** SHA-224, for files that have a MAC with it. */
export const sha224: Hash = /* @__PURE__ */ nobleHash('sha224', nobleSha224);
export const sha256: Hash = /* @__PURE__ */ nobleHash('sha256', nobleSha256);
export const sha384: Hash = /* @__PURE__ */ nobleHash('sha384', nobleSha384);
export const sha512: Hash = /* @__PURE__ */ nobleHash('sha512', nobleSha512);
