import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../../test/tiers.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { octetString } from '../../../core/asn1/types.ts';
import { ApiMisuse, DecodeError } from '../../../core/errors/errors.ts';
import { parseCertificate } from '../certificate.ts';
import { unknownExtension } from '../certificates.fixture.ts';
import { certIdOf, requireHash } from './cert-id.ts';
import { type CertId, ocspRequestType } from './ocsp-messages.ts';
import { createOcspRequest, parseOcspRequest } from './ocsp-request.ts';
import { createOcspResponder, type OcspResponderOptions } from './ocsp-responder.ts';
import { type OcspResponse, parseOcspResponse } from './ocsp-response.ts';
import {
  ca,
  caCert,
  HOUR,
  issueResponder,
  LEAF_SERIAL,
  later,
  leaf,
  NOW,
  provider,
  responder,
  responseOf,
  stranger,
  strangerCert,
  verdict,
} from './revocation.fixture.ts';

const certificates = [{ certificate: leaf, issuer: caCert }];
const nonce = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('an OCSP request', () => {
  it('names certificates and carries a nonce', () => {
    const request = parseOcspRequest(createOcspRequest({ provider, certificates, nonce }));
    expect(request).toMatchObject({ nonce, isSigned: false, unknownCriticalExtension: undefined });
    expect(request.certIds).toEqual([
      certIdOf(parseCertificate(leaf), parseCertificate(caCert), requireHash(provider.hashes, 'sha1')),
    ]);
    expect(parseOcspRequest(createOcspRequest({ provider, certificates })).nonce).toBeUndefined();
  });

  it('names them by another hash, if wanted', () => {
    const [certId] = parseOcspRequest(createOcspRequest({ provider, certificates, hash: 'sha256' })).certIds;
    expect(certId?.hashAlgorithm.algorithm).toBe(OID['id-sha256']);
    expect(certId?.issuerNameHash).toHaveLength(32);
  });

  it.each([0, 33])('with a nonce of %d octets is neither made nor read', (size) => {
    const bad = new Uint8Array(size);
    expect(() => createOcspRequest({ provider, certificates, nonce: bad })).toThrow(ApiMisuse);
    expect(() => parseOcspRequest(requestWith(bad))).toThrow(/nonce: a nonce has 1 to 32 octets/);
  });

  it('takes a hash that the provider has', () => {
    expect(() => createOcspRequest({ provider: { hashes: [] }, certificates })).toThrow(/has no sha1/);
  });
});

describe('an OCSP response', () => {
  it('is read', () => {
    const response = parseOcspResponse(responseOf({ nonce }));
    expect(response).toMatchObject({
      status: 'successful',
      basic: {
        nonce,
        producedAt: later(-HOUR),
        responderId: { kind: 'byKey' },
        responses: [{ certStatus: { kind: 'good' }, thisUpdate: later(-HOUR), nextUpdate: later(HOUR) }],
        certificates: [caCert],
      },
    });
  });
});

