import { CertificateInvalid } from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import type { CertificateVisit, CertificateVisitor } from 'foxtls/x509';
import { createCertificateAuthoritySync, createCertificateSync, createSelfSignedSync, createX509Verifier } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { verifySteps, watchedVerifier } from './verify-steps.ts';

const NOW = new Date('2026-06-01');
const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const past = { validFrom: new Date('2025-01-01'), validTo: new Date('2026-01-01') };
const root = createCertificateAuthoritySync({ provider, subject: { commonName: 'Root' }, ...dates });
const middle = createCertificateAuthoritySync({ provider, issuer: root, subject: { commonName: 'Middle' }, ...dates });
const leafOf = (validity: typeof dates) =>
  createCertificateSync({
    provider,
    issuer: middle,
    subject: { commonName: 'bank32.com' },
    dnsNames: ['bank32.com'],
    ...validity,
  }).certificate;
const leaf = leafOf(dates);
const expired = leafOf(past);

function request(certificates: readonly Uint8Array[], serverName: string) {
  const presented = { kind: 'x509', certificates } as const;
  return { presented, peerRole: 'server' as const, serverName, now: NOW, signal: new AbortController().signal };
}

/** What a callback is told that lets all pass: depth, and the number of the error. */
async function told(certificates: readonly Uint8Array[], { trusts = true, name = 'bank32.com' } = {}) {
  const lines: string[] = [];
  const verifier = watchedVerifier(
    (onCertificate) => createX509Verifier({ provider, trustAnchors: trusts ? [root.certificate] : [], onCertificate }),
    {
      decide({ depth, error }) {
        lines.push(`${depth} ${error?.number ?? 'ok'}`);
        return true;
      },
      isAddress: name === '10.0.0.1',
    },
  );
  const verdict = await verifier.verify(request(certificates, name));
  return [...lines, verdict.kind];
}

// Each as openssl s_client 3.0.19 tells it of the same chain.
describe('the steps of a verification', () => {
  it('pass from the root to the end entity', async () => {
    expect(await told([leaf, middle.certificate])).toEqual(['2 ok', '1 ok', '0 ok', 'verified']);
  });

  it('begin with the name, when it is another', async () => {
    expect(await told([leaf, middle.certificate], { name: 'other.test' })).toEqual([
      '0 62',
      '2 ok',
      '1 ok',
      '0 ok',
      'unverified',
    ]);
    expect((await told([leaf, middle.certificate], { name: '10.0.0.1' }))[0]).toBe('0 64');
  });

  it('tell of dates at their certificate', async () => {
    expect(await told([expired, middle.certificate])).toEqual(['2 ok', '1 ok', '0 10', '0 ok', 'unverified']);
  });

  it('begin with what is missing', async () => {
    expect(await told([leaf, middle.certificate], { trusts: false })).toEqual(['1 20', '0 ok', 'unverified']);
    expect(await told([leaf], { trusts: false })).toEqual(['0 20', '0 21', '0 ok', 'unverified']);
    const chain = [leaf, middle.certificate, root.certificate];
    expect(await told(chain, { trusts: false })).toEqual(['2 19', '2 ok', '1 ok', '0 ok', 'unverified']);
    expect(await told([leaf, middle.certificate], { trusts: false, name: 'other.test' })).toEqual([
      '1 20',
      '0 62',
      '0 ok',
      'unverified',
    ]);
  });

  it('of a self-signed certificate are two', async () => {
    const alone = createSelfSignedSync({ provider, subject: { commonName: 'bank32.com' }, dnsNames: ['bank32.com'], ...dates });
    expect(await told([alone.certificate])).toEqual(['0 18', '0 ok', 'unverified']);
  });

  it('of nothing are none', () => {
    expect(verifySteps([] as CertificateVisit[])).toEqual([]);
  });
});

describe('a decision', () => {
  it('against a step is the refusal, with its reason', async () => {
    const make = (onCertificate: CertificateVisitor) =>
      createX509Verifier({ provider, trustAnchors: [root.certificate], onCertificate });
    const verifier = watchedVerifier(make, { decide: ({ error }) => error === undefined });
    const refused = verifier.verify(request([leaf, middle.certificate], 'other.test'));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TLS_CERTIFICATE_INVALID', reason: 'name_mismatch' });
    const stubborn = watchedVerifier(make, { decide: ({ depth }) => depth > 1 });
    await expect(stubborn.verify(request([leaf, middle.certificate], 'bank32.com'))).rejects.toMatchObject({
      reason: 'rejected_by_application',
      depth: 1,
    });
    const late = new CertificateInvalid('name_mismatch', 'after all');
    const patient = watchedVerifier(make, { decide: () => true, refusal: () => late });
    await expect(patient.verify(request([leaf, middle.certificate], 'bank32.com'))).rejects.toBe(late);
  });
});
