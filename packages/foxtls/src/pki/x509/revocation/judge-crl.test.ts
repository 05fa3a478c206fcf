import { describe, expect, it } from 'vitest';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { fromHex } from '../../../core/bytes/bytes.ts';
import { parseCertificate } from '../certificate.ts';
import { entity, issueCa, issueLeaf, unknownExtension } from '../certificates.fixture.ts';
import { createExtension } from '../create-extension.ts';
import { keyUsageExtension } from '../write-certificate.ts';
import { crlDistributionPoints, type DistributionPoint, type IssuingDistributionPoint } from './distribution-points.ts';
import {
  ca,
  caCert,
  crlOf,
  crlWithEntries,
  DAY,
  HOUR,
  later,
  leaf,
  pointer,
  revokedLeaf,
  root,
  rootCert,
  rootCrl,
  server,
  stranger,
  strangerCert,
  verdict,
} from './revocation.fixture.ts';

const uri = (value: string) => ({ kind: 'uniformResourceIdentifier', value }) as const;
const at = (value: string) => ({ kind: 'fullName', value: [uri(value)] }) as const;
const scope = (point: Partial<IssuingDistributionPoint>) => ({ issuingDistributionPoint: point });

/** A leaf with these distribution points. */
function leafAt(...points: readonly DistributionPoint[]): Uint8Array {
  return issueLeaf(ca, server, { add: [createExtension('cRLDistributionPoints', points)] });
}

describe('a complete CRL', () => {
  it('shows that a certificate is not revoked', () => {
    expect(verdict({ crls: [crlOf()] })).toEqual(['valid']);
  });

  it('revokes a certificate, with or without a reason, also on hold', () => {
    expect(verdict({ crls: [crlOf({ revoked: [revokedLeaf] })] })).toEqual(['revoked']);
    expect(verdict({ crls: [crlOf({ revoked: [{ ...revokedLeaf, reason: 'certificateHold' }] })] })).toEqual(['revoked']);
  });

  it('says nothing about another serial number', () => {
    expect(verdict({ crls: [crlOf({ revoked: [{ ...revokedLeaf, serialNumber: '4D30' }] })] })).toEqual(['valid']);
  });

  it('revokes an authority in the middle, if the whole chain is checked', () => {
    const revoked = [{ serialNumber: '0C', revocationDate: later(-DAY) }];
    const crls = [crlOf(), crlOf({ issuer: { certificate: rootCert, key: root.key }, revoked })];
    expect(verdict({ crls, scope: 'chain' })).toEqual(['revoked']);
    expect(verdict({ crls, scope: 'leaf' })).toEqual(['valid']);
    expect(verdict({ crls: [crlOf(), rootCrl], scope: 'chain' })).toEqual(['valid']);
    expect(verdict({ crls: [crlOf()], scope: 'chain' })).toEqual(['revocation_unknown', 'not_available']);
  });

  it('is not taken after its next update, but for the tolerated difference of clocks', () => {
    const late = crlOf({ nextUpdate: later(-HOUR) });
    expect(verdict({ crls: [late] })).toEqual(['revocation_unknown', 'stale']);
    expect(verdict({ crls: [late], clockTolerance: 2 * HOUR })).toEqual(['valid']);
  });

  it('is not taken before its date', () => {
    const early = crlOf({ thisUpdate: later(HOUR) });
    expect(verdict({ crls: [early] })).toEqual(['revocation_unknown', 'not_yet_valid']);
  });

  it('is not taken from another signer in the name of the issuer', () => {
    const impostor = { name: ca.name, key: stranger.key };
    const impostorCert = issueCa(impostor, impostor);
    const crls = [crlOf({ issuer: { certificate: impostorCert, key: impostor.key } })];
    expect(verdict({ crls })).toEqual(['revocation_unknown', 'signature_invalid']);
    expect(verdict({ crls, certificates: [impostorCert] })).toEqual(['revocation_unknown', 'signer_untrusted']);
  });

  it('is not taken with a changed entry', () => {
    const crl = crlOf({ revoked: [revokedLeaf] });
    const place = crl.findIndex((octet, i) => octet === 0x4d && crl[i + 1] === 0x2f);
    crl[place + 1] = 0x30;
    expect(verdict({ crls: [crl] })).toEqual(['revocation_unknown', 'signature_invalid']);
  });

  it('is not taken from an issuer who may not sign CRLs', () => {
    const weak = issueCa(root, ca, { add: [keyUsageExtension(['keyCertSign'])] });
    expect(verdict({ crls: [crlOf()], intermediates: [weak] })).toEqual(['revocation_unknown', 'signer_unauthorized']);
  });

  it('is not taken with a critical extension that is not known, in the CRL or in any entry', () => {
    const crl = crlOf({ extensions: [unknownExtension(true)] });
    expect(verdict({ crls: [crl] })).toEqual(['revocation_unknown', 'critical_extension_unknown']);
    expect(verdict({ crls: [crlOf({ extensions: [unknownExtension(false)] })] })).toEqual(['valid']);
    const entry = fromHex('302302023039170d3236303533303132303030305a300e300c0603551d630101ff04020500');
    expect(verdict({ crls: [crlWithEntries(entry)] })).toEqual(['revocation_unknown', 'critical_extension_unknown']);
  });

  it('is not taken with an entry that is malformed', () => {
    expect(verdict({ crls: [crlWithEntries(fromHex('300402024d2f'))] })).toEqual(['revocation_unknown', 'malformed']);
  });

  it('is missing', () => {
    expect(verdict({})).toEqual(['revocation_unknown', 'not_available']);
    expect(verdict({ crls: [rootCrl] })).toEqual(['revocation_unknown', 'not_available']);
  });

  it('of which there are two answers with the newer one', () => {
    const old = crlOf({ thisUpdate: later(-2 * DAY), number: 9 });
    const fresh = crlOf({ revoked: [revokedLeaf] });
    expect(verdict({ crls: [old, fresh] })).toEqual(['revoked']);
    expect(verdict({ crls: [fresh, old] })).toEqual(['revoked']);
  });

  it('may break a rule for its issuer, unless it is held to RFC 5280', () => {
    const noKeyId = issueCa(root, ca, { without: ['subjectKeyIdentifier'] });
    const crls = [crlOf({ issuer: { certificate: noKeyId, key: ca.key } })];
    expect(verdict({ crls })).toEqual(['valid']);
    expect(verdict({ crls, profile: 'rfc5280' })).toEqual(['revocation_unknown', 'profile_violated']);
    expect(verdict({ crls: [crlOf()], profile: 'rfc5280' })).toEqual(['valid']);
  });
});

