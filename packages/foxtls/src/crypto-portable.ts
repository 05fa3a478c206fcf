/** `foxtls/crypto/portable`: the provider in JavaScript alone, whole and in parts. */
export * from './crypto/portable/aead.ts';
export * from './crypto/portable/cipher.ts';
export * from './crypto/portable/hash.ts';
export * from './crypto/portable/key-encryption.ts';
export * from './crypto/portable/key-exchange.ts';
export * from './crypto/portable/key-wrap.ts';
export * from './crypto/portable/keys.ts';
export * from './crypto/portable/old-keys.ts';
export * from './crypto/portable/password-hash.ts';
export * from './crypto/portable/pkcs-provider.ts';
export * from './crypto/portable/provider.ts';
export * from './crypto/portable/random.ts';
