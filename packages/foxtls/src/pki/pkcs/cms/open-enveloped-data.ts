/**
 * Opening encrypted messages (RFC 5652 §6, RFC 5083 §2) with a recipient's private key, or with a shared one.
 *
 * Whoever can make us open messages must learn nothing from those that do not open (RFC 3218; RFC 8017 §7.2): a random key takes the
 * place of one that cannot be decrypted, whatever is wrong with it, and the content is tried with that. All that fails from there on is
 * one error, `decryption_failed`, without a cause. EnvelopedData in CBC mode stays changeable and its padding an oracle by its nature:
 * do not tell strangers whether theirs opened.
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { equal, wipe } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, PeerMisbehaved, PkcsInvalid } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { Decrypter, KeyAgreer, RsaDecrypter } from '../../../crypto/key-encryption.ts';
import { type Certificate, parseCertificate } from '../../x509/certificate.ts';
import { prepareContent } from './content-encryption.ts';
import type { MessageProvider, SharedKeyRecipient } from './create-enveloped-data.ts';
import type { EnvelopedData, KeyAgreeRecipientInfo, KeyTransRecipientInfo } from './enveloped-data.ts';
import { identifies } from './identifiers.ts';
import { deriveKeyEncryptionKey, readAgreementScheme } from './key-agreement.ts';
import { readRsaEncryption } from './key-transport.ts';
import { readKeyWrap } from './key-wrap-algorithms.ts';

/** Whoever has a certificate, and its private key. */
export interface CertifiedRecipient {
  /** The recipient's certificate, DER: by it the message knows for whom each encrypted key is. */
  readonly certificate: Uint8Array;
  /** Its private key, as `provider.keyEncryption.importDecrypter` gives it, or whoever decrypts in its place. */
  readonly decrypter: Decrypter;
}

export type OpenEnvelopedDataOptions = (CertifiedRecipient | SharedKeyRecipient) & {
  readonly provider: MessageProvider;
  /** The encrypted content, where it is detached. */
  readonly encryptedContent?: Uint8Array;
};

export interface OpenedEnvelopedData {
  /** What the content is: an OBJECT IDENTIFIER, dotted. */
  readonly contentType: string;
  readonly content: Uint8Array;
  /** Whether nobody without the content's key can have changed it: AuthEnvelopedData. Who wrote it, nobody says: that takes a signature. */
  readonly isAuthenticated: boolean;
}

/**
 * Decrypts a message.
 *
 * Rejects with `PkcsInvalid` (`ERR_TLS_PKCS_INVALID`): `recipient_unknown`, when it is for others; `algorithm_unsupported`; `content_missing`;
 * `decryption_failed` for everything else, and with `DecodeError` for malformed parameters of algorithms.
 *
 * ```ts
 * const decrypter = await provider.keyEncryption.importDecrypter(parsePrivateKeyPem(pem));
 * const { content } = await openEnvelopedData(parseEnvelopedData(bytes), { provider, certificate, decrypter });
 * ```
 */
export function openEnvelopedData(message: EnvelopedData, options: OpenEnvelopedDataOptions): Promise<OpenedEnvelopedData> {
  return runAsync(open(message, options));
}

/** `openEnvelopedData` for synchronous providers. */
export function openEnvelopedDataSync(message: EnvelopedData, options: OpenEnvelopedDataOptions): OpenedEnvelopedData {
  return runSync(open(message, options));
}

function* open(message: EnvelopedData, options: OpenEnvelopedDataOptions): Flow<OpenedEnvelopedData> {
  const { provider } = options;
  const encrypted = prepareContent(message, options.encryptedContent, provider);
  const substitute = provider.random(encrypted.keySize);
  const key =
    'keyEncryptionKey' in options
      ? unwrapKey(message, options, substitute, provider)
      : yield* decryptKey(message, parseCertificate(options.certificate), options.decrypter, substitute, provider);
  const content = encrypted.open(key);
  wipe(key, substitute);
  if (content === undefined) throw new PkcsInvalid('decryption_failed', 'the message could not be decrypted');
  return { contentType: message.contentType, content, isAuthenticated: message.authentication !== undefined };
}

