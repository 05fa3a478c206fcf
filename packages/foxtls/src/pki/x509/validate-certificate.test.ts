import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { concat, fromHex } from '../../core/bytes/bytes.ts';
import { CertificateInvalid, TlsError } from '../../core/errors/errors.ts';
import { sha256 } from '../../crypto/node/hash.ts';
import { keys } from '../../crypto/node/keys.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { parseCertificate } from './certificate.ts';
import { issueCa, issueLeaf, NOW } from './certificates.fixture.ts';
import {
  asynchronous,
  EXPIRED,
  leafOfLower,
  leafOfMiddle,
  leafOfRoot,
  lowerCert,
  middle,
  middleCert,
  root,
  rootCert,
  server,
  stranger,
  strangerCert,
} from './chains.fixture.ts';
import { createExtension } from './create-extension.ts';
import { createGeneralName } from './create-general-name.ts';
import { explain } from './explain.ts';
import {
  type InvalidCertificate,
  type ValidationOptions,
  type ValidCertificate,
  validateCertificate,
  validateCertificateSync,
} from './validate-certificate.ts';
import { createX509Verifier } from './verifier.ts';
import { keyUsageExtension } from './write-certificate.ts';

const defaults = {
  provider: nodeProvider,
  certificate: leafOfMiddle,
  intermediates: [middleCert],
  trustAnchors: [rootCert],
  at: NOW,
};

function validate(options: Partial<ValidationOptions> = {}) {
  return validateCertificateSync({ ...defaults, ...options });
}

function accepted(options: Partial<ValidationOptions> = {}): ValidCertificate {
  const result = validate(options);
  if (!result.isValid) throw new Error(explain(result));
  return result;
}

function refused(options: Partial<ValidationOptions>): InvalidCertificate {
  const result = validate(options);
  if (result.isValid) throw new Error(explain(result));
  return result;
}

const subjects = ({ path }: ValidCertificate) => path.map(({ subject }) => subject.last(OID.commonName));

