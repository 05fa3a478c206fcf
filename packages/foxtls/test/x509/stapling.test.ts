/**
 * Stapled OCSP responses in the TLS 1.3 handshake (RFC 8446 §4.4.2.1), verified: what each end comes to, and which alert says so.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import type { TlsConnection } from '../../src/connection/connection.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { exchange, Recorder } from '../../src/connection/pair.fixture.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import { type CreatedCertificate, createCertificate, createCertificateAuthority } from '../../src/pki/x509/create-certificate.ts';
import { createExtension, MUST_STAPLE } from '../../src/pki/x509/create-extension.ts';
import { createRevocationChecker, type RevocationOptions } from '../../src/pki/x509/revocation/checker.ts';
import { createOcspResponseSync, type OcspStatus } from '../../src/pki/x509/revocation/create-ocsp-response.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';

const NOW = Date.parse('2026-06-01T12:00:00Z');
const HOUR = 3_600_000;
const VALID = { validFrom: new Date('2026-01-01'), validTo: new Date('2027-01-01') };
const GOOD: OcspStatus = { status: 'good' };

let root: CreatedCertificate;
let plain: CreatedCertificate;
let demanding: CreatedCertificate;
let client: CreatedCertificate;
beforeAll(async () => {
  root = await createCertificateAuthority({ provider, subject: { commonName: 'Root' }, ...VALID });
  const common = { provider, issuer: root, dnsNames: ['localhost'], ...VALID };
  plain = await createCertificate(common);
  demanding = await createCertificate({ ...common, extensions: [createExtension('tlsFeature', MUST_STAPLE)] });
  client = await createCertificate({ ...common, dnsNames: [], subject: { commonName: 'client' }, purposes: ['clientAuth'] });
});

function responseFor({ certificate }: CreatedCertificate, status: OcspStatus = GOOD, age = 0): Uint8Array {
  const [thisUpdate, nextUpdate] = [new Date(NOW - HOUR - age), new Date(NOW + HOUR - age)];
  return createOcspResponseSync({
    provider,
    responder: root,
    producedAt: thisUpdate,
    answers: [{ certificate, issuer: root.certificate, thisUpdate, nextUpdate, ...status }],
  });
}

interface Handshake extends Partial<RevocationOptions> {
  readonly server?: CreatedCertificate;
  readonly staple?: Uint8Array | (() => Promise<Uint8Array>) | undefined;
  readonly requestOcsp?: boolean;
  readonly version?: 'TLSv1.3' | 'TLSv1.2';
}

function verifierWith(options: Partial<RevocationOptions>) {
  return createX509Verifier({
    provider,
    trustAnchors: [root.certificate],
    pathCheck: createRevocationChecker({ provider, policy: 'staple-only', ...options }),
  });
}

/** Waits as long as either end does. */
async function connect(client: TlsConnection, server: TlsConnection): Promise<void> {
  server.start();
  client.start();
  await exchange(client, server);
}

/** Both ends after the handshake. */
async function shake({ server = plain, staple, requestOcsp, version = 'TLSv1.3', ...options }: Handshake) {
  const [ofClient, ofServer] = [new Recorder(), new Recorder()];
  const asked = { versions: [version], ...(requestOcsp !== undefined && { requestOcsp }) };
  const clientConfig = defineClientConfig({ provider, verifier: verifierWith(options), now: () => NOW, ...asked });
  const credential = { kind: 'x509', chain: [server.certificate], signer: server.key, ocspResponse: staple } as const;
  const serverConfig = defineServerConfig({ provider, credentials: [credential], now: () => NOW });
  const ends = [
    createTlsClient(clientConfig, { serverName: 'localhost', onEvent: ofClient.onEvent }),
    createTlsServer(serverConfig, { onEvent: ofServer.onEvent }),
  ] as const;
  await connect(...ends);
  return { client: ofClient, server: ofServer };
}

