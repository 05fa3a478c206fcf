/**
 * Messages of CMS and PKCS#7 between the openssl command and us, as a table: every kind of key × every form of message.
 *
 * openssl streams what it writes, so much of it is BER: indefinite lengths, strings in pieces. openssl 3.0 signs no messages with EdDSA.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { OID } from '../packages/foxtls/src/core/asn1/object-identifiers.ts';
import { concat, equal, fromHex, utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import type { Decrypter } from '../packages/foxtls/src/crypto/key-encryption.ts';
import { keys } from '../packages/foxtls/src/crypto/node/keys.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { KeyGenerationRequest, PrivateKey, SignatureAlgorithm } from '../packages/foxtls/src/crypto/signature.ts';
import { createCertificatesOnly, parseCertificatesOnly } from '../packages/foxtls/src/pki/pkcs/cms/certificates-only.ts';
import type { ContentEncryption } from '../packages/foxtls/src/pki/pkcs/cms/content-encryption.ts';
import { formatCmsPem, parseCmsPem } from '../packages/foxtls/src/pki/pkcs/cms/content-info.ts';
import { createEnvelopedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/create-enveloped-data.ts';
import { createSignedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/create-signed-data.ts';
import { parseEnvelopedData } from '../packages/foxtls/src/pki/pkcs/cms/enveloped-data.ts';
import type { RsaEncryption } from '../packages/foxtls/src/pki/pkcs/cms/key-transport.ts';
import { openEnvelopedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/open-enveloped-data.ts';
import { parseSignedData } from '../packages/foxtls/src/pki/pkcs/cms/signed-data.ts';
import { verifySignedDataSync } from '../packages/foxtls/src/pki/pkcs/cms/verify-signed-data.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { createCertificateAuthoritySync, formatCertificatePem } from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { createExtension } from '../packages/foxtls/src/pki/x509/create-extension.ts';
import { issueCertificateSync } from '../packages/foxtls/src/pki/x509/issue-certificate.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { openSslInFolder } from './harness/openssl-command.ts';

const openssl = openSslInFolder();
afterAll(() => openssl.remove());

const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2036-01-01T00:00:00Z') };
const at = ['-attime', String(Date.UTC(2027, 0, 1) / 1000)];
/** Long enough for openssl to stream it in several pieces. */
const CONTENT = new Uint8Array(20_000).map((_, i) => (i * 7) & 0xff);

const KINDS = {
  rsa: { kind: 'rsa', bits: 2048 },
  'P-256': { kind: 'ec', curve: 'secp256r1' },
  'P-384': { kind: 'ec', curve: 'secp384r1' },
  'P-521': { kind: 'ec', curve: 'secp521r1' },
} as const satisfies Record<string, KeyGenerationRequest>;
type Kind = keyof typeof KINDS;
const NAMES = Object.keys(KINDS) as Kind[];

interface Person {
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
  readonly decrypter: Decrypter;
}
const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CMS CA' }, ...dates });
const people = Object.fromEntries(NAMES.map((name) => [name, createPerson(name)])) as Record<Kind, Person>;

function createPerson(name: Kind): Person {
  const key = keys.generateKey(KINDS[name]);
  const usages =
    name === 'rsa' ? (['digitalSignature', 'keyEncipherment'] as const) : (['digitalSignature', 'keyAgreement'] as const);
  const extensions = [
    createExtension('basicConstraints', { cA: false }),
    createExtension('keyUsage', new Set(usages)),
    createExtension('extKeyUsage', [OID.emailProtection]),
  ];
  const subject = { commonName: name, organization: 'Ünïcode' };
  const certificate = issueCertificateSync({
    provider,
    issuer: ca,
    subject,
    publicKey: key.publicKey.spki,
    extensions,
    ...dates,
  });
  const decrypter = provider.keyEncryption.importDecrypter(key.exportPkcs8()) as Decrypter;
  return { certificate, key, decrypter };
}

beforeAll(() => {
  openssl.give('content', CONTENT);
  openssl.give('ca.pem', formatCertificatePem(ca.certificate));
  for (const [name, { certificate, key }] of Object.entries(people)) {
    openssl.give(`${name}.pem`, formatCertificatePem(certificate));
    openssl.give(`${name}.key`, formatPrivateKeyPem(key.exportPkcs8()));
  }
});

