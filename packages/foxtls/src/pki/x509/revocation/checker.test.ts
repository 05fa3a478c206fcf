import { describe, expect, it } from 'vitest';
import { ApiMisuse, certificateAlertFor, DecodeError } from '../../../core/errors/errors.ts';
import { portableProvider } from '../../../crypto/portable/provider.ts';
import { type Entity, entity, issueCa, issueLeaf } from '../certificates.fixture.ts';
import { asynchronous } from '../chains.fixture.ts';
import { createExtension, MUST_STAPLE } from '../create-extension.ts';
import type { Fetcher, FetchRequest } from '../fetcher.ts';
import { validateCertificate } from '../validate-certificate.ts';
import { parseCertificateRevocationList } from './certificate-list.ts';
import { createRevocationChecker } from './checker.ts';
import type { CertificateStatus } from './findings.ts';
import { parseOcspRequest } from './ocsp-request.ts';
import {
  CRL_URI,
  ca,
  caCert,
  crlOf,
  DAY,
  HOUR,
  handshakeVerdict,
  issueResponder,
  LEAF_SERIAL,
  later,
  leaf,
  OCSP_URI,
  ocspPointer,
  pointer,
  provider,
  responder,
  responseOf,
  revokedLeaf,
  root,
  rootCert,
  rootCrl,
  server,
  strangerCert,
  verdict,
} from './revocation.fixture.ts';
import { createRevocationCache } from './revocation-cache.ts';

const revokedAnswer = { status: 'revoked', revocationDate: later(-DAY) } as const;
const mustStaple = issueLeaf(ca, server, { add: [createExtension('tlsFeature', MUST_STAPLE)] });
const pointing = issueLeaf(ca, server, { add: [pointer(), ocspPointer()] });
const withCrlOnly = issueLeaf(ca, server, { add: [pointer()] });

/** A network of its own: what is at an address, and what was asked. */
function network(places: Readonly<Record<string, (request: FetchRequest) => Uint8Array>>) {
  const asked: FetchRequest[] = [];
  const fetcher: Fetcher = {
    async fetch(request) {
      asked.push(request);
      const place = places[request.uri];
      if (place === undefined) throw new Error('404');
      return place(request);
    },
  };
  return { fetcher, asked, uris: () => asked.map(({ uri }) => uri) };
}

describe('under hard-fail', () => {
  it('a certificate of which nothing is known is refused', async () => {
    expect(await handshakeVerdict({})).toEqual(['revocation_unknown', 'not_available']);
  });

  it('a revoked one is refused, whoever says so', async () => {
    expect(await handshakeVerdict({ crls: [crlOf({ revoked: [revokedLeaf] })] })).toEqual(['revoked']);
    expect(await handshakeVerdict({ staple: responseOf({}, revokedAnswer) })).toEqual(['revoked']);
  });

  it('a good response does not outweigh a CRL at hand that has the certificate revoked', async () => {
    const crls = [crlOf({ revoked: [revokedLeaf] })];
    for (const policy of ['hard-fail', 'soft-fail', 'staple-only'] as const) {
      expect(await handshakeVerdict({ policy, crls, staple: responseOf() })).toEqual(['revoked']);
      expect(await handshakeVerdict({ policy, crls: [rootCrl], staple: responseOf() })).toEqual(['valid']);
    }
  });

  it('a stapled response spares all other questions', async () => {
    const { fetcher, asked } = network({});
    expect(await handshakeVerdict({ certificate: pointing, staple: responseOf({}, {}, pointing), fetcher })).toEqual(['valid']);
    expect(asked).toEqual([]);
  });

  it('the chain is checked as a whole, unless only the leaf is to be', async () => {
    const staple = responseOf();
    expect(await handshakeVerdict({ staple, scope: 'chain' })).toEqual(['revocation_unknown', 'not_available']);
    expect(await handshakeVerdict({ staple, scope: 'chain', crls: [rootCrl] })).toEqual(['valid']);
    expect(await handshakeVerdict({ staple, scope: 'leaf' })).toEqual(['valid']);
  });
});