describe('validateCertificate', () => {
  it('gives the path and what it cost', () => {
    const result = accepted({ serverName: 'example.com' });
    expect(subjects(result)).toEqual(['Server', 'Middle', 'Root']);
    expect(result.report).toMatchObject({ tried: [], skipped: [], spent: { signatures: 2, candidates: 2 } });
    expect(result.acceptedProblems).toEqual([]);
  });

  it('gives a result and no exception for what is invalid', () => {
    const result = refused({ serverName: 'other.example' });
    expect(result.problem).toBeInstanceOf(CertificateInvalid);
    expect(result.problem).toMatchObject({ reason: 'name_mismatch', depth: 0, report: result.report });
  });

  it('tells of every path that was tried', () => {
    const crossSigned = issueCa(stranger, middle);
    const expired = issueCa(root, middle, EXPIRED);
    const { report, problem } = refused({
      intermediates: [expired, crossSigned, middleCert],
      trustAnchors: [strangerCert],
      at: new Date(0),
    });
    expect(problem.reason).toBe('not_yet_valid');
    const told = report.tried.map((tried) => [tried.certificates.length, tried.problem.reason]);
    expect(told).toContainEqual([2, 'not_yet_valid']);
    expect(told.length).toBeGreaterThanOrEqual(3);
  });

  it('tells of certificates that could not be read, and goes on without them', () => {
    const result = accepted({ intermediates: [fromHex('3000'), middleCert], trustAnchors: [fromHex('04'), rootCert] });
    expect(result.report.skipped.map(({ from, index }) => [from, index])).toEqual([
      ['trust_anchors', 0],
      ['intermediates', 0],
    ]);
  });

  it('refuses an end entity that cannot be read', () => {
    expect(refused({ certificate: concat(leafOfMiddle, fromHex('00')) }).problem).toMatchObject({ reason: 'malformed' });
  });

  it('validates at the time that it is told', () => {
    expect(refused({ at: new Date('2030-01-01') }).problem.reason).toBe('expired');
  });

  it('waits for a provider that answers later', async () => {
    const options = { ...defaults, provider: { keys: asynchronous(keys) } };
    expect((await validateCertificate(options)).isValid).toBe(true);
    expect(() => validateCertificateSync(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' }));
  });

  it.each([
    ['any', undefined],
    ['server', undefined],
    ['client', 'extended_key_usage_missing'],
    ['codeSigning', 'extended_key_usage_missing'],
    ['crlSigning', 'key_usage_missing'],
    ['ocspSigning', 'extended_key_usage_missing'],
  ] as const)('for the purpose %s, a server certificate is refused for: %s', (purpose, reason) => {
    const result = validate({ purpose });
    expect(result.isValid ? undefined : result.problem.reason).toBe(reason);
  });

  it('demands an explicit purpose of those who sign OCSP responses', () => {
    const silent = issueLeaf(root, server, { without: ['extKeyUsage'] });
    const responder = issueLeaf(root, server, { add: [createExtension('extKeyUsage', [OID.OCSPSigning])] });
    expect(validate({ certificate: silent, purpose: 'ocspSigning' }).isValid).toBe(false);
    expect(validate({ certificate: responder, purpose: 'ocspSigning' }).isValid).toBe(true);
  });

  it('takes a purpose of its caller’s own', () => {
    const signing = issueLeaf(root, server, { add: [keyUsageExtension(['nonRepudiation'])] });
    const purpose = { name: 'contracts', keyUsage: ['nonRepudiation'] } as const;
    expect(validate({ certificate: signing, purpose }).isValid).toBe(true);
    expect(refused({ purpose }).problem).toMatchObject({ reason: 'key_usage_missing', depth: 0 });
  });

  it('demands all names', () => {
    const names = [createGeneralName('uri', 'https://example.com/'), createGeneralName('email', 'a@example.com')];
    const certificate = issueLeaf(root, server, { add: [createExtension('subjectAltName', names)] });
    const uri = { kind: 'uri', uri: 'https://example.com/other' } as const;
    expect(validate({ certificate, names: [uri, { kind: 'email', address: 'a@Example.com' }] }).isValid).toBe(true);
    expect(refused({ certificate, names: [uri, { kind: 'email', address: 'A@example.com' }] }).problem).toMatchObject({
      reason: 'name_mismatch',
      message: expect.stringContaining('the mailbox "A@example.com"'),
    });
  });
});

describe('pins', () => {
  const spkiSha256 = [sha256.digest(parseCertificate(middleCert).publicKey)];

  it('let pass what has a pinned key or certificate on its path', () => {
    expect(subjects(accepted({ pins: { spkiSha256 } }))).toEqual(['Server', 'Middle', 'Root']);
    expect(subjects(accepted({ pins: { certificates: [leafOfMiddle] } }))).toEqual(['Server', 'Middle', 'Root']);
  });

  it('refuse all else', () => {
    expect(refused({ certificate: leafOfRoot, pins: { spkiSha256 } }).problem).toMatchObject({ reason: 'key_untrusted' });
  });

  it('make the search go on to a path that has them', () => {
    const trustAnchors = [rootCert, strangerCert];
    const intermediates = [middleCert, issueCa(stranger, middle)];
    const result = accepted({ trustAnchors, intermediates, pins: { certificates: [strangerCert] } });
    expect(subjects(result)).toEqual(['Server', 'Middle', 'Stranger']);
    expect(result.report.tried.map(({ problem }) => problem.reason)).toEqual(['key_untrusted']);
  });

  it('are not taken when nothing could meet them', () => {
    const broken = [{}, { spkiSha256: [fromHex('00')] }];
    for (const pins of broken) {
      expect(() => createX509Verifier({ provider: nodeProvider, trustAnchors: [rootCert], pins })).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' }),
      );
    }
    expect(() => createX509Verifier({ provider: { keys }, trustAnchors: [rootCert], pins: { spkiSha256 } })).toThrow('hashes');
  });
});

describe('trust anchors with constraints', () => {
  const within = (domain: string) => ({ certificate: rootCert, permittedNames: [createGeneralName('dns', domain)] });

  it('vouch for names within their subtrees only', () => {
    expect(validate({ trustAnchors: [within('example.com')] }).isValid).toBe(true);
    expect(refused({ trustAnchors: [within('example.org')] }).problem).toMatchObject({
      reason: 'name_constraint_violated',
      depth: 0,
      message: expect.stringContaining('the trust anchor CN=Root'),
    });
    const outside = { certificate: rootCert, excludedNames: [createGeneralName('dns', 'example.com')] };
    expect(refused({ trustAnchors: [outside] }).problem.reason).toBe('name_constraint_violated');
  });

  it('limit the path', () => {
    const limited = [{ certificate: rootCert, maxIntermediates: 1 }];
    expect(validate({ trustAnchors: limited }).isValid).toBe(true);
    const longer = { certificate: leafOfLower, intermediates: [lowerCert, middleCert] };
    expect(refused({ ...longer, trustAnchors: limited }).problem).toMatchObject({ reason: 'path_too_long', depth: 3 });
  });

  it('limit the policies, beside those that are acceptable anyway', () => {
    const gold = '1.3.6.1.4.1.99999.10';
    const silver = '1.3.6.1.4.1.99999.20';
    const add = [createExtension('certificatePolicies', [{ policyIdentifier: gold }, { policyIdentifier: silver }])];
    const chain = { certificate: issueLeaf(middle, server, { add }), intermediates: [issueCa(root, middle, { add })] };
    const anchor = { certificate: rootCert, policies: { acceptable: [gold], requireExplicit: true } };
    expect(accepted({ ...chain, trustAnchors: [anchor] }).policies.userConstrained).toEqual([gold]);
    expect(refused({ ...chain, trustAnchors: [anchor], policies: { acceptable: [silver] } }).problem).toMatchObject({
      reason: 'policy_violated',
      depth: 0,
    });
    expect(refused({ trustAnchors: [anchor] }).problem).toMatchObject({ reason: 'policy_violated', depth: 1 });
  });
});

describe('explain', () => {
  it('prints a path that was found', () => {
    expect(explain(accepted())).toBe(
      'valid: CN=Server ◂ CN=Middle ◂ CN=Root\ncertificate policies: none\nwork: 2 signatures, 2 candidates',
    );
  });

  it('prints every path that was tried, what stopped it, and what was skipped', () => {
    const result = refused({ intermediates: [issueCa(root, middle, EXPIRED), fromHex('3000')] });
    expect(explain(result).split('\n')).toEqual([
      'invalid: certificate at depth 1 (CN=Middle): it expired at 2026-05-31T00:00:00.000Z',
      'tried and left 1 path:',
      '1. CN=Server ◂ CN=Middle',
      '   expired: certificate at depth 1 (CN=Middle): it expired at 2026-05-31T00:00:00.000Z',
      expect.stringMatching(/^skipped intermediate certificate 1: intermediates\[1\]: /),
      'work: 1 candidate',
    ]);
  });

  it('prints the refusal of a verifier', () => {
    const verifier = createX509Verifier({ provider: nodeProvider, trustAnchors: [strangerCert] });
    const presented = { kind: 'x509', certificates: [leafOfMiddle, middleCert] } as const;
    const request = {
      presented,
      peerRole: 'server',
      serverName: 'example.com',
      now: NOW,
      signal: new AbortController().signal,
    } as const;
    let error: unknown;
    try {
      verifier.verify(request);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TlsError);
    expect(explain(error as CertificateInvalid)).toContain('1. CN=Server ◂ CN=Middle\n   issuer_unknown: ');
  });
});
