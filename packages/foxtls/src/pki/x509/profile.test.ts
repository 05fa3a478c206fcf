import { describe, expect, it } from 'vitest';
import { type DerElement, readElement, TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { generalizedTime } from '../../core/asn1/time.ts';
import { fromHex } from '../../core/bytes/bytes.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { entity, issueCa, issueLeaf, NOW, type Overrides } from './certificates.fixture.ts';
import { middle, root, server } from './chains.fixture.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import type { Extension } from './extensions.ts';
import { createName, Name } from './name.ts';
import { type CertificateProfile, findProfileProblem, type PathPlace } from './profile.ts';
import { PURPOSES } from './purpose.ts';
import { validateCertificateSync } from './validate-certificate.ts';
import {
  basicConstraintsExtension,
  extKeyUsageExtension,
  keyUsageExtension,
  subjectAltNameExtension,
} from './write-certificate.ts';

/** The server's certificate, named as one of the web is: with its common name among the alternative ones. */
const WEB_LEAF = { subject: createName({ commonName: 'example.com' }) };
const NAME = new Uint8Array(20).fill(7);
const GOLD = { policyIdentifier: '1.3.6.1.4.1.99999.10' };

/** What each profile says of a chain with one strange certificate in it. */
function verdicts(strange: Partial<Record<PathPlace, Overrides>>): string {
  const profiles: readonly CertificateProfile[] = ['compatible', 'rfc5280', 'webpki'];
  return profiles
    .filter((profile) => {
      const result = validateCertificateSync({
        provider: nodeProvider,
        certificate: issueLeaf(middle, server, { ...WEB_LEAF, ...strange.leaf }),
        intermediates: [issueCa(root, middle, strange.intermediate)],
        trustAnchors: [issueCa(root, root, strange.anchor)],
        at: NOW,
        purpose: 'server',
        profile,
      });
      if (!result.isValid && result.problem.reason !== 'profile_violated') throw result.problem;
      return !result.isValid;
    })
    .join(' ');
}

const again = (extension: Extension, critical: boolean): Extension => ({ ...extension, critical });
const ALL = 'compatible rfc5280 webpki';
const STRICT = 'rfc5280 webpki';
const NOBODY = '';

describe('a certificate is refused by', () => {
  it.each<[refusedBy: string, strangeness: string, strange: Partial<Record<PathPlace, Overrides>>]>([
    [NOBODY, 'nothing strange', {}],
    [
      ALL,
      'a critical authorityKeyIdentifier',
      { leaf: { add: [createExtension('authorityKeyIdentifier', { keyIdentifier: NAME }, { critical: true })] } },
    ],
    [
      ALL,
      'a critical subjectKeyIdentifier',
      { intermediate: { add: [createExtension('subjectKeyIdentifier', NAME, { critical: true })] } },
    ],
    [STRICT, 'version 1', { leaf: { version: 1, extensions: [] } }],
    [STRICT, 'the serial number 0', { leaf: { serialNumber: fromHex('00') } }],
    [NOBODY, 'the serial number 0 of a root', { anchor: { serialNumber: fromHex('00') } }],
    [STRICT, 'a negative serial number', { leaf: { serialNumber: fromHex('80') } }],
    [STRICT, 'a serial number of 21 octets', { leaf: { serialNumber: new Uint8Array(21).fill(1) } }],
    [
      STRICT,
      'a serial number of 20 octets and a sign',
      { leaf: { serialNumber: new Uint8Array([0, ...new Uint8Array(20).fill(0xff)]) } },
    ],
    [NOBODY, 'a serial number of 20 octets', { leaf: { serialNumber: new Uint8Array(20).fill(0x7f) } }],
    [STRICT, 'a missing authorityKeyIdentifier', { leaf: { without: ['authorityKeyIdentifier'] } }],
    [NOBODY, 'a missing authorityKeyIdentifier in a root', { anchor: { without: ['authorityKeyIdentifier'] } }],
    [STRICT, 'a missing subjectKeyIdentifier in an authority', { intermediate: { without: ['subjectKeyIdentifier'] } }],
    [NOBODY, 'a missing subjectKeyIdentifier in an end entity', { leaf: { without: ['subjectKeyIdentifier'] } }],
    [
      'webpki',
      'a root that calls itself by another key identifier',
      { anchor: { add: [createExtension('authorityKeyIdentifier', { keyIdentifier: NAME })] } },
    ],
    [
      'webpki',
      'a root that names its issuer and serial number',
      { anchor: { add: [createExtension('authorityKeyIdentifier', { authorityCertSerialNumber: fromHex('01') })] } },
    ],
    [STRICT, 'keyCertSign in an end entity', { leaf: { add: [keyUsageExtension(['digitalSignature', 'keyCertSign'])] } }],
    [STRICT, 'a keyUsage without usages', { leaf: { add: [keyUsageExtension([])] } }],
    [STRICT, 'a path length in an end entity', { leaf: { add: [basicConstraintsExtension(false, 0)] } }],
    [
      STRICT,
      'basicConstraints of an authority that are not critical',
      { intermediate: { add: [again(basicConstraintsExtension(true), false)] } },
    ],
    [STRICT, 'alternative names that are not critical without a subject', { leaf: { subject: new Name(fromHex('3000')) } }],
    [
      STRICT,
      'an alternative name with an underscore',
      { leaf: { ...WEB_LEAF, add: [subjectAltNameExtension(['example.com', 'my_host.example.com'], [], false)] } },
    ],
    [
      'rfc5280',
      'name constraints that are not critical',
      {
        intermediate: {
          add: [
            createExtension(
              'nameConstraints',
              { permittedSubtrees: [createGeneralName('dns', 'example.com')] },
              { critical: false },
            ),
          ],
        },
      },
    ],
    [
      STRICT,
      'name constraints in an end entity',
      { leaf: { add: [createExtension('nameConstraints', { permittedSubtrees: [createGeneralName('dns', 'x.example')] })] } },
    ],
    [STRICT, 'a policy that is named twice', { leaf: { add: [createExtension('certificatePolicies', [GOLD, GOLD])] } }],
    [
      STRICT,
      'policy constraints that are not critical',
      { intermediate: { add: [createExtension('policyConstraints', { inhibitPolicyMapping: 0 }, { critical: false })] } },
    ],
    [STRICT, 'policy constraints that say nothing', { intermediate: { add: [createExtension('policyConstraints', {})] } }],
    [
      STRICT,
      'an inhibitAnyPolicy that is not critical',
      { intermediate: { add: [createExtension('inhibitAnyPolicy', 0, { critical: false })] } },
    ],
    ['webpki', 'an end entity that is an authority', { leaf: { add: [basicConstraintsExtension(true)] } }],
    ['webpki', 'an end entity without alternative names', { leaf: { without: ['subjectAltName'] } }],
    [
      'webpki',
      'critical alternative names beside a subject',
      { leaf: { add: [subjectAltNameExtension(['example.com'], [], true)] } },
    ],
    ['webpki', 'a common name that is no alternative name', { leaf: { subject: createName({ commonName: 'example.org' }) } }],
    ['webpki', 'a common name in another case', { leaf: { subject: createName({ commonName: 'Example.com' }) } }],
    [
      'webpki',
      'an address in another text',
      {
        leaf: { subject: createName({ commonName: '2001:DB8::1' }), add: [subjectAltNameExtension([], ['2001:db8::1'], false)] },
      },
    ],
    [
      NOBODY,
      'any common name for the own host',
      { leaf: { add: [subjectAltNameExtension(['localhost'], ['127.0.0.1', '::1'], false)] } },
    ],
    ['webpki', 'a critical extended key usage', { leaf: { add: [again(extKeyUsageExtension([OID.serverAuth]), true)] } }],
    ['webpki', 'a missing extended key usage', { leaf: { without: ['extKeyUsage'] } }],
    [
      'webpki',
      'any purpose beside the wanted one',
      { leaf: { add: [extKeyUsageExtension([OID.serverAuth, OID.anyExtendedKeyUsage])] } },
    ],
    ['webpki', 'an extended key usage in a root', { anchor: { add: [extKeyUsageExtension([OID.serverAuth])] } }],
  ])('%s: %s', (refusedBy, _strangeness, strange) => {
    expect(verdicts(strange)).toBe(refusedBy);
  });

  it('webpki: an RSA key whose bits are no whole octets', () => {
    const odd = entity('example.com', { kind: 'rsa', bits: 2052 });
    expect(verdicts({ leaf: { publicKey: odd.key.publicKey.spki } })).toBe('webpki');
  });

  it('rfc5280 webpki: a date of this century as GeneralizedTime', () => {
    const written = parseCertificate(issueLeaf(middle, server, WEB_LEAF));
    const rewritten = parseCertificate(withGeneralizedTime(written));
    const refusedBy = (['compatible', 'rfc5280', 'webpki'] as const).filter((profile) =>
      findProfileProblem(rewritten, 'leaf', profile, PURPOSES.server)?.includes('UTCTime'),
    );
    expect(refusedBy.join(' ')).toBe(STRICT);
    expect(rewritten.validFrom).toEqual(written.validFrom);
    expect(findProfileProblem(written, 'leaf', 'webpki', PURPOSES.server)).toBeUndefined();
  });
});

/** The same certificate with its dates in the longer form; its signature is no longer right. */
function withGeneralizedTime({ raw, validFrom, validTo }: Certificate): Uint8Array {
  const [tbs, algorithm, signature] = childrenOf(readElement(raw, 'certificate')) as [DerElement, DerElement, DerElement];
  const dates = writeElement(TAG.SEQUENCE, encodeDer(generalizedTime, validFrom), encodeDer(generalizedTime, validTo));
  // version, serialNumber, signature, issuer, and then validity
  const fields = childrenOf(tbs).map(({ encoded }, i) => (i === 4 ? dates : encoded));
  return writeElement(TAG.SEQUENCE, writeElement(TAG.SEQUENCE, ...fields), algorithm.encoded, signature.encoded);
}

function childrenOf(element: DerElement): DerElement[] {
  const cursor = element.children();
  const children: DerElement[] = [];
  while (cursor.peek() !== undefined) children.push(cursor.next('child'));
  return children;
}