describe('under soft-fail', () => {
  const policy = 'soft-fail';

  it('a certificate of which nothing is known passes, and somebody is told', async () => {
    const seen: CertificateStatus[] = [];
    expect(await handshakeVerdict({ policy, onStatus: (_, status) => seen.push(status) })).toEqual(['valid']);
    expect(seen).toMatchObject([{ status: 'unknown', problems: [{ source: 'crl', reason: 'not_available' }] }]);
  });

  it('a revoked one is refused', async () => {
    expect(await handshakeVerdict({ policy, crls: [crlOf({ revoked: [revokedLeaf] })] })).toEqual(['revoked']);
  });

  it('a stapled response that is not acceptable is refused', async () => {
    const staple = responseOf({}, { nextUpdate: later(-HOUR / 2) });
    expect(await handshakeVerdict({ policy, staple })).toEqual(['staple_invalid', 'stale']);
  });
});

describe('under staple-only', () => {
  const policy = 'staple-only';

  it('a good response has to be stapled', async () => {
    expect(await handshakeVerdict({ policy, staple: responseOf() })).toEqual(['valid']);
    expect(await handshakeVerdict({ policy })).toEqual(['staple_missing']);
    expect(await handshakeVerdict({ policy, crls: [crlOf()] })).toEqual(['staple_missing']);
    expect(await handshakeVerdict({ policy, staple: responseOf({}, { status: 'unknown' }) })).toEqual([
      'staple_invalid',
      'status_unknown',
    ]);
    expect(await handshakeVerdict({ policy, staple: responseOf({}, revokedAnswer) })).toEqual(['revoked']);
  });

  it('authorities are not asked about, and nothing is fetched', async () => {
    const { fetcher, asked } = network({});
    expect(await handshakeVerdict({ policy, fetcher, scope: 'chain', staple: responseOf() })).toEqual(['valid']);
    expect(asked).toEqual([]);
  });
});

describe('a certificate that must be stapled', () => {
  it.each(['hard-fail', 'soft-fail', 'staple-only'] as const)('is refused without a response under %s', async (policy) => {
    const crls = [crlOf()];
    expect(await handshakeVerdict({ policy, crls, certificate: mustStaple })).toEqual(['staple_missing']);
    expect(await handshakeVerdict({ policy, crls, certificate: mustStaple, staple: responseOf({}, {}, mustStaple) })).toEqual([
      'valid',
    ]);
  });

  it('is one of a server, in a handshake', async () => {
    const clients = issueLeaf(ca, server, {
      add: [createExtension('tlsFeature', MUST_STAPLE), createExtension('extKeyUsage', ['1.3.6.1.5.5.7.3.2'])],
    });
    expect(await handshakeVerdict({ crls: [crlOf()], certificate: clients }, 'client')).toEqual(['valid']);
    expect(verdict({ crls: [crlOf()], certificate: mustStaple })).toEqual(['valid']);
  });

  it('is meant by features that cannot be read', async () => {
    const certificate = issueLeaf(ca, server, {
      add: [{ extnID: '1.3.6.1.5.5.7.1.24', critical: false, extnValue: Uint8Array.of(5, 0) }],
    });
    expect(await handshakeVerdict({ crls: [crlOf()], certificate })).toEqual(['staple_missing']);
  });

  it('is not meant by other features', async () => {
    const certificate = issueLeaf(ca, server, { add: [createExtension('tlsFeature', [17])] });
    expect(await handshakeVerdict({ crls: [crlOf()], certificate })).toEqual(['valid']);
  });
});

it('refusals have the alerts of RFC 8446 §6.2', () => {
  expect(certificateAlertFor).toMatchObject({
    revoked: 'certificate_revoked',
    revocation_unknown: 'certificate_unknown',
    staple_missing: 'bad_certificate_status_response',
    staple_invalid: 'bad_certificate_status_response',
  });
});

