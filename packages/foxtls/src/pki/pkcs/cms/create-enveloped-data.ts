/**
 * Making encrypted messages (RFC 5652 §6, RFC 5083): to RSA keys by key transport, to elliptic curve keys by ephemeral-static
 * Diffie-Hellman (RFC 5753 §3.1), and under keys that are shared already (RFC 5652 §6.2.3).
 */

import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { objectIdentifier } from '../../../core/asn1/types.ts';
import { EMPTY, wipe } from '../../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../../core/flow/flow.ts';
import type { KeyWrapName } from '../../../crypto/key-encryption.ts';
import type { PkcsProvider } from '../../../crypto/pkcs-provider.ts';
import type { CurveName, KeyType } from '../../../crypto/signature.ts';
import { type Certificate, parseCertificate } from '../../x509/certificate.ts';
import type { KeyUsageName } from '../../x509/extensions.ts';
import { attributes, createAttribute } from '../attributes.ts';
import { type ContentEncryption, contentKeySize, type EncryptedContent, encryptContent } from './content-encryption.ts';
import { writeContent } from './content-info.ts';
import { authEnvelopedData, envelopedData, type RecipientInfo } from './enveloped-data.ts';
import { type CertificateIdentifier, type IdentifiedBy, identifierOf } from './identifiers.ts';
import { deriveKeyEncryptionKey, findScheme, writeAgreementScheme } from './key-agreement.ts';
import { type RsaEncryption, writeRsaEncryption } from './key-transport.ts';
import { writeKeyWrap } from './key-wrap-algorithms.ts';

/** The parts of a provider that encrypting and decrypting messages takes. */
export type MessageProvider = Pick<
  PkcsProvider,
  'name' | 'random' | 'hashes' | 'aeads' | 'ciphers' | 'groups' | 'keyEncryption' | 'keyWraps'
>;

/** Somebody who will be able to decrypt. */
export interface MessageRecipient {
  /** DER; its key is RSA, or EC on P-256, P-384 or P-521. */
  readonly certificate: Uint8Array;
  /** For RSA keys; OAEP with SHA-256 unless set. PKCS#1 v1.5 is for recipients who know nothing better. */
  readonly rsaEncryption?: RsaEncryption;
  /** How the message points to the certificate; by issuer and serial number unless set. */
  readonly identifiedBy?: IdentifiedBy;
}

/** Whoever shares a key with us already: 16, 24 or 32 bytes for AES key wrap, and the name that both know it by. */
export interface SharedKeyRecipient {
  readonly keyEncryptionKey: Uint8Array;
  readonly keyIdentifier: Uint8Array;
}

export interface EnvelopedDataOptions {
  readonly provider: MessageProvider;
  readonly content: Uint8Array;
  /** What the content is: an OBJECT IDENTIFIER, dotted; plain data unless set. */
  readonly contentType?: string;
  readonly recipients: readonly (MessageRecipient | SharedKeyRecipient)[];
  /**
   * AES-256-GCM unless set, which makes AuthEnvelopedData: nobody can change such a message unnoticed. The CBC ones make EnvelopedData, which
   * older programs know, and whose content can be changed on its way: sign it first.
   */
  readonly contentEncryption?: ContentEncryption;
}

/**
 * An encrypted message, DER: AuthEnvelopedData, or EnvelopedData for a content encryption in CBC mode.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for no recipient, or one whose certificate is not for encrypting; with `PkcsInvalid`
 * (`algorithm_unsupported`) for what the provider does not have; and with `CryptoFailure` for a key that cannot be used.
 *
 * ```ts
 * const message = await createEnvelopedData({ provider, content, recipients: [{ certificate }], contentEncryption: 'aes-256-cbc' });
 * writeFileSync('message.p7m', message);   // openssl cms -decrypt -inform DER -in message.p7m -recip certificate.pem -inkey key.pem
 * ```
 */
export function createEnvelopedData(options: EnvelopedDataOptions): Promise<Uint8Array> {
  return runAsync(make(options));
}