interface Signing {
  readonly title: string;
  readonly name: Kind;
  readonly algorithm: SignatureAlgorithm;
  /** How openssl is told. */
  readonly options: readonly string[];
}
const SIGNINGS: readonly Signing[] = [
  { title: 'RSA PKCS#1', name: 'rsa', algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' }, options: [] },
  { title: 'RSA PKCS#1 SHA-512', name: 'rsa', algorithm: { kind: 'rsa-pkcs1', hash: 'sha512' }, options: ['-md', 'sha512'] },
  {
    title: 'RSA-PSS',
    name: 'rsa',
    algorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
    options: ['-keyopt', 'rsa_padding_mode:pss', '-keyopt', 'rsa_pss_saltlen:32'],
  },
  { title: 'ECDSA P-256', name: 'P-256', algorithm: { kind: 'ecdsa', hash: 'sha256' }, options: [] },
  { title: 'ECDSA P-384', name: 'P-384', algorithm: { kind: 'ecdsa', hash: 'sha384' }, options: ['-md', 'sha384'] },
  { title: 'ECDSA P-521', name: 'P-521', algorithm: { kind: 'ecdsa', hash: 'sha512' }, options: ['-md', 'sha512'] },
];
const FORMS = [
  { form: 'attached', ours: {}, theirs: ['-nodetach'] },
  { form: 'detached', ours: { detached: true }, theirs: [] },
  { form: 'without attributes', ours: { signedAttributes: false }, theirs: ['-nodetach', '-noattr'] },
  { form: 'by key identifier', ours: { identifiedBy: 'subjectKeyIdentifier' }, theirs: ['-nodetach', '-keyid'] },
  { form: 'streamed', ours: {}, theirs: ['-nodetach', '-stream'] },
] as const;
// openssl 3.0 cannot stream a message that it signs with PSS: it writes the parameters before it has them ("illegal zero content").
const isPossible = ({ kind }: SignatureAlgorithm, form: string) => kind !== 'rsa-pss' || form !== 'streamed';
const SIGNED = SIGNINGS.flatMap((signing) =>
  FORMS.filter(({ form }) => isPossible(signing.algorithm, form)).map((form) => ({
    ...signing,
    ...form,
    title: `${signing.title}, ${form.form}`,
  })),
);

describeWithPeer('signed messages', 'openssl', () => {
  it.each(SIGNED)('are verified on both sides: $title', ({ name, algorithm, options, form, ours, theirs }) => {
    const { detached = false, ...how } = { detached: false, ...ours };
    const signer = { ...people[name], signatureAlgorithm: algorithm, signingTime: new Date('2026-06-01T00:00:00Z'), ...how };
    openssl.give('ours.cms', createSignedDataSync({ provider, content: CONTENT, detached, signers: [signer] }));
    const content = detached ? ['-content', 'content'] : [];
    const verify = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', 'ours.cms', '-CAfile', 'ca.pem', ...at, ...content];
    expect(openssl.run(...verify, '-out', 'verified')).toContain('CMS Verification successful');
    expect(equal(openssl.take('verified'), CONTENT)).toBe(true);

    const files = ['-signer', `${name}.pem`, '-inkey', `${name}.key`, '-outform', 'DER', '-out', 'theirs.cms'];
    openssl.run('cms', '-sign', '-binary', '-in', 'content', ...files, ...options, ...theirs);
    const message = parseSignedData(openssl.take('theirs.cms'));
    expect(message.content === undefined).toBe(form === 'detached');
    const verified = verifySignedDataSync(message, { provider, ...(form === 'detached' && { content: CONTENT }) });
    expect(equal(verified.content, CONTENT)).toBe(true);
    expect(verified.signers.map(({ certificate }) => certificate.raw)).toEqual([people[name].certificate]);
    expect(verified.signers[0]?.signatureAlgorithm).toEqual(algorithm);
    expect(verified.signers[0]?.signingTime === undefined).toBe(form === 'without attributes');
  });

  it('of several signers are verified on both sides', () => {
    const signers = NAMES.map((name) => people[name]);
    openssl.give('ours.cms', createSignedDataSync({ provider, content: CONTENT, signers, certificates: [ca.certificate] }));
    const verify = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-in',
      'ours.cms',
      '-CAfile',
      'ca.pem',
      ...at,
      '-out',
      'verified',
    ];
    expect(openssl.run(...verify)).toContain('CMS Verification successful');
    const files = NAMES.flatMap((name) => ['-signer', `${name}.pem`, '-inkey', `${name}.key`]);
    openssl.run('cms', '-sign', '-binary', '-nodetach', '-in', 'content', ...files, '-outform', 'PEM', '-out', 'theirs.pem');
    expect(verifySignedDataSync(parseSignedData(parseCmsPem(openssl.take('theirs.pem'))), { provider }).signers.length).toBe(4);
  });

  it('of the old smime command are verified on both sides', () => {
    openssl.give('ours.p7', formatCmsPem(createSignedDataSync({ provider, content: CONTENT, signers: [people.rsa] }), 'PKCS7'));
    const verify = [
      'smime',
      '-verify',
      '-binary',
      '-inform',
      'PEM',
      '-in',
      'ours.p7',
      '-CAfile',
      'ca.pem',
      ...at,
      '-out',
      'verified',
    ];
    expect(openssl.run(...verify)).toContain('Verification successful');
    const files = ['-signer', 'rsa.pem', '-inkey', 'rsa.key', '-outform', 'PEM', '-out', 'theirs.p7'];
    openssl.run('smime', '-sign', '-binary', '-nodetach', '-in', 'content', ...files);
    expect(verifySignedDataSync(parseSignedData(parseCmsPem(openssl.take('theirs.p7'))), { provider }).signers.length).toBe(1);
  });

  it('with a content of another type, or changed content, are judged alike', () => {
    const contentType = '1.2.3.4.5';
    openssl.give('ours.cms', createSignedDataSync({ provider, content: CONTENT, contentType, signers: [people.rsa] }));
    const verify = [
      'cms',
      '-verify',
      '-binary',
      '-inform',
      'DER',
      '-in',
      'ours.cms',
      '-CAfile',
      'ca.pem',
      ...at,
      '-out',
      'verified',
    ];
    expect(openssl.run(...verify)).toContain('CMS Verification successful');
    const files = ['-signer', 'rsa.pem', '-inkey', 'rsa.key', '-outform', 'DER', '-out', 'theirs.cms'];
    openssl.run('cms', '-sign', '-binary', '-nodetach', '-econtent_type', contentType, '-in', 'content', ...files);
    expect(verifySignedDataSync(parseSignedData(openssl.take('theirs.cms')), { provider }).contentType).toBe(contentType);
    openssl.give('ours.cms', createSignedDataSync({ provider, content: CONTENT, detached: true, signers: [people.rsa] }));
    openssl.give('other', utf8('another content'));
    expect(openssl.fails(...verify, '-content', 'other')).toContain('CMS Verification failure');
    const detached = parseSignedData(openssl.take('ours.cms'));
    expect(() => verifySignedDataSync(detached, { provider, content: utf8('another content') })).toThrow(
      'not the one that was signed',
    );
  });
});