describe('fetching', () => {
  const serial = (request: FetchRequest) => parseOcspRequest(request.body as Uint8Array);
  const answering =
    (answer: Parameters<typeof responseOf>[1] = {}) =>
    (request: FetchRequest) =>
      responseOf({ nonce: serial(request).nonce }, answer, pointing);

  it('asks nobody without a fetcher', async () => {
    expect(await handshakeVerdict({ certificate: pointing })).toEqual(['revocation_unknown', 'not_available']);
  });

  it('asks the responder that the certificate names, by POST and with a nonce', async () => {
    const { fetcher, asked } = network({ [OCSP_URI]: answering() });
    expect(await handshakeVerdict({ certificate: pointing, fetcher })).toEqual(['valid']);
    expect(asked).toMatchObject([{ uri: OCSP_URI, method: 'POST', contentType: 'application/ocsp-request' }]);
    expect(serial(asked[0] as FetchRequest).nonce).toHaveLength(32);
  });

  it('hears that a certificate is revoked', async () => {
    const { fetcher } = network({ [OCSP_URI]: answering(revokedAnswer) });
    expect(await handshakeVerdict({ certificate: pointing, fetcher })).toEqual(['revoked']);
  });

  it('does not take the nonce of somebody else, and takes none only where it need not be there', async () => {
    const other = network({ [OCSP_URI]: () => responseOf({ nonce: new Uint8Array(32) }, {}, pointing) });
    const refused = await handshakeVerdict({ certificate: pointing, fetcher: other.fetcher });
    expect(refused).toEqual(['revocation_unknown', 'not_available', 'nonce_mismatch', 'fetch_failed']);
    const none = network({ [OCSP_URI]: () => responseOf({}, {}, pointing) });
    expect(await handshakeVerdict({ certificate: pointing, fetcher: none.fetcher })).toEqual(['valid']);
    expect(await handshakeVerdict({ certificate: pointing, fetcher: none.fetcher, nonce: 'required' })).toEqual([
      'revocation_unknown',
      'not_available',
      'nonce_missing',
      'fetch_failed',
    ]);
    expect(await handshakeVerdict({ certificate: pointing, fetcher: none.fetcher, nonce: 'none' })).toEqual(['valid']);
    expect(serial(none.asked.at(-1) as FetchRequest).nonce).toBeUndefined();
  });

  it('falls back from the responder to the CRL', async () => {
    const { fetcher, uris } = network({ [CRL_URI]: () => crlOf({ revoked: [revokedLeaf] }) });
    expect(await handshakeVerdict({ certificate: pointing, fetcher })).toEqual(['revoked']);
    expect(uris()).toEqual([OCSP_URI, CRL_URI]);
  });

  it('fetches the delta that a CRL or a certificate points to', async () => {
    const deltaUri = 'http://ca.example/delta.crl';
    const revoked = [revokedLeaf];
    const delta = () => crlOf({ number: 11, deltaOf: 10, thisUpdate: later(-HOUR), revoked });
    const byCrl = network({ [CRL_URI]: () => crlOf({ freshestCrlUris: [deltaUri] }), [deltaUri]: delta });
    expect(await handshakeVerdict({ certificate: withCrlOnly, fetcher: byCrl.fetcher })).toEqual(['revoked']);
    expect(byCrl.uris()).toEqual([CRL_URI, deltaUri]);
    const freshest = createExtension('freshestCRL', [{ distributionPoint: { kind: 'fullName', value: [uriName(deltaUri)] } }]);
    const certificate = issueLeaf(ca, server, { add: [pointer(), freshest] });
    const byCertificate = network({ [CRL_URI]: () => crlOf(), [deltaUri]: delta });
    expect(await handshakeVerdict({ certificate, fetcher: byCertificate.fetcher })).toEqual(['revoked']);
  });

  it.each([
    ['nothing', () => new Uint8Array(0), 'malformed'],
    ['a CRL of somebody else', () => rootCrl, 'not_available'],
    ['a CRL that is over', () => crlOf({ nextUpdate: later(-HOUR) }), 'stale'],
  ] as const)('is not satisfied with %s', async (_what, place, reason) => {
    const { fetcher } = network({ [CRL_URI]: place });
    const words = await handshakeVerdict({ certificate: withCrlOnly, fetcher });
    expect([words[0], words.at(-1)]).toEqual(['revocation_unknown', reason]);
  });

  it('follows only http and https', async () => {
    const add = [pointer('ldap://ca.example/x'), ocspPointer('file:///etc/passwd')];
    const { fetcher, asked } = network({});
    await handshakeVerdict({ certificate: issueLeaf(ca, server, { add }), fetcher });
    expect(asked).toEqual([]);
  });

  it('tries the other addresses of a CRL when the first does not answer', async () => {
    const value = [uriName('http://down.example/ca.crl'), uriName(CRL_URI), uriName('http://third.example/ca.crl')];
    const points = [{ distributionPoint: { kind: 'fullName', value } as const }];
    const certificate = issueLeaf(ca, server, { add: [createExtension('cRLDistributionPoints', points)] });
    const { fetcher, uris } = network({ [CRL_URI]: () => crlOf() });
    expect(await handshakeVerdict({ certificate, fetcher })).toEqual(['valid']);
    expect(uris()).toEqual(['http://down.example/ca.crl', CRL_URI]);
  });

  it('leaves an address alone for a while that did not answer', async () => {
    const { fetcher, asked } = network({});
    const options = { provider, trustAnchors: [rootCert], certificate: withCrlOnly, intermediates: [caCert] };
    const pathCheck = createRevocationChecker({ provider, policy: 'hard-fail', scope: 'leaf', fetcher, retryDelay: 1000 });
    const counts: number[] = [];
    for (const milliseconds of [0, 999, 1000, 1500, 2500]) {
      const { isValid } = await validateCertificate({ ...options, pathCheck, at: later(milliseconds) });
      expect(isValid).toBe(false);
      counts.push(asked.length);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3]);
  });

  it('asks at most three places of a kind', async () => {
    const places = Array.from({ length: 9 }, (_, i) => `http://ca.example/${i}`);
    const points = places.map((uri) => ({ distributionPoint: { kind: 'fullName', value: [uriName(uri)] } as const }));
    const { fetcher, asked } = network({});
    await handshakeVerdict({
      certificate: issueLeaf(ca, server, { add: [createExtension('cRLDistributionPoints', points)] }),
      fetcher,
    });
    expect(asked).toHaveLength(3);
  });

  it('passes for unknown under soft-fail', async () => {
    const { fetcher } = network({});
    expect(await handshakeVerdict({ certificate: pointing, fetcher, policy: 'soft-fail' })).toEqual(['valid']);
  });

  it('ends when nobody waits any more', async () => {
    const stop = new AbortController();
    const fetcher: Fetcher = {
      async fetch() {
        stop.abort();
        throw new Error('aborted');
      },
    };
    const check = createRevocationChecker({ provider, policy: 'soft-fail', fetcher });
    const options = { provider, certificate: pointing, intermediates: [caCert], trustAnchors: [caCert], at: later(0) };
    await expect(validateCertificate({ ...options, pathCheck: check, signal: stop.signal })).rejects.toThrow('aborted');
  });
});

