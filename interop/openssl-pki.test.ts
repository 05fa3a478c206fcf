/**
 * Keys, certificates and certification requests between the openssl command and us, as a table: every kind of key in every form.
 *
 * What we write, openssl reads and verifies; what openssl writes, we do. Messages (CMS) are in openssl-cms.test.ts.
 */

import { afterAll, expect, it } from 'vitest';
import { OID } from '../packages/foxtls/src/core/asn1/object-identifiers.ts';
import { formatPem, parsePem } from '../packages/foxtls/src/core/asn1/pem.ts';
import { fromHex, utf8 } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { keys } from '../packages/foxtls/src/crypto/node/keys.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import type { KeyType, SignatureAlgorithm } from '../packages/foxtls/src/crypto/signature.ts';
import {
  formatCertificationRequestPem,
  parseCertificationRequest,
  parseCertificationRequestPem,
  verifyCertificationRequestSync,
} from '../packages/foxtls/src/pki/pkcs/certification-request.ts';
import { createCertificationRequestSync } from '../packages/foxtls/src/pki/pkcs/create-certification-request.ts';
import { formatDhParametersPem, parseDhParametersPem } from '../packages/foxtls/src/pki/pkcs/dh-parameters.ts';
import { formatPrivateKeyPem, parsePrivateKeyPem, readPrivateKeyDer } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import { formatPublicKeyPem, parsePublicKeyPem } from '../packages/foxtls/src/pki/pkcs/public-key.ts';
import {
  formatTraditionalPrivateKeyPem,
  formatTraditionalPublicKeyPem,
} from '../packages/foxtls/src/pki/pkcs/traditional-key.ts';
import { defaultSignatureAlgorithm } from '../packages/foxtls/src/pki/x509/algorithms.ts';
import { parseCertificate } from '../packages/foxtls/src/pki/x509/certificate.ts';
import { createCertificateAuthoritySync, formatCertificatePem } from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import {
  createCpsQualifier,
  createDistributionPoint,
  createExtension,
  createUserNoticeQualifier,
  MUST_STAPLE,
} from '../packages/foxtls/src/pki/x509/create-extension.ts';
import { createGeneralName } from '../packages/foxtls/src/pki/x509/create-general-name.ts';
import { readOtherName } from '../packages/foxtls/src/pki/x509/general-name.ts';
import { issueCertificateSync, issueRequestedSync } from '../packages/foxtls/src/pki/x509/issue-certificate.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { openSslInFolder } from './harness/openssl-command.ts';

const openssl = openSslInFolder();
afterAll(() => openssl.remove());

const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2036-01-01T00:00:00Z') };
const at = ['-attime', String(Date.UTC(2027, 0, 1) / 1000)];
const firstBlock = (pem: Uint8Array) => parsePem(pem)[0]?.data ?? new Uint8Array(0);

interface KeyCase {
  readonly name: string;
  readonly type: KeyType;
  /** For `openssl genpkey`. */
  readonly generate: readonly string[];
  /** The label and the `-traditional` form of the private key, where there is one. */
  readonly traditional?: string;
  /** Other signatures that the key makes than that by default, with the options that tell openssl. */
  readonly signatures?: readonly SignatureAlgorithm[];
}

const pss = (hash: 'sha256' | 'sha384' | 'sha512', saltLength: number) =>
  ({ kind: 'rsa-pss', hash, mgfHash: hash, saltLength }) as const;
const RSA_SIGNATURES: readonly SignatureAlgorithm[] = [
  { kind: 'rsa-pkcs1', hash: 'sha1' },
  { kind: 'rsa-pkcs1', hash: 'sha384' },
  { kind: 'rsa-pkcs1', hash: 'sha512' },
  pss('sha256', 32),
  pss('sha512', 20),
];
const ec = (curve: string) => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const rsa = (bits: number, ...options: readonly string[]) => ['-pkeyopt', `rsa_keygen_bits:${bits}`, ...options];

