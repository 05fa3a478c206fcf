import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../../test/tiers.ts';
import { TAG, writeElement } from '../../../core/asn1/der.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { any, type DerType, decodeDer, encodeDer, sequence, sequenceOf } from '../../../core/asn1/schema.ts';
import { generalizedTime } from '../../../core/asn1/time.ts';
import { octetAlignedBitString } from '../../../core/asn1/types.ts';
import { concat, fromHex } from '../../../core/bytes/bytes.ts';
import { ApiMisuse, DecodeError } from '../../../core/errors/errors.ts';
import { parseCertificate } from '../certificate.ts';
import { unknownExtension } from '../certificates.fixture.ts';
import { generalNames } from '../general-name.ts';
import { createName } from '../name.ts';
import {
  type CertificateRevocationList,
  formatCrlPem,
  parseCertificateRevocationList,
  parseCrlPem,
  tbsCertList,
} from './certificate-list.ts';
import type { RevocationEntry } from './create-certificate-list.ts';
import { crlReason, type RevocationReason, reasonOfCode } from './reasons.ts';
import { ca, caCert, crlOf, DAY, later, NOW, revokedLeaf } from './revocation.fixture.ts';
import { revokedCertificate } from './revoked-certificates.ts';
import { serialNumberContent } from './serial-number.ts';

const outer = sequence({ tbsCertList: any, signatureAlgorithm: any, signatureValue: octetAlignedBitString });

/** The CRL with other fields, and a signature that is none. */
function rewrite(fields: Partial<Parameters<typeof tbsCertList.write>[0]>, crl = crlOf()): Uint8Array {
  const { tbsCertList: tbs, signatureAlgorithm, signatureValue } = decodeDer(outer, crl, 'crl');
  const changed = encodeDer(tbsCertList, { ...decodeDer(tbsCertList, tbs, 'tbs'), ...fields });
  return encodeDer(outer, { tbsCertList: changed, signatureAlgorithm, signatureValue });
}

/** The CRL whose list of entries has these contents. */
const withEntries = (...entries: readonly Uint8Array[]) => rewrite({ revokedCertificates: concat(...entries) });

