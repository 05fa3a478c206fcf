import { describe, expect, it } from 'vitest';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer } from '../../../core/asn1/schema.ts';
import { octetString } from '../../../core/asn1/types.ts';
import type { Signer } from '../../../crypto/signature.ts';
import { parseCertificate } from '../certificate.ts';
import { entity, issueCa, issueLeaf, unknownExtension } from '../certificates.fixture.ts';
import { createExtension } from '../create-extension.ts';
import { certIdOf, requireHash } from './cert-id.ts';
import { createOcspErrorResponse, createOcspResponseSync, type OcspAnswer } from './create-ocsp-response.ts';
import { basicOcspResponse, ocspResponseType, responseData, signedResponse } from './ocsp-messages.ts';
import {
  ca,
  caCert,
  crlOf,
  DAY,
  HOUR,
  issueResponder,
  later,
  leaf,
  pointer,
  provider,
  responder,
  responseOf,
  root,
  rootCert,
  rootCrl,
  server,
  stranger,
  strangerCert,
  verdict,
} from './revocation.fixture.ts';

/** Signs as somebody else, whoever's certificate is shown. */
const strangersHand: Signer = {
  type: stranger.key.type,
  sign: (algorithm, message) => stranger.key.sign(algorithm, message),
};

const invalid = (...reasons: readonly string[]) => ['staple_invalid', ...reasons];
const delegated = (certificate = issueResponder(), key = responder.key) => ({ responder: { certificate, key } });

/** The response with other data, rightly signed by the authority. */
function rewrite(
  change: (data: Parameters<typeof responseData.write>[0]) => Parameters<typeof responseData.write>[0],
): Uint8Array {
  const { responseBytes } = decodeDer(ocspResponseType, responseOf(), 'response');
  const basic = decodeDer(basicOcspResponse, responseBytes?.response as Uint8Array, 'basic');
  const { signatureAlgorithm } = decodeDer(signedResponse, responseBytes?.response as Uint8Array, 'basic');
  const tbsResponseData = encodeDer(responseData, change(basic.tbsResponseData.value));
  const signature = ca.key.sign({ kind: 'ecdsa', hash: 'sha256' }, tbsResponseData) as Uint8Array;
  const response = encodeDer(signedResponse, { tbsResponseData, signatureAlgorithm, signature });
  return encodeDer(ocspResponseType, {
    responseStatus: 'successful',
    responseBytes: { responseType: OID['id-pkix-ocsp-basic'], response },
  });
}