describe('a client that verifies stapled responses', () => {
  it('asks for one, and goes on with a good one', async () => {
    const { client, server } = await shake({ staple: responseFor(plain) });
    expect(client.error).toBeUndefined();
    expect(client.info).toMatchObject({ peer: { kind: 'verified' }, ocspResponse: expect.any(Uint8Array) });
    expect(server.error).toBeUndefined();
  });

  it('waits for one that the server has to fetch', async () => {
    const { client } = await shake({ staple: async () => responseFor(demanding), server: demanding });
    expect(client.info?.peer.kind).toBe('verified');
  });

  it.each([
    // RFC 5246 §7.2.2: "certificate_revoked A certificate was revoked by its signer."
    // RFC 8446 §6.2: "certificate_revoked: A certificate was revoked by its signer."
    ['that says revoked', { status: 'revoked', revocationDate: new Date(NOW - HOUR) }, 0, 'revoked', 'certificate_revoked'],
    // RFC 8446 §6.2: "bad_certificate_status_response: Sent by clients when an invalid or unacceptable OCSP response is provided by the server"
    ['that knows nothing', { status: 'unknown' }, 0, 'staple_invalid', 'bad_certificate_status_response'],
    ['that is over', GOOD, 2 * HOUR, 'staple_invalid', 'bad_certificate_status_response'],
  ] as const)('refuses one %s, with the alert for it', async (_what, status, age, reason, alert) => {
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const { client, server } = await shake({ staple: responseFor(plain, status, age), policy: 'soft-fail', version });
      expect(client.error).toMatchObject({ code: 'ERR_TLS_CERTIFICATE_INVALID', reason, alert });
      expect(server.error).toMatchObject({ code: 'ERR_TLS_ALERT_RECEIVED', description: alert });
    }
  });

  it('refuses a response for another certificate', async () => {
    const { client } = await shake({ staple: responseFor(demanding) });
    expect(client.error).toMatchObject({ reason: 'staple_invalid', cause: [{ reason: 'certificate_not_answered' }] });
  });

  // RFC 6066 §8: "abort the handshake if the response is not satisfactory with bad_certificate_status_response(113) alert"
  it('refuses a server that has to staple one and does not', async () => {
    const { client, server } = await shake({ server: demanding, policy: 'soft-fail' });
    expect(client.error).toMatchObject({ reason: 'staple_missing', alert: 'bad_certificate_status_response' });
    expect(server.error).toMatchObject({ description: 'bad_certificate_status_response' });
    expect(
      (await shake({ server: demanding, policy: 'soft-fail', staple: responseFor(demanding) })).client.error,
    ).toBeUndefined();
  });

  // RFC 6066 §11.6: "a client that requires OCSP validation of certificates SHOULD either contact the OCSP server directly or abort the handshake"
  it('does without, where the policy lets it', async () => {
    expect((await shake({ policy: 'soft-fail' })).client.info?.peer.kind).toBe('verified');
    expect((await shake({ policy: 'staple-only' })).client.error).toMatchObject({ reason: 'staple_missing' });
  });

  // RFC 5246 §7.2.2: "certificate_unknown Some other (unspecified) issue arose in processing the certificate, rendering it unacceptable."
  it('says certificate_unknown where the policy does not let it do without', async () => {
    for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
      const { client, server } = await shake({ policy: 'hard-fail', version });
      expect(client.error).toMatchObject({ reason: 'revocation_unknown', alert: 'certificate_unknown' });
      expect(server.error).toMatchObject({ description: 'certificate_unknown' });
    }
  });

  it('judges the response of every handshake, also with a server that it knows', async () => {
    const verifier = verifierWith({});
    const config = defineClientConfig({ provider, verifier, now: () => NOW });
    const outcomes: unknown[] = [];
    for (const status of [GOOD, GOOD, { status: 'revoked', revocationDate: new Date(NOW - HOUR) }] as const) {
      const recorder = new Recorder();
      const credential = {
        kind: 'x509',
        chain: [plain.certificate],
        signer: plain.key,
        ocspResponse: responseFor(plain, status),
      } as const;
      const serverConfig = defineServerConfig({ provider, credentials: [credential], now: () => NOW, tickets: 0 });
      await connect(
        createTlsClient(config, { serverName: 'localhost', onEvent: recorder.onEvent }),
        createTlsServer(serverConfig, { onEvent: () => {} }),
      );
      outcomes.push(recorder.error === undefined ? 'connected' : (recorder.error as { reason?: string }).reason);
    }
    expect(outcomes).toEqual(['connected', 'connected', 'revoked']);
  });
});

it('a server asks its clients, and verifies what they staple', async () => {
  const outcome = async (ocspResponse: Uint8Array | undefined) => {
    const [ofClient, ofServer] = [new Recorder(), new Recorder()];
    const credential = { kind: 'x509', chain: [client.certificate], signer: client.key, ocspResponse } as const;
    const trusting = createX509Verifier({ provider, trustAnchors: [root.certificate] });
    const clientConfig = defineClientConfig({ provider, verifier: trusting, credentials: [credential], now: () => NOW });
    const serverConfig = defineServerConfig({
      provider,
      credentials: [{ kind: 'x509', chain: [plain.certificate], signer: plain.key }],
      clientCertificates: 'require',
      verifier: verifierWith({}),
      now: () => NOW,
    });
    await connect(
      createTlsClient(clientConfig, { serverName: 'localhost', onEvent: ofClient.onEvent }),
      createTlsServer(serverConfig, { onEvent: ofServer.onEvent }),
    );
    return ofServer;
  };
  expect((await outcome(responseFor(client))).info?.peer.kind).toBe('verified');
  expect((await outcome(undefined)).error).toMatchObject({ reason: 'staple_missing' });
});
