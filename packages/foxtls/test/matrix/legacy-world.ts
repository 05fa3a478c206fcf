/**
 * What tests of `foxtls/legacy` need on both ends: for each suite the certificates, keys and schemes that go with it.
 */

import { generateKeyPairSync } from 'node:crypto';
import type { ClientOptions, ServerOptions } from '../../src/connection/config.ts';
import { VALID } from '../../src/connection/pair.fixture.ts';
import { toHex, utf8 } from '../../src/core/bytes/bytes.ts';
import { runSync, settle } from '../../src/core/flow/flow.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { KeyGenerationRequest, PrivateKey } from '../../src/crypto/signature.ts';
import { legacy } from '../../src/legacy.ts';
import {
  type CreatedCertificate,
  createCertificateAuthoritySync,
  createCertificateSync,
} from '../../src/pki/x509/create-certificate.ts';
import { createExtension } from '../../src/pki/x509/create-extension.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { Tls12CipherSuiteParts } from '../../src/protocol/handshake/tls12/cipher-suites.ts';

const provider = nodeProvider;

export type KeyName = 'rsa' | 'ec' | 'dsa';

/** One authority, and a certificate of a server and of a client of each kind of key; all may be used for everything. */
export interface LegacyWorld {
  readonly anchor: Uint8Array;
  readonly server: Readonly<Record<KeyName, X509Credential>>;
  readonly client: Readonly<Record<KeyName, X509Credential>>;
  /** Of a server, with a keyUsage that has digitalSignature alone. */
  readonly signingOnly: Readonly<Record<'rsa' | 'ec', X509Credential>>;
}

const MORE_USES: readonly ('keyEncipherment' | 'keyAgreement')[] = ['keyEncipherment', 'keyAgreement'];

export function createLegacyWorld(): LegacyWorld {
  const issuer = createCertificateAuthoritySync({ provider, subject: { commonName: 'Old Root' }, ...VALID });
  const keys: Readonly<Record<KeyName, () => PrivateKey | KeyGenerationRequest>> = {
    rsa: () => ({ kind: 'rsa', bits: 2048 }),
    ec: () => ({ kind: 'ec', curve: 'secp256r1' }),
    dsa: dsaKey,
  };
  const make = (purpose: 'serverAuth' | 'clientAuth', name: KeyName, more = MORE_USES) => {
    const names = purpose === 'serverAuth' ? { dnsNames: ['localhost'] } : { subject: { commonName: `Client ${name}` } };
    const usage = createExtension('keyUsage', new Set(['digitalSignature', ...more] as const));
    return credential(
      createCertificateSync({
        provider,
        issuer,
        key: keys[name](),
        purposes: [purpose],
        extensions: [usage],
        ...names,
        ...VALID,
      }),
    );
  };
  const all = (purpose: 'serverAuth' | 'clientAuth') => ({
    rsa: make(purpose, 'rsa'),
    ec: make(purpose, 'ec'),
    dsa: make(purpose, 'dsa'),
  });
  const signingOnly = { rsa: make('serverAuth', 'rsa', []), ec: make('serverAuth', 'ec', []) };
  return { anchor: issuer.certificate, server: all('serverAuth'), client: all('clientAuth'), signingOnly };
}

/** A certificate and its key, for signing and for whatever else it can. */
export function credential({ certificate, key }: CreatedCertificate): X509Credential {
  const decrypter =
    key.type.kind === 'dsa' ? undefined : runSync(settle(provider.keyEncryption?.importDecrypter(key.exportPkcs8())));
  return { kind: 'x509', chain: [certificate], signer: key, decrypter };
}

function dsaKey(): PrivateKey {
  const { privateKey } = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 });
  return runSync(settle(provider.keys.importPrivateKey(Uint8Array.from(privateKey.export({ type: 'pkcs8', format: 'der' })))));
}

export const PRE_SHARED_KEY = { identity: utf8('sensor-17'), key: utf8('sixteen bytes or more of a secret') };

/** The schemes that go with everything here. */
export const SCHEMES = ['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256', 'dsa_sha256_RESERVED'];

/** Which key the server needs for a suite; undefined for none. */
export function keyOf({ keyExchange, authentication }: Tls12CipherSuiteParts): KeyName | undefined {
  if (keyExchange.certificateKey === 'unused') return undefined;
  if (keyExchange.certificateKey === 'agrees' || authentication === 'ECDSA') return 'ec';
  return authentication === 'DSS' ? 'dsa' : 'rsa';
}

export const verifierOf = ({ anchor }: LegacyWorld) =>
  createX509Verifier({ provider, trustAnchors: [anchor], algorithmPolicy: { dangerouslyAllowDsa: true } });

/** Options of both ends for one suite. */
export function optionsFor(
  world: LegacyWorld,
  suite: Tls12CipherSuiteParts,
): { readonly client: ClientOptions; readonly server: ServerOptions } {
  const common = { provider, legacy, cipherSuites: [suite.name], signatureSchemes: SCHEMES } as const;
  const verifier = verifierOf(world);
  const key = keyOf(suite);
  const { identity, key: preSharedKey } = PRE_SHARED_KEY;
  return {
    client: { ...common, verifier, ...(suite.keyExchange.usesPreSharedKey && { preSharedKeys: [PRE_SHARED_KEY] }) },
    server: {
      ...common,
      ...(key !== undefined && { credentials: [world.server[key]] }),
      ...(suite.keyExchange.usesPreSharedKey && {
        lookUpPreSharedKey: (name) => (toHex(name) === toHex(identity) ? { key: preSharedKey.slice() } : undefined),
      }),
    },
  };
}
