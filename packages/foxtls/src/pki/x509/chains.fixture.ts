/**
 * For tests: a small world of authorities and servers, and chains of theirs that are verified in one line.
 */

import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { concat, fromHex, toHex } from '../../core/bytes/bytes.ts';
import { CertificateInvalid } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { PeerPresented, PeerVerified, VerifyRequest } from '../../crypto/peer-verifier.ts';
import type { KeyProvider } from '../../crypto/signature.ts';
import { parseCertificate } from './certificate.ts';
import { entity, issueCa, issueLeaf, NOW, type Overrides } from './certificates.fixture.ts';
import type { Extension } from './extensions.ts';
import { generalNames } from './general-name.ts';
import { createX509Verifier, type X509VerifierOptions } from './verifier.ts';

export const root = entity('Root');
export const middle = entity('Middle');
export const lower = entity('Lower');
export const server = entity('Server');
export const stranger = entity('Stranger');
export const rsa2048 = entity('RSA 2048', { kind: 'rsa', bits: 2048 });
export const rsa1024 = entity('RSA 1024', { kind: 'rsa', bits: 1024 });
export const ed25519 = entity('Ed25519', { kind: 'ed25519' });

export const rootCert = issueCa(root, root);
export const middleCert = issueCa(root, middle);
export const lowerCert = issueCa(middle, lower);
export const leafOfRoot = issueLeaf(root, server);
export const leafOfMiddle = issueLeaf(middle, server);
export const leafOfLower = issueLeaf(lower, server);
export const strangerCert = issueCa(stranger, stranger);
export const pssLeaf = issueLeaf(rsa2048, server, {
  algorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
});
export const selfSigned = issueLeaf(server, server);

export const EXPIRED = { validTo: new Date('2026-05-31T00:00:00Z') };
export const FUTURE = { validFrom: new Date('2026-06-02T00:00:00Z') };
export const NO_KEY_IDS = { without: ['subjectKeyIdentifier', 'authorityKeyIdentifier'] } as const satisfies Overrides;

export interface Situation {
  readonly chain: readonly Uint8Array[];
  readonly anchors?: readonly Uint8Array[];
  readonly peerRole?: 'client' | 'server';
  readonly serverName?: string | undefined;
  readonly options?: Partial<X509VerifierOptions>;
}

export function request(situation: Situation): VerifyRequest {
  const { chain, peerRole = 'server' } = situation;
  const serverName = 'serverName' in situation ? situation.serverName : 'example.com';
  const presented: PeerPresented = { kind: 'x509', certificates: chain };
  return { presented, peerRole, serverName, now: NOW, signal: new AbortController().signal };
}

export function verifierFor({ anchors = [rootCert], options = {} }: Situation) {
  return createX509Verifier({ provider: { keys }, trustAnchors: anchors, ...options });
}

/** Verifies with a synchronous provider, so the result is there at once. */
export function verify(situation: Situation): PeerVerified {
  return verifierFor(situation).verify(request(situation)) as PeerVerified;
}

export function refusal(situation: Situation): CertificateInvalid {
  try {
    verify(situation);
  } catch (error) {
    if (error instanceof CertificateInvalid) return error;
    throw error;
  }
  throw new Error('the chain was accepted');
}

export const subjects = ({ path }: PeerVerified) => path.map((der) => parseCertificate(der).subject.last(OID.commonName));

export const ECDSA_SHA256 = fromHex('2a8648ce3d040302');
export const X25519_SPKI = concat(fromHex('302a300506032b656e032100'), new Uint8Array(32).fill(9));
/** The MGF1 identifier with SHA-256 in it, and with a hash that does not exist. */
export const PSS_MGF_SHA256 = fromHex('06092a864886f70d010108300d06096086480165030402010500');
export const PSS_MGF_UNKNOWN = fromHex('06092a864886f70d010108300d06096086480165030402090500');

/** The certificate with the `which`th occurrence of some bytes replaced, or all of them. */
export function tamper(certificate: Uint8Array, from: Uint8Array, to: Uint8Array, which?: number): Uint8Array {
  const pieces = toHex(certificate).split(toHex(from));
  if (pieces.length <= (which ?? 0) + 1) throw new Error('these bytes are not in the certificate');
  const text = pieces.reduce((whole, piece, i) => whole + toHex(which === undefined || which === i - 1 ? to : from) + piece);
  return fromHex(text);
}

/** The same key with its point moved off the curve. */
export function offCurve(spki: Uint8Array): Uint8Array {
  const moved = Uint8Array.from(spki);
  moved[moved.length - 1] = (moved.at(-1) as number) ^ 1;
  return moved;
}

export function ipAsDnsName(): Extension {
  const value = encodeDer(generalNames, [{ kind: 'dNSName', value: '192.0.2.1' }]);
  return { extnID: OID.subjectAltName, critical: false, extnValue: value };
}

export function asynchronous(from: KeyProvider): KeyProvider {
  return {
    ...from,
    async importPublicKey(spki) {
      const key = await from.importPublicKey(spki);
      return { type: key.type, spki, verify: async (...rest) => key.verify(...rest) };
    },
  };
}
