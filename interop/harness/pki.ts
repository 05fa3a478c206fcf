/**
 * The certificates of interop tests, made by our own library and written as PEM for the peers.
 *
 * ```
 * ca.pem, ca-key.pem    one root (ECDSA P-256)
 *  ├ intermediate.pem ─ chained.pem, chained-key.pem    localhost, 127.0.0.1
 *  ├ server-<kind>.pem, server-<kind>-key.pem    localhost, 127.0.0.1
 *  └ client-<kind>.pem, client-<kind>-key.pem    CN=client-<kind>
 * stranger.pem    a root that signed nothing here
 * ```
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import type { KeyGenerationRequest } from '../../packages/foxtls/src/crypto/signature.ts';
import { formatPrivateKeyPem } from '../../packages/foxtls/src/pki/pkcs/private-key.ts';
import {
  type CreatedCertificate,
  createCertificate,
  createCertificateAuthority,
  formatCertificatePem,
} from '../../packages/foxtls/src/pki/x509/create-certificate.ts';
import type { X509Credential } from '../../packages/foxtls/src/protocol/handshake/credential.ts';

/** The kinds of leaf keys. */
export const KEYS = {
  p256: { kind: 'ec', curve: 'secp256r1' },
  p384: { kind: 'ec', curve: 'secp384r1' },
  rsa: { kind: 'rsa', bits: 2048 },
  ed25519: { kind: 'ed25519' },
} as const satisfies Record<string, KeyGenerationRequest>;

export type KeyName = keyof typeof KEYS;

export interface Leaf {
  readonly credential: X509Credential;
  /** PEM texts, and the files that hold them. */
  readonly cert: string;
  readonly key: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly created: CreatedCertificate;
}

export interface InteropPki {
  readonly folder: string;
  /** A path in the folder. */
  path(name: string): string;
  /** PEM text of the root, its file, and its DER. */
  readonly ca: string;
  readonly caPath: string;
  readonly caKeyPath: string;
  readonly anchors: readonly Uint8Array[];
  readonly strangerPath: string;
  readonly strangerAnchors: readonly Uint8Array[];
  readonly servers: Readonly<Record<KeyName, Leaf>>;
  readonly clients: Readonly<Record<KeyName, Leaf>>;
  /** A server's certificate below an intermediate authority, which is in `credential.chain` and in its own file. */
  readonly chained: Leaf & { readonly intermediatePath: string };
  remove(): void;
}

const VALID = { validFrom: new Date('2020-01-01'), validTo: new Date('2049-01-01') };

/** Makes everything in a new temporary folder; `remove()` it in the end. */
export async function createInteropPki(): Promise<InteropPki> {
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-interop-'));
  const path = (name: string) => join(folder, name);
  const root = await createCertificateAuthority({ provider, subject: { commonName: 'Interop Root' }, ...VALID });
  const stranger = await createCertificateAuthority({ provider, subject: { commonName: 'Stranger' }, ...VALID });
  writeFileSync(path('ca.pem'), formatCertificatePem(root.certificate));
  writeFileSync(path('ca-key.pem'), formatPrivateKeyPem(root.key.exportPkcs8()), { mode: 0o600 });
  writeFileSync(path('stranger.pem'), formatCertificatePem(stranger.certificate));
  const leaves = async (role: 'server' | 'client') => {
    const made: Partial<Record<KeyName, Leaf>> = {};
    for (const name of Object.keys(KEYS) as KeyName[])
      made[name] = writeLeaf(path, `${role}-${name}`, await createLeaf(root, role, name));
    return made as Record<KeyName, Leaf>;
  };
  const intermediate = await createCertificateAuthority({
    provider,
    issuer: root,
    subject: { commonName: 'Interop Intermediate' },
    pathLength: 0,
    ...VALID,
  });
  writeFileSync(path('intermediate.pem'), formatCertificatePem(intermediate.certificate));
  const chained = writeLeaf(path, 'chained', await createLeaf(intermediate, 'server', 'p256'));
  const chain = [...chained.credential.chain, intermediate.certificate];
  return {
    chained: { ...chained, credential: { ...chained.credential, chain }, intermediatePath: path('intermediate.pem') },
    folder,
    path,
    ca: formatCertificatePem(root.certificate),
    caPath: path('ca.pem'),
    caKeyPath: path('ca-key.pem'),
    anchors: [root.certificate],
    strangerPath: path('stranger.pem'),
    strangerAnchors: [stranger.certificate],
    servers: await leaves('server'),
    clients: await leaves('client'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function createLeaf(root: CreatedCertificate, role: 'server' | 'client', name: KeyName): Promise<CreatedCertificate> {
  const common = { provider, issuer: root, key: KEYS[name], ...VALID };
  return role === 'server'
    ? createCertificate({ ...common, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] })
    : createCertificate({ ...common, subject: { commonName: `client-${name}` }, purposes: ['clientAuth'] });
}

function writeLeaf(path: (name: string) => string, name: string, created: CreatedCertificate): Leaf {
  const leaf = {
    credential: { kind: 'x509', chain: [created.certificate], signer: created.key } as const,
    cert: formatCertificatePem(created.certificate),
    key: formatPrivateKeyPem(created.key.exportPkcs8()),
    certPath: path(`${name}.pem`),
    keyPath: path(`${name}-key.pem`),
    created,
  };
  writeFileSync(leaf.certPath, leaf.cert);
  writeFileSync(leaf.keyPath, leaf.key, { mode: 0o600 });
  return leaf;
}
