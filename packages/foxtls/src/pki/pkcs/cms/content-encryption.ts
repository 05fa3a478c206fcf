/**
 * Content encryption (RFC 5652 §6.3, RFC 3370 §5.1, RFC 3565, RFC 5084 §3.2): AES-CBC with padding, AES-GCM with a tag.
 *
 * ```
 * GCMParameters ::= SEQUENCE {
 *   aes-nonce        OCTET STRING, -- recommended size is 12 octets
 *   aes-ICVlen       AES-GCM-ICVlen DEFAULT 12 }
 * ```
 * The parameters of a cipher in CBC mode are its initialization vector, an OCTET STRING.
 */

import { OID, type OidName } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer, sequence, withDefault } from '../../../core/asn1/schema.ts';
import { octetString, smallInteger } from '../../../core/asn1/types.ts';
import { concat, EMPTY, wipe } from '../../../core/bytes/bytes.ts';
import { PkcsInvalid } from '../../../core/errors/errors.ts';
import type { Aead } from '../../../crypto/aead.ts';
import type { Cipher } from '../../../crypto/cipher.ts';
import type { PkcsProvider } from '../../../crypto/pkcs-provider.ts';
import type { AlgorithmIdentifier } from '../algorithm-identifier.ts';
import { addPadding, removePadding } from '../cbc-padding.ts';
import type { EnvelopedData } from './enveloped-data.ts';

/** How a content is encrypted. */
export type ContentEncryption = 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc' | 'aes-128-gcm' | 'aes-256-gcm';

type ContentProvider = Pick<PkcsProvider, 'name' | 'ciphers' | 'aeads' | 'random'>;

const OIDS = {
  'aes-128-cbc': 'aes128-CBC-PAD',
  'aes-192-cbc': 'aes192-CBC-PAD',
  'aes-256-cbc': 'aes256-CBC-PAD',
  'aes-128-gcm': 'id-aes128-GCM',
  'aes-256-gcm': 'id-aes256-GCM',
} as const satisfies Record<ContentEncryption, OidName>;

/** Triple-DES, which old messages are encrypted with, is read and not written. */
const READABLE: readonly (readonly [ContentEncryption | 'des-ede3-cbc', OidName])[] = [
  ...(Object.entries(OIDS) as [ContentEncryption, OidName][]),
  ['des-ede3-cbc', 'des-EDE3-CBC'],
];

const gcmParameters = sequence({ nonce: octetString, icvLength: withDefault(smallInteger, 12) });

/** A content that is encrypted, and the key that it takes to decrypt it. `mac` is there for AES-GCM. */
export interface EncryptedContent {
  readonly contentEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedContent: Uint8Array;
  readonly mac: Uint8Array | undefined;
}

/** Bytes of the key. Throws `PkcsInvalid` (`algorithm_unsupported`) when the provider does not have the algorithm. */
export function contentKeySize(name: ContentEncryption, provider: ContentProvider): number {
  return findAlgorithm(name, provider).keySize;
}

/** Encrypts a content with a key that is used for nothing else. */
export function encryptContent(
  name: ContentEncryption,
  key: Uint8Array,
  content: Uint8Array,
  additionalData: Uint8Array,
  provider: ContentProvider,
): EncryptedContent {
  const algorithm = findAlgorithm(name, provider);
  const oid = OID[OIDS[name]];
  if ('blockSize' in algorithm) {
    const iv = provider.random(algorithm.blockSize);
    const encryptedContent = algorithm.encrypt(key, iv, addPadding(content, algorithm.blockSize));
    return {
      contentEncryptionAlgorithm: { algorithm: oid, parameters: encodeDer(octetString, iv) },
      encryptedContent,
      mac: undefined,
    };
  }
  const nonce = provider.random(algorithm.nonceSize);
  const out: Uint8Array[] = [];
  const aeadKey = algorithm.create(key);
  aeadKey.seal(nonce, additionalData, [content], out);
  aeadKey.wipe();
  const sealed = concat(...out);
  const parameters = encodeDer(gcmParameters, { nonce, icvLength: algorithm.tagSize });
  return {
    contentEncryptionAlgorithm: { algorithm: oid, parameters },
    encryptedContent: sealed.subarray(0, -algorithm.tagSize),
    mac: sealed.subarray(-algorithm.tagSize),
  };
}

