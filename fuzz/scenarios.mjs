/**
 * Handshakes of the null provider, recorded once and replayed to one end with changes: what an end is made of, what it does when it is
 * connected, and what its peer sent.
 */

import { createSealer, createTicketKeys, createTlsClient, createTlsServer, defineClientConfig, defineServerConfig } from 'foxtls';
import { readItems } from './items.mjs';
import { createNullProvider, nullSigner, nullVerifier } from './null-provider.mjs';

const now = () => 1_780_000_000_000;
const NAME = 'www.example.com';
const certificate = Uint8Array.from({ length: 40 }, (_, index) => index * 3);
const rsaCertificate = certificate.with(0, 1);
const credential = { kind: 'x509', chain: [certificate, certificate.slice(0, 9)], signer: nullSigner(certificate) };
const rsaCredential = { kind: 'x509', chain: [rsaCertificate], signer: nullSigner(rsaCertificate) };
const bareCredential = { kind: 'raw-public-key', spki: certificate.slice(0, 12), signer: nullSigner(certificate) };
const stapled = {
  ...credential,
  ocspResponse: () => Uint8Array.of(0x30, 0),
  signedCertificateTimestamps: Uint8Array.of(0, 3, 0, 1, 7),
};
const key = new Uint8Array(32).fill(6);
const identity = Uint8Array.of(1, 2, 3);
const byKey = {
  client: { preSharedKeys: [{ identity, key }] },
  server: { credentials: [], lookUpPreSharedKey: (_identity, { imported }) => ({ key, imported }) },
};
const mutual = { client: { credentials: [credential] }, server: { clientCertificates: 'require', verifier: nullVerifier } };

const speak = (connection) => connection.send(Uint8Array.of(1, 2, 3));
function speakAndRenew(connection) {
  connection.updateKeys({ requestPeer: true });
  speak(connection);
}
function speakAndBeat(connection) {
  // The peer may have begun a renegotiation with what followed its Finished.
  if (!connection.renegotiating) connection.sendHeartbeat(Uint8Array.of(8, 8));
  speak(connection);
}

const both = { versions: ['TLSv1.3', 'TLSv1.2'], cipherSuites: undefined };

/** `client`, `server`: options; `connected`: what each does when it is connected; `isResumed`: with a session of a connection before it. */
const SCENARIOS = {
  'TLSv1.3': [
    {
      client: {
        alpnProtocols: ['h2', 'http/1.1'],
        requestSct: true,
        heartbeat: 'peer_allowed_to_send',
        ticketRequest: { newSessionCount: 3, resumptionCount: 1 },
      },
      server: { alpnProtocols: ['h2'], credentials: [stapled], heartbeat: 'peer_allowed_to_send' },
      connected: { client: speakAndBeat, server: speakAndRenew },
    },
    { ...mutual, connected: { client: speakAndRenew, server: speakAndRenew } },
    {
      client: { credentials: [bareCredential], serverCertificateTypes: ['raw-public-key', 'x509'], recordSizeLimit: 600 },
      server: {
        ...mutual.server,
        credentials: [bareCredential],
        clientCertificateTypes: ['raw-public-key'],
        recordSizeLimit: 700,
      },
    },
    {
      client: { grease: true, maxFragmentLength: 512 },
      server: { groups: ['secp256r1'], requireCookie: true, announceGroups: true },
    },
    { isResumed: true, client: { recordPadding: { toMultipleOf: 64 } } },
    { isResumed: true, client: { pskKeyExchangeModes: ['psk_ke'] }, server: { pskKeyExchangeModes: ['psk_ke'] } },
    byKey,
    { client: { preSharedKeys: [{ identity, key, imported: {} }] }, server: byKey.server },
    { client: both, server: both },
    {
      isResumed: true,
      client: { permuteExtensions: true, grease: true, cipherSuites: ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'] },
      server: { ...mutual.server, grease: true, clientCertificates: 'request' },
    },
  ],
  'TLSv1.2': [
    {
      client: { alpnProtocols: ['h2', 'http/1.1'], requestSct: true, heartbeat: 'peer_allowed_to_send' },
      server: { alpnProtocols: ['h2'], credentials: [stapled], heartbeat: 'peer_allowed_to_send' },
      connected: { client: speakAndBeat, server: speakAndBeat },
    },
    mutual,
    { isResumed: true },
    {
      client: { maxFragmentLength: 512 },
      server: { credentials: [rsaCredential], cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] },
    },
    {
      ...byKey,
      client: { ...byKey.client, cipherSuites: ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256'] },
      server: { ...byKey.server, pskIdentityHint: identity, cipherSuites: ['TLS_DHE_PSK_WITH_AES_128_GCM_SHA256'] },
    },
    {
      client: {},
      server: { renegotiation: 'accept' },
      connected: { client: (end) => end.renegotiating || end.renegotiate(), server: speak },
    },
    {
      client: {},
      server: { renegotiation: 'accept' },
      connected: { client: (end) => end.renegotiating || end.renegotiate({ resume: true }), server: speak },
    },
    {
      ...mutual,
      client: { ...mutual.client, renegotiation: 'accept' },
      connected: { client: speak, server: (end) => end.renegotiating || end.renegotiate() },
    },
    { client: both },
    { server: both },
    {
      client: { ...byKey.client, cipherSuites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] },
      server: { ...byKey.server, cipherSuites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] },
    },
    {
      client: {
        credentials: [bareCredential],
        serverCertificateTypes: ['raw-public-key'],
        groups: ['ffdhe2048', 'x25519', 'secp256r1'],
      },
      server: { ...mutual.server, credentials: [bareCredential], clientCertificateTypes: ['raw-public-key'] },
    },
    {
      client: mutual.client,
      server: { ...mutual.server, clientCertificates: 'request', renegotiation: 'accept' },
      connected: { client: (end) => end.renegotiating || end.renegotiate() },
    },
  ],
};

