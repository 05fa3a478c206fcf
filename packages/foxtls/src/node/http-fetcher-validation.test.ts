import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OID } from '../core/asn1/object-identifiers.ts';
import { parseCertificate } from '../pki/x509/certificate.ts';
import { createCertificateAuthoritySync, createCertificateSync } from '../pki/x509/create-certificate.ts';
import { createDistributionPoint, createExtension } from '../pki/x509/create-extension.ts';
import { createGeneralName } from '../pki/x509/create-general-name.ts';
import { createRevocationChecker } from '../pki/x509/revocation/checker.ts';
import { createCertificateRevocationListSync } from '../pki/x509/revocation/create-certificate-list.ts';
import { createOcspResponder } from '../pki/x509/revocation/ocsp-responder.ts';
import { validateCertificate } from '../pki/x509/validate-certificate.ts';
import { createHttpFetcher } from './http-fetcher.ts';
import { provider } from './provider.ts';

/** Answers over HTTP: bytes by path, and a responder. */
const pages = new Map<string, Uint8Array>();
const asked: string[] = [];
let respond = async (_: Uint8Array): Promise<Uint8Array> => new Uint8Array(0);

const server = createServer(async (request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const parts: Uint8Array[] = [];
  for await (const part of request as AsyncIterable<Uint8Array>) parts.push(part);
  const page = request.url === '/ocsp' ? await respond(new Uint8Array(Buffer.concat(parts))) : pages.get(request.url ?? '');
  if (page === undefined) response.writeHead(404).end();
  else response.end(page);
});

const dates = { validFrom: new Date('2026-01-01'), validTo: new Date('2036-01-01') };
const at = new Date('2026-06-01');
const root = createCertificateAuthoritySync({ provider, subject: { commonName: 'Root' }, ...dates });
const authority = createCertificateAuthoritySync({ provider, subject: { commonName: 'Authority' }, issuer: root, ...dates });

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => void server.close());

/** A certificate whose pointers lead to the server of this file. */
function leafWith(pointers: { readonly issuer?: boolean; readonly crl?: boolean; readonly ocsp?: boolean }) {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const access = (oid: string, path: string) => ({ accessMethod: oid, accessLocation: createGeneralName('uri', origin + path) });
  const accesses = [
    ...(pointers.issuer ? [access(OID['id-ad-caIssuers'], '/authority.cer')] : []),
    ...(pointers.ocsp ? [access(OID['id-ad-ocsp'], '/ocsp')] : []),
  ];
  return createCertificateSync({
    provider,
    issuer: authority,
    dnsNames: ['example.com'],
    ...dates,
    extensions: [
      ...(accesses.length === 0 ? [] : [createExtension('authorityInfoAccess', accesses)]),
      ...(pointers.crl ? [createExtension('cRLDistributionPoints', [createDistributionPoint(`${origin}/authority.crl`)])] : []),
    ],
  }).certificate;
}

function validate(certificate: Uint8Array, options: object = {}) {
  return validateCertificate({
    provider,
    certificate,
    trustAnchors: [root.certificate],
    at,
    serverName: 'example.com',
    ...options,
  });
}

const fetcher = createHttpFetcher({ allowPrivateAddresses: true });
const revocation = () => createRevocationChecker({ provider, policy: 'hard-fail', scope: 'leaf', fetcher });

describe('what certificates point to, over HTTP', () => {
  it('an issuer that was not sent is fetched, by those who ask for it', async () => {
    pages.set('/authority.cer', authority.certificate);
    const leaf = leafWith({ issuer: true });
    expect(await validate(leaf)).toMatchObject({ isValid: false, problem: { reason: 'issuer_unknown' } });
    expect(await validate(leaf, { issuerFetcher: fetcher })).toMatchObject({ isValid: true });
  });

  it('nothing of a private network is asked unless it is allowed, and the report says so', async () => {
    asked.length = 0;
    const result = await validate(leafWith({ issuer: true }), { issuerFetcher: createHttpFetcher() });
    expect(result).toMatchObject({ isValid: false, problem: { reason: 'issuer_unknown' } });
    expect(result.report.skipped.map(({ problem }) => problem.message)).toEqual([expect.stringContaining('private network')]);
    expect(asked).toEqual([]);
  });

  it('a CRL is fetched, and what it lists is revoked', async () => {
    const leaf = leafWith({ crl: true });
    const options = { intermediates: [authority.certificate] };
    const publish = (serialNumbers: readonly string[]) =>
      pages.set(
        '/authority.crl',
        createCertificateRevocationListSync({
          issuer: authority,
          number: 1,
          thisUpdate: new Date('2026-05-31'),
          nextUpdate: new Date('2026-06-07'),
          revoked: serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: new Date('2026-05-30') })),
        }),
      );
    expect(await validate(leaf, { ...options, pathCheck: revocation() })).toMatchObject({
      problem: { reason: 'revocation_unknown' },
    });
    publish([]);
    expect(await validate(leaf, { ...options, pathCheck: revocation() })).toMatchObject({ isValid: true });
    publish([parseCertificate(leaf).serialNumber]);
    expect(await validate(leaf, { ...options, pathCheck: revocation() })).toMatchObject({ problem: { reason: 'revoked' } });
  });

  it('a responder is asked by POST', async () => {
    const leaf = leafWith({ ocsp: true });
    const revoked = new Set<string>();
    const responder = createOcspResponder({
      provider,
      issuer: authority.certificate,
      responder: authority,
      lookUp: (serialNumber) =>
        revoked.has(serialNumber) ? { status: 'revoked', revocationDate: new Date('2026-05-30') } : { status: 'good' },
    });
    respond = async (request) => responder.respond(request, at);
    asked.length = 0;
    const options = { intermediates: [authority.certificate] };
    expect(await validate(leaf, { ...options, pathCheck: revocation() })).toMatchObject({ isValid: true });
    expect(asked).toEqual(['POST /ocsp']);
    revoked.add(parseCertificate(leaf).serialNumber);
    expect(await validate(leaf, { ...options, pathCheck: revocation() })).toMatchObject({ problem: { reason: 'revoked' } });
  });
});