/** `createEnvelopedData` for synchronous providers. */
export function createEnvelopedDataSync(options: EnvelopedDataOptions): Uint8Array {
  return runSync(make(options));
}

const OAEP: RsaEncryption = { kind: 'rsa-oaep', hash: 'sha256', mgfHash: 'sha256' };

function* make(options: EnvelopedDataOptions): Flow<Uint8Array> {
  const { provider, content, contentType = OID['id-data'], recipients, contentEncryption = 'aes-256-gcm' } = options;
  if (recipients.length === 0) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'an encrypted message needs a recipient');
  const key = provider.random(contentKeySize(contentEncryption, provider));
  const recipientInfos: RecipientInfo[] = [];
  for (const recipient of recipients) recipientInfos.push(yield* encryptKey(key, recipient, provider));
  // RFC 5083 §2.1: "The authAttrs MUST be present if the content type carried in EncryptedContentInfo is not id-data."
  const authenticated =
    contentType === OID['id-data']
      ? undefined
      : encodeDer(attributes, [createAttribute(OID.contentType, objectIdentifier, contentType)]);
  const isAuthenticated = contentEncryption.endsWith('-gcm');
  const additionalData = (isAuthenticated ? authenticated : undefined) ?? EMPTY;
  const encrypted = encryptContent(contentEncryption, key, content, additionalData, provider);
  wipe(key);
  return isAuthenticated
    ? writeAuthenticated(recipientInfos, contentType, encrypted, authenticated)
    : writeUnauthenticated(recipientInfos, contentType, encrypted);
}

function writeAuthenticated(
  recipientInfos: readonly RecipientInfo[],
  contentType: string,
  { contentEncryptionAlgorithm, encryptedContent, mac = EMPTY }: EncryptedContent,
  authenticated: Uint8Array | undefined,
): Uint8Array {
  const authAttrs = authenticated?.slice();
  if (authAttrs !== undefined) authAttrs[0] = 0xa1;
  return writeContent('id-ct-authEnvelopedData', authEnvelopedData, {
    version: 0,
    recipientInfos,
    authEncryptedContentInfo: { contentType, contentEncryptionAlgorithm, encryptedContent },
    authAttrs,
    mac,
  });
}

function writeUnauthenticated(
  recipientInfos: readonly RecipientInfo[],
  contentType: string,
  { contentEncryptionAlgorithm, encryptedContent }: EncryptedContent,
): Uint8Array {
  // RFC 5652 §6.1: 0 when all recipients are of version 0, which those are that a serial number points to.
  const isOld = recipientInfos.every(({ kind, value }) => kind === 'ktri' && value.version === 0);
  return writeContent('id-envelopedData', envelopedData, {
    version: isOld ? 0 : 2,
    recipientInfos,
    encryptedContentInfo: { contentType, contentEncryptionAlgorithm, encryptedContent },
  });
}

function* encryptKey(
  key: Uint8Array,
  recipient: MessageRecipient | SharedKeyRecipient,
  provider: MessageProvider,
): Flow<RecipientInfo> {
  if ('keyEncryptionKey' in recipient) return wrapKey(key, recipient, provider);
  const certificate = parseCertificate(recipient.certificate);
  const { keyType } = certificate;
  const rid = identifierOf(certificate, recipient.identifiedBy ?? 'issuerAndSerialNumber');
  if (keyType?.kind === 'rsa') {
    checkKeyUsage(certificate, 'keyEncipherment');
    return yield* transportKey(key, certificate, rid, recipient.rsaEncryption ?? OAEP, provider);
  }
  if (keyType?.kind === 'ec') {
    checkKeyUsage(certificate, 'keyAgreement');
    return yield* agreeOnKey(key, certificate, keyType.curve, rid, provider);
  }
  throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `nobody can encrypt to the key of ${certificate.subject} (${kindOf(keyType)})`);
}

function kindOf(type: KeyType | undefined): string {
  return type?.kind ?? 'of an unknown kind';
}

