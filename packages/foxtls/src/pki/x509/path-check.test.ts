import { describe, expect, it } from 'vitest';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { invalid } from './certificate-rules.ts';
import { issueCa, issueLeaf, NOW, unknownExtension } from './certificates.fixture.ts';
import {
  EXPIRED,
  leafOfMiddle,
  lower,
  middle,
  middleCert,
  request,
  root,
  rootCert,
  server,
  stranger,
  strangerCert,
} from './chains.fixture.ts';
import type { PathCheck, PathCheckContext } from './path-check.ts';
import { PURPOSES } from './purpose.ts';
import { validateCertificateSync } from './validate-certificate.ts';
import { createX509Verifier } from './verifier.ts';

const names = (path: readonly Certificate[]) => path.map(({ subject }) => `${subject}`).join(' ');

/** A check that writes down the paths that it is asked about, and refuses those with somebody on them. */
function checkAgainst(refused?: string) {
  const asked: string[] = [];
  const contexts: PathCheckContext[] = [];
  const pathCheck: PathCheck = {
    *check(path, context) {
      asked.push(names(path));
      contexts.push(context);
      const found = path.findIndex(({ subject }) => `${subject}` === refused);
      return found < 0 ? undefined : invalid('revoked', 'it is revoked', path[found] as Certificate, found);
    },
  };
  return { pathCheck, asked, contexts };
}

function validate(pathCheck: PathCheck, options: { certificate?: Uint8Array; intermediates?: readonly Uint8Array[] } = {}) {
  const { certificate = leafOfMiddle, intermediates = [middleCert] } = options;
  return validateCertificateSync({
    provider: nodeProvider,
    certificate,
    intermediates,
    trustAnchors: [rootCert, strangerCert],
    at: NOW,
    purpose: 'server',
    pathCheck,
  });
}

describe('a path check', () => {
  it('is asked about the whole path, and has the last word', () => {
    const { pathCheck, asked } = checkAgainst();
    expect(validate(pathCheck).isValid).toBe(true);
    expect(asked).toEqual(['CN=Server CN=Middle CN=Root']);
    expect(validate(checkAgainst('CN=Middle').pathCheck)).toMatchObject({
      isValid: false,
      problem: { reason: 'revoked', depth: 1 },
    });
  });

  it('makes the search go on to another path', () => {
    const { pathCheck, asked } = checkAgainst('CN=Root');
    const result = validate(pathCheck, { intermediates: [middleCert, issueCa(stranger, middle)] });
    expect(result.isValid && names(result.path)).toBe('CN=Server CN=Middle CN=Stranger');
    expect(asked).toEqual(['CN=Server CN=Middle CN=Root', 'CN=Server CN=Middle CN=Stranger']);
  });

  it('is not asked about a path that breaks another rule, nor for an end entity that does', () => {
    const { pathCheck, asked } = checkAgainst();
    expect(validate(pathCheck, { intermediates: [issueCa(root, middle, EXPIRED)] }).isValid).toBe(false);
    expect(validate(pathCheck, { certificate: issueLeaf(middle, server, EXPIRED) }).isValid).toBe(false);
    expect(asked).toEqual([]);
  });

  it('is asked again about a path that a verifier recognises', () => {
    const { pathCheck, asked } = checkAgainst();
    const verifier = createX509Verifier({ provider: nodeProvider, trustAnchors: [rootCert], pathCheck });
    const again = request({ chain: [leafOfMiddle, middleCert] });
    verifier.verify(again);
    verifier.verify(again);
    expect(asked).toHaveLength(2);
  });

  it('gets the staple and the role of the peer in a handshake', () => {
    const { pathCheck, contexts } = checkAgainst();
    const verifier = createX509Verifier({ provider: nodeProvider, trustAnchors: [rootCert], pathCheck });
    const ocspResponse = Uint8Array.of(1);
    verifier.verify({
      ...request({ chain: [] }),
      presented: { kind: 'x509', certificates: [leafOfMiddle, middleCert], ocspResponse },
    });
    expect(contexts).toMatchObject([{ now: NOW, peerRole: 'server', purpose: PURPOSES.server, ocspResponse }]);
  });

  it('may process further extensions', () => {
    const { pathCheck } = checkAgainst();
    const certificate = issueLeaf(middle, server, { add: [unknownExtension(true)] });
    expect(validate(pathCheck, { certificate }).isValid).toBe(false);
    expect(validate({ ...pathCheck, processedExtensions: [unknownExtension(true).extnID] }, { certificate }).isValid).toBe(true);
  });

  it('finds paths of other certificates, for their own purpose and out of the same budget', () => {
    const signer = parseCertificate(issueCa(middle, lower));
    const leafAsSigner = parseCertificate(leafOfMiddle);
    const found: unknown[] = [];
    const pathCheck: PathCheck = {
      *check(_path, context) {
        const path = yield* context.findPath(signer, { purpose: PURPOSES.crlSigning });
        found.push(Array.isArray(path) ? names(path) : path);
        found.push(yield* context.findPath(leafAsSigner, { purpose: PURPOSES.crlSigning }));
        return undefined;
      },
    };
    const { report } = validate(pathCheck);
    expect(found).toMatchObject(['CN=Lower CN=Middle CN=Root', { reason: 'key_usage_missing' }]);
    expect(report.spent['signatures']).toBe(4);
  });

  it('verifies signatures by what the policy allows', () => {
    const verdicts: boolean[] = [];
    const pathCheck: PathCheck = {
      *check(path, context) {
        const [leaf, issuer] = path as readonly [Certificate, Certificate];
        const { tbsCertificate, signature, signatureAlgorithm } = leaf;
        verdicts.push(yield* context.verifySignature(path.slice(1), signatureAlgorithm, tbsCertificate, signature));
        verdicts.push(yield* context.verifySignature(path.slice(1), signatureAlgorithm, issuer.tbsCertificate, signature));
        verdicts.push(yield* context.verifySignature(path.slice(1), { kind: 'ecdsa', hash: 'sha1' }, tbsCertificate, signature));
        verdicts.push(yield* context.verifySignature(path.slice(1), undefined, tbsCertificate, signature));
        return undefined;
      },
    };
    validate(pathCheck);
    expect(verdicts).toEqual([true, false, false, false]);
  });
});