describe('signers', () => {
  it('do not vouch for themselves: a responder whose status only it knows is not believed', async () => {
    const own = issueResponder({ add: [ocspPointer()] });
    const delegated = { responder: { certificate: own, key: responder.key } };
    const { fetcher, asked } = network({ [OCSP_URI]: () => responseOf(delegated, {}, own) });
    expect(await handshakeVerdict({ staple: responseOf(delegated), fetcher })).toEqual(['staple_invalid', 'signer_untrusted']);
    expect(asked).toHaveLength(1);
    const honest = network({ [OCSP_URI]: () => responseOf({}, {}, own) });
    expect(await handshakeVerdict({ staple: responseOf(delegated), fetcher: honest.fetcher })).toEqual(['valid']);
  });

  /** A leaf whose CRL is signed by one, whose CRL is signed by the next, and so on; the last one's by himself, or by the first. */
  function chainOfSigners(length: number, isCircle = false) {
    const signers = Array.from({ length }, (_, i) => entity(`Signer ${i}`));
    const by = ({ name }: Entity) =>
      createExtension('cRLDistributionPoints', [{ cRLIssuer: [{ kind: 'directoryName', value: name }] }]);
    const certificates = signers.map((signer, i) => {
      const next = signers[i + 1] ?? (isCircle ? (signers[0] as Entity) : signer);
      return issueCa(root, signer, { serialNumber: Uint8Array.of(0x40 + i), add: [by(next)] });
    });
    const crls = signers.map(({ key }, i) =>
      crlOf({ issuer: { certificate: certificates[i] as Uint8Array, key }, issuingDistributionPoint: { indirectCRL: true } }),
    );
    const certificate = issueLeaf(ca, server, { add: [by(signers[0] as Entity)] });
    return { certificate, certificates, crls };
  }

  it('are checked through others, but not without end', () => {
    expect([1, 2, 3, 4, 8].map((length) => verdict(chainOfSigners(length))[0])).toEqual([
      'valid',
      'valid',
      'valid',
      'revocation_unknown',
      'revocation_unknown',
    ]);
  });

  it('that vouch for each other in a circle prove nothing', () => {
    expect(verdict(chainOfSigners(2, true))).toEqual(['revocation_unknown', 'signer_untrusted']);
    expect(verdict(chainOfSigners(3, true))).toEqual(['revocation_unknown', 'signer_untrusted']);
  });
});