/** A content that waits for its key. Nothing of it is secret, and what is wrong with it may be told. */
export interface OpenableContent {
  readonly keySize: number;
  /** Undefined for whatever is wrong. */
  open(key: Uint8Array): Uint8Array | undefined;
}

/** Checks all that needs no key. Throws `PkcsInvalid` (`algorithm_unsupported`, `content_missing`) and `DecodeError`. */
export function prepareContent(
  message: EnvelopedData,
  content: Uint8Array | undefined,
  provider: ContentProvider,
): OpenableContent {
  const { algorithm: oid, parameters = EMPTY } = message.contentEncryptionAlgorithm;
  const encrypted = message.encryptedContent ?? content;
  if (encrypted === undefined)
    throw new PkcsInvalid('content_missing', 'the encrypted content is detached: give it beside the message');
  const [name] = READABLE.find(([, oidName]) => OID[oidName] === oid) ?? [];
  if (name === undefined) throw new PkcsInvalid('algorithm_unsupported', `the content encryption ${oid} is not supported`);
  const algorithm = findAlgorithm(name, provider);
  const path = 'enveloped_data.content_encryption_algorithm.parameters';
  // AES-GCM stands in AuthEnvelopedData, AES-CBC does not: else what authenticates one message could be taken off it.
  if ('blockSize' in algorithm !== (message.authentication === undefined)) {
    throw new PkcsInvalid('algorithm_unsupported', `${name} is not for this kind of message`);
  }
  if ('blockSize' in algorithm) {
    const iv = decodeDer(octetString, parameters, path);
    return { keySize: algorithm.keySize, open: (key) => openCbc(algorithm, key, iv, encrypted) };
  }
  const { nonce, icvLength } = decodeDer(gcmParameters, parameters, path);
  const { mac, additionalData } = message.authentication ?? { mac: EMPTY, additionalData: EMPTY };
  // A short tag is a weak one: the providers have none.
  if (icvLength !== algorithm.tagSize || mac.length !== icvLength || nonce.length !== algorithm.nonceSize) {
    throw new PkcsInvalid(
      'algorithm_unsupported',
      `${name} with a nonce of ${nonce.length} bytes and a tag of ${icvLength} is not supported`,
    );
  }
  return { keySize: algorithm.keySize, open: (key) => openGcm(algorithm, key, nonce, additionalData, concat(encrypted, mac)) };
}

function openCbc(cipher: Cipher, key: Uint8Array, iv: Uint8Array, encrypted: Uint8Array): Uint8Array | undefined {
  if (iv.length !== cipher.blockSize || encrypted.length === 0 || encrypted.length % cipher.blockSize !== 0) return undefined;
  const padded = cipher.decrypt(key, iv, encrypted);
  const content = removePadding(padded, cipher.blockSize)?.slice();
  wipe(padded);
  return content;
}

function openGcm(aead: Aead, key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array) {
  const aeadKey = aead.create(key);
  const content = aeadKey.open(nonce, additionalData, sealed);
  aeadKey.wipe();
  return content;
}

function findAlgorithm(
  name: ContentEncryption | 'des-ede3-cbc',
  { ciphers, aeads, name: providerName }: ContentProvider,
): Cipher | Aead {
  const found = [...ciphers, ...aeads].find((candidate) => candidate.name === name);
  if (found === undefined) throw new PkcsInvalid('algorithm_unsupported', `the ${providerName} provider has no ${name}`);
  return found;
}