describe('the signer of a CRL', () => {
  const crlKey = { name: ca.name, key: entity('CRL').key };
  const crlCert = issueLeaf(root, crlKey, {
    serialNumber: Uint8Array.of(0x21),
    without: ['extKeyUsage', 'subjectAltName'],
    add: [keyUsageExtension(['cRLSign'])],
  });
  const crl = crlOf({ issuer: { certificate: crlCert, key: crlKey.key } });

  it('may have a key of its own, in the name of the issuer', () => {
    expect(verdict({ crls: [crl, rootCrl], certificates: [crlCert] })).toEqual(['valid']);
  });

  it('is found among the certificates that came along', () => {
    expect(verdict({ crls: [crl, rootCrl], intermediates: [caCert, crlCert] })).toEqual(['valid']);
  });

  it('is not known', () => {
    expect(verdict({ crls: [crl, rootCrl] })).toEqual(['revocation_unknown', 'signature_invalid']);
  });

  it('may be revoked himself', () => {
    const revoked = [{ serialNumber: '21', revocationDate: later(-DAY) }];
    const ofRoot = crlOf({ issuer: { certificate: rootCert, key: root.key }, revoked });
    expect(verdict({ crls: [crl, ofRoot], certificates: [crlCert] })).toEqual(['revocation_unknown', 'signer_untrusted']);
    expect(verdict({ crls: [crl], certificates: [crlCert] })).toEqual(['revocation_unknown', 'signer_untrusted']);
  });

  it('has to have the trust anchor of the certificate', () => {
    const otherRoot = entity('Other root');
    const foreign = issueLeaf(otherRoot, crlKey, { without: ['extKeyUsage'], add: [keyUsageExtension(['cRLSign'])] });
    const foreignCrl = crlOf({ issuer: { certificate: foreign, key: crlKey.key } });
    const anchors = [rootCert, issueCa(otherRoot, otherRoot)];
    const ofOther = crlOf({ issuer: { certificate: anchors[1] as Uint8Array, key: otherRoot.key } });
    expect(verdict({ crls: [foreignCrl, ofOther, rootCrl], certificates: [foreign], anchors })).toEqual([
      'revocation_unknown',
      'signer_untrusted',
    ]);
  });
});