const KEYS: readonly KeyCase[] = [
  {
    name: 'RSA-2048',
    type: { kind: 'rsa', bits: 2048 },
    generate: ['-algorithm', 'RSA', ...rsa(2048)],
    traditional: 'RSA PRIVATE KEY',
    signatures: RSA_SIGNATURES,
  },
  {
    name: 'RSA-3072',
    type: { kind: 'rsa', bits: 3072 },
    generate: ['-algorithm', 'RSA', ...rsa(3072)],
    traditional: 'RSA PRIVATE KEY',
  },
  {
    name: 'RSA-PSS',
    type: { kind: 'rsa-pss', bits: 2048 },
    generate: ['-algorithm', 'RSA-PSS', ...rsa(2048)],
    signatures: [pss('sha384', 48)],
  },
  {
    name: 'RSA-PSS bound to SHA-256',
    type: { kind: 'rsa-pss', bits: 2048 },
    generate: [
      ...['-algorithm', 'RSA-PSS', ...rsa(2048)],
      ...[
        '-pkeyopt',
        'rsa_pss_keygen_md:sha256',
        '-pkeyopt',
        'rsa_pss_keygen_mgf1_md:sha256',
        '-pkeyopt',
        'rsa_pss_keygen_saltlen:32',
      ],
    ],
  },
  {
    name: 'P-256',
    type: { kind: 'ec', curve: 'secp256r1' },
    generate: ec('P-256'),
    traditional: 'EC PRIVATE KEY',
    signatures: [{ kind: 'ecdsa', hash: 'sha512' }],
  },
  { name: 'P-384', type: { kind: 'ec', curve: 'secp384r1' }, generate: ec('P-384'), traditional: 'EC PRIVATE KEY' },
  { name: 'P-521', type: { kind: 'ec', curve: 'secp521r1' }, generate: ec('P-521'), traditional: 'EC PRIVATE KEY' },
  { name: 'Ed25519', type: { kind: 'ed25519' }, generate: ['-algorithm', 'ED25519'] },
  { name: 'Ed448', type: { kind: 'ed448' }, generate: ['-algorithm', 'ED448'] },
];

/** Each key is made once, by openssl. */
const made = new Map<string, { readonly pem: Uint8Array; readonly file: string }>();
function keyOf({ name, generate }: KeyCase) {
  const found = made.get(name);
  if (found !== undefined) return found;
  const file = `${name.replaceAll(' ', '-')}.key`;
  openssl.run('genpkey', ...generate, '-out', file);
  const key = { pem: openssl.take(file), file };
  made.set(name, key);
  return key;
}
const importKey = (key: KeyCase) => keys.importPrivateKey(parsePrivateKeyPem(keyOf(key).pem));

const SIGNINGS = KEYS.flatMap((key) =>
  [defaultSignatureAlgorithm(key.type), ...(key.signatures ?? [])].map((algorithm) => ({
    key,
    algorithm,
    title: `${key.name} ${algorithm.kind} ${'hash' in algorithm ? algorithm.hash : ''}`,
  })),
);

