import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CertificateInvalid, DecodeError } from '../../core/errors/errors.ts';
import { SIGNATURE_SCHEMES } from '../../core/registry/signature-schemes.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { PeerPresented, PeerVerifier } from '../../crypto/peer-verifier.ts';
import { portableProvider } from '../../crypto/portable/provider.ts';
import { entity, issueCa, issueLeaf, NOW } from './certificates.fixture.ts';
import { authorityNames, credentialOf, rawPublicKeyCredential } from './credential.ts';
import { createName } from './name.ts';
import { createRawPublicKeyVerifier, verifyByKind } from './raw-public-key-verifier.ts';
import { createX509Verifier, reportOnly } from './verifier.ts';
import { subjectAltNameExtension } from './write-certificate.ts';

const root = entity('Root', { kind: 'ec', curve: 'secp384r1' });
const middle = entity('Middle', { kind: 'rsa', bits: 2048 });
const leaf = entity('Leaf');
const rootCertificate = issueCa(root, root);
const middleCertificate = issueCa(root, middle);
const leafCertificate = issueLeaf(middle, leaf, { add: [subjectAltNameExtension(['a.example', '*.b.example'], [], true)] });

describe('the credential of a chain', () => {
  const chain = [leafCertificate, middleCertificate, rootCertificate];
  const credential = credentialOf({ chain, key: leaf.key });

  it('has the names of its end entity', () => {
    expect(credential).toMatchObject({ kind: 'x509', chain, signer: leaf.key, names: ['a.example', '*.b.example'] });
  });

  it('has the issuers of all its certificates', () => {
    const [rootName, middleName] = ['Root', 'Middle'].map((commonName) => createName({ commonName }).der);
    expect(credential.issuers).toEqual([middleName, rootName, rootName]);
  });

  it('has the schemes of its signatures, but for the self-signed one', () => {
    expect(credential.chainSchemes).toEqual([[SIGNATURE_SCHEMES.rsa_pkcs1_sha256], [SIGNATURE_SCHEMES.ecdsa_secp384r1_sha384]]);
  });

  it('has the hash of its end entity’s signature, for the channel binding', () => {
    expect(credential.endPointHash).toBe('sha256');
    expect(credentialOf({ chain: [middleCertificate], key: middle.key }).endPointHash).toBe('sha384');
  });

  it('keeps an OCSP response and timestamps', () => {
    const staples = { ocspResponse: Uint8Array.of(1), signedCertificateTimestamps: Uint8Array.of(0, 3, 0, 1, 2) };
    expect(credentialOf({ chain, key: leaf.key, ...staples })).toMatchObject(staples);
  });

  it('is not made with the key of another', () => {
    expect(() => credentialOf({ chain, key: root.key })).toThrow(ApiMisuse);
  });

  it('is made with a signer whose public key is not known', () => {
    const signer = { type: leaf.key.type, sign: leaf.key.sign.bind(leaf.key) };
    expect(credentialOf({ chain, key: signer }).signer).toBe(signer);
  });

  it('is not made of nothing, nor of what is no certificate', () => {
    expect(() => credentialOf({ chain: [], key: leaf.key })).toThrow(ApiMisuse);
    expect(() => credentialOf({ chain: [utf8('no certificate')], key: leaf.key })).toThrow(DecodeError);
  });
});

it('the names of authorities are the subjects of their certificates', () => {
  const [rootName, middleName] = ['Root', 'Middle'].map((commonName) => createName({ commonName }).der);
  expect(authorityNames([rootCertificate, middleCertificate])).toEqual([rootName, middleName]);
  const verifier = createX509Verifier({ provider: { keys }, trustAnchors: [rootCertificate, middleCertificate] });
  expect(verifier.authorities).toEqual([rootName, middleName]);
  expect(reportOnly(verifier).authorities).toEqual([rootName, middleName]);
});

function verify(verifier: PeerVerifier, presented: PeerPresented) {
  const request = {
    presented,
    peerRole: 'server',
    serverName: undefined,
    now: NOW,
    signal: new AbortController().signal,
  } as const;
  return verifier.verify(request);
}

const raw = (spki: Uint8Array) => ({ kind: 'raw-public-key', spki }) as const;

describe('a verifier of raw public keys', () => {
  const trusted = keys.generateKey({ kind: 'ed25519' });
  const stranger = keys.generateKey({ kind: 'ed25519' });
  const trustedKeys = [leaf.key.publicKey.spki, trusted.publicKey.spki];
  const verifier = createRawPublicKeyVerifier({ provider: { keys }, trustedKeys });

  it('accepts a key that is trusted, and gives it', () => {
    const { spki } = rawPublicKeyCredential(trusted);
    const verified = verify(verifier, raw(spki.slice()));
    expect(verified).toMatchObject({ kind: 'verified', publicKey: spki, mayDigitallySign: true, path: [] });
  });

  it('refuses another key', () => {
    expect(() => verify(verifier, raw(stranger.publicKey.spki))).toThrow(CertificateInvalid);
    expect(() => verify(verifier, raw(stranger.publicKey.spki))).toThrow(expect.objectContaining({ reason: 'key_untrusted' }));
  });

  it('refuses the same key in other bytes', () => {
    const { spki } = trusted.publicKey;
    const longer = Uint8Array.from([...spki, 0]);
    expect(() => verify(verifier, raw(longer))).toThrow(expect.objectContaining({ reason: 'key_untrusted' }));
  });

  it('refuses a certificate, even that of a trusted key', () => {
    const presented = { kind: 'x509', certificates: [leafCertificate] } as const;
    expect(() => verify(verifier, presented)).toThrow(expect.objectContaining({ reason: 'key_unsupported' }));
  });

  it('imports a key once', () => {
    let imports = 0;
    const counting = {
      ...keys,
      importPublicKey: (spki: Uint8Array) => {
        imports++;
        return keys.importPublicKey(spki);
      },
    };
    const counted = createRawPublicKeyVerifier({ provider: { keys: counting }, trustedKeys });
    for (let i = 0; i < 3; i++) verify(counted, raw(trusted.publicKey.spki));
    expect(imports).toBe(1);
  });

  it('refuses a trusted key that the provider does not have', () => {
    const ed448 = keys.generateKey({ kind: 'ed448' }).publicKey.spki;
    const portable = createRawPublicKeyVerifier({ provider: portableProvider, trustedKeys: [ed448] });
    expect(() => verify(portable, raw(ed448))).toThrow(expect.objectContaining({ reason: 'key_unsupported' }));
  });

  it('is not made with what is no key', () => {
    expect(() => createRawPublicKeyVerifier({ provider: { keys }, trustedKeys: [utf8('key')] })).toThrow(ApiMisuse);
  });

  it('is joined with one of certificates', () => {
    const x509 = createX509Verifier({ provider: { keys }, trustAnchors: [rootCertificate] });
    const either = verifyByKind({ x509, rawPublicKey: verifier });
    expect(verify(either, raw(trusted.publicKey.spki))).toMatchObject({ path: [] });
    const certificates = [leafCertificate, middleCertificate];
    expect(verify(either, { kind: 'x509', certificates })).toMatchObject({ path: [...certificates, rootCertificate] });
    expect(either.acceptsUnverified).toBe(false);
    expect(verifyByKind({ x509, rawPublicKey: reportOnly(verifier) }).acceptsUnverified).toBe(true);
    expect(either.authorities).toEqual(x509.authorities);
  });
});