describe('a distribution point', () => {
  it('has to be the one that the CRL is for', () => {
    const crls = [crlOf(scope({ distributionPoint: at('http://ca.example/1') }))];
    expect(verdict({ crls, certificate: leafAt({ distributionPoint: at('http://ca.example/1') }) })).toEqual(['valid']);
    expect(verdict({ crls, certificate: leafAt({ distributionPoint: at('http://ca.example/2') }) })).toEqual([
      'revocation_unknown',
      'scope_mismatch',
      'scope_mismatch',
    ]);
    expect(verdict({ crls })).toEqual(['revocation_unknown', 'scope_mismatch']);
  });

  it('may be named relative to the CRL issuer', () => {
    const attribute = encodeDer(crlDistributionPoints, [
      {
        distributionPoint: {
          kind: 'nameRelativeToCRLIssuer',
          value: [Uint8Array.of(0x30, 0x08, 6, 3, 0x55, 4, 3, 0x13, 1, 0x41)],
        },
      },
    ]);
    const certificate = issueLeaf(ca, server, {
      add: [{ extnID: OID.cRLDistributionPoints, critical: false, extnValue: attribute }],
    });
    const relative = [Uint8Array.of(0x30, 0x08, 6, 3, 0x55, 4, 3, 0x13, 1, 0x41)];
    const crl = crlOf(scope({ distributionPoint: { kind: 'nameRelativeToCRLIssuer', value: relative } }));
    expect(verdict({ crls: [crl], certificate })).toEqual(['valid']);
    expect(verdict({ crls: [crl] })).toEqual(['revocation_unknown', 'scope_mismatch']);
  });

  it('may be for users, for authorities or for attribute certificates only', () => {
    expect(verdict({ crls: [crlOf(scope({ onlyContainsUserCerts: true }))] })).toEqual(['valid']);
    for (const point of [{ onlyContainsCACerts: true }, { onlyContainsAttributeCerts: true }]) {
      expect(verdict({ crls: [crlOf(scope(point))] })).toEqual(['revocation_unknown', 'scope_mismatch']);
    }
    const ofRoot = (point: Partial<IssuingDistributionPoint>) =>
      crlOf({ issuer: { certificate: rootCert, key: root.key }, ...scope(point) });
    expect(verdict({ crls: [crlOf(), ofRoot({ onlyContainsCACerts: true })], scope: 'chain' })).toEqual(['valid']);
    expect(verdict({ crls: [crlOf(), ofRoot({ onlyContainsUserCerts: true })], scope: 'chain' })).toEqual([
      'revocation_unknown',
      'scope_mismatch',
    ]);
  });

  it('may cover some reasons: all have to be covered', () => {
    const compromise = new Set(['keyCompromise', 'cACompromise', 'aACompromise'] as const);
    const others = new Set([
      'affiliationChanged',
      'superseded',
      'cessationOfOperation',
      'certificateHold',
      'privilegeWithdrawn',
    ] as const);
    const [some, rest] = [crlOf(scope({ onlySomeReasons: compromise })), crlOf(scope({ onlySomeReasons: others }))];
    expect(verdict({ crls: [some] })).toEqual(['revocation_unknown', 'reasons_incomplete']);
    expect(verdict({ crls: [some, rest] })).toEqual(['valid']);
    expect(verdict({ crls: [some, crlOf({ ...scope({ onlySomeReasons: others }), revoked: [revokedLeaf] })] })).toEqual([
      'revoked',
    ]);
    const certificate = leafAt(
      { distributionPoint: at('http://ca.example/1'), reasons: compromise },
      { distributionPoint: at('http://ca.example/2'), reasons: others },
    );
    expect(verdict({ crls: [crlOf()], certificate })).toEqual(['valid']);
  });

  it('whose extension is malformed leads to no CRL', () => {
    const certificate = issueLeaf(ca, server, {
      add: [{ extnID: OID.cRLDistributionPoints, critical: false, extnValue: Uint8Array.of(5, 0) }],
    });
    expect(verdict({ crls: [crlOf()], certificate })).toEqual(['revocation_unknown', 'malformed']);
  });

  it('may be critical, now that somebody looks at it', () => {
    const certificate = issueLeaf(ca, server, { add: [{ ...pointer(), critical: true }] });
    expect(verdict({ crls: [crlOf()], certificate })).toEqual(['valid']);
  });
});

