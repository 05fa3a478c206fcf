/**
 * The ways in which two ends can come to a connection over datagrams, for the laboratory: what either is configured with, by version.
 */

import type { ServerConfig, ServerOptions } from '../../src/connection/config.ts';
import { type ClientConfig, type ClientOptions, defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTestPki, type TestPki, VALID } from '../../src/connection/pair.fixture.ts';
import { equal, utf8 } from '../../src/core/bytes/bytes.ts';
import { nodeProvider as provider } from '../../src/crypto/node/provider.ts';
import type { PrivateKey } from '../../src/crypto/signature.ts';
import { legacy } from '../../src/legacy.ts';
import { createCertificate } from '../../src/pki/x509/create-certificate.ts';
import { rawPublicKeyCredential } from '../../src/pki/x509/credential.ts';
import { createRawPublicKeyVerifier } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import type { PreSharedKey } from '../../src/protocol/session/pre-shared-key.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { asynchronous, asynchronousCredential, asynchronousVerifier } from '../matrix/asynchronous.ts';
import { Laboratory } from './laboratory.ts';

export const VERSIONS = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1'] as const;
export type Version = (typeof VERSIONS)[number];

export type ModeName =
  | 'full'
  | 'mutual authentication'
  | 'raw public keys'
  | 'a large chain'
  | 'PSK'
  | 'ECDHE_PSK'
  | 'ticket'
  | 'session id'
  | 'by id'
  | 'cookie'
  | 'another group'
  | 'a large ClientHello'
  | 'steps that take time';

/** What a handshake is made with. */
export interface Setting {
  readonly client: ClientConfig;
  readonly server: ServerConfig;
  readonly session?: ClientSession | undefined;
}

export interface Mode {
  readonly versions: readonly Version[];
  /** Steps that are answered later: to be run by `runLater`. */
  readonly isLater?: boolean;
  readonly client?: (parts: Parts) => Partial<ClientOptions>;
  readonly server?: (parts: Parts) => Partial<ServerOptions>;
  /** Of which mode a session is resumed. */
  readonly resumes?: ModeName;
}

interface Parts {
  readonly pki: TestPki;
  /** Of ten kilobytes. */
  readonly largeChain: X509Credential;
  readonly version: Version;
}

const ALL = VERSIONS;
const MODERN = ['TLSv1.3', 'TLSv1.2'] as const;
const OLDER = ['TLSv1.2', 'TLSv1.1'] as const;

const sensor: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(32).fill(17) };
const sessionCache = createSessionCache();
const keyOfSensor: NonNullable<ServerOptions['lookUpPreSharedKey']> = (identity) =>
  equal(identity, sensor.identity) ? { ...sensor } : undefined;
const verifierOf = ({ pki }: Parts) => createX509Verifier({ provider, trustAnchors: pki.anchors });

/** What a suite of pre-shared keys is called: in DTLS 1.3 that is no suite. */
const suitesOf = (kind: 'PSK' | 'ECDHE_PSK', version: Version): { readonly cipherSuites?: readonly string[] } => {
  if (version === 'TLSv1.3') return {};
  return { cipherSuites: [`TLS_${kind}_WITH_AES_128_${version === 'TLSv1.2' ? 'GCM_SHA256' : 'CBC_SHA'}`] };
};

/** In DTLS 1.3 PSKs go with ECDHE or without it by mode; before, by suite. */
const psk = (kind: 'PSK' | 'ECDHE_PSK'): Mode => ({
  versions: MODERN,
  client: ({ version }) => ({
    preSharedKeys: [sensor],
    pskKeyExchangeModes: [kind === 'PSK' ? 'psk_ke' : 'psk_dhe_ke'],
    ...suitesOf(kind, version),
  }),
  server: ({ version }) => ({
    lookUpPreSharedKey: keyOfSensor,
    pskKeyExchangeModes: [kind === 'PSK' ? 'psk_ke' : 'psk_dhe_ke'],
    credentials: [],
    ...suitesOf(kind, version),
  }),
});

const PROTOCOLS = Array.from({ length: 80 }, (_, i) => `a protocol of some length ${i}`);

const rawKeys: { client?: PrivateKey; server?: PrivateKey } = {};
const pinning = (key: PrivateKey | undefined) =>
  createRawPublicKeyVerifier({ provider, trustedKeys: [(key as PrivateKey).publicKey.spki] });

