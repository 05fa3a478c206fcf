import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CertificateInvalid } from '../core/errors/errors.ts';
import type { Name } from '../pki/x509/name.ts';
import { createX509Verifier, type X509VerifierOptions } from '../pki/x509/verifier.ts';
import type { CertificateVisit, VisitAnswer } from '../pki/x509/verify-hook.ts';
import { authority, ca, client, next, open, other, PAIRINGS, type Socket } from './endpoints.fixture.ts';
import { provider } from './provider.ts';
import tls from './tls.ts';
import { findInTrustFolder, rehashFolder } from './trust-folder.ts';

const [, , OURS] = PAIRINGS;
const verifierOf = (options: Partial<X509VerifierOptions> = {}) =>
  createX509Verifier({ provider, trustAnchors: [authority.certificate], ...options });

let closeAll = async () => {};
afterEach(() => closeAll());

/** Connects with a verifier of one's own: the socket once it is secure, or the error. */
async function connectBy(options: object, serverOptions: object = {}): Promise<Socket | (Error & { code?: string })> {
  const opened = await open(OURS, serverOptions);
  closeAll = opened.close;
  const socket = opened.connect({ ca: undefined, ...options });
  return Promise.race([next(socket, 'secureConnect').then(() => socket), next<Error>(socket, 'error')]);
}

describe('a verifier of one’s own', () => {
  it('decides about the chain', async () => {
    expect(await connectBy({ verifier: verifierOf() })).toMatchObject({ authorized: true, authorizationError: null });
    expect(await connectBy({ verifier: verifierOf({ trustAnchors: [] }) })).toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    });
  });

  it('decides about the name', async () => {
    const refused = await connectBy({ verifier: verifierOf() }, other);
    expect((refused as Error & { cause: CertificateInvalid }).cause.reason).toBe('name_mismatch');
    const visits: CertificateVisit[] = [];
    const onCertificate = (visit: CertificateVisit): VisitAnswer => {
      visits.push(visit);
      return 'dangerously_accept_problem';
    };
    const accepted = await connectBy({ verifier: verifierOf({ onCertificate }) }, other);
    expect(accepted).toMatchObject({ authorized: false, authorizationError: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(visits.map(({ depth, problem }) => [depth, problem?.reason])).toEqual([
      [1, undefined],
      [0, 'name_mismatch'],
    ]);
  });

  it('reports instead of deciding with `rejectUnauthorized: false`', async () => {
    const socket = await connectBy({ verifier: verifierOf({ trustAnchors: [] }), rejectUnauthorized: false });
    expect(socket).toMatchObject({ authorized: false, authorizationError: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  it('decides about clients, and its authorities are named to them', async () => {
    const serverOptions = { verifier: verifierOf(), requestCert: true };
    const socket = (await connectBy({ verifier: verifierOf(), ...client }, serverOptions)) as Socket;
    expect(socket).toMatchObject({ authorized: true });
    expect(socket.connectionInfo?.certificateRequest?.authorities).toHaveLength(1);
  });

  it('finds anchors in a folder with hashed names when they are needed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foxtls-anchors-'));
    try {
      writeFileSync(join(folder, 'ca.pem'), ca);
      expect(rehashFolder(folder).made).toHaveLength(1);
      const findTrustAnchors = (name: Name) => findInTrustFolder(folder, name);
      expect(await connectBy({ verifier: verifierOf({ trustAnchors: [], findTrustAnchors }) })).toMatchObject({
        authorized: true,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('stands beside nothing that would decide, too', () => {
    const verifier = verifierOf();
    expect(() => tls.connect({ port: 1, verifier, ca })).toThrow(/`verifier` decides alone/);
    expect(() => tls.connect({ port: 1, verifier, checkServerIdentity: () => undefined })).toThrow(
      /leave `checkServerIdentity` out/,
    );
    expect(() => tls.createSecureContext({ verifier: {} as never })).toThrow(/PeerVerifier/);
  });
});