describeWithPeer('bundles of certificates', 'openssl', () => {
  const list = [ca.certificate, people.rsa.certificate, people['P-256'].certificate];
  const texts = (certificates: readonly Uint8Array[]) => certificates.map(formatCertificatePem).sort();

  it('are read on both sides, as PEM and as DER', () => {
    openssl.give('list.pem', list.map(formatCertificatePem).join(''));
    for (const form of ['DER', 'PEM']) {
      openssl.run('crl2pkcs7', '-nocrl', '-certfile', 'list.pem', '-outform', form, '-out', 'theirs.p7b');
      const theirs = openssl.take('theirs.p7b');
      expect(texts(parseCertificatesOnly(form === 'PEM' ? parseCmsPem(theirs) : theirs).certificates)).toEqual(texts(list));
      const ours = createCertificatesOnly(list);
      openssl.give('ours.p7b', form === 'PEM' ? formatCmsPem(ours, 'PKCS7') : ours);
      const printed = openssl.run('pkcs7', '-in', 'ours.p7b', '-inform', form, '-print_certs');
      for (const name of ['CMS CA', 'rsa', 'P-256']) expect(printed).toContain(`CN = ${name}`);
      openssl.run('pkcs7', '-in', 'ours.p7b', '-inform', form, '-outform', 'DER', '-out', 'again.p7b');
      expect(openssl.take('again.p7b')).toEqual(ours);
    }
  });
});