/** The content-encryption key, or the substitute. Always a new array. */
function* decryptKey(
  { recipientInfos }: EnvelopedData,
  certificate: Certificate,
  decrypter: Decrypter,
  substitute: Uint8Array,
  provider: MessageProvider,
): Flow<Uint8Array> {
  for (const { kind, value } of recipientInfos) {
    if (kind === 'ktri' && identifies(value.rid, certificate)) {
      if (decrypter.type.kind !== 'rsa') throw otherKey(certificate, 'RSA');
      return yield* decryptTransported(value, decrypter as RsaDecrypter, substitute);
    }
    const encryptedKey = kind === 'kari' ? findEncryptedKey(value, certificate) : undefined;
    if (kind === 'kari' && encryptedKey !== undefined) {
      if (decrypter.type.kind !== 'ec') throw otherKey(certificate, 'EC');
      return yield* decryptAgreed(value, encryptedKey, decrypter as KeyAgreer, substitute, provider);
    }
  }
  throw new PkcsInvalid('recipient_unknown', `the message is not for the certificate of ${certificate.subject}`);
}

/** The content-encryption key under a shared key, or the substitute. */
function unwrapKey(
  { recipientInfos }: EnvelopedData,
  { keyEncryptionKey, keyIdentifier }: SharedKeyRecipient,
  substitute: Uint8Array,
  provider: MessageProvider,
): Uint8Array {
  for (const { kind, value } of recipientInfos) {
    if (kind !== 'kekri' || !equal(value.kekid.keyIdentifier, keyIdentifier)) continue;
    const keyWrap = readKeyWrap(value.keyEncryptionAlgorithm, provider);
    if (keyWrap.keySize !== keyEncryptionKey.length) {
      throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the message takes a shared key of ${keyWrap.keySize} bytes`);
    }
    return fitting(keyWrap.unwrap(keyEncryptionKey, value.encryptedKey), substitute);
  }
  throw new PkcsInvalid('recipient_unknown', 'the message is not under this shared key');
}

function otherKey({ subject }: Certificate, kind: string): ApiMisuse {
  return new ApiMisuse(
    'ERR_TLS_INVALID_ARGUMENT',
    `the message takes the ${kind} key of ${subject}, the decrypter has another kind`,
  );
}

function* decryptTransported(
  { keyEncryptionAlgorithm, encryptedKey }: KeyTransRecipientInfo,
  decrypter: RsaDecrypter,
  substitute: Uint8Array,
): Flow<Uint8Array> {
  const encryption = readRsaEncryption(keyEncryptionAlgorithm);
  if (encryption.kind === 'rsa-pkcs1') return yield* settle(decrypter.decryptPkcs1(encryptedKey, substitute));
  return fitting(yield* settle(decrypter.decryptOaep(encryptedKey, encryption)), substitute);
}

function* decryptAgreed(
  { originator, ukm, keyEncryptionAlgorithm }: KeyAgreeRecipientInfo,
  encryptedKey: Uint8Array,
  decrypter: KeyAgreer,
  substitute: Uint8Array,
  provider: MessageProvider,
): Flow<Uint8Array> {
  const scheme = readAgreementScheme(keyEncryptionAlgorithm, provider);
  if (originator.kind !== 'originatorKey' || originator.value.algorithm.algorithm !== OID['id-ecPublicKey']) {
    throw new PkcsInvalid('algorithm_unsupported', 'key agreement with a static key of the sender is not supported');
  }
  let secret: Uint8Array;
  try {
    secret = yield* settle(decrypter.agree(originator.value.publicKey));
  } catch (error) {
    // Not a point of the curve: the sender knows that, nothing is given away.
    if (error instanceof PeerMisbehaved) return substitute.slice();
    throw error;
  }
  const keyEncryptionKey = deriveKeyEncryptionKey(scheme, secret, ukm);
  const key = fitting(scheme.keyWrap.unwrap(keyEncryptionKey, encryptedKey), substitute);
  wipe(secret, keyEncryptionKey);
  return key;
}

function fitting(key: Uint8Array | undefined, substitute: Uint8Array): Uint8Array {
  return key?.length === substitute.length ? key : substitute.slice();
}

function findEncryptedKey({ recipientEncryptedKeys }: KeyAgreeRecipientInfo, certificate: Certificate): Uint8Array | undefined {
  const { subjectKeyIdentifier } = certificate.known;
  return recipientEncryptedKeys.find(({ rid }) => {
    if (rid.kind === 'issuerAndSerialNumber') return identifies(rid, certificate);
    return subjectKeyIdentifier !== undefined && equal(rid.value.subjectKeyIdentifier, subjectKeyIdentifier);
  })?.encryptedKey;
}
