/**
 * MD5 (RFC 1321) as a whole hash function, by @noble/hashes, for the PRF of TLS 1.0 and 1.1 and for what else is as old.
 *
 * It protects nothing by itself: RFC 9155 forbids it in signatures of TLS. It is in no provider.
 */

import { md5 as nobleMd5 } from '@noble/hashes/legacy.js';
import type { Hash } from '../hash.ts';
import { nobleHash } from './noble-hash.ts';

/** MD5, and HMAC with it (RFC 2104). */
export const md5: Hash = /* @__PURE__ */ nobleHash('md5', nobleMd5);
