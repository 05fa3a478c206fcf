import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { CreatedCertificate } from '../pki/x509/create-certificate.ts';
import { formatCrlPem } from '../pki/x509/revocation/certificate-list.ts';
import {
  type CertificateRevocationListOptions,
  createCertificateRevocationListSync,
} from '../pki/x509/revocation/create-certificate-list.ts';
import { authority, client, next, open, PAIRINGS, type Socket, server, strangerCa } from './endpoints.fixture.ts';

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR);

function crlOf(issuer: CreatedCertificate, fields: Partial<CertificateRevocationListOptions> = {}): string {
  const dates = { thisUpdate: inHours(-1), nextUpdate: inHours(1) };
  return formatCrlPem(createCertificateRevocationListSync({ issuer, number: 1, ...dates, revoked: [], ...fields }));
}

const revoking = (pem: string) => ({
  revoked: [{ serialNumber: new X509Certificate(pem).serialNumber, revocationDate: inHours(-2) }],
});

/** The signature of another CRL of the same key. */
function forged(): string {
  const der = Buffer.from(crlOf(authority).replace(/-----.*-----|\s/g, ''), 'base64');
  der[der.length - 1] = (der.at(-1) as number) ^ 1;
  return formatCrlPem(der);
}

const CASES: readonly (readonly [title: string, crl: string | readonly string[], outcome: string])[] = [
  ['that lists nobody', crlOf(authority), 'secure'],
  ['that lists the peer', crlOf(authority, revoking(server.cert)), 'CERT_REVOKED'],
  ['that lists somebody else', crlOf(authority, revoking(client.cert)), 'secure'],
  ['of somebody else', crlOf(strangerCa), 'UNABLE_TO_GET_CRL'],
  ['that is over', crlOf(authority, { thisUpdate: inHours(-3), nextUpdate: inHours(-2) }), 'CRL_HAS_EXPIRED'],
  ['of tomorrow', crlOf(authority, { thisUpdate: inHours(24), nextUpdate: inHours(48) }), 'CRL_NOT_YET_VALID'],
  ['that was changed', forged(), 'CRL_SIGNATURE_FAILURE'],
  ['among others', [crlOf(strangerCa), crlOf(authority, revoking(server.cert))], 'CERT_REVOKED'],
];

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openClosing(...parameters: Parameters<typeof open>) {
  const opened = await open(...parameters);
  closers.push(opened.close);
  return opened;
}

async function outcomeOf(socket: Socket): Promise<string> {
  const error = next<Error & { code?: string }>(socket, 'error').then(({ code }) => code ?? 'no code');
  return Promise.race([error, next(socket, 'secureConnect').then(() => 'secure')]);
}

describe.each(PAIRINGS)('$title: a client with a CRL', (pairing) => {
  it.each(CASES)('%s', async (_title, crl, outcome) => {
    const { connect } = await openClosing(pairing);
    expect(await outcomeOf(connect({ crl }))).toBe(outcome);
  });
});

describe.each(PAIRINGS)('$title: a server with a CRL', (pairing) => {
  it.each([
    ['lets those in that are not listed', {}, true],
    ['reports those that are', revoking(client.cert), 'CERT_REVOKED'],
  ] as const)('%s', async (_title, fields, expected) => {
    const options = { requestCert: true, rejectUnauthorized: false, ca: [pemOf(authority)], crl: crlOf(authority, fields) };
    const { listener, connect } = await openClosing(pairing, options);
    const accepted = next<Socket>(listener, 'secureConnection');
    connect({ ...client });
    const { authorized, authorizationError } = await accepted;
    expect(authorized || authorizationError).toBe(expected);
  });
});

function pemOf({ certificate }: CreatedCertificate): string {
  return new X509Certificate(certificate).toString();
}