const TLS12_SUITES = ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'];
const SUITES = { 'TLSv1.2': TLS12_SUITES, 'TLSv1.3': ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] };

/** Both ends of a scenario, and what each sent: `{ version, client: { make, items }, server: { make, items } }`, items of the peer. */
function record(version, scenario, parts) {
  const providers = { client: createNullProvider(2, parts), server: createNullProvider(1, parts) };
  const common = { versions: [version], cipherSuites: SUITES[version], now, groups: ['x25519', 'secp256r1'] };
  const cookieSealer = createSealer(providers.server, key, 'cookie');
  const ticketSealer = createTicketKeys(providers.server, { now });
  const clientConfig = defineClientConfig({
    ...common,
    provider: providers.client,
    verifier: nullVerifier,
    requestOcsp: true,
    ...scenario.client,
  });
  const serverConfig = defineServerConfig({
    ...common,
    provider: providers.server,
    credentials: [credential],
    cookieSealer,
    ticketSealer,
    ...scenario.server,
  });
  let session;
  const make = {
    client(onEvent) {
      providers.client.restart();
      return createTlsClient(clientConfig, { serverName: NAME, session, onEvent });
    },
    server(onEvent) {
      providers.server.restart();
      return createTlsServer(serverConfig, { onEvent });
    },
  };
  const act = { client: speak, server: speak, ...scenario.connected };
  // The first makes what configs make when it is asked for, and brings a session.
  const first = converse(make, act);
  if (scenario.isResumed) session = first.session;
  const { sent } = converse(make, act);
  const end = (name, peer) => ({
    version,
    role: name,
    make: make[name],
    act: act[name],
    maxFragment: scenario.client?.maxFragmentLength,
    items: readItems(Uint8Array.from(sent[peer]), version),
  });
  return { client: end('client', 'server'), server: end('server', 'client') };
}

function converse(make, act) {
  const sent = { client: [], server: [] };
  const ends = {};
  let session;
  const listener = (name, peer) => (event) => {
    if (event.type === 'error') throw event.error;
    if (event.type === 'session') session ??= event.session;
    if (event.type === 'connected') act[name](ends[name]);
    if (event.type === 'data') ends[name].close();
    if (event.type !== 'output') return;
    for (const bytes of ends[name].takeOutput()) {
      sent[name].push(...bytes);
      ends[peer].receive(bytes.slice());
    }
  };
  ends.server = make.server(listener('server', 'client'));
  ends.client = make.client(listener('client', 'server'));
  ends.server.start();
  ends.client.start();
  return { sent, session };
}

/** Of each scenario. `parts`: of the provider, in place of its own. */
export function recordings(version, parts) {
  return SCENARIOS[version].map((scenario) => record(version, scenario, parts));
}