describe('an indirect CRL', () => {
  const byStranger = { cRLIssuer: [{ kind: 'directoryName', value: stranger.name }] } as const;
  const certificate = leafAt(byStranger);
  const indirect = (fields: Parameters<typeof crlOf>[0] = {}) =>
    crlOf({ issuer: { certificate: strangerCert, key: stranger.key }, ...scope({ indirectCRL: true }), ...fields });
  const certificates = [strangerCert];

  it('is taken from whom the certificate names', () => {
    expect(verdict({ crls: [indirect(), rootCrl], certificate, certificates })).toEqual(['valid']);
  });

  it('revokes by serial number and issuer', () => {
    const ofOurs = { ...revokedLeaf, certificateIssuer: ca.name };
    expect(verdict({ crls: [indirect({ revoked: [ofOurs] }), rootCrl], certificate, certificates })).toEqual(['revoked']);
    // The same number, of the CRL's own issuer.
    expect(verdict({ crls: [indirect({ revoked: [revokedLeaf] }), rootCrl], certificate, certificates })).toEqual(['valid']);
  });

  it('goes on with the issuer of the entry before', () => {
    const other = { serialNumber: '01', revocationDate: later(-DAY), certificateIssuer: ca.name };
    const ofOurs = { ...revokedLeaf, certificateIssuer: ca.name };
    expect(verdict({ crls: [indirect({ revoked: [other, ofOurs] }), rootCrl], certificate, certificates })).toEqual(['revoked']);
    const crls = [indirect({ revoked: [other, revokedLeaf] }), rootCrl];
    expect(verdict({ crls, certificate, certificates })).toEqual(['valid']);
  });

  it('is not taken from somebody whom the certificate does not name', () => {
    expect(verdict({ crls: [indirect(), rootCrl], certificates })).toEqual(['revocation_unknown', 'not_available']);
    const plain = crlOf({ issuer: { certificate: strangerCert, key: stranger.key } });
    expect(verdict({ crls: [plain, rootCrl], certificate, certificates })).toEqual(['revocation_unknown', 'issuer_mismatch']);
  });

  it('is not taken from somebody else in that name', () => {
    const impostor = { name: stranger.name, key: entity('Impostor').key };
    const crl = crlOf({
      issuer: { certificate: issueCa(impostor, impostor), key: impostor.key },
      ...scope({ indirectCRL: true }),
    });
    expect(verdict({ crls: [crl, rootCrl], certificate, certificates })).toEqual(['revocation_unknown', 'signature_invalid']);
  });

  it('may list its own signer, who then has no say', () => {
    const own = { cRLIssuer: [{ kind: 'directoryName', value: stranger.name }] } as const;
    const signerCert = issueCa(root, stranger, {
      serialNumber: Uint8Array.of(0x31),
      add: [createExtension('cRLDistributionPoints', [own])],
    });
    const signed = (revoked: Parameters<typeof crlOf>[0]) =>
      crlOf({ issuer: { certificate: signerCert, key: stranger.key }, ...scope({ indirectCRL: true }), ...revoked });
    expect(verdict({ crls: [signed({})], certificate, certificates: [signerCert] })).toEqual(['valid']);
    const revoked = [{ serialNumber: '31', revocationDate: later(-DAY), certificateIssuer: root.name }];
    expect(verdict({ crls: [signed({ revoked })], certificate, certificates: [signerCert] })).toEqual([
      'revocation_unknown',
      'signer_untrusted',
    ]);
  });
});

