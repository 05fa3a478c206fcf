import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes/bytes.ts';
import { CertificateInvalid } from '../../core/errors/errors.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import type { PeerUnverified } from '../../crypto/peer-verifier.ts';
import { issueCa, issueLeaf, NOW } from './certificates.fixture.ts';
import {
  EXPIRED,
  leafOfMiddle,
  middle,
  middleCert,
  request,
  root,
  rootCert,
  selfSigned,
  server,
  stranger,
  tamper,
} from './chains.fixture.ts';
import { validateCertificateSync } from './validate-certificate.ts';
import { createX509Verifier } from './verifier.ts';
import type { CertificateVisit, VisitAnswer } from './verify-hook.ts';

interface Situation {
  readonly chain: readonly Uint8Array[];
  readonly serverName?: string;
  readonly trusted?: Uint8Array;
  answer?(visit: CertificateVisit): VisitAnswer;
}

/** Validates with a hook that writes down what it sees: depth, name, reason. */
function visited({ chain, serverName = 'example.com', trusted = rootCert, answer = () => 'continue' }: Situation) {
  const seen: string[] = [];
  const [certificate = new Uint8Array(), ...intermediates] = chain;
  const result = validateCertificateSync({
    provider: nodeProvider,
    certificate,
    intermediates,
    trustAnchors: [trusted],
    at: NOW,
    serverName,
    onCertificate(visit) {
      seen.push(`${visit.depth} ${visit.certificate.subject} ${visit.problem?.reason ?? 'ok'}`);
      return answer(visit);
    },
  });
  return { seen, result };
}

const accept = (): VisitAnswer => 'dangerously_accept_problem';

describe('a verify hook', () => {
  it('sees every certificate from the root to the end entity', () => {
    const { seen, result } = visited({ chain: [leafOfMiddle, middleCert] });
    expect(seen).toEqual(['2 CN=Root ok', '1 CN=Middle ok', '0 CN=Server ok']);
    expect(result).toMatchObject({ isValid: true, acceptedProblems: [] });
  });

  it('knows a server that is trusted itself, and what else is wrong with it', () => {
    const { seen, result } = visited({ chain: [selfSigned], trusted: selfSigned, serverName: 'other.test', answer: accept });
    expect(seen).toEqual(['0 CN=Server name_mismatch']);
    expect(result).toMatchObject({ isValid: true });
  });

  it('may refuse a certificate that keeps all rules', () => {
    const { seen, result } = visited({
      chain: [leafOfMiddle, middleCert],
      answer: ({ depth }) => (depth === 1 ? 'abort' : 'continue'),
    });
    expect(seen).toEqual(['2 CN=Root ok', '1 CN=Middle ok']);
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'rejected_by_application', depth: 1 } });
  });

  it('sees the rule that is broken, which stands unless it is accepted in so many words', () => {
    const { seen, result } = visited({ chain: [leafOfMiddle, issueCa(root, middle, EXPIRED)] });
    expect(seen).toEqual(['2 CN=Root ok', '1 CN=Middle expired']);
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'expired', depth: 1 } });
  });

  it('is asked about every rule that is broken, one by one', () => {
    const chain = [
      issueLeaf(middle, server, { ...EXPIRED, without: ['extKeyUsage'] }),
      issueCa(root, middle, { ...EXPIRED, without: ['basicConstraints'] }),
    ];
    const { seen, result } = visited({ chain, serverName: 'other.example', answer: accept });
    expect(seen).toEqual([
      '2 CN=Root ok',
      '1 CN=Middle issuer_not_ca',
      '1 CN=Middle expired',
      '0 CN=Server expired',
      '0 CN=Server name_mismatch',
    ]);
    expect(result.isValid && result.acceptedProblems.map(({ reason }) => reason)).toEqual([
      'issuer_not_ca',
      'expired',
      'expired',
      'name_mismatch',
    ]);
  });

  it('does not pass over a second problem when it accepts the first', () => {
    const chain = [issueLeaf(middle, server, EXPIRED), middleCert];
    const answer = ({ problem }: CertificateVisit): VisitAnswer =>
      problem?.reason === 'expired' ? 'dangerously_accept_problem' : 'continue';
    expect(visited({ chain, answer }).result).toMatchObject({ isValid: true });
    expect(visited({ chain, answer, serverName: 'other.example' }).result).toMatchObject({
      isValid: false,
      problem: { reason: 'name_mismatch' },
    });
  });

  it('sees chains that lead to nobody who is trusted', () => {
    expect(visited({ chain: [selfSigned] }).seen).toEqual(['0 CN=Server self_signed_leaf']);
    const chain = [leafOfMiddle, issueCa(stranger, middle)];
    expect(visited({ chain }).seen).toEqual(['1 CN=Middle issuer_unknown']);
    expect(visited({ chain, answer: accept }).result).toMatchObject({ isValid: true, path: [{}, {}] });
  });

  it('sees signatures that are wrong', () => {
    const tampered = tamper(leafOfMiddle, utf8('example.com'), utf8('example.org'));
    const { seen } = visited({ chain: [tampered, middleCert], serverName: 'example.org' });
    expect(seen).toEqual(['2 CN=Root ok', '1 CN=Middle ok', '0 CN=Server signature_invalid']);
  });

  it('makes a peer with accepted problems an unverified one in a handshake, and is asked every time', () => {
    let visits = 0;
    const verifier = createX509Verifier({
      provider: nodeProvider,
      trustAnchors: [rootCert],
      onCertificate() {
        visits++;
        return 'dangerously_accept_problem';
      },
    });
    const good = request({ chain: [leafOfMiddle, middleCert] });
    expect(verifier.verify(good)).toMatchObject({ kind: 'verified' });
    expect(verifier.verify(good)).toMatchObject({ kind: 'verified' });
    expect(visits).toBe(6);
    const bad = verifier.verify(request({ chain: [selfSigned] })) as PeerUnverified;
    expect(bad).toMatchObject({ kind: 'unverified', error: { reason: 'self_signed_leaf' } });
    expect(bad.error).toBeInstanceOf(CertificateInvalid);
  });
});