describe('an OCSP response of the authority', () => {
  it('shows that a certificate is good, by name or by key', () => {
    expect(verdict({ staple: responseOf() })).toEqual(['valid']);
    expect(verdict({ staple: responseOf({ responderId: 'byName' }) })).toEqual(['valid']);
  });

  it('revokes a certificate, with or without a reason', () => {
    const revoked = { status: 'revoked', revocationDate: later(-DAY) } as const;
    expect(verdict({ staple: responseOf({}, revoked) })).toEqual(['revoked']);
    expect(verdict({ staple: responseOf({}, { ...revoked, reason: 'certificateHold' }) })).toEqual(['revoked']);
  });

  it('may not know the certificate', () => {
    expect(verdict({ staple: responseOf({}, { status: 'unknown' }) })).toEqual(invalid('status_unknown'));
  });

  it('about another certificate says nothing about this one', () => {
    const other = issueLeaf(ca, server, { serialNumber: Uint8Array.of(0x4d, 0x30) });
    expect(verdict({ staple: responseOf({}, {}, other) })).toEqual(invalid('certificate_not_answered'));
    const sameNumber = { certificate: issueLeaf(stranger, server), issuer: strangerCert };
    expect(verdict({ staple: responseOf({}, sameNumber) })).toEqual(invalid('certificate_not_answered'));
    expect(verdict({ staple: rewrite((data) => ({ ...data, responses: [] })) })).toEqual(invalid('certificate_not_answered'));
  });

  it('may name certificates by SHA-256', () => {
    const sha256 = requireHash(provider.hashes, 'sha256');
    const certId = certIdOf(parseCertificate(leaf), parseCertificate(caCert), sha256);
    const answers = [{ certId, status: 'good', thisUpdate: later(-HOUR), nextUpdate: later(HOUR) }] as const;
    expect(certId.issuerKeyHash).toHaveLength(32);
    expect(verdict({ staple: responseOf({ answers }) })).toEqual(['valid']);
    const unknownHash = { ...certId, hashAlgorithm: { algorithm: '1.2.3' } };
    expect(verdict({ staple: responseOf({ answers: [{ ...answers[0], certId: unknownHash }] }) })).toEqual(
      invalid('certificate_not_answered'),
    );
  });

  it.each([
    ['is over', { nextUpdate: later(-600_000) }, 'stale'],
    ['is of the future', { thisUpdate: later(HOUR) }, 'not_yet_valid'],
    ['does not say how long it holds, and is old', { thisUpdate: later(-2 * HOUR), nextUpdate: undefined }, 'stale'],
  ] as const)('that %s is not taken', (_what, answer, reason) => {
    expect(verdict({ staple: responseOf({}, answer) })).toEqual(invalid(reason));
    expect(verdict({ staple: responseOf({}, answer), clockTolerance: 2 * HOUR })).toEqual(['valid']);
  });

  it('that does not say how long it holds is taken for as long as allowed', () => {
    const staple = responseOf({}, { thisUpdate: later(-2 * HOUR), nextUpdate: undefined });
    expect(verdict({ staple, maximumAge: 3 * HOUR })).toEqual(['valid']);
  });

  it('that was made in the future is not taken', () => {
    expect(verdict({ staple: responseOf({ producedAt: later(HOUR) }) })).toEqual(invalid('not_yet_valid'));
  });

  it('with several answers counts by the one that is of now', () => {
    const answer = (thisUpdate: Date, nextUpdate: Date, status: 'good' | 'unknown') =>
      ({ certificate: leaf, issuer: caCert, status, thisUpdate, nextUpdate }) as OcspAnswer;
    const old = answer(later(-3 * DAY), later(-2 * DAY), 'unknown');
    const now = answer(later(-HOUR), later(HOUR), 'good');
    const future = answer(later(DAY), later(2 * DAY), 'unknown');
    expect(verdict({ staple: responseOf({ answers: [old, now, future] }) })).toEqual(['valid']);
  });

  it('with a critical extension that is not known is not taken', () => {
    const ofAll = rewrite((data) => ({ ...data, responseExtensions: [unknownExtension(true)] }));
    expect(verdict({ staple: ofAll })).toEqual(invalid('critical_extension_unknown'));
    const ofOne = rewrite((data) => ({
      ...data,
      responses: data.responses.map((one) => ({ ...one, singleExtensions: [unknownExtension(true)] })),
    }));
    expect(verdict({ staple: ofOne })).toEqual(invalid('critical_extension_unknown'));
    expect(verdict({ staple: rewrite((data) => ({ ...data, responseExtensions: [unknownExtension(false)] })) })).toEqual([
      'valid',
    ]);
  });

  it('with a changed byte is not taken', () => {
    // From good to unknown, where the form stays right.
    const changed = Uint8Array.from(responseOf({ certificates: [] }));
    const good = changed.findIndex((octet, i) => octet === 0x80 && changed[i + 1] === 0 && changed[i + 2] === 0x18);
    changed[good] = 0x82;
    expect(verdict({ staple: changed })).toEqual(invalid('signature_invalid'));
  });

  it.each(['malformedRequest', 'internalError', 'tryLater', 'sigRequired', 'unauthorized'] as const)(
    'that is %s is no answer',
    (status) => {
      expect(verdict({ staple: createOcspErrorResponse(status) })).toEqual(invalid('responder_error'));
    },
  );

  it('that cannot be read is no answer', () => {
    expect(verdict({ staple: Uint8Array.of(0x30, 0) })).toEqual(invalid('malformed'));
    const empty = encodeDer(ocspResponseType, { responseStatus: 'successful' });
    expect(verdict({ staple: empty })).toEqual(invalid('malformed'));
    const response = encodeDer(octetString, new Uint8Array(3));
    const otherType = encodeDer(ocspResponseType, {
      responseStatus: 'successful',
      responseBytes: { responseType: '1.3.6.1.5.5.7.48.1.99', response },
    });
    expect(verdict({ staple: otherType })).toEqual(invalid('malformed'));
  });
});

