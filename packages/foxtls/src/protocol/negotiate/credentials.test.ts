import { describe, expect, it } from 'vitest';
import { EMPTY, utf8 } from '../../core/bytes/bytes.ts';
import { PeerIncompatible, PeerMisbehaved } from '../../core/errors/errors.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import type { X509Credential } from '../../crypto/credential.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portableProvider } from '../../crypto/portable/provider.ts';
import type { KeyType } from '../../crypto/signature.ts';
import {
  answeredCertificateKind,
  certificateTypeOffer,
  chooseCertificateKind,
  noCommonCertificateType,
  offeredCertificateKinds,
} from './certificate-types.ts';
import { type CredentialWish, chooseCredential } from './credentials.ts';
import { TLS13_SIGNATURE_SCHEMES, verifiableSignatureSchemes } from './signature-schemes.ts';

const P256: KeyType = { kind: 'ec', curve: 'secp256r1' };
const { ecdsa_secp256r1_sha256: P256_SHA256, ed25519: ED25519, rsa_pkcs1_sha256: RSA_SHA256 } = SIGNATURE_SCHEMES;
const { ecdsa_sha1: ECDSA_SHA1, rsa_pss_rsae_sha256: PSS_SHA256 } = SIGNATURE_SCHEMES;

const signer = (type: KeyType) => ({ type, sign: () => EMPTY });
const x509 = (facts: Partial<X509Credential> = {}, type: KeyType = P256): X509Credential => ({
  kind: 'x509',
  chain: [EMPTY],
  signer: signer(type),
  ...facts,
});

const WISH: CredentialWish = {
  kind: 'x509',
  signatureSchemes: [P256_SHA256, ED25519],
  certificateSchemes: undefined,
  serverName: undefined,
  authorities: undefined,
};

/** The index of the credential that is chosen. */
function choose(credentials: readonly X509Credential[], wish: Partial<CredentialWish> = {}): number | undefined {
  const prepared = credentials.map((credential, index) => ({ credential, index }));
  return chooseCredential(prepared, TLS13_SIGNATURE_SCHEMES, { ...WISH, ...wish })?.prepared.index;
}

describe('of several credentials', () => {
  it('the first is chosen where all fit alike', () => {
    expect(choose([x509(), x509()])).toBe(0);
  });

  it('those are left out whose key has no scheme of the peer', () => {
    const list = [x509(), x509({}, { kind: 'ed25519' })];
    expect(choose(list, { signatureSchemes: [ED25519] })).toBe(1);
    expect(choose(list, { signatureSchemes: [RSA_SHA256] })).toBeUndefined();
  });

  it('one with schemes of its own signs by no other, and by the first of them', () => {
    const own = (...signingSchemes: string[]) => x509({ signingSchemes }, { kind: 'rsa', bits: 2048 });
    const wish = { signatureSchemes: [PSS_SHA256, SIGNATURE_SCHEMES.rsa_pss_rsae_sha384] };
    expect(choose([own('rsa_pss_rsae_sha512'), own('rsa_pss_rsae_sha256')], wish)).toBe(1);
    expect(choose([own('rsa_pss_rsae_sha512')], wish)).toBeUndefined();
    const prepared = [{ credential: own('rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha256') }];
    const schemeOf = (version: 'TLSv1.3' | 'TLSv1.2') =>
      chooseCredential(prepared, TLS13_SIGNATURE_SCHEMES, { ...WISH, ...wish, version })?.scheme.name;
    expect([schemeOf('TLSv1.3'), schemeOf('TLSv1.2')]).toEqual(['rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha384']);
  });

  it('one that is only for its issuers is for peers that name one of them', () => {
    const [root, other] = [utf8('root'), utf8('other')];
    const list = [x509({ issuers: [root], onlyForIssuers: true })];
    expect(choose(list, { authorities: [other, root] })).toBe(0);
    expect(choose(list, { authorities: [other] })).toBeUndefined();
    expect(choose(list)).toBeUndefined();
    expect(choose([...list, x509({ issuers: [root] })], { authorities: [other] })).toBe(1);
    expect(choose([...list, x509({ issuers: [root] })])).toBe(1);
  });

  it('those of another kind are left out', () => {
    const raw = { credential: { kind: 'raw-public-key', spki: EMPTY, signer: signer(P256) } } as const;
    const prepared = [raw, { credential: x509() }];
    expect(chooseCredential(prepared, TLS13_SIGNATURE_SCHEMES, WISH)?.prepared).toBe(prepared[1]);
    expect(chooseCredential(prepared, TLS13_SIGNATURE_SCHEMES, { ...WISH, kind: 'raw-public-key' })?.prepared).toBe(raw);
  });

  it.each([
    ['a.example', 1],
    ['A.EXAMPLE', 1],
    ['b.example', 2],
    ['www.b.example', 3],
    ['x.www.b.example', 0],
    ['elsewhere.example', 0],
    ['example', 0],
    [undefined, 0],
  ])('the one for %s is number %i', (serverName, expected) => {
    const named = [['default.example'], ['a.example', 'c.example'], ['b.example'], ['*.B.example']];
    const list = named.map((names) => x509({ names }));
    expect(choose(list, { serverName })).toBe(expected);
  });

  it('an exact name goes before a wildcard', () => {
    const list = [x509({ names: ['*.b.example'] }), x509({ names: ['www.b.example'] })];
    expect(choose(list, { serverName: 'www.b.example' })).toBe(1);
    expect(choose(list, { serverName: 'ftp.b.example' })).toBe(0);
  });

  it('one goes first whose chain the peer accepts, by signature_algorithms_cert if it sent it', () => {
    const list = [x509({ chainSchemes: [[RSA_SHA256]] }), x509({ chainSchemes: [[PSS_SHA256, ED25519], [P256_SHA256]] })];
    expect(choose(list)).toBe(1);
    expect(choose(list, { certificateSchemes: [RSA_SHA256] })).toBe(0);
  });

  it('one is chosen although the peer accepts no chain, but never one with SHA-1', () => {
    const rsa = x509({ chainSchemes: [[RSA_SHA256]] });
    const sha1 = x509({ chainSchemes: [[ECDSA_SHA1], [P256_SHA256]] });
    expect(choose([sha1, rsa])).toBe(1);
    expect(choose([sha1])).toBeUndefined();
    expect(choose([sha1], { certificateSchemes: [P256_SHA256, ECDSA_SHA1] })).toBe(0);
  });

  it('one without a scheme for its chain is the last resort', () => {
    expect(choose([x509({ chainSchemes: [[]] }), x509({ chainSchemes: [[P256_SHA256]] })])).toBe(1);
    expect(choose([x509({ chainSchemes: [[]] })])).toBe(0);
  });

  it('one goes first that was issued by an authority of the peer', () => {
    const [a, b, c] = [utf8('a'), utf8('b'), utf8('c')];
    const list = [x509({ issuers: [a] }), x509({ issuers: [b, c] })];
    expect(choose(list, { authorities: [c] })).toBe(1);
    expect(choose(list, { authorities: [a] })).toBe(0);
    expect(choose(list, { authorities: [utf8('d')] })).toBe(0);
    expect(choose(list)).toBe(0);
  });

  it('the name weighs more than the chain, the chain more than the authority', () => {
    const issuer = utf8('issuer');
    const wish = { serverName: 'a.example', authorities: [issuer] };
    const named = x509({ names: ['a.example'], chainSchemes: [[RSA_SHA256]], issuers: [] });
    const chained = x509({ chainSchemes: [[P256_SHA256]], issuers: [] });
    const listed = x509({ chainSchemes: [[RSA_SHA256]], issuers: [issuer] });
    expect(choose([listed, chained, named], wish)).toBe(2);
    expect(choose([listed, chained], wish)).toBe(1);
  });
});