function refusal(der: Uint8Array, use: (crl: CertificateRevocationList) => unknown = () => {}): string {
  try {
    use(parseCertificateRevocationList(der));
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'accepted';
}

const read = (crl: CertificateRevocationList) => crl.revokedCertificates.size;

const DATE = fromHex('170d3236303533303132303030305a');
/** An entry of its parts, each DER. */
const entry = (...parts: readonly Uint8Array[]) => writeElement(TAG.SEQUENCE, ...parts);
const SERIAL = fromHex('02024d2f');

describe('a CRL', () => {
  it('says who issued it, when, and what it revokes', () => {
    const revoked: RevocationEntry[] = [
      revokedLeaf,
      { serialNumber: '01', revocationDate: later(-DAY), reason: 'keyCompromise', invalidityDate: later(-2 * DAY) },
      { serialNumber: '-80', revocationDate: later(-DAY), reason: 'unspecified' },
    ];
    const crl = parseCertificateRevocationList(crlOf({ revoked }));
    expect(crl).toMatchObject({
      version: 2,
      thisUpdate: later(-DAY),
      nextUpdate: later(DAY),
      unknownCriticalExtension: undefined,
    });
    expect(crl.issuer.equals(ca.name)).toBe(true);
    expect(crl.known.cRLNumber).toBe(10n);
    expect(crl.known.authorityKeyIdentifier?.keyIdentifier).toEqual(parseCertificate(caCert).known.subjectKeyIdentifier);
    expect([...crl.revokedCertificates]).toMatchObject([
      { serialNumber: '4D2F', reason: undefined, invalidityDate: undefined, revocationDate: revokedLeaf.revocationDate },
      { serialNumber: '01', reason: 'keyCompromise', invalidityDate: later(-2 * DAY), revocationDate: later(-DAY) },
      { serialNumber: '-80', reason: undefined },
    ]);
  });

  it('finds entries by serial number', () => {
    const { revokedCertificates } = parseCertificateRevocationList(crlOf({ revoked: [revokedLeaf] }));
    expect(revokedCertificates.find('4D2F')).toHaveLength(1);
    expect(revokedCertificates.find('004d2f')).toHaveLength(1);
    expect(revokedCertificates.find(fromHex('4d2f'))).toHaveLength(1);
    expect(revokedCertificates.find('4D')).toEqual([]);
    expect(parseCertificateRevocationList(crlOf()).revokedCertificates.find('4D2F')).toEqual([]);
  });

  it('comes as PEM, among other things', () => {
    const pem = `x\n${formatCrlPem(crlOf())}-----BEGIN A-----\n-----END A-----\n${formatCrlPem(crlOf({ number: 11 }))}`;
    expect(parseCrlPem(pem).map((der) => parseCertificateRevocationList(der).known.cRLNumber)).toEqual([10n, 11n]);
  });

  it('is copied: later changes of the bytes change nothing', () => {
    const der = crlOf({ revoked: [revokedLeaf] });
    const crl = parseCertificateRevocationList(der);
    der.fill(0);
    expect(crl.revokedCertificates.find('4D2F')).toHaveLength(1);
  });

  it('of version 1 has no extensions', () => {
    const old = { version: undefined, crlExtensions: undefined };
    const crl = parseCertificateRevocationList(rewrite(old, crlOf({ revoked: [revokedLeaf] })));
    expect(crl.version).toBe(1);
    expect(crl.revokedCertificates.size).toBe(1);
    expect(refusal(rewrite({ version: undefined }))).toMatch(/crl_extensions: extensions are not allowed in version 1/);
    const withReason = crlOf({ revoked: [{ ...revokedLeaf, reason: 'superseded' }] });
    expect(refusal(rewrite(old, withReason), read)).toMatch(
      /\[0\].crl_entry_extensions: extensions are not allowed in version 1/,
    );
  });

  it.each([
    ['another version', rewrite({ version: 2 }), /version: only version 2/],
    ['version 1 in so many words', rewrite({ version: 0 }), /version: only version 2/],
    ['another algorithm inside', rewrite({ signature: fromHex('300506032b6570') }), /signature: the algorithm is not that/],
    ['an extension twice', crlOf({ extensions: [unknownExtension(false), unknownExtension(false)] }), /is there twice/],
    [
      'a number that is negative',
      crlOf({ extensions: [{ extnID: OID.deltaCRLIndicator, critical: true, extnValue: fromHex('0201ff') }] }),
      /delta_crlindicator: a CRL number/,
    ],
    [
      'two kinds of certificates that are all it contains',
      crlOf({ issuingDistributionPoint: { onlyContainsUserCerts: true, onlyContainsCACerts: true } }),
      /at most one of the onlyContains/,
    ],
    ['bytes after it', concat(crlOf(), Uint8Array.of(0)), /bytes follow/],
  ])('with %s is refused', (_what, der, message) => {
    expect(refusal(der)).toMatch(message);
  });

  it('larger than allowed is refused', () => {
    expect(() => parseCertificateRevocationList(crlOf(), { maxSize: 100 })).toThrow(DecodeError);
  });
});

describe('the entries of a CRL', () => {
  const GENERALIZED = fromHex('180f32303530303530313132303030305a');

  it('may have either form of date', () => {
    const crl = parseCertificateRevocationList(withEntries(entry(SERIAL, GENERALIZED)));
    expect([...crl.revokedCertificates][0]?.revocationDate).toEqual(new Date('2050-05-01T12:00:00Z'));
  });

  it.each([
    ['a leap day', '170d3238303232393132303030305a'],
    ['the last second of a day', '170d3236313233313233353935395a'],
  ])('may be of %s', (_what, date) => {
    expect(read(parseCertificateRevocationList(withEntries(entry(SERIAL, fromHex(date)))))).toBe(1);
  });

  it.each([
    ['is no SEQUENCE', SERIAL, /\[1\]: SEQUENCE is expected/],
    ['has no date', entry(SERIAL), /\[1\]: revocation_date is missing/],
    [
      'has a serial number that is too long',
      entry(fromHex('0203004d2f'), DATE),
      /user_certificate: the INTEGER is not in its shortest/,
    ],
    ['has an empty serial number', entry(fromHex('0200'), DATE), /user_certificate: an INTEGER has at least/],
    ['is of the 30th of February', entry(SERIAL, fromHex('170d3236303233303132303030305a')), /there is no such time/],
    ['is of the 25th hour', entry(SERIAL, fromHex('170d3236303530313234303030305a')), /there is no such time/],
    ['has a date without seconds', entry(SERIAL, fromHex('170b323630353330313230305a')), /the time is not YYMMDD/],
    ['has something after the date', entry(SERIAL, DATE, SERIAL), /bytes follow/],
    ['has no extension in its extensions', entry(SERIAL, DATE, fromHex('3000')), /0 items are too few/],
    ['has a reason that there is not', entry(SERIAL, DATE, fromHex('300c300a0603551d1504030a0107')), /no such reason/],
    ['has a reason of two octets', entry(SERIAL, DATE, fromHex('300d300b0603551d1504040a020101')), /no such reason/],
    ['has two reasons', entry(SERIAL, DATE, fromHex('3018300a0603551d1504030a0101300a0603551d1504030a0101')), /is there twice/],
    ['is cut off', fromHex('3040'), /the length is 64, but 0 bytes are left/],
    ['has a length of unknown size', fromHex('3080020100'), /the length is indefinite/],
  ])('are refused when one %s', (_what, bad, message) => {
    const der = withEntries(entry(SERIAL, DATE), bad);
    expect(refusal(der, read)).toMatch(message);
    expect(refusal(der, ({ revokedCertificates }) => revokedCertificates.find('4D2F'))).toMatch(message);
    expect(refusal(der)).toBe('accepted');
  });

  it('tell of a critical extension that is not known', () => {
    const unknown = writeElement(TAG.SEQUENCE, fromHex('300c0603551d630101ff04020500'));
    const { revokedCertificates } = parseCertificateRevocationList(withEntries(entry(SERIAL, DATE, unknown)));
    expect(revokedCertificates.unknownCriticalExtension).toBe('2.5.29.99');
    const tolerated = writeElement(TAG.SEQUENCE, fromHex('30090603551d6304020500'));
    expect(parseCertificateRevocationList(withEntries(entry(SERIAL, DATE, tolerated))).revokedCertificates).toMatchObject({
      size: 1,
      unknownCriticalExtension: undefined,
    });
  });

  it('ignore instructions for certificates on hold', () => {
    const hold = writeElement(TAG.SEQUENCE, fromHex('30100603551d170409'.concat('06072a8648ce380202')));
    const { revokedCertificates } = parseCertificateRevocationList(withEntries(entry(SERIAL, DATE, hold)));
    expect(revokedCertificates.unknownCriticalExtension).toBeUndefined();
    expect(revokedCertificates.find('4D2F')[0]?.extensions).toHaveLength(1);
  });

  it('come back as they were written, whatever they are', () => {
    const reasons = Array.from({ length: 11 }, (_, code) => reasonOfCode(code)).filter(
      (reason): reason is RevocationReason => reason !== undefined && reason !== 'unspecified' && reason !== 'removeFromCRL',
    );
    const date = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1000));
    const anyEntry = fc.record({
      serialNumber: fc.bigInt({ min: -(2n ** 64n), max: 2n ** 159n }).map(asText),
      revocationDate: date,
      reason: fc.option(fc.constantFrom(...reasons), { nil: undefined }),
      invalidityDate: fc.option(date, { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(anyEntry, { maxLength: 40 }), (revoked) => {
        const crl = parseCertificateRevocationList(crlOf({ revoked }));
        expect([...crl.revokedCertificates]).toMatchObject(revoked);
        for (const { serialNumber } of revoked) expect(crl.revokedCertificates.find(serialNumber).length).toBeGreaterThan(0);
      }),
      { numRuns: rounds(30, 1000) },
    );
  });

  // Quadratic time would be hours: the time limit of a test notices.
  it('are a million without taking long or much', () => {
    const count = rounds(200_000, 1_000_000);
    const pieces = Array.from({ length: count }, (_, i) => entry(fromHex(`0204${(0x10000000 + i).toString(16)}`), DATE));
    const entries = new Uint8Array(count * 23);
    for (const [i, piece] of pieces.entries()) entries.set(piece, i * 23);
    const crl = parseCertificateRevocationList(rewrite({ revokedCertificates: entries }));
    expect(crl.revokedCertificates.size).toBe(count);
    for (const i of [0, 1, count >> 1, count - 1]) {
      expect(crl.revokedCertificates.find((0x10000000 + i).toString(16))).toHaveLength(1);
    }
    expect(crl.revokedCertificates.find((0x10000000 + count).toString(16))).toEqual([]);
  });

  it('with one serial number a hundred thousand times are indexed in the same time', () => {
    const same = entry(SERIAL, DATE);
    const entries = new Uint8Array(same.length * 100_000);
    for (let at = 0; at < entries.length; at += same.length) entries.set(same, at);
    const { revokedCertificates } = parseCertificateRevocationList(rewrite({ revokedCertificates: entries }));
    expect(revokedCertificates.find('4D30')).toEqual([]);
  });
});

describe('hostile input', () => {
  const original = crlOf({
    revoked: [revokedLeaf, { ...revokedLeaf, serialNumber: '05', reason: 'superseded', invalidityDate: NOW }],
    issuingDistributionPoint: { distributionPoint: { kind: 'fullName', value: [{ kind: 'dNSName', value: 'a' }] } },
    freshestCrlUris: ['http://ca.example/delta.crl'],
  });

  it('of changed bytes is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
        const mutant = isCut ? original.slice(0, at) : Uint8Array.from(original);
        if (!isCut) mutant[at] = (mutant[at] as number) ^ change;
        expect(typeof refusal(mutant, (crl) => [...crl.revokedCertificates, crl.revokedCertificates.find('05')])).toBe('string');
      }),
      { numRuns: rounds(2000, 200_000) },
    );
  });

  it('of any bytes is refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(refusal(bytes)).not.toBe('accepted');
      }),
      { numRuns: rounds(500, 50_000) },
    );
  });

  it('in the entries is never taken by the fast reader and refused by the declaration, nor the other way', () => {
    const good = concat(entry(SERIAL, DATE), entry(SERIAL, DATE, fromHex('300c300a0603551d1504030a0101')));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, octet) => {
        const mutant = Uint8Array.from(good);
        mutant[at] = octet;
        expect(refusal(withEntries(mutant), read) === 'accepted').toBe(isDeclared(mutant));
      }),
      { numRuns: rounds(3000, 100_000) },
    );
  });
});

