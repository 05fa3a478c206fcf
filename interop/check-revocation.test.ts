/** `foxtls check` where certificates are revoked, and where one is missing: by OCSP, by a CRL, by what is stapled. */

import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { OID } from '../packages/foxtls/src/core/asn1/object-identifiers.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { parseCertificate } from '../packages/foxtls/src/pki/x509/certificate.ts';
import type { CreatedCertificate } from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { createDistributionPoint, createExtension, MUST_STAPLE } from '../packages/foxtls/src/pki/x509/create-extension.ts';
import { createCertificateRevocationList } from '../packages/foxtls/src/pki/x509/revocation/create-certificate-list.ts';
import { createOcspRequest } from '../packages/foxtls/src/pki/x509/revocation/ocsp-request.ts';
import { createOcspResponder } from '../packages/foxtls/src/pki/x509/revocation/ocsp-responder.ts';
import { checkedServers, inDays, keyOf, listen, pem, serve } from './harness/checked-servers.ts';

const { path, world, leaf, check } = checkedServers();

describe('revocation', () => {
  /** A web server of the authority: its CRL, its responder, its certificate. */
  async function startAuthority(revoked: () => string | undefined) {
    const responder = createOcspResponder({
      provider,
      issuer: world.intermediate.certificate,
      responder: world.intermediate,
      lookUp: (serial) =>
        serial === revoked() ? { status: 'revoked', revocationDate: inDays(-1), reason: 'keyCompromise' } : { status: 'good' },
    });
    const server = createHttpServer(async (request, response) => {
      if (request.url === '/ca.cer') return response.end(world.intermediate.certificate);
      if (request.url === '/ca.crl') return response.end(await makeCrl(revoked()));
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      return response.end(await responder.respond(Buffer.concat(body), new Date()));
    });
    return { url: `http://127.0.0.1:${await listen(server)}`, responder };
  }

  const makeCrl = (serialNumber: string | undefined) =>
    createCertificateRevocationList({
      issuer: world.intermediate,
      number: 1,
      thisUpdate: inDays(-1),
      nextUpdate: inDays(1),
      revoked: serialNumber === undefined ? [] : [{ serialNumber, revocationDate: inDays(-1), reason: 'keyCompromise' }],
    });

  const pointers = (url: string, ...which: ('ocsp' | 'crl' | 'issuer')[]) => {
    const at = (method: string, value: string) => ({
      accessMethod: method,
      accessLocation: { kind: 'uniformResourceIdentifier', value } as const,
    });
    const access = [
      ...(which.includes('ocsp') ? [at(OID['id-ad-ocsp'], `${url}/ocsp`)] : []),
      ...(which.includes('issuer') ? [at('1.3.6.1.5.5.7.48.2', `${url}/ca.cer`)] : []),
    ];
    return [
      ...(access.length > 0 ? [createExtension('authorityInfoAccess', access)] : []),
      ...(which.includes('crl') ? [createExtension('cRLDistributionPoints', [createDistributionPoint(`${url}/ca.crl`)])] : []),
    ];
  };

  const serialOf = ({ certificate }: CreatedCertificate) => parseCertificate(certificate).serialNumber;

  it.each(['ocsp', 'crl'] as const)('is asked for where the certificate says: %s', async (way) => {
    let revoked: string | undefined;
    const { url } = await startAuthority(() => revoked);
    const own = await leaf({ extensions: pointers(url, way) });
    const port = await serve([own, world.intermediate]);
    const name = way.toUpperCase();
    const good = await check(`localhost:${port}`, '--allow-private');
    expect([good.code, good.lines]).toEqual([0, expect.arrayContaining([`✓ ${name}: CN = localhost is not revoked`])]);
    revoked = serialOf(own);
    const bad = await check(`localhost:${port}`, '--allow-private');
    expect(bad.code).toBe(1);
    expect(bad.text).toMatch(
      new RegExp(
        `✗ ${name}: CN = localhost was revoked .* \\(keyCompromise\\)\\n.*cause: its issuer has taken it back\\n.*cure: .*new key`,
      ),
    );
    const offline = await check(`localhost:${port}`, '--offline');
    expect(offline.code).toBe(0);
    const refused = await check(`localhost:${port}`);
    expect(refused.text).toMatch(new RegExp(`! ${name}: CN = localhost: .*(private|refused|not)`));
  });

  it('is looked up in a CRL that is given', async () => {
    const own = await leaf();
    const port = await serve([own, world.intermediate]);
    writeFileSync(path('ca.crl'), await makeCrl(serialOf(own)));
    const report = await check(`localhost:${port}`, '--offline', '--crl', path('ca.crl'));
    expect([report.code, report.text]).toEqual([1, expect.stringContaining('✗ CRL: CN = localhost was revoked')]);
  });

  it.each([false, true])('is read from a stapled response, revoked: %s', async (isRevoked) => {
    let revoked: string | undefined;
    const { responder } = await startAuthority(() => revoked);
    const own = await leaf();
    revoked = isRevoked ? serialOf(own) : undefined;
    const request = createOcspRequest({
      provider,
      certificates: [{ certificate: own.certificate, issuer: world.intermediate.certificate }],
    });
    const response = Buffer.from(await responder.respond(request, new Date()));
    const server = createTlsServer({ cert: pem(own, world.intermediate), key: keyOf(own) });
    server.on('tlsClientError', () => undefined);
    server.on('OCSPRequest', (_certificate, _issuer, callback) => callback(null, response));
    const report = await check(`localhost:${await listen(server)}`, '--offline');
    expect(report.code).toBe(isRevoked ? 1 : 0);
    expect(report.text).toContain(
      isRevoked ? '✗ stapled: CN = localhost was revoked' : '✓ stapled: CN = localhost is not revoked',
    );
  });

  it('misses a stapled response that the certificate demands', async () => {
    const port = await serve([await leaf({ extensions: [createExtension('tlsFeature', MUST_STAPLE)] }), world.intermediate]);
    const report = await check(`localhost:${port}`, '--offline');
    expect(report.text).toMatch(/✗ the certificate demands a stapled OCSP response\n.*\n.*switch OCSP stapling on/);
  });

  it('finds a missing intermediate certificate where the certificate says, and tells which it is', async () => {
    const { url } = await startAuthority(() => undefined);
    const port = await serve([await leaf({ extensions: pointers(url, 'issuer') })]);
    const report = await check(`localhost:${port}`, '--allow-private');
    expect(report.code).toBe(1);
    expect(report.text).toMatch(/✗ an intermediate certificate is missing: CN = Check Intermediate\n.*\n.*cure: .*append it/);
  });
});
