/** `foxtls/crypto`: the interfaces between the protocol and whoever computes. */
export type * from './crypto/aead.ts';
export type * from './crypto/cipher.ts';
export type { FiniteFieldParameters } from './crypto/finite-field.ts';
export type * from './crypto/finite-field-provider.ts';
export type * from './crypto/hash.ts';
export type * from './crypto/key-encryption.ts';
export type * from './crypto/key-exchange.ts';
export type * from './crypto/password-hash.ts';
export * from './crypto/peer-verifier.ts';
export type * from './crypto/pkcs-provider.ts';
export type * from './crypto/provider.ts';
export type * from './crypto/signature.ts';