const ENTRY_EXTENSIONS: ReadonlyMap<string, DerType<unknown>> = new Map<string, DerType<unknown>>([
  [OID.cRLReasons, crlReason],
  [OID.invalidityDate, generalizedTime],
  [OID.certificateIssuer, generalNames],
]);

/** Whether entry after entry can be read as it is declared: the slow way, which is the right one. */
function isDeclared(entries: Uint8Array): boolean {
  try {
    const all = decodeDer(sequenceOf(revokedCertificate), writeElement(TAG.SEQUENCE, entries), 'entries');
    return all.every(({ crlEntryExtensions = [] }) => {
      for (const { extnID, extnValue } of crlEntryExtensions)
        decodeDer(ENTRY_EXTENSIONS.get(extnID) ?? anything, extnValue, 'value');
      return new Set(crlEntryExtensions.map(({ extnID }) => extnID)).size === crlEntryExtensions.length;
    });
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** What is in an extension that is not known, is not looked at. */
const anything: DerType<unknown> = { tags: 'any', read: () => undefined, write: () => new Uint8Array(0) };

describe('making a CRL', () => {
  const refused = (fields: Parameters<typeof crlOf>[0]) => {
    try {
      crlOf(fields);
    } catch (error) {
      if (error instanceof ApiMisuse) return error.message;
      throw error;
    }
    return 'made';
  };

  it.each([
    ['dates in the wrong order', { thisUpdate: later(DAY), nextUpdate: NOW }, /in this order/],
    ['a negative number', { number: -1 }, /not negative/],
    ['a delta that is not newer', { deltaOf: 10 }, /not negative, and that of a delta is higher/],
    ['an entry that is removed from no CRL', { revoked: [{ ...revokedLeaf, reason: 'removeFromCRL' }] }, /only for delta/],
    [
      'an entry of another issuer',
      { revoked: [{ ...revokedLeaf, certificateIssuer: createName({ commonName: 'X' }) }] },
      /only for indirect/,
    ],
    ['a serial number that is none', { revoked: [{ ...revokedLeaf, serialNumber: 'x' }] }, /not a serial number/],
  ] as const)('refuses %s', (_what, fields, message) => {
    expect(refused(fields)).toMatch(message);
  });
});

function asText(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString(16).toUpperCase();
  const content = serialNumberContent(`${value < 0n ? '-' : ''}${digits}`);
  expect(content.length).toBeGreaterThan(0);
  return `${value < 0n ? '-' : ''}${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}