describeWithPeer('private keys', 'openssl', () => {
  it.each(KEYS)('of openssl are read in all forms: $name', (key) => {
    const { file, pem } = keyOf(key);
    const spki = firstBlock(utf8(openssl.run('pkey', '-in', file, '-pubout')));
    const forms = [parsePrivateKeyPem(pem), readPrivateKeyDer(firstBlock(pem))];
    openssl.run('pkey', '-in', file, '-outform', 'DER', '-out', 'key.der');
    forms.push(readPrivateKeyDer(openssl.take('key.der')));
    if (key.traditional !== undefined) {
      openssl.run('pkey', '-in', file, '-traditional', '-out', 'traditional.pem');
      const traditional = openssl.take('traditional.pem');
      expect(parsePem(traditional)[0]?.label).toBe(key.traditional);
      openssl.run('pkey', '-in', file, '-traditional', '-outform', 'DER', '-out', 'traditional.der');
      forms.push(parsePrivateKeyPem(traditional), readPrivateKeyDer(openssl.take('traditional.der')));
    }
    for (const pkcs8 of forms) {
      const { publicKey, type } = keys.importPrivateKey(pkcs8);
      expect(type).toEqual(key.type);
      expect(publicKey.spki).toEqual(spki);
    }
  });

  it.each(KEYS)('of ours are read by openssl, as PEM and as DER: $name', (key) => {
    const pkcs8 = importKey(key).exportPkcs8();
    const expected = openssl.run('pkey', '-in', keyOf(key).file, '-pubout');
    const pem = openssl.give('ours.pem', formatPrivateKeyPem(pkcs8));
    const der = openssl.give('ours.der', pkcs8);
    expect(openssl.run('pkey', '-in', pem, '-pubout')).toBe(expected);
    expect(openssl.run('pkey', '-in', der, '-inform', 'DER', '-pubout')).toBe(expected);
    expect(openssl.run('pkcs8', '-in', pem, '-nocrypt', '-topk8')).toBe(
      openssl.run('pkcs8', '-in', keyOf(key).file, '-nocrypt', '-topk8'),
    );
    if (key.traditional !== undefined) {
      const traditional = formatTraditionalPrivateKeyPem(pkcs8);
      expect(openssl.run('pkey', '-in', keyOf(key).file, '-traditional')).toBe(traditional);
      openssl.give('traditional.pem', traditional);
      expect(openssl.run('pkey', '-in', 'traditional.pem', '-pubout')).toBe(expected);
    }
    // openssl 3.0 has no consistency check for the keys of RFC 8410.
    if (!key.name.startsWith('Ed')) expect(openssl.run('pkey', '-in', pem, '-check', '-noout')).toContain('Key is valid');
  });
});

describeWithPeer('public keys', 'openssl', () => {
  it.each(KEYS)('are read and written as SubjectPublicKeyInfo and PKCS#1: $name', (key) => {
    const { file } = keyOf(key);
    const { spki } = importKey(key).publicKey;
    openssl.run('pkey', '-in', file, '-pubout', '-outform', 'DER', '-out', 'public.der');
    expect(openssl.take('public.der')).toEqual(spki);
    expect(parsePublicKeyPem(openssl.run('pkey', '-in', file, '-pubout'))).toEqual(spki);
    const pem = openssl.give('public.pem', formatPublicKeyPem(spki));
    expect(openssl.run('pkey', '-pubin', '-in', pem, '-pubout')).toBe(formatPublicKeyPem(spki));
    if (key.type.kind !== 'rsa') return;
    const pkcs1 = openssl.give('pkcs1.pem', formatTraditionalPublicKeyPem(spki));
    expect(openssl.run('rsa', '-RSAPublicKey_in', '-in', pkcs1, '-pubout')).toContain(formatPublicKeyPem(spki));
    expect(parsePublicKeyPem(openssl.run('rsa', '-in', file, '-RSAPublicKey_out').replace(/^writing RSA key$/m, ''))).toEqual(
      spki,
    );
  });

  it.each(SIGNINGS)('verify on both sides what the other signed: $title', ({ key, algorithm }) => {
    const ours = importKey(key);
    const message = utf8('signed on one side');
    const file = openssl.give('message', message);
    openssl.give('public.pem', formatPublicKeyPem(ours.publicKey.spki));
    const isEdwards = algorithm.kind.startsWith('ed');
    const options = 'hash' in algorithm ? ['-digest', algorithm.hash] : [];
    if (algorithm.kind === 'rsa-pss') {
      options.push('-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', `rsa_pss_saltlen:${algorithm.saltLength}`);
    }
    const input = ['-rawin', '-in', file, ...(isEdwards ? [] : options)];
    openssl.give('signature', ours.sign(algorithm, message));
    const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', 'public.pem', ...input, '-sigfile', 'signature'];
    expect(openssl.run(...verify)).toContain('Signature Verified Successfully');
    openssl.run('pkeyutl', '-sign', '-inkey', keyOf(key).file, ...input, '-out', 'signature');
    expect(ours.publicKey.verify(algorithm, message, openssl.take('signature'))).toBe(true);
  });
});

