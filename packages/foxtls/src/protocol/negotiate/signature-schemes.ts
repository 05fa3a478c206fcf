/**
 * Signature schemes as data (RFC 8446 §4.2.3): which key signs how, and which of them may sign a handshake of which version.
 */

import type { VersionName } from '../../core/registry/protocol-versions.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import type { HashName } from '../../crypto/hash.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { CurveName, KeyKind, KeyType, SignatureAlgorithm } from '../../crypto/signature.ts';

export interface SignatureScheme {
  readonly id: number;
  readonly name: string;
  readonly algorithm: SignatureAlgorithm;
  /** The kind of key, and for ECDSA its curve: in TLS 1.3 the scheme fixes the curve, in TLS 1.2 only the hash. */
  readonly key: { readonly kind: KeyType['kind']; readonly curve?: CurveName };
  /** Whether it signs handshakes of TLS 1.3: false for RSASSA-PKCS1-v1_5, which there is for certificates only. In TLS 1.2 each does. */
  readonly signsHandshakes: boolean;
  /** Why it should not be used, of those of `foxtls/legacy`. */
  readonly weakness?: string | undefined;
}

type Name = keyof typeof SIGNATURE_SCHEMES;

const CURVES: readonly CurveName[] = ['secp256r1', 'secp384r1', 'secp521r1'];

const HASH_SIZES: Readonly<Partial<Record<HashName, number>>> = { sha256: 32, sha384: 48, sha512: 64 };

function edwards(name: 'ed25519' | 'ed448'): SignatureScheme {
  return { id: SIGNATURE_SCHEMES[name], name, algorithm: { kind: name }, key: { kind: name }, signsHandshakes: true };
}

function ecdsa(name: Name, curve: CurveName, hash: HashName): SignatureScheme {
  return {
    id: SIGNATURE_SCHEMES[name],
    name,
    algorithm: { kind: 'ecdsa', hash },
    key: { kind: 'ec', curve },
    signsHandshakes: true,
  };
}

/** "The length of the Salt MUST be equal to the length of the digest algorithm." (RFC 8446 §4.2.3) */
function rsaPss(name: Name, kind: 'rsa' | 'rsa-pss', hash: HashName): SignatureScheme {
  const saltLength = HASH_SIZES[hash] as number;
  const algorithm = { kind: 'rsa-pss', hash, mgfHash: hash, saltLength } as const;
  return { id: SIGNATURE_SCHEMES[name], name, algorithm, key: { kind }, signsHandshakes: true };
}

function rsaPkcs1(name: Name, hash: HashName): SignatureScheme {
  return {
    id: SIGNATURE_SCHEMES[name],
    name,
    algorithm: { kind: 'rsa-pkcs1', hash },
    key: { kind: 'rsa' },
    signsHandshakes: false,
  };
}

/** In order of preference: cheap to verify and hard to misuse first; RSASSA-PKCS1-v1_5 last, as it is for certificates only. */
export const TLS13_SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  ecdsa('ecdsa_secp256r1_sha256', 'secp256r1', 'sha256'),
  edwards('ed25519'),
  ecdsa('ecdsa_secp384r1_sha384', 'secp384r1', 'sha384'),
  edwards('ed448'),
  ecdsa('ecdsa_secp521r1_sha512', 'secp521r1', 'sha512'),
  rsaPss('rsa_pss_rsae_sha256', 'rsa', 'sha256'),
  rsaPss('rsa_pss_rsae_sha384', 'rsa', 'sha384'),
  rsaPss('rsa_pss_rsae_sha512', 'rsa', 'sha512'),
  rsaPss('rsa_pss_pss_sha256', 'rsa-pss', 'sha256'),
  rsaPss('rsa_pss_pss_sha384', 'rsa-pss', 'sha384'),
  rsaPss('rsa_pss_pss_sha512', 'rsa-pss', 'sha512'),
  rsaPkcs1('rsa_pkcs1_sha256', 'sha256'),
  rsaPkcs1('rsa_pkcs1_sha384', 'sha384'),
  rsaPkcs1('rsa_pkcs1_sha512', 'sha512'),
];

/** Of these schemes the ones that a provider can verify: those to offer. */
export function verifiableSignatureSchemes(
  { keys, hashes }: CryptoProvider,
  schemes: readonly SignatureScheme[] = TLS13_SIGNATURE_SCHEMES,
): readonly SignatureScheme[] {
  return schemes.filter(({ key, algorithm }) => {
    // Without a curve of its own, a scheme of ECDSA is for all of them.
    const kinds: readonly KeyKind[] = key.kind !== 'ec' ? [key.kind] : key.curve !== undefined ? [key.curve] : CURVES;
    const hasHash = !('hash' in algorithm) || hashes.some(({ name }) => name === algorithm.hash);
    return kinds.some((kind) => keys.verifies.includes(kind)) && hasHash;
  });
}

/** Whether handshakes of a version may be signed by this scheme. */
export function signsHandshakesOf(version: VersionName, scheme: SignatureScheme): boolean {
  return version !== 'TLSv1.3' || scheme.signsHandshakes;
}

/**
 * Whether a key of this type can sign by this scheme. In TLS 1.2 the code points of ECDSA are pairs of a hash and an algorithm, which leave
 * the curve open (RFC 5246 §7.4.1.4.1).
 */
export function schemeFitsKey(scheme: SignatureScheme, type: KeyType, version: VersionName = 'TLSv1.3'): boolean {
  if (scheme.key.kind !== type.kind) return false;
  if (type.kind === 'ec') return version !== 'TLSv1.3' || scheme.key.curve === type.curve;
  if ((type.kind === 'rsa' || type.kind === 'rsa-pss') && scheme.algorithm.kind === 'rsa-pss') {
    // EMSA-PSS needs emLen >= hLen + sLen + 2 (RFC 8017 §9.1.1), with emBits = modBits - 1.
    const hashLength = HASH_SIZES[scheme.algorithm.hash] as number;
    return Math.ceil((type.bits - 1) / 8) >= hashLength + scheme.algorithm.saltLength + 2;
  }
  return true;
}

/** The first of our schemes that signs handshakes of the version, fits the key and is offered by the peer; for ECDSA rather that of its curve. */
export function chooseSignatureScheme(
  ours: readonly SignatureScheme[],
  type: KeyType,
  offered: readonly number[],
  version: VersionName = 'TLSv1.3',
): SignatureScheme | undefined {
  const usable = ours.filter(
    (scheme) => signsHandshakesOf(version, scheme) && offered.includes(scheme.id) && schemeFitsKey(scheme, type, version),
  );
  return usable.find((scheme) => schemeFitsKey(scheme, type)) ?? usable[0];
}