const CIPHERS: readonly (readonly [ContentEncryption, string])[] = [
  ['aes-128-cbc', '-aes-128-cbc'],
  ['aes-192-cbc', '-aes-192-cbc'],
  ['aes-256-cbc', '-aes-256-cbc'],
  ['aes-128-gcm', '-aes-128-gcm'],
  ['aes-256-gcm', '-aes-256-gcm'],
];
const ENCRYPTED = NAMES.flatMap((name) => CIPHERS.map(([cipher, option]) => ({ name, cipher, option })));

/** Decrypts with openssl what we made for somebody. */
function openedByOpenSsl(name: Kind): Uint8Array {
  const files = ['-in', 'ours.cms', '-recip', `${name}.pem`, '-inkey', `${name}.key`, '-out', 'opened'];
  openssl.run('cms', '-decrypt', '-binary', '-inform', 'DER', ...files);
  return openssl.take('opened');
}

/** Opens what openssl made for somebody. */
function openedByUs(name: Kind) {
  const { certificate, decrypter } = people[name];
  return openEnvelopedDataSync(parseEnvelopedData(openssl.take('theirs.cms')), { provider, certificate, decrypter });
}

describeWithPeer('encrypted messages', 'openssl', () => {
  it.each(ENCRYPTED)('are opened on both sides: $name, $cipher', ({ name, cipher, option }) => {
    const recipients = [people[name]];
    openssl.give('ours.cms', createEnvelopedDataSync({ provider, content: CONTENT, recipients, contentEncryption: cipher }));
    expect(equal(openedByOpenSsl(name), CONTENT)).toBe(true);
    for (const extra of [[], ['-stream'], ['-keyid']]) {
      openssl.run(
        'cms',
        '-encrypt',
        '-binary',
        '-in',
        'content',
        option,
        '-outform',
        'DER',
        '-out',
        'theirs.cms',
        ...extra,
        `${name}.pem`,
      );
      const opened = openedByUs(name);
      expect(equal(opened.content, CONTENT)).toBe(true);
      expect(opened.isAuthenticated).toBe(cipher.endsWith('gcm'));
    }
  });

  it('for several are opened by each, on both sides', () => {
    const recipients = NAMES.map((name) => people[name]);
    openssl.give('ours.cms', createEnvelopedDataSync({ provider, content: CONTENT, recipients }));
    const files = NAMES.map((name) => `${name}.pem`);
    openssl.run(
      'cms',
      '-encrypt',
      '-binary',
      '-in',
      'content',
      '-aes-256-cbc',
      '-outform',
      'DER',
      '-out',
      'theirs.cms',
      ...files,
    );
    for (const name of NAMES) {
      expect(equal(openedByOpenSsl(name), CONTENT)).toBe(true);
      expect(equal(openedByUs(name).content, CONTENT)).toBe(true);
    }
  });

  const oaep = (hash: 'sha1' | 'sha256' | 'sha512', mgfHash: 'sha1' | 'sha256' | 'sha512'): RsaEncryption => ({
    kind: 'rsa-oaep',
    hash,
    mgfHash,
  });
  it.each<readonly [string, RsaEncryption, readonly string[]]>([
    ['PKCS#1 v1.5', { kind: 'rsa-pkcs1' }, []],
    ['OAEP SHA-1', oaep('sha1', 'sha1'), ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha1']],
    ['OAEP SHA-256', oaep('sha256', 'sha256'), ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256']],
    ['OAEP SHA-512 with MGF1 SHA-1', oaep('sha512', 'sha1'), ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha512', 'rsa_mgf1_md:sha1']],
  ])('to RSA keys by %s are opened on both sides', (_title, rsaEncryption, keyOptions) => {
    const recipients = [{ ...people.rsa, rsaEncryption }];
    openssl.give(
      'ours.cms',
      createEnvelopedDataSync({ provider, content: CONTENT, recipients, contentEncryption: 'aes-256-cbc' }),
    );
    expect(equal(openedByOpenSsl('rsa'), CONTENT)).toBe(true);
    const options = keyOptions.flatMap((option) => ['-keyopt', option]);
    const encrypt = ['cms', '-encrypt', '-binary', '-in', 'content', '-aes-256-cbc', '-outform', 'DER', '-out', 'theirs.cms'];
    openssl.run(...encrypt, '-recip', 'rsa.pem', ...options);
    expect(equal(openedByUs('rsa').content, CONTENT)).toBe(true);
  });

  it.each(
    ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].flatMap((hash) => ['aes128', 'aes256'].map((wrap) => [hash, wrap] as const)),
  )('to EC keys by X9.63 with %s and %s-wrap are opened here', (hash, wrap) => {
    const encrypt = ['cms', '-encrypt', '-binary', '-in', 'content', '-aes-256-cbc', '-outform', 'DER', '-out', 'theirs.cms'];
    openssl.run(...encrypt, `-${wrap}-wrap`, '-recip', 'P-256.pem', '-keyopt', `ecdh_kdf_md:${hash}`);
    expect(equal(openedByUs('P-256').content, CONTENT)).toBe(true);
  });

  it('inside of which a signed message is are opened and verified on both sides', () => {
    const signed = createSignedDataSync({ provider, content: CONTENT, signers: [people['P-256']] });
    const options = { provider, content: signed, contentType: OID['id-signedData'], recipients: [people.rsa] };
    openssl.give('ours.cms', createEnvelopedDataSync({ ...options, contentEncryption: 'aes-128-cbc' }));
    expect(equal(openedByOpenSsl('rsa'), signed)).toBe(true);
    openssl.give('inner', concat(signed));
    openssl.run('cms', '-encrypt', '-binary', '-in', 'inner', '-aes-128-gcm', '-outform', 'DER', '-out', 'theirs.cms', 'rsa.pem');
    expect(verifySignedDataSync(parseSignedData(openedByUs('rsa').content), { provider }).signers.length).toBe(1);
  });

  it.each(['000102030405060708090a0b0c0d0e0f', '000102030405060708090a0b0c0d0e0f'.repeat(2)])(
    'under the shared key %s are opened on both sides',
    (key) => {
      const shared = { keyEncryptionKey: fromHex(key), keyIdentifier: fromHex('c0ffee') };
      openssl.give('ours.cms', createEnvelopedDataSync({ provider, content: CONTENT, recipients: [shared] }));
      const secret = ['-secretkey', key, '-secretkeyid', 'c0ffee'];
      openssl.run('cms', '-decrypt', '-binary', '-inform', 'DER', '-in', 'ours.cms', ...secret, '-out', 'opened');
      expect(equal(openssl.take('opened'), CONTENT)).toBe(true);
      openssl.run(
        'cms',
        '-encrypt',
        '-binary',
        '-in',
        'content',
        '-aes-256-cbc',
        '-outform',
        'DER',
        '-out',
        'theirs.cms',
        ...secret,
      );
      const message = parseEnvelopedData(openssl.take('theirs.cms'));
      expect(equal(openEnvelopedDataSync(message, { provider, ...shared }).content, CONTENT)).toBe(true);
    },
  );

  it('of old, with Triple-DES, are opened here', () => {
    const encrypt = ['cms', '-encrypt', '-binary', '-in', 'content', '-des3', '-outform', 'DER', '-out', 'theirs.cms', '-stream'];
    openssl.run(...encrypt, 'rsa.pem');
    expect(equal(openedByUs('rsa').content, CONTENT)).toBe(true);
  });

  it('of the old smime command are opened here, and of ours there', () => {
    openssl.run('smime', '-encrypt', '-binary', '-in', 'content', '-aes256', '-outform', 'DER', '-out', 'theirs.cms', 'rsa.pem');
    expect(equal(openedByUs('rsa').content, CONTENT)).toBe(true);
    const recipients = [{ ...people.rsa, rsaEncryption: { kind: 'rsa-pkcs1' } as const }];
    openssl.give(
      'ours.p7',
      createEnvelopedDataSync({ provider, content: CONTENT, recipients, contentEncryption: 'aes-256-cbc' }),
    );
    openssl.run(
      'smime',
      '-decrypt',
      '-binary',
      '-inform',
      'DER',
      '-in',
      'ours.p7',
      '-recip',
      'rsa.pem',
      '-inkey',
      'rsa.key',
      '-out',
      'opened',
    );
    expect(equal(openssl.take('opened'), CONTENT)).toBe(true);
  });
});