describe('the cache', () => {
  it('keeps responses and CRLs until their next update', async () => {
    const cache = createRevocationCache();
    const ocsp = network({ [OCSP_URI]: () => responseOf({}, {}, pointing) });
    const crl = network({ [CRL_URI]: () => crlOf() });
    for (let i = 0; i < 3; i++) {
      expect(await handshakeVerdict({ certificate: pointing, fetcher: ocsp.fetcher, cache })).toEqual(['valid']);
      expect(await handshakeVerdict({ certificate: withCrlOnly, fetcher: crl.fetcher, cache })).toEqual(['valid']);
    }
    expect([ocsp.asked.length, crl.asked.length]).toEqual([1, 1]);
  });

  it('is not believed: what has become old, or was changed, is fetched anew', async () => {
    const fresh = network({ [CRL_URI]: () => crlOf({ revoked: [revokedLeaf] }), [OCSP_URI]: () => responseOf({}, {}, pointing) });
    const forged = crlOf();
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    for (const kept of [crlOf({ nextUpdate: later(-HOUR) }), Uint8Array.of(1)]) {
      const cache = { find: () => kept, keep: () => {} };
      expect(await handshakeVerdict({ certificate: withCrlOnly, fetcher: fresh.fetcher, cache })).toEqual(['revoked']);
      expect(await handshakeVerdict({ certificate: pointing, fetcher: fresh.fetcher, cache })).toEqual(['valid']);
    }
    const cache = { find: () => forged, keep: () => {} };
    expect((await handshakeVerdict({ certificate: withCrlOnly, fetcher: fresh.fetcher, cache }))[0]).toBe('revocation_unknown');
  });

  it('gets nothing that proved nothing', async () => {
    const kept: string[] = [];
    const cache = { find: () => undefined, keep: (key: string) => void kept.push(key) };
    const bad = network({
      [CRL_URI]: () => crlOf({ nextUpdate: later(-HOUR) }),
      [OCSP_URI]: () => responseOf({}, { status: 'unknown' }),
    });
    await handshakeVerdict({ certificate: pointing, fetcher: bad.fetcher, cache });
    expect(kept).toEqual([]);
  });

  it('has limits: what was not used for longest goes first', () => {
    const cache = createRevocationCache({ maxEntries: 2, maxBytes: 10 });
    const keep = (key: string, size: number) => cache.keep(key, new Uint8Array(size), later(DAY));
    const has = (...keys: readonly string[]) => keys.filter((key) => cache.find(key) !== undefined);
    keep('a', 4);
    keep('b', 4);
    cache.find('a');
    keep('c', 4);
    expect(has('a', 'b', 'c')).toEqual(['a', 'c']);
    keep('d', 9);
    expect(has('a', 'c', 'd')).toEqual(['d']);
    keep('d', 11);
    expect(has('d')).toEqual([]);
  });
});