describe('a delta CRL', () => {
  const base = crlOf();
  const delta = (fields: Parameters<typeof crlOf>[0] = {}) =>
    crlOf({ number: 12, deltaOf: 10, thisUpdate: later(-HOUR), nextUpdate: later(HOUR), ...fields });

  it('adds a revocation', () => {
    expect(verdict({ crls: [base, delta({ revoked: [revokedLeaf] })] })).toEqual(['revoked']);
    expect(verdict({ crls: [base, delta()] })).toEqual(['valid']);
  });

  it('takes a certificate off hold', () => {
    const held = crlOf({ revoked: [{ ...revokedLeaf, reason: 'certificateHold' }] });
    expect(verdict({ crls: [held] })).toEqual(['revoked']);
    expect(verdict({ crls: [held, delta({ revoked: [{ ...revokedLeaf, reason: 'removeFromCRL' }] })] })).toEqual(['valid']);
  });

  it('makes a complete CRL current that is over', () => {
    const old = crlOf({ nextUpdate: later(-HOUR) });
    expect(verdict({ crls: [old] })).toEqual(['revocation_unknown', 'stale']);
    expect(verdict({ crls: [old, delta()] })).toEqual(['valid']);
    expect(verdict({ crls: [old, delta({ nextUpdate: later(-HOUR / 2) })] })).toEqual(['revocation_unknown', 'stale']);
  });

  it('says nothing without a complete CRL', () => {
    expect(verdict({ crls: [delta()] })).toEqual(['revocation_unknown', 'base_missing']);
  });

  it.each([
    ['that follows a later complete CRL', { deltaOf: 11 }],
    ['that came before the complete one', { number: 10, deltaOf: 9 }],
    ['of another scope', { issuingDistributionPoint: { onlyContainsUserCerts: true } }],
    ['that is over', { nextUpdate: later(-HOUR / 2) }],
    ['of tomorrow', { thisUpdate: later(DAY), nextUpdate: later(2 * DAY) }],
  ] as const)('%s is not applied', (_what, fields) => {
    expect(verdict({ crls: [base, delta({ ...fields, revoked: [revokedLeaf] })] })).toEqual(['valid']);
  });

  it('of another key is not applied', () => {
    const impostor = { name: ca.name, key: stranger.key };
    const certificate = issueCa(root, impostor, { add: [createExtension('subjectKeyIdentifier', new Uint8Array(20))] });
    const forged = delta({ issuer: { certificate, key: impostor.key }, revoked: [revokedLeaf] });
    expect(verdict({ crls: [base, forged] })).toEqual(['valid']);
  });

  it('with another key identifier is not applied, even if the key is the same', () => {
    const certificate = issueCa(root, ca, { without: ['subjectKeyIdentifier'] });
    const unnamed = delta({ issuer: { certificate, key: ca.key }, revoked: [revokedLeaf] });
    expect(verdict({ crls: [base, unnamed] })).toEqual(['valid']);
  });

  it('of another key makes no complete CRL current, nor does any delta one of tomorrow', () => {
    const { subjectKeyIdentifier } = parseCertificate(caCert).known;
    const impostor = { name: ca.name, key: stranger.key };
    const certificate = issueCa(root, impostor, {
      add: [createExtension('subjectKeyIdentifier', subjectKeyIdentifier as Uint8Array)],
    });
    const forged = delta({ issuer: { certificate, key: impostor.key } });
    expect(verdict({ crls: [crlOf({ nextUpdate: later(-HOUR) }), forged] })).toEqual(['revocation_unknown', 'stale']);
    const future = crlOf({ thisUpdate: later(HOUR) });
    expect(verdict({ crls: [future, delta()] })).toEqual(['revocation_unknown', 'not_yet_valid']);
  });

  it('with a critical extension that is not known spoils both', () => {
    const crls = [base, delta({ extensions: [unknownExtension(true)] })];
    expect(verdict({ crls })).toEqual(['revocation_unknown', 'critical_extension_unknown']);
  });

  it('of several, the latest counts', () => {
    const first = delta({ number: 11, thisUpdate: later(-2 * HOUR), revoked: [revokedLeaf] });
    const second = delta({ revoked: [{ ...revokedLeaf, reason: 'removeFromCRL' }] });
    expect(verdict({ crls: [base, first, second] })).toEqual(['valid']);
    expect(verdict({ crls: [base, second, first] })).toEqual(['valid']);
  });
});

it('a certificate that is a trust anchor itself is not asked about', () => {
  expect(verdict({ anchors: [leaf] })).toEqual(['valid']);
});