/** RFC 5652 §6.2.1, RFC 5753 §5: a certificate that says what its key is for has to say this. */
function checkKeyUsage({ known, subject }: Certificate, usage: KeyUsageName): void {
  if (known.keyUsage === undefined || known.keyUsage.has(usage)) return;
  throw new ApiMisuse(
    'ERR_TLS_INVALID_ARGUMENT',
    `the certificate of ${subject} is not for encrypting: its keyUsage lacks ${usage}`,
  );
}

function* transportKey(
  key: Uint8Array,
  { publicKey }: Certificate,
  rid: CertificateIdentifier,
  encryption: RsaEncryption,
  { keyEncryption, random }: MessageProvider,
): Flow<RecipientInfo> {
  const encryptedKey = yield* settle(
    encryption.kind === 'rsa-pkcs1'
      ? keyEncryption.encryptPkcs1(publicKey, key, random)
      : keyEncryption.encryptOaep(publicKey, key, encryption, random),
  );
  const version = rid.kind === 'issuerAndSerialNumber' ? 0 : 2;
  return { kind: 'ktri', value: { version, rid, keyEncryptionAlgorithm: writeRsaEncryption(encryption), encryptedKey } };
}

function wrapKey(
  key: Uint8Array,
  { keyEncryptionKey, keyIdentifier }: SharedKeyRecipient,
  { keyWraps }: MessageProvider,
): RecipientInfo {
  const keyWrap = keyWraps.find(({ keySize }) => keySize === keyEncryptionKey.length);
  if (keyWrap === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `a shared key has 16, 24 or 32 bytes, not ${keyEncryptionKey.length}`);
  }
  const value = {
    version: 4,
    kekid: { keyIdentifier },
    keyEncryptionAlgorithm: writeKeyWrap(keyWrap),
    encryptedKey: keyWrap.wrap(keyEncryptionKey, key),
  };
  return { kind: 'kekri', value };
}

/** RFC 5753 §8: the hash and the key wrap of the curve's strength. */
const STRENGTHS: Readonly<Record<CurveName, readonly ['sha256' | 'sha384' | 'sha512', KeyWrapName]>> = {
  secp256r1: ['sha256', 'aes-128-wrap'],
  secp384r1: ['sha384', 'aes-256-wrap'],
  secp521r1: ['sha512', 'aes-256-wrap'],
};

function* agreeOnKey(
  key: Uint8Array,
  { publicKeyBits }: Certificate,
  curve: CurveName,
  rid: CertificateIdentifier,
  provider: MessageProvider,
): Flow<RecipientInfo> {
  const group = provider.groups.find(({ name }) => name === curve);
  if (group === undefined) throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `the ${provider.name} provider has no ${curve}`);
  const scheme = findScheme(...STRENGTHS[curve], provider);
  const { share, secret } = yield* settle(group.respond(publicKeyBits, provider.random));
  const keyEncryptionKey = deriveKeyEncryptionKey(scheme, secret, undefined);
  const encryptedKey = scheme.keyWrap.wrap(keyEncryptionKey, key);
  wipe(secret, keyEncryptionKey);
  return {
    kind: 'kari',
    value: {
      version: 3,
      originator: {
        kind: 'originatorKey',
        // RFC 5753 §3.1.1: "The parameters associated with id-ecPublicKey SHOULD be absent or ECParameters".
        value: { algorithm: { algorithm: OID['id-ecPublicKey'] }, publicKey: share },
      },
      keyEncryptionAlgorithm: writeAgreementScheme(scheme),
      recipientEncryptedKeys: [{ rid: agreementIdentifier(rid), encryptedKey }],
    },
  };
}

/** KeyAgreeRecipientIdentifier wraps a key identifier into a SEQUENCE. */
function agreementIdentifier(rid: CertificateIdentifier) {
  return rid.kind === 'issuerAndSerialNumber' ? rid : { kind: 'rKeyId' as const, value: { subjectKeyIdentifier: rid.value } };
}
