/**
 * Making certification requests, PKCS#10 (RFC 2986 §4), with the attributes of PKCS#9.
 *
 * Each function exists twice: one returns a promise and works with every signer; the one whose name ends in `Sync` returns at once and
 * throws `ApiMisuse` (`ERR_TLS_ASYNC_REQUIRED`) when the signer does not.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { any, encodeDer, sequence } from '../../core/asn1/schema.ts';
import { directoryString, ia5String } from '../../core/asn1/strings.ts';
import { octetAlignedBitString } from '../../core/asn1/types.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { type Flow, runAsync, runSync, settle } from '../../core/flow/flow.ts';
import type { PrivateKey, SignatureAlgorithm, Signer } from '../../crypto/signature.ts';
import { defaultSignatureAlgorithm, writeSignatureAlgorithm } from '../x509/algorithms.ts';
import { type Extension, extensions as extensionsType } from '../x509/extensions.ts';
import { createName, Name, type NameFields } from '../x509/name.ts';
import { subjectAltNameExtension } from '../x509/write-certificate.ts';
import { type Attribute, createAttribute } from './attributes.ts';
import { certificationRequestInfo } from './certification-request.ts';

export interface CertificationRequestOptions {
  /** The name that is asked for; it may be empty, if there are alternative names. */
  readonly subject?: NameFields | Name;
  /** The key that the certificate is asked for, or whoever signs with it. */
  readonly key: PrivateKey | Signer;
  /** SubjectPublicKeyInfo, DER: for a signer that does not bring it along. */
  readonly publicKey?: Uint8Array;
  /** DNS names to ask for, as subject alternative names. */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** More extensions to ask for: `keyUsageExtension` and its like make them. */
  readonly extensions?: readonly Extension[];
  readonly challengePassword?: string;
  readonly unstructuredName?: string;
  /** More attributes. */
  readonly attributes?: readonly Attribute[];
  /** By the key unless set. */
  readonly signatureAlgorithm?: SignatureAlgorithm;
}

/**
 * A certification request, DER, signed with the key that the certificate is for.
 *
 * Rejects with `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for names that cannot be and a key without its public half, and with what the signer throws.
 *
 * ```ts
 * const key = await provider.keys.generateKey({ kind: 'ec', curve: 'secp256r1' });
 * const csr = await createCertificationRequest({ subject: { commonName: 'example.com' }, dnsNames: ['example.com'], key });
 * writeFileSync('server.csr', formatCertificationRequestPem(csr));
 * ```
 */
export function createCertificationRequest(options: CertificationRequestOptions): Promise<Uint8Array> {
  return runAsync(makeRequest(options));
}

/** `createCertificationRequest` for synchronous signers. */
export function createCertificationRequestSync(options: CertificationRequestOptions): Uint8Array {
  return runSync(makeRequest(options));
}

const signedRequest = sequence({ certificationRequestInfo: any, signatureAlgorithm: any, signature: octetAlignedBitString });

function* makeRequest(options: CertificationRequestOptions): Flow<Uint8Array> {
  const { subject = {}, key } = options;
  const subjectPKInfo = options.publicKey ?? ('publicKey' in key ? key.publicKey.spki : undefined);
  if (subjectPKInfo === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'a signer that lives elsewhere needs publicKey beside it');
  }
  const name = subject instanceof Name ? subject : createName(subject);
  const info = encodeDer(certificationRequestInfo, {
    version: 0,
    subject: name,
    subjectPKInfo,
    attributes: [...requestAttributes(options, name), ...(options.attributes ?? [])],
  });
  const algorithm = options.signatureAlgorithm ?? defaultSignatureAlgorithm(key.type);
  const signature = yield* settle(key.sign(algorithm, info));
  return encodeDer(signedRequest, {
    certificationRequestInfo: info,
    signatureAlgorithm: writeSignatureAlgorithm(algorithm),
    signature,
  });
}

function requestAttributes(options: CertificationRequestOptions, subject: Name): readonly Attribute[] {
  const { dnsNames = [], ipAddresses = [], extensions = [], challengePassword, unstructuredName } = options;
  const requested = [
    ...(dnsNames.length + ipAddresses.length === 0 ? [] : [subjectAltNameExtension(dnsNames, ipAddresses, subject.isEmpty)]),
    ...extensions,
  ];
  return [
    ...(requested.length === 0 ? [] : [createAttribute(OID.extensionRequest, extensionsType, requested)]),
    ...(challengePassword === undefined ? [] : [createAttribute(OID.challengePassword, directoryString, challengePassword)]),
    ...(unstructuredName === undefined ? [] : [unstructuredNameAttribute(unstructuredName)]),
  ];
}

/** PKCS#9 §5.4.1: IA5String where the text allows it. */
function unstructuredNameAttribute(text: string): Attribute {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: IA5String is all of ASCII.
  return createAttribute(OID.unstructuredName, /^[\x00-\x7f]*$/.test(text) ? ia5String : directoryString, text);
}
