/**
 * For tests: certificates of every good and bad form, signed by keys that are made on the spot.
 *
 * `issue` gives what its name says; every field can be overridden, so that a test shows only what is special about its certificate.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { runSync } from '../../core/flow/flow.ts';
import { sha256 } from '../../crypto/node/hash.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { KeyGenerationRequest, PrivateKey, SignatureAlgorithm } from '../../crypto/signature.ts';
import { defaultSignatureAlgorithm } from './algorithms.ts';
import type { Extension } from './extensions.ts';
import { createName, Name } from './name.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  type CertificateFields,
  extKeyUsageExtension,
  keyUsageExtension,
  signCertificate,
  subjectAltNameExtension,
  subjectKeyIdentifierExtension,
} from './write-certificate.ts';

export const NOW = new Date('2026-06-01T12:00:00Z');

/** Somebody with a name and a key, who can be a subject or an issuer. */
export interface Entity {
  readonly name: Name;
  readonly key: PrivateKey;
}

export interface Overrides extends Partial<CertificateFields> {
  /** Replaces the extensions of these names, or adds them. */
  readonly add?: readonly Extension[];
  /** Leaves these extensions out. */
  readonly without?: readonly (keyof typeof OID)[];
  readonly algorithm?: SignatureAlgorithm;
}

/** Somebody new: an ECDSA P-256 key unless another one is asked for. */
export function entity(name: string | Name, request: KeyGenerationRequest = { kind: 'ec', curve: 'secp256r1' }): Entity {
  return { name: name instanceof Name ? name : createName({ commonName: name }), key: keys.generateKey(request) };
}

/** A certificate of a CA: `subject` is certified by `issuer`, which is itself for a root. */
export function issueCa(issuer: Entity, subject: Entity, overrides: Overrides = {}): Uint8Array {
  return issue(issuer, subject, overrides, [
    basicConstraintsExtension(true),
    keyUsageExtension(['keyCertSign', 'cRLSign']),
    subjectKeyIdentifierExtension(keyIdentifier(subject)),
    authorityKeyIdentifierExtension(keyIdentifier(issuer)),
  ]);
}

/** A certificate of the server example.com. */
export function issueLeaf(issuer: Entity, subject: Entity, overrides: Overrides = {}): Uint8Array {
  return issue(issuer, subject, overrides, [
    basicConstraintsExtension(false),
    keyUsageExtension(['digitalSignature']),
    extKeyUsageExtension([OID.serverAuth]),
    subjectAltNameExtension(['example.com'], [], false),
    authorityKeyIdentifierExtension(keyIdentifier(issuer)),
  ]);
}

/** An extension of a type that nobody knows. */
export function unknownExtension(critical: boolean): Extension {
  return { extnID: '1.3.6.1.4.1.99999.1', critical, extnValue: fromHex('0500') };
}

function issue(issuer: Entity, subject: Entity, overrides: Overrides, defaults: readonly Extension[]): Uint8Array {
  const { add = [], without = [], algorithm, ...fields } = overrides;
  const replaced = new Set([...add.map(({ extnID }) => extnID), ...without.map((name) => OID[name] as string)]);
  const certificate = {
    serialNumber: fromHex('4d2f'),
    issuer: issuer.name,
    subject: subject.name,
    validFrom: new Date('2026-01-01T00:00:00Z'),
    validTo: new Date('2027-01-01T00:00:00Z'),
    publicKey: subject.key.publicKey.spki,
    extensions: [...defaults.filter(({ extnID }) => !replaced.has(extnID)), ...add],
    ...fields,
  };
  return runSync(signCertificate(certificate, issuer.key, algorithm ?? defaultSignatureAlgorithm(issuer.key.type)));
}

function keyIdentifier({ key }: Entity): Uint8Array {
  return sha256.digest(key.publicKey.spki).slice(0, 20);
}
