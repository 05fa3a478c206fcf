/** `foxtls/crypto/node`: the provider of Node, whole and in parts. */
export * from './crypto/node/aead.ts';
export * from './crypto/node/cipher.ts';
export * from './crypto/node/finite-field-key-exchange.ts';
export * from './crypto/node/finite-field-provider.ts';
export * from './crypto/node/hash.ts';
export * from './crypto/node/key-encryption.ts';
export * from './crypto/node/key-exchange.ts';
export * from './crypto/node/key-wrap.ts';
export * from './crypto/node/keys.ts';
export * from './crypto/node/password-hash.ts';
export * from './crypto/node/provider.ts';
export * from './crypto/node/random.ts';
