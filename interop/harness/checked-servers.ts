/**
 * Servers for `foxtls check`: certificates of a small world of their own, servers of node:tls that show them, and what the command says of them.
 */

import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { formatPrivateKeyPem } from '../../packages/foxtls/src/pki/pkcs/private-key.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  type EndEntityOptions,
  formatCertificatePem,
} from '../../packages/foxtls/src/pki/x509/create-certificate.ts';
import { foxtlsPrograms } from './programs.ts';

const DAY = 24 * 60 * 60 * 1000;
export const inDays = (days: number) => new Date(Date.now() + days * DAY);
export const VALID = { validFrom: inDays(-10), validTo: inDays(100) };

export interface World {
  readonly root: CreatedCertificate;
  readonly intermediate: CreatedCertificate;
}

export const pem = (...certificates: readonly CreatedCertificate[]) =>
  certificates.map(({ certificate }) => formatCertificatePem(certificate)).join('');
export const keyOf = ({ key }: CreatedCertificate) => formatPrivateKeyPem(key.exportPkcs8());

export async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

/** A server of node:tls that says nothing of its own. */
export async function serve(chain: readonly CreatedCertificate[], options: TlsOptions = {}): Promise<string> {
  const server = createTlsServer({ cert: pem(...chain), key: keyOf(chain[0] as CreatedCertificate), ...options });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket: TLSSocket) => socket.on('error', () => undefined).resume());
  return listen(server);
}

export interface Report {
  readonly code: number | null;
  /** Lines with their marks. */
  readonly lines: readonly string[];
  readonly text: string;
}

export const failures = ({ lines }: Report) => lines.filter((line) => line.startsWith('✗'));

/** To be called once, where the tests of a file are described. */
export function checkedServers() {
  const { foxtls, inTerminal } = foxtlsPrograms({ NO_COLOR: '1' });
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-check-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  /** Filled before the tests. */
  const world = {} as World;

  beforeAll(async () => {
    const long = { validFrom: inDays(-100), validTo: inDays(1000) };
    const root = await createCertificateAuthority({ provider, subject: { commonName: 'Check Root' }, ...long });
    const intermediate = await createCertificateAuthority({
      provider,
      subject: { commonName: 'Check Intermediate' },
      issuer: root,
      ...long,
    });
    Object.assign(world, { root, intermediate });
    writeFileSync(path('root.pem'), formatCertificatePem(root.certificate));
  });

  /** A certificate for this machine, by the intermediate one unless told otherwise. */
  function leaf(options: Partial<EndEntityOptions> & { readonly issuer?: CreatedCertificate } = {}): Promise<CreatedCertificate> {
    const { issuer = world.intermediate, ...rest } = options;
    return createCertificate({
      provider,
      issuer,
      subject: { commonName: 'localhost' },
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      ...VALID,
      ...rest,
    });
  }

  /** What the command says of a server, with the root trusted. */
  async function check(target: string, ...args: string[]): Promise<Report> {
    const program = foxtls('check', target, '--ca', path('root.pem'), ...args);
    program.endInput();
    const { code } = await program.exited(60_000);
    expect(program.errors).toBe('');
    const text = program.bytes.toString();
    return { code, text, lines: text.split('\n').map((line) => line.trim()) };
  }

  return { foxtls, inTerminal, folder, path, world, leaf, check };
}