describeWithPeer('Diffie-Hellman parameters', 'openssl', () => {
  it('are read and written on both sides', () => {
    openssl.run('dhparam', '-out', 'theirs.pem', '512');
    const theirs = parseDhParametersPem(openssl.take('theirs.pem'));
    expect([theirs.prime.length, [...theirs.generator]]).toEqual([64, [2]]);
    const ours = openssl.give('ours.pem', formatDhParametersPem(theirs));
    expect(openssl.take('ours.pem')).toEqual(openssl.take('theirs.pem'));
    expect(openssl.run('dhparam', '-in', ours, '-noout', '-check')).toContain('DH parameters appear to be ok');
  });
});

describeWithPeer('certificates', 'openssl', () => {
  it.each(SIGNINGS)('of ours verify in openssl, and of openssl in ours: $title', ({ key, algorithm }) => {
    const ours = importKey(key);
    const common = { provider, key: ours, signatureAlgorithm: algorithm, ...dates };
    const ca = createCertificateAuthoritySync({ ...common, subject: { commonName: 'CA', organization: 'Ähm' } });
    const leaf = issueCertificateSync({
      ...common,
      issuer: ca,
      subject: { commonName: 'Leaf' },
      publicKey: ours.publicKey.spki,
      extensions: [createExtension('subjectAltName', [createGeneralName('dns', 'leaf.example')])],
    });
    openssl.give('ca.pem', formatCertificatePem(ca.certificate));
    openssl.give('leaf.der', leaf);
    openssl.run('x509', '-inform', 'DER', '-in', 'leaf.der', '-out', 'leaf.pem');
    expect(openssl.take('leaf.pem')).toEqual(utf8(formatCertificatePem(leaf)));
    // SHA-1 is below the security level 1 that openssl asks for.
    const level = 'hash' in algorithm && algorithm.hash === 'sha1' ? ['-auth_level', '0'] : [];
    const checks = ['-x509_strict', '-check_ss_sig', '-verify_hostname', 'leaf.example', ...level, ...at];
    expect(openssl.run('verify', ...checks, '-CAfile', 'ca.pem', 'leaf.pem')).toBe('leaf.pem: OK\n');

    const sigopt =
      algorithm.kind === 'rsa-pss'
        ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${algorithm.saltLength}`]
        : [];
    const digest = 'hash' in algorithm ? [`-${algorithm.hash}`] : [];
    const request = [
      'req',
      '-x509',
      '-key',
      keyOf(key).file,
      '-subj',
      '/C=DE/O=Example/CN=theirs',
      '-days',
      '3',
      ...digest,
      ...sigopt,
    ];
    openssl.run(...request, '-outform', 'DER', '-out', 'theirs.der');
    const theirs = parseCertificate(openssl.take('theirs.der'));
    expect(theirs.subject.toString()).toBe('CN=theirs,O=Example,C=DE');
    expect(theirs.signatureAlgorithm).toEqual(algorithm);
    expect(ours.publicKey.verify(algorithm, theirs.tbsCertificate, theirs.signature)).toBe(true);
  });

  const [, , , , p256] = KEYS as readonly [KeyCase, KeyCase, KeyCase, KeyCase, KeyCase];
  const POLICY = '1.3.6.1.4.1.99999.1';

  it('of ours show every extension in openssl', () => {
    const key = importKey(p256);
    const uri = (text: string) => createGeneralName('uri', text);
    const ca = createCertificateAuthoritySync({ provider, key, subject: { commonName: 'CA' }, ...dates });
    const extensions = [
      createExtension('basicConstraints', { cA: true, pathLenConstraint: 2 }),
      createExtension(
        'keyUsage',
        new Set(['digitalSignature', 'nonRepudiation', 'keyCertSign', 'cRLSign', 'decipherOnly', 'keyAgreement']),
      ),
      createExtension('extKeyUsage', [
        OID.serverAuth,
        OID.clientAuth,
        OID.codeSigning,
        OID.emailProtection,
        OID.timeStamping,
        OID.OCSPSigning,
        '1.2.3.4',
      ]),
      createExtension('subjectAltName', [
        createGeneralName('dns', '*.example.com'),
        createGeneralName('ip', '192.0.2.1'),
        createGeneralName('ip', '2001:db8::1'),
        createGeneralName('email', 'a@example.com'),
        createGeneralName('email', 'ä@bücher.example'),
        uri('spiffe://example.com/a'),
        createGeneralName('directory', { commonName: 'Directory', country: 'DE' }),
        createGeneralName('srv', '_imaps.example.com'),
        createGeneralName('other', { type: '1.3.6.1.4.1.311.20.2.3', value: fromHex('0c0475706e61') }),
        createGeneralName('registeredId', '1.2.3.4.5'),
      ]),
      createExtension('issuerAltName', [uri('https://issuer.example')]),
      createExtension('nameConstraints', {
        permittedSubtrees: [createGeneralName('dns', 'example.com'), createGeneralName('subnet', '192.0.2.0/24')],
        excludedSubtrees: [createGeneralName('subnet', '2001:db8:1::/48'), createGeneralName('directory', { country: 'FR' })],
      }),
      createExtension('certificatePolicies', [
        {
          policyIdentifier: POLICY,
          policyQualifiers: [
            createCpsQualifier('https://example.com/cps'),
            createUserNoticeQualifier({
              explicitText: 'Nötice',
              noticeReference: { organization: 'Example', noticeNumbers: [1, 2, 300] },
            }),
          ],
        },
        { policyIdentifier: OID.anyPolicy },
      ]),
      createExtension('policyMappings', [{ issuerDomainPolicy: POLICY, subjectDomainPolicy: `${POLICY}.1` }]),
      createExtension('policyConstraints', { requireExplicitPolicy: 3, inhibitPolicyMapping: 1 }),
      createExtension('inhibitAnyPolicy', 4),
      createExtension('cRLDistributionPoints', [
        createDistributionPoint('http://crl.example.com/a.crl'),
        {
          distributionPoint: { kind: 'fullName', value: [createGeneralName('directory', { commonName: 'Point' })] },
          reasons: new Set(['keyCompromise', 'cACompromise']),
          cRLIssuer: [createGeneralName('directory', { commonName: 'CRL issuer' })],
        },
      ]),
      createExtension('freshestCRL', [createDistributionPoint('http://crl.example.com/delta.crl')]),
      createExtension('authorityInfoAccess', [
        { accessMethod: OID['id-ad-ocsp'], accessLocation: uri('http://ocsp.example.com') },
        { accessMethod: OID['id-ad-caIssuers'], accessLocation: uri('http://example.com/ca.cer') },
      ]),
      createExtension('subjectInfoAccess', [
        { accessMethod: OID['id-ad-caRepository'], accessLocation: uri('http://example.com/repository') },
      ]),
      createExtension('tlsFeature', MUST_STAPLE),
      createExtension('id-pkix-ocsp-nocheck', null),
      { extnID: '1.2.3.4.5.6', critical: true, extnValue: fromHex('0c03726177') },
    ];
    const publicKey = key.publicKey.spki;
    const der = issueCertificateSync({ provider, issuer: ca, subject: { commonName: 'All' }, publicKey, extensions, ...dates });
    openssl.give('all.der', der);
    const text = openssl.run('x509', '-inform', 'DER', '-in', 'all.der', '-noout', '-text', '-nameopt', 'RFC2253,-esc_msb');
    for (const expected of SHOWN) expect(text).toContain(expected);
    expect(parseCertificate(der).extensions.length).toBe(19);
    openssl.run('x509', '-inform', 'DER', '-in', 'all.der', '-outform', 'DER', '-out', 'again.der');
    expect(openssl.take('again.der')).toEqual(der);
  });

  const SHOWN = [
    'X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:2',
    'X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation, Key Agreement, Certificate Sign, CRL Sign, Decipher Only',
    'TLS Web Server Authentication, TLS Web Client Authentication, Code Signing, E-mail Protection, Time Stamping, OCSP Signing, 1.2.3.4',
    'DNS:*.example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, email:a@example.com, ',
    'URI:spiffe://example.com/a, DirName:',
    'SRVName::_imaps.example.com',
    'UPN::upna',
    'Registered ID:1.2.3.4.5',
    'X509v3 Issuer Alternative Name: \n                URI:https://issuer.example',
    'X509v3 Name Constraints: critical\n                Permitted:\n                  DNS:example.com\n                  IP:192.0.2.0/255.255.255.0',
    'IP:2001:DB8:1:0:0:0:0:0/FFFF:FFFF:FFFF:0:0:0:0:0',
    `Policy: ${POLICY}\n                  CPS: https://example.com/cps\n                  User Notice:\n                    Organization: Example\n                    Numbers: 1, 2, 300`,
    'Policy: X509v3 Any Policy',
    `X509v3 Policy Mappings: critical\n                ${POLICY}:${POLICY}.1`,
    'X509v3 Policy Constraints: critical\n                Require Explicit Policy:3, Inhibit Policy Mapping:1',
    'X509v3 Inhibit Any Policy: critical\n                4',
    'Full Name:\n                  URI:http://crl.example.com/a.crl',
    'Reasons:\n                  Key Compromise, CA Compromise',
    'CRL Issuer:\n                  DirName:',
    'X509v3 Freshest CRL: \n                Full Name:\n                  URI:http://crl.example.com/delta.crl',
    'OCSP - URI:http://ocsp.example.com',
    'CA Issuers - URI:http://example.com/ca.cer',
    'CA Repository - URI:http://example.com/repository',
    'TLS Feature: \n                status_request',
    'OCSP No Check',
    '1.2.3.4.5.6: critical\n                ..raw',
    'X509v3 Subject Key Identifier',
    'X509v3 Authority Key Identifier',
  ];

  it('of openssl show every extension in ours', () => {
    openssl.give('all.cnf', OPENSSL_CONFIG);
    openssl.run(
      'req',
      '-x509',
      '-new',
      '-key',
      keyOf(p256).file,
      '-config',
      'all.cnf',
      '-outform',
      'DER',
      '-out',
      'theirs.der',
      '-days',
      '3',
    );
    const { known, extensions } = parseCertificate(openssl.take('theirs.der'));
    expect(known.basicConstraints).toEqual({ cA: true, pathLenConstraint: 3 });
    expect(known.keyUsage).toEqual(new Set(['keyCertSign', 'cRLSign', 'encipherOnly']));
    expect(known.extKeyUsage).toEqual([OID.serverAuth, '1.2.3.4']);
    expect(known.subjectAltName?.slice(0, 5)).toEqual([
      createGeneralName('dns', 'example.com'),
      createGeneralName('ip', '2001:db8::1'),
      createGeneralName('email', 'a@example.com'),
      createGeneralName('uri', 'urn:a'),
      createGeneralName('registeredId', '1.2.3.4'),
    ]);
    const [directory, other] = known.subjectAltName?.slice(5) ?? [];
    expect(String(directory?.value)).toBe('CN=Directory,C=DE');
    expect(readOtherName(other?.value as Uint8Array)).toEqual({ type: '1.2.3.4', text: 'some text' });
    expect(known.nameConstraints?.permittedSubtrees).toEqual([
      createGeneralName('dns', 'example.com'),
      createGeneralName('subnet', '192.0.2.0/24'),
    ]);
    expect(known.nameConstraints?.excludedSubtrees).toEqual([{ kind: 'rfc822Name', value: 'example.org' }]);
    expect(known.certificatePolicies?.map(({ policyIdentifier }) => policyIdentifier)).toEqual([POLICY, `${POLICY}.2`]);
    expect(known.certificatePolicies?.[1]?.policyQualifiers).toEqual([
      createCpsQualifier('https://example.com/cps'),
      createUserNoticeQualifier({ explicitText: 'Notice' }),
    ]);
    expect(known.policyConstraints).toEqual({ requireExplicitPolicy: 0, inhibitPolicyMapping: 2 });
    expect(known.inhibitAnyPolicy).toBe(5);
    expect(known.policyMappings).toEqual([{ issuerDomainPolicy: POLICY, subjectDomainPolicy: `${POLICY}.1` }]);
    // The same bytes as ours, for what holds no choice of encoding.
    const ofType = (oid: string) => extensions.find(({ extnID }) => extnID === oid)?.extnValue;
    expect(ofType(OID.tlsFeature)).toEqual(createExtension('tlsFeature', MUST_STAPLE).extnValue);
    expect(ofType(OID.cRLDistributionPoints)).toEqual(
      createExtension('cRLDistributionPoints', [createDistributionPoint('http://example.com/a.crl')]).extnValue,
    );
    expect(ofType(OID['id-pkix-ocsp-nocheck'])).toEqual(fromHex('0500'));
    expect(extensions.find(({ extnID }) => extnID === '1.2.3.4.5.6')).toMatchObject({
      critical: true,
      extnValue: fromHex('0500'),
    });
  });

  const OPENSSL_CONFIG = `
[req]
distinguished_name = dn
x509_extensions = all
prompt = no
[dn]
CN = All
[all]
basicConstraints = critical, CA:TRUE, pathlen:3
keyUsage = keyCertSign, cRLSign, encipherOnly
extendedKeyUsage = serverAuth, 1.2.3.4
subjectAltName = DNS:example.com, IP:2001:db8::1, email:a@example.com, URI:urn:a, RID:1.2.3.4, dirName:directory, otherName:1.2.3.4;UTF8:some text
nameConstraints = critical, permitted;DNS:example.com, permitted;IP:192.0.2.0/255.255.255.0, excluded;email:example.org
certificatePolicies = ${POLICY}, @policy
policyConstraints = requireExplicitPolicy:0, inhibitPolicyMapping:2
inhibitAnyPolicy = 5
policyMappings = ${POLICY}:${POLICY}.1
crlDistributionPoints = URI:http://example.com/a.crl
authorityInfoAccess = OCSP;URI:http://example.com/ocsp
tlsfeature = status_request
noCheck = ignored
1.2.3.4.5.6 = critical, DER:05:00
[directory]
C = DE
CN = Directory
[policy]
policyIdentifier = ${POLICY}.2
CPS.1 = https://example.com/cps
userNotice.1 = @notice
[notice]
explicitText = UTF8:Notice
`;
});

describeWithPeer('certification requests', 'openssl', () => {
  it.each(SIGNINGS)('of ours are verified and answered by openssl: $title', ({ key, algorithm }) => {
    const ours = importKey(key);
    const csr = createCertificationRequestSync({
      subject: { commonName: 'asked.example', organization: 'Äsk' },
      key: ours,
      dnsNames: ['asked.example'],
      extensions: [createExtension('keyUsage', new Set(['digitalSignature']))],
      challengePassword: 'hunter2',
      unstructuredName: 'Name without structure',
      signatureAlgorithm: algorithm,
    });
    openssl.give('ours.der', csr);
    openssl.give('ours.csr', formatCertificationRequestPem(csr));
    const text = openssl.run('req', '-in', 'ours.csr', '-verify', '-noout', '-text', '-nameopt', 'RFC2253,-esc_msb');
    expect(text).toContain('self-signature verify OK');
    expect(text).toContain('Subject: CN=asked.example,O=Äsk');
    expect(text).toMatch(/challengePassword\s*:hunter2/);
    expect(text).toMatch(/unstructuredName\s*:Name without structure/);
    expect(text).toContain('DNS:asked.example');
    openssl.run('req', '-inform', 'DER', '-in', 'ours.der', '-outform', 'DER', '-out', 'again.der');
    expect(openssl.take('again.der')).toEqual(csr);
    const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, ...dates });
    openssl.give('ca.pem', formatCertificatePem(ca.certificate));
    openssl.give('ca.key', formatPrivateKeyPem(ca.key.exportPkcs8()));
    openssl.run(
      'x509',
      '-req',
      '-in',
      'ours.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-copy_extensions',
      'copy',
      '-outform',
      'DER',
      '-out',
      'issued.der',
    );
    const issued = parseCertificate(openssl.take('issued.der'));
    expect(issued.publicKey).toEqual(ours.publicKey.spki);
    expect(issued.dnsNames).toEqual(['asked.example']);
  });

  it.each(KEYS)('of openssl are verified and answered by ours: $name', (key) => {
    const subject = ['-subj', '/C=DE/O=Example/CN=asked.example'];
    const extensions = ['-addext', 'subjectAltName=DNS:asked.example,IP:::1', '-addext', 'basicConstraints=critical,CA:TRUE'];
    openssl.run('req', '-new', '-key', keyOf(key).file, ...subject, ...extensions, '-out', 'theirs.csr');
    openssl.run('req', '-in', 'theirs.csr', '-outform', 'DER', '-out', 'theirs.der');
    const parsed = parseCertificationRequestPem(openssl.take('theirs.csr'));
    expect(parseCertificationRequest(openssl.take('theirs.der'))).toEqual(parsed);
    const request = verifyCertificationRequestSync(parsed, provider);
    expect(request.subject.toString()).toBe('CN=asked.example,O=Example,C=DE');
    expect(request.keyType).toEqual(key.type);
    expect(request.known.basicConstraints?.cA).toBe(true);
    const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, ...dates });
    const leaf = issueRequestedSync({ provider, issuer: ca, request, acceptedExtensions: ['subjectAltName'], ...dates });
    openssl.give('ca.pem', formatCertificatePem(ca.certificate));
    openssl.give('leaf.pem', formatCertificatePem(leaf));
    const checks = ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'asked.example', '-verify_ip', '::1', ...at];
    expect(openssl.run('verify', ...checks, '-CAfile', 'ca.pem', 'leaf.pem')).toBe('leaf.pem: OK\n');
    expect(openssl.run('x509', '-in', 'leaf.pem', '-noout', '-ext', 'basicConstraints')).toContain('CA:FALSE');
  });

  it('of openssl with the attributes of old, and without any, are read', () => {
    const [, , , , p256] = KEYS as readonly [KeyCase, KeyCase, KeyCase, KeyCase, KeyCase];
    openssl.give(
      'old.cnf',
      '[req]\nprompt=no\ndistinguished_name=dn\nattributes=attributes\n[dn]\nCN=old\n[attributes]\nchallengePassword=secret\nunstructuredName=An old name\n',
    );
    openssl.run('req', '-new', '-newhdr', '-key', keyOf(p256).file, '-config', 'old.cnf', '-out', 'old.csr');
    const old = parseCertificationRequestPem(openssl.take('old.csr'));
    expect([old.challengePassword, old.unstructuredName]).toEqual(['secret', 'An old name']);
    openssl.run('req', '-new', '-key', keyOf(p256).file, '-subj', '/CN=bare', '-out', 'bare.csr');
    const bare = verifyCertificationRequestSync(parseCertificationRequestPem(openssl.take('bare.csr')), provider);
    expect(bare.attributes).toEqual([]);
    expect(parsePem(formatPem('X', bare.raw))[0]?.data).toEqual(bare.raw);
  });
});
