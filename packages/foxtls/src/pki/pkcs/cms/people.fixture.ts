/**
 * For tests: people with keys of every kind, and certificates for signing and encrypting.
 */

import { keys } from '../../../crypto/node/keys.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import type { KeyGenerationRequest, PrivateKey } from '../../../crypto/signature.ts';
import { createCertificateAuthoritySync } from '../../x509/create-certificate.ts';
import { createExtension } from '../../x509/create-extension.ts';
import type { KeyUsageName } from '../../x509/extensions.ts';
import { issueCertificateSync } from '../../x509/issue-certificate.ts';

export const dates = { validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2036-01-01T00:00:00Z') };

export interface Person {
  readonly certificate: Uint8Array;
  readonly key: PrivateKey;
}

export const ca = createCertificateAuthoritySync({ provider, subject: { commonName: 'CMS CA' }, ...dates });

/** Somebody with a new key. Without `usages`, the certificate says nothing of what the key is for. */
export function person(name: string, request: KeyGenerationRequest, usages: readonly KeyUsageName[] = []): Person {
  const key = keys.generateKey(request);
  const extensions = [
    createExtension('basicConstraints', { cA: false }),
    ...(usages.length === 0 ? [] : [createExtension('keyUsage', new Set(usages))]),
  ];
  const subject = { commonName: name };
  const certificate = issueCertificateSync({
    provider,
    issuer: ca,
    subject,
    publicKey: key.publicKey.spki,
    extensions,
    ...dates,
  });
  return { certificate, key };
}

export const KINDS = {
  rsa: { kind: 'rsa', bits: 2048 },
  'P-256': { kind: 'ec', curve: 'secp256r1' },
  'P-384': { kind: 'ec', curve: 'secp384r1' },
  'P-521': { kind: 'ec', curve: 'secp521r1' },
  Ed25519: { kind: 'ed25519' },
} as const satisfies Record<string, KeyGenerationRequest>;
