/** The provider that the faces of Node are bound to. */

/** For the old hashes of names by which OpenSSL finds files. */
export { md5, sha1 } from '../crypto/node/hash.ts';
export { nodeProvider as provider } from '../crypto/node/provider.ts';