describe('the certificate types', () => {
  it('are not offered when X.509 is all', () => {
    expect(certificateTypeOffer(['x509'])).toBeUndefined();
    expect(certificateTypeOffer(['raw-public-key'])).toEqual([2]);
    expect(certificateTypeOffer(['raw-public-key', 'x509'])).toEqual([2, 0]);
  });

  it('are read in the order of the client, unknown ones left out, X.509 without an offer', () => {
    expect(offeredCertificateKinds([1, 2, 3, 0])).toEqual(['raw-public-key', 'x509']);
    expect(offeredCertificateKinds(undefined)).toEqual(['x509']);
  });

  it('are chosen in our order', () => {
    expect(chooseCertificateKind(['raw-public-key', 'x509'], [0, 2])).toBe('raw-public-key');
    expect(chooseCertificateKind(['raw-public-key', 'x509'], undefined)).toBe('x509');
    expect(chooseCertificateKind(['raw-public-key'], [0])).toBeUndefined();
  });

  it('are answered with one that was offered', () => {
    expect(answeredCertificateKind(['raw-public-key'], 2)).toBe('raw-public-key');
    expect(answeredCertificateKind(['raw-public-key'], undefined)).toBe('x509');
    expect(() => answeredCertificateKind(['raw-public-key'], 0)).toThrow(PeerMisbehaved);
    expect(() => answeredCertificateKind(['x509'], 1)).toThrow(PeerMisbehaved);
  });

  it('say in an error what each side has', () => {
    const error = noCommonCertificateType(['raw-public-key'], [0, 77]);
    expect(error).toBeInstanceOf(PeerIncompatible);
    expect(error).toMatchObject({ alert: 'unsupported_certificate', ours: ['RawPublicKey'] });
    expect(error.theirs).toEqual(['X509', 'certificate type 77']);
  });
});

describe('the schemes to offer', () => {
  const names = (provider: typeof portableProvider) => verifiableSignatureSchemes(provider).map(({ name }) => name);

  it('are all for Node', () => {
    expect(verifiableSignatureSchemes(nodeProvider)).toEqual(TLS13_SIGNATURE_SCHEMES);
    expect(names(nodeProvider)).toContain('ed448');
  });

  it('are those that the provider verifies, for the portable one without P-521 and Ed448', () => {
    const missing = TLS13_SIGNATURE_SCHEMES.filter(({ name }) => !names(portableProvider).includes(name));
    expect(missing.map(({ name }) => name).sort()).toEqual(['ecdsa_secp521r1_sha512', 'ed448']);
  });

  it('are those that the provider has a hash for', () => {
    const hashes = nodeProvider.hashes.filter(({ name }) => name !== 'sha512');
    expect(names({ ...nodeProvider, hashes }).filter((name) => name.endsWith('sha512'))).toEqual([]);
  });
});
