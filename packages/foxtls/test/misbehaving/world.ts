/**
 * Around a case: a PKI, the victim, and the link between it and the test peer.
 */

import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { createTlsClient, createTlsServer } from '../../src/connection/create.ts';
import { LIMITS } from '../../src/connection/limits.ts';
import {
  type Cut,
  createTestPki,
  exchangeSync,
  Recorder,
  type TestPki,
  VALID,
  whole,
} from '../../src/connection/pair.fixture.ts';
import { Connection } from '../../src/connection/tls-connection.ts';
import { EMPTY, equal } from '../../src/core/bytes/bytes.ts';
import { runSync } from '../../src/core/flow/flow.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { PeerVerifier } from '../../src/crypto/peer-verifier.ts';
import type { PrivateKey } from '../../src/crypto/signature.ts';
import { parseCertificate } from '../../src/pki/x509/certificate.ts';
import { createCertificate } from '../../src/pki/x509/create-certificate.ts';
import { createRawPublicKeyVerifier, verifyByKind } from '../../src/pki/x509/raw-public-key-verifier.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { keyUsageExtension, signCertificate } from '../../src/pki/x509/write-certificate.ts';
import { clientHandshake } from '../../src/protocol/handshake/client.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import { serverHandshake } from '../../src/protocol/handshake/server.ts';
import type { Tls13ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { TlsTransport } from '../../src/transport/tls/tls-transport.ts';
import type { Case, VictimOptions } from './case.ts';
import { carryBytes } from './outcome.ts';
import { Peer } from './peer.ts';
import { clientScript, type Situation, serverScript } from './scripts.ts';

const provider = nodeProvider;
const SERVER_NAME = 'localhost';
const TICKET_KEY = new Uint8Array(32).fill(7);
const COOKIE_KEY = new Uint8Array(32).fill(9);

type CredentialName =
  | 'server'
  | 'client'
  | 'rsaServer'
  | 'strangerServer'
  | 'strangerClient'
  | 'otherName'
  | 'encipherOnly'
  | 'encipherOnlyClient';

export interface World {
  readonly provider: typeof nodeProvider;
  readonly credentials: Readonly<Record<CredentialName, X509Credential>>;
  readonly pki: TestPki;
  /** A session that the server victim's tickets know and the client victim may offer. */
  readonly session: Tls13ClientSession;
}

export async function createWorld(): Promise<World> {
  const pki = await createTestPki(provider);
  const stranger = await createTestPki(provider);
  const issuer = pki.root;
  const rsa = await createCertificate({ provider, issuer, key: { kind: 'rsa', bits: 2048 }, dnsNames: [SERVER_NAME], ...VALID });
  const other = await createCertificate({
    provider,
    issuer,
    key: { kind: 'ec', curve: 'secp256r1' },
    dnsNames: ['other.test'],
    ...VALID,
  });
  const asCredential = (made: Awaited<ReturnType<typeof createCertificate>>): X509Credential => ({
    kind: 'x509',
    chain: [made.certificate],
    signer: made.key,
  });
  const credentials = {
    server: pki.server,
    client: pki.client,
    rsaServer: asCredential(rsa),
    otherName: asCredential(other),
    strangerServer: stranger.server,
    strangerClient: stranger.client,
    encipherOnly: withoutSigning(pki, pki.server),
    encipherOnlyClient: withoutSigning(pki, pki.client),
  };
  const session = establishSession(pki);
  return { provider, credentials, pki, session };
}

/** The same certificate, but for keyUsage, which allows keyEncipherment only. */
function withoutSigning({ root }: TestPki, credential: X509Credential): X509Credential {
  const { issuer, subject, validFrom, validTo, publicKey, extensions } = parseCertificate(credential.chain[0] ?? EMPTY);
  const keyUsage = keyUsageExtension(['keyEncipherment']);
  const fields = {
    ...{ serialNumber: Uint8Array.of(1), issuer, subject, validFrom, validTo, publicKey },
    extensions: extensions.map((extension) => (extension.extnID === keyUsage.extnID ? keyUsage : extension)),
  };
  const certificate = runSync(signCertificate(fields, root.key, { kind: 'ecdsa', hash: 'sha256' }));
  return { ...credential, chain: [certificate] };
}

/** A session from a real handshake between our own ends. */
function establishSession(pki: TestPki): Tls13ClientSession {
  const recorder = new Recorder();
  const client = createTlsClient(clientConfig(pki, {}), { serverName: SERVER_NAME, onEvent: recorder.onEvent });
  const server = createTlsServer(serverConfig(pki, {}), { onEvent: () => {} });
  server.start();
  client.start();
  exchangeSync(client, server);
  const [event] = recorder.of('session');
  if (event === undefined) throw new Error('no session came out of a right handshake');
  return event.session as Tls13ClientSession;
}

/** Certificates of the PKI, and as raw keys those of its two leaves. */
function trusting({ anchors, server, client }: TestPki): PeerVerifier {
  const trustedKeys = [server, client].map(({ signer }) => (signer as PrivateKey).publicKey.spki);
  return verifyByKind({
    x509: createX509Verifier({ provider, trustAnchors: anchors }),
    rawPublicKey: createRawPublicKeyVerifier({ provider, trustedKeys }),
  });
}

function clientConfig(pki: TestPki, options: VictimOptions) {
  const { clientCertificates: _server, cookies: _too, ...both } = options;
  return defineClientConfig({ provider, verifier: trusting(pki), credentials: [pki.client], ...both });
}

function serverConfig(pki: TestPki, options: VictimOptions) {
  const { cookies, preSharedKeys = [], ticketRequest: _client, maxFragmentLength: _alone, ...others } = options;
  return defineServerConfig({
    provider,
    credentials: [pki.server],
    verifier: trusting(pki),
    ticketSealer: createSealer(provider, TICKET_KEY, 'ticket'),
    lookUpPreSharedKey: (identity) => preSharedKeys.find((key) => equal(key.identity, identity)),
    ...(cookies === true && { cookieSealer: createSealer(provider, COOKIE_KEY, 'cookie'), requireCookie: true }),
    ...others,
  });
}

/** A victim whose transport the test can look into. */
export interface Victim {
  readonly connection: Connection;
  readonly transport: TlsTransport;
  readonly recorder: Recorder;
}

export function createVictim(
  world: World,
  { victim: role, options = {}, situation = {} }: Pick<Case, 'victim' | 'options' | 'situation'>,
): Victim {
  const recorder = new Recorder();
  const limits = { ...LIMITS, ...options.limits };
  const allowEarlyChangeCipherSpec = role === 'server' && options.cookies === true;
  const transport = new TlsTransport({ role, maxSendFragment: 16384, limits, allowEarlyChangeCipherSpec });
  const session = situation.session === true ? world.session : undefined;
  const connection = new Connection({
    role,
    renegotiation: 'refuse',
    transport,
    now: Date.now,
    limits,
    provider,
    keyLog: false,
    onEvent: recorder.onEvent,
    flow: (context) =>
      role === 'client'
        ? clientHandshake(context, clientConfig(world.pki, options), { serverName: SERVER_NAME, session })
        : serverHandshake(context, serverConfig(world.pki, options)),
  });
  return { connection, transport, recorder };
}

/** A peer of the other role, with its script, not yet run. */
export function createPeer(
  world: World,
  { victim, situation = {} }: Pick<Case, 'victim' | 'situation'>,
): { peer: Peer; run: () => void } {
  const peer = new Peer(victim === 'client' ? 'server' : 'client');
  const { session, credential = peer.role, ...rest } = situation;
  const complete: Situation = {
    ...rest,
    provider,
    serverName: SERVER_NAME,
    credential: world.credentials[credential],
    session: session === true ? world.session : undefined,
  };
  return { peer, run: () => peer.run(peer.role === 'client' ? clientScript(peer, complete) : serverScript(peer, complete)) };
}

/** Carries bytes both ways until nothing moves; `cut` cuts what the victim gets. Returns the most input that the victim held. */
export function carry({ connection, transport }: Victim, peer: Peer, cut: Cut = whole): number {
  let held = 0;
  carryBytes(connection, peer, cut, () => {
    held = Math.max(held, transport.pendingInput);
  });
  return held;
}