describe('a checker', () => {
  it('may leave staples alone', async () => {
    const options = { staples: 'ignored', certificate: mustStaple } as const;
    expect(await handshakeVerdict({ ...options, crls: [crlOf()] })).toEqual(['valid']);
    expect(await handshakeVerdict({ ...options, staple: responseOf() })).toEqual(['revocation_unknown', 'not_available']);
    expect(createRevocationChecker({ provider, policy: 'hard-fail' }).wantsOcspResponse).toBe(true);
    expect(createRevocationChecker({ provider, policy: 'hard-fail', staples: 'ignored' }).wantsOcspResponse).toBe(false);
    expect(() => createRevocationChecker({ provider, policy: 'staple-only', staples: 'ignored' })).toThrow(ApiMisuse);
  });

  it.each([
    ['the portable provider', portableProvider],
    ['a provider that answers later', { ...provider, keys: asynchronous(provider.keys) }],
  ])('judges with %s', async (_what, other) => {
    const options = { provider: other, trustAnchors: [rootCert], certificate: leaf, intermediates: [caCert], at: later(0) };
    const outcome = async (crl: Uint8Array, staple?: Uint8Array) => {
      const pathCheck = createRevocationChecker({ provider: other, policy: 'hard-fail', crls: [crl, rootCrl] });
      const given = staple === undefined ? {} : { ocspResponse: staple };
      const result = await validateCertificate({ ...options, pathCheck, ...given });
      return result.isValid ? 'valid' : result.problem.reason;
    };
    expect(await outcome(crlOf())).toBe('valid');
    expect(await outcome(crlOf({ revoked: [revokedLeaf] }))).toBe('revoked');
    const delegated = { responder: { certificate: issueResponder(), key: responder.key } };
    expect(await outcome(rootCrl, responseOf(delegated))).toBe('valid');
    expect(await outcome(rootCrl, responseOf(delegated, revokedAnswer))).toBe('revoked');
  });

  it('takes CRLs that were read already', () => {
    expect(verdict({ crls: [parseCertificateRevocationList(crlOf())] })).toEqual(['valid']);
  });

  it('refuses a CRL that cannot be read, unless somebody is told', () => {
    const crls = [Uint8Array.of(0x30, 0), crlOf()];
    expect(() => createRevocationChecker({ provider, policy: 'hard-fail', crls })).toThrow(DecodeError);
    const told: number[] = [];
    expect(verdict({ crls, onUnreadableCrl: (_, index) => told.push(index) })).toEqual(['valid']);
    expect(told).toEqual([0]);
  });

  it('tells of every certificate that it asks about', () => {
    const told: string[] = [];
    const onStatus: Parameters<typeof createRevocationChecker>[0]['onStatus'] = ({ serialNumber }, { status }) =>
      told.push(`${serialNumber} ${status}`);
    expect(verdict({ crls: [crlOf(), rootCrl], scope: 'chain', onStatus })).toEqual(['valid']);
    expect(told).toEqual([`${LEAF_SERIAL} good`, '0C good']);
  });

  it('lets the search go on to a path whose authorities are not revoked', () => {
    const revoked = [{ serialNumber: '0C', revocationDate: later(-DAY) }];
    const other = issueCrossSigned();
    const crls = [crlOf(), crlOf({ issuer: { certificate: other.rootCert, key: other.rootKey }, revoked })];
    const anchors = [other.rootCert, other.goodRootCert];
    const good = crlOf({ issuer: { certificate: other.goodRootCert, key: other.goodRootKey } });
    const intermediates = [other.revokedCa, other.goodCa];
    expect(verdict({ crls, anchors, intermediates: [other.revokedCa], scope: 'chain' })).toEqual(['revoked']);
    expect(verdict({ crls: [...crls, good], anchors, intermediates, scope: 'chain' })).toEqual(['valid']);
  });

  it('does not believe a response in place of another certificate', () => {
    expect(verdict({ certificate: leaf, staple: responseOf({}, {}, strangerCert) })).toEqual([
      'staple_invalid',
      'certificate_not_answered',
    ]);
  });
});

function uriName(value: string) {
  return { kind: 'uniformResourceIdentifier', value } as const;
}

/** The authority certified twice, by a root that has revoked that and by one that has not. */
function issueCrossSigned() {
  const [one, two] = [entity('Root one'), entity('Root two')];
  return {
    rootCert: issueCa(one, one),
    rootKey: one.key,
    goodRootCert: issueCa(two, two),
    goodRootKey: two.key,
    revokedCa: issueCa(one, ca, { serialNumber: Uint8Array.of(0x0c) }),
    goodCa: issueCa(two, ca, { serialNumber: Uint8Array.of(0x0e) }),
  };
}