describe('a responder', () => {
  const revoked = new Map([[LEAF_SERIAL, { status: 'revoked', revocationDate: later(-HOUR), reason: 'superseded' } as const]]);
  const answering = (options: Partial<OcspResponderOptions> = {}) =>
    createOcspResponder({
      provider,
      issuer: caCert,
      responder: { certificate: caCert, key: ca.key },
      lookUp: (serialNumber) => revoked.get(serialNumber) ?? { status: 'good' },
      ...options,
    });
  const ask = (request: Uint8Array, options?: Partial<OcspResponderOptions>) =>
    answering(options).respond(request, NOW) as Uint8Array;
  const request = createOcspRequest({ provider, certificates, nonce });

  it('answers as it is told, with the nonce', () => {
    expect(parseOcspResponse(ask(request))).toMatchObject({
      status: 'successful',
      basic: {
        nonce,
        responses: [
          {
            certStatus: { kind: 'revoked', value: { revocationTime: later(-HOUR), revocationReason: 'superseded' } },
            thisUpdate: NOW,
            nextUpdate: later(HOUR),
          },
        ],
        certificates: [],
      },
    });
  });

  it('is believed, also when it is delegated and late with its answer', async () => {
    expect(verdict({ staple: ask(request) })).toEqual(['revoked']);
    const good = ask(request, { lookUp: () => ({ status: 'good' }) });
    expect(verdict({ staple: good })).toEqual(['valid']);
    const delegated = await answering({
      responder: { certificate: issueResponder(), key: responder.key },
      responderId: 'byName',
      lookUp: async () => ({ status: 'good' }),
    }).respond(request, NOW);
    expect(verdict({ staple: delegated })).toEqual(['valid']);
  });

  it('does not know the certificates of others', () => {
    const foreign = createOcspRequest({ provider, certificates: [{ certificate: strangerCert, issuer: strangerCert }] });
    const lookUp = () => {
      throw new Error('nobody should ask');
    };
    const response = parseOcspResponse(ask(foreign, { lookUp }));
    expect(statusOf(response)).toBe('unknown');
  });

  it('answers for each certificate that is asked about', () => {
    const both = createOcspRequest({
      provider,
      certificates: [...certificates, { certificate: issueResponder(), issuer: caCert }],
    });
    const response = parseOcspResponse(ask(both));
    const kinds = response.status === 'successful' && response.basic.responses.map(({ certStatus }) => certStatus.kind);
    expect(kinds).toEqual(['revoked', 'good']);
  });

  it.each([
    ['what is no request', Uint8Array.of(0x30, 0)],
    ['what asks nothing', requestOf([])],
    ['what asks about too many', requestOf(Array.from({ length: 33 }, () => anyCertId()))],
    ['a nonce that is too long', requestWith(new Uint8Array(33))],
    ['a nonce that is empty', requestWith(new Uint8Array(0))],
    ['a critical extension that it does not know', requestOf([anyCertId()], [unknownExtension(true)])],
  ])('calls %s malformed', (_what, bad) => {
    expect(parseOcspResponse(ask(bad))).toEqual({ status: 'malformedRequest' });
  });

  it('passes on what the look-up throws', () => {
    const lookUp = () => {
      throw new TypeError('the table is gone');
    };
    expect(() => ask(request, { lookUp })).toThrow('the table is gone');
  });

  it('needs the key of its certificate', () => {
    expect(() => answering({ responder: { certificate: caCert, key: stranger.key } })).toThrow(/not that of its certificate/);
  });
});

describe('hostile input', () => {
  const samples: readonly (readonly [string, Uint8Array, (der: Uint8Array) => unknown])[] = [
    ['request', createOcspRequest({ provider, certificates, nonce }), parseOcspRequest],
    ['response', responseOf({ nonce }), parseOcspResponse],
  ];

  it.each(samples)('of a changed %s is read or refused, and nothing else', (_what, original, parse) => {
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (at, change, isCut) => {
        const mutant = isCut ? original.slice(0, at) : Uint8Array.from(original);
        if (!isCut) mutant[at] = (mutant[at] as number) ^ change;
        expectOnlyDecodeError(() => parse(mutant));
      }),
      { numRuns: rounds(2000, 200_000) },
    );
  });

  it.each(samples)('of any bytes is no %s', (_what, _original, parse) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => parse(bytes)).toThrow(DecodeError);
      }),
      { numRuns: rounds(300, 50_000) },
    );
  });

  it('of a changed response never makes a certificate good that is not', () => {
    const staple = responseOf({ certificates: [] }, { status: 'unknown' });
    fc.assert(
      fc.property(fc.nat(staple.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const mutant = Uint8Array.from(staple);
        mutant[at] = (mutant[at] as number) ^ change;
        expect(verdict({ staple: mutant })[0]).toBe('staple_invalid');
      }),
      { numRuns: rounds(100, 5000) },
    );
  });

  it('larger than any response is refused', () => {
    expect(() => parseOcspResponse(new Uint8Array((1 << 20) + 1))).toThrow(/more than the limit/);
  });
});

function expectOnlyDecodeError(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}

function statusOf(response: OcspResponse): string | undefined {
  return response.status === 'successful' ? response.basic.responses[0]?.certStatus.kind : undefined;
}

function anyCertId(): CertId {
  return certIdOf(parseCertificate(leaf), parseCertificate(caCert), requireHash(provider.hashes, 'sha1'));
}

function requestOf(
  certIds: readonly CertId[],
  requestExtensions?: Parameters<typeof ocspRequestType.write>[0]['tbsRequest']['requestExtensions'],
) {
  return encodeDer(ocspRequestType, {
    tbsRequest: { version: 0, requestList: certIds.map((reqCert) => ({ reqCert })), requestExtensions },
  });
}

function requestWith(nonceOctets: Uint8Array): Uint8Array {
  const extnValue = encodeDer(octetString, nonceOctets);
  return requestOf([anyCertId()], [{ extnID: OID['id-pkix-ocsp-nonce'], critical: false, extnValue }]);
}