const MODES: Readonly<Record<ModeName, Mode>> = {
  full: { versions: ALL },
  'mutual authentication': {
    versions: ALL,
    client: ({ pki }) => ({ credentials: [pki.client] }),
    server: (parts) => ({ clientCertificates: 'require', verifier: verifierOf(parts) }),
  },
  'raw public keys': {
    versions: MODERN,
    client: () => ({
      credentials: [rawPublicKeyCredential(rawKeys.client as PrivateKey)],
      serverCertificateTypes: ['raw-public-key'],
      verifier: pinning(rawKeys.server),
    }),
    server: () => ({
      credentials: [rawPublicKeyCredential(rawKeys.server as PrivateKey)],
      clientCertificates: 'require',
      clientCertificateTypes: ['raw-public-key'],
      verifier: pinning(rawKeys.client),
    }),
  },
  'a large chain': { versions: ALL, server: ({ largeChain }) => ({ credentials: [largeChain] }) },
  PSK: psk('PSK'),
  ECDHE_PSK: psk('ECDHE_PSK'),
  ticket: { versions: ALL, resumes: 'full' },
  'session id': { versions: OLDER, resumes: 'by id', server: () => ({ tickets: 0, sessionCache }) },
  'by id': { versions: OLDER, server: () => ({ tickets: 0, sessionCache }) },
  cookie: {
    versions: ALL,
    server: () => ({ requireCookie: true, cookieSealer: createSealer(provider, new Uint8Array(32).fill(4), 'cookie') }),
  },
  'another group': {
    versions: ['TLSv1.3'],
    client: () => ({ groups: ['x25519', 'secp256r1'] }),
    server: () => ({ groups: ['secp256r1'] }),
  },
  'a large ClientHello': {
    versions: ALL,
    client: () => ({ alpnProtocols: PROTOCOLS }),
    server: () => ({ alpnProtocols: PROTOCOLS.slice(-1) }),
  },
  'steps that take time': {
    versions: MODERN,
    isLater: true,
    client: (parts) => ({
      provider: asynchronous(provider),
      credentials: [asynchronousCredential(parts.pki.client)],
      verifier: asynchronousVerifier(verifierOf(parts)),
    }),
    server: (parts) => ({
      provider: asynchronous(provider),
      credentials: [asynchronousCredential(parts.pki.server)],
      clientCertificates: 'require',
      verifier: asynchronousVerifier(verifierOf(parts)),
    }),
  },
};

/** Every mode in each of its versions. */
export const EVERY_MODE = (Object.keys(MODES) as ModeName[]).flatMap((name) =>
  modeOf(name).versions.map((version) => ({ name, version })),
);

export function modeOf(name: ModeName): Mode {
  return MODES[name];
}

/** Makes settings; one for all tests of a file, for keys take time. */
export class Modes {
  readonly pki: TestPki;
  readonly #largeChain: X509Credential;
  readonly #sessions = new Map<string, ClientSession>();
  readonly #settings = new Map<string, Setting>();

  private constructor(pki: TestPki, largeChain: X509Credential) {
    this.pki = pki;
    this.#largeChain = largeChain;
  }

  static async create(): Promise<Modes> {
    const pki = await createTestPki(provider);
    rawKeys.client ??= await provider.keys.generateKey({ kind: 'ed25519' });
    rawKeys.server ??= await provider.keys.generateKey({ kind: 'ed25519' });
    const names = Array.from({ length: 350 }, (_, i) => `a-long-name-of-a-server-${i}.test`);
    const large = await createCertificate({
      provider,
      issuer: pki.root,
      key: { kind: 'ec', curve: 'secp256r1' },
      dnsNames: ['localhost', ...names],
      ...VALID,
    });
    return new Modes(pki, { kind: 'x509', chain: [large.certificate], signer: large.key });
  }

  setting(name: ModeName, version: Version): Setting {
    const key = `${name} ${version}`;
    const known = this.#settings.get(key) ?? this.#make(name, version);
    this.#settings.set(key, known);
    const { resumes } = modeOf(name);
    return resumes === undefined ? known : { ...known, session: this.#session(resumes, version) };
  }

  #make(name: ModeName, version: Version): Setting {
    const mode = modeOf(name);
    const parts: Parts = { pki: this.pki, largeChain: this.#largeChain, version };
    const old =
      version === 'TLSv1.1' ? { legacy, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'] as readonly string[] } : {};
    const ticketSealer = createSealer(provider, new Uint8Array(32).fill(2), 'ticket');
    const common = { provider, versions: [version], ...old };
    return {
      client: defineClientConfig({ ...common, verifier: verifierOf(parts), ...mode.client?.(parts) }),
      server: defineServerConfig({ ...common, credentials: [this.pki.server], ticketSealer, ...mode.server?.(parts) }),
    };
  }

  /** A session of a handshake of that mode, over a link without faults. */
  #session(name: ModeName, version: Version): ClientSession {
    const key = `${name} ${version}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const { client, server } = this.setting(name, version);
    const lab = new Laboratory(1, {}, client, server);
    lab.start();
    lab.run();
    const session = lab.clientEvents.of('session')[0]?.session;
    if (session === undefined) throw new Error(`no session came of ${key}: ${lab.clientEvents.error}`);
    this.#sessions.set(key, session);
    return session;
  }
}