describe('a delegated responder', () => {
  it('speaks for the authority that gave it a certificate for it', () => {
    expect(verdict({ staple: responseOf(delegated()) })).toEqual(['valid']);
    expect(verdict({ staple: responseOf({ ...delegated(), responderId: 'byName' }) })).toEqual(['valid']);
  });

  it('may be known beforehand, and send no certificate', () => {
    const staple = responseOf({ ...delegated(), certificates: [] });
    expect(verdict({ staple })).toEqual(invalid('signer_unknown'));
    expect(verdict({ staple, certificates: [issueResponder()] })).toEqual(['valid']);
  });

  it.each([
    ['without OCSPSigning', { without: ['extKeyUsage', 'subjectAltName'], add: [] }],
    ['for servers', { add: [createExtension('extKeyUsage', [OID.serverAuth])] }],
    ['for any purpose', { add: [createExtension('extKeyUsage', [OID.anyExtendedKeyUsage])] }],
  ] as const)('%s does not', (_what, { add }) => {
    const certificate = issueLeaf(ca, responder, { without: ['extKeyUsage', 'subjectAltName'], add });
    expect(verdict({ staple: responseOf(delegated(certificate)) })).toEqual(invalid('signer_unauthorized'));
  });

  it('that is expired does not', () => {
    const certificate = issueResponder({ validTo: later(-DAY) });
    expect(verdict({ staple: responseOf(delegated(certificate)) })).toEqual(invalid('signer_untrusted'));
  });

  it('of another authority does not', () => {
    const ofRoot = issueResponder({}, responder, root);
    expect(verdict({ staple: responseOf(delegated(ofRoot)) })).toEqual(invalid('signer_unauthorized'));
    expect(verdict({ staple: responseOf({ responder: { certificate: strangerCert, key: stranger.key } }) })).toEqual(
      invalid('signer_unauthorized'),
    );
  });

  it('of another key of the authority does not', () => {
    const otherKey = { name: ca.name, key: entity('CA').key };
    const otherCert = issueCa(root, otherKey, { serialNumber: Uint8Array.of(0x41) });
    const certificate = issueResponder({}, responder, otherKey);
    expect(verdict({ staple: responseOf(delegated(certificate)), intermediates: [caCert, otherCert] })).toEqual(
      invalid('signer_unauthorized'),
    );
  });

  it('signed by the authority only in name does not', () => {
    const forged = issueResponder({}, responder, { name: ca.name, key: stranger.key });
    expect(verdict({ staple: responseOf(delegated(forged)) })).toEqual(invalid('signer_untrusted'));
  });

  it('whose key did not sign does not', () => {
    const staple = responseOf({
      responder: { certificate: issueResponder(), key: strangersHand },
    });
    expect(verdict({ staple })).toEqual(invalid('signature_invalid'));
  });

  it('is itself checked, if its certificate says where', () => {
    const certificate = issueResponder({ add: [pointer()] });
    const staple = responseOf(delegated(certificate));
    expect(verdict({ staple })).toEqual(invalid('signer_untrusted'));
    expect(verdict({ staple, crls: [crlOf()] })).toEqual(['valid']);
    const revoked = [{ serialNumber: '11', revocationDate: later(-DAY) }];
    expect(verdict({ staple, crls: [crlOf({ revoked })] })).toEqual(invalid('signer_untrusted'));
    expect(verdict({ staple, crls: [crlOf({ revoked })], policy: 'soft-fail' })).toEqual(invalid('signer_untrusted'));
    expect(verdict({ staple, policy: 'soft-fail' })).toEqual(['valid']);
  });

  it('need not be checked, if its certificate says so', () => {
    const add = [pointer(), createExtension('id-pkix-ocsp-nocheck', null)];
    const revoked = [{ serialNumber: '11', revocationDate: later(-DAY) }];
    expect(verdict({ staple: responseOf(delegated(issueResponder({ add }))) })).toEqual(['valid']);
    expect(verdict({ staple: responseOf(delegated(issueResponder({ add }))), crls: [crlOf({ revoked })] })).toEqual(['valid']);
  });

  it('that is revoked, and does not say where to ask, is found out all the same', () => {
    const revoked = [{ serialNumber: '11', revocationDate: later(-DAY) }];
    expect(verdict({ staple: responseOf(delegated()), crls: [crlOf({ revoked })] })).toEqual(invalid('signer_untrusted'));
  });

  it('may be one of the relying party, for whoever issued', () => {
    const staple = responseOf({ responder: { certificate: strangerCert, key: stranger.key } });
    expect(verdict({ staple, trustedResponders: [strangerCert] })).toEqual(['valid']);
    const forged = responseOf({ responder: { certificate: rootCert, key: strangersHand } });
    expect(verdict({ staple: forged, trustedResponders: [rootCert] })).toEqual(invalid('signature_invalid'));
  });
});

it('a response for an authority is judged by the authority above', () => {
  const ofCa = createOcspResponseSync({
    provider,
    responder: { certificate: rootCert, key: root.key },
    producedAt: later(-HOUR),
    answers: [{ certificate: caCert, issuer: rootCert, status: 'good', thisUpdate: later(-HOUR), nextUpdate: later(HOUR) }],
  });
  expect(verdict({ certificate: caCert, intermediates: [], staple: ofCa })).toEqual(['valid']);
  expect(verdict({ staple: ofCa, crls: [rootCrl] })).toEqual(invalid('signer_unauthorized'));
});
