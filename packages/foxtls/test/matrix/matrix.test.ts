import { beforeAll, describe, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../../src/connection/config.ts';
import { createTestPki, exchangeSync, type TestPki } from '../../src/connection/pair.fixture.ts';
import { isGroupOf } from '../../src/core/registry/named-groups.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { portableProvider } from '../../src/crypto/portable/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { synchronousGroups } from '../../src/crypto/providers.fixture.ts';
import type { KeyGenerationRequest } from '../../src/crypto/signature.ts';
import { createX509Verifier } from '../../src/pki/x509/verifier.ts';
import { TLS13_CIPHER_SUITES } from '../../src/protocol/negotiate/cipher-suites.ts';
import { createSealer } from '../../src/protocol/session/sealer.ts';
import { isLongTier } from '../tiers.ts';
import { asynchronous, asynchronousCredential, asynchronousSealer, asynchronousVerifier } from './asynchronous.ts';
import { connectEnds, connectEndsLater, cutNumber, type Ends, expectAgreement, expectData } from './ends.ts';

const KEYS: Readonly<Record<string, { readonly request: KeyGenerationRequest; readonly scheme: string }>> = {
  'ECDSA P-256': { request: { kind: 'ec', curve: 'secp256r1' }, scheme: 'ecdsa_secp256r1_sha256' },
  'ECDSA P-384': { request: { kind: 'ec', curve: 'secp384r1' }, scheme: 'ecdsa_secp384r1_sha384' },
  'RSA-PSS': { request: { kind: 'rsa', bits: 2048 }, scheme: 'rsa_pss_rsae_sha256' },
  Ed25519: { request: { kind: 'ed25519' }, scheme: 'ed25519' },
};

const SUITES = TLS13_CIPHER_SUITES.map(({ name }) => name);
/** Those with ML-KEM are in post-quantum.test.ts. */
const GROUPS = synchronousGroups(nodeProvider)
  .filter(({ id }) => isGroupOf('TLSv1.3', id))
  .map(({ name }) => name);
/** Asked for, one of them has to be chosen: what a retry begins with. */
const otherThan = (group: string) => (group === 'x25519' ? 'secp256r1' : 'x25519');

/** All pairs in the long tier. In the short one each suite and each group at least once, finite fields (which take long) with one key. */
function pairsFor(keyName: string): readonly (readonly [suite: string, group: string])[] {
  if (isLongTier) return SUITES.flatMap((suite) => GROUPS.map((group) => [suite, group] as const));
  const groups = GROUPS.filter((group) => !group.startsWith('ffdhe') || (keyName === 'ECDSA P-256' && group === 'ffdhe2048'));
  const length = Math.max(SUITES.length, groups.length);
  return Array.from({ length }, (_, i) => [SUITES[i % SUITES.length] as string, groups[i % groups.length] as string] as const);
}

interface Cell {
  readonly pki: TestPki;
  readonly group: string;
}

interface Mode {
  readonly client?: (cell: Cell) => Partial<ClientOptions>;
  readonly server?: (cell: Cell) => Partial<ServerOptions>;
  /** Whether a handshake that gave a session comes before. */
  readonly resumes?: boolean;
  readonly expect?: (ends: Ends, cell: Cell) => void;
}

const verifierOf = ({ pki }: Cell) => createX509Verifier({ provider: nodeProvider, trustAnchors: pki.anchors });
const retrying = {
  client: ({ group }: Cell) => ({ groups: [otherThan(group), group], keyShareGroups: [otherThan(group)] }),
};

const MODES: Readonly<Record<string, Mode>> = {
  'a full handshake': {
    expect: ({ client, clientSide }) => {
      expect(client.info?.peer.kind).toBe('verified');
      expect(clientSide.of('session')).toHaveLength(2);
    },
  },
  'a handshake after HelloRetryRequest': retrying,
  'a handshake after a cookie': {
    server: () => ({ cookieSealer: createSealer(nodeProvider, new Uint8Array(32), 'cookie'), requireCookie: true }),
  },
  'a handshake resumed by a ticket': {
    resumes: true,
    expect: ({ client, clientSide }) => {
      expect(client.info?.resumed).toBe(true);
      expect(client.info?.peer.kind).toBe('verified');
      expect(clientSide.of('session')).toHaveLength(1);
    },
  },
  'a handshake resumed by a ticket after HelloRetryRequest': {
    ...retrying,
    resumes: true,
    expect: ({ client }) => expect(client.info?.resumed).toBe(true),
  },
  'a handshake with a client certificate': {
    client: ({ pki }) => ({ credentials: [pki.client] }),
    server: (cell) => ({ clientCertificates: 'require', verifier: verifierOf(cell) }),
    expect: ({ client, server }, { pki }) => {
      expect(server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
      expect(client.info?.localCertificates).toEqual(pki.client.chain);
    },
  },
  'a handshake that asks in vain for a client certificate': {
    server: (cell) => ({ clientCertificates: 'request', verifier: verifierOf(cell) }),
    expect: ({ server }) => expect(server.info?.peer).toEqual({ kind: 'anonymous' }),
  },
  'a handshake with a client certificate, resumed': {
    client: ({ pki }) => ({ credentials: [pki.client] }),
    server: (cell) => ({ clientCertificates: 'require', verifier: verifierOf(cell) }),
    resumes: true,
    expect: ({ server }, { pki }) => {
      expect(server.info?.resumed).toBe(true);
      expect(server.info?.peer).toMatchObject({ kind: 'verified', certificates: pki.client.chain });
    },
  },
  'a handshake with ALPN and small records': {
    client: () => ({ alpnProtocols: ['h2', 'http/1.1'], recordSizeLimit: 300 }),
    server: () => ({ alpnProtocols: ['http/1.1'], recordSizeLimit: 64 }),
    expect: ({ client }) => expect(client.info?.alpnProtocol).toBe('http/1.1'),
  },
  'a handshake and KeyUpdates both ways': {
    expect: (ends) => {
      ends.client.updateKeys({ requestPeer: true });
      expectData(ends);
      ends.server.updateKeys({ requestPeer: true });
      ends.server.updateKeys();
      expectData(ends);
      expectData(ends);
    },
  },
};

const pkis = new Map<string, TestPki>();
beforeAll(async () => {
  for (const [name, { request }] of Object.entries(KEYS)) pkis.set(name, await createTestPki(nodeProvider, request));
});

for (const [modeName, mode] of Object.entries(MODES)) {
  describe(modeName, () => {
    for (const [keyName, { scheme }] of Object.entries(KEYS)) {
      it(`works with ${keyName}, every suite and every group`, () => {
        for (const [i, [suite, group]] of pairsFor(keyName).entries()) expectCell(mode, keyName, scheme, suite, group, i);
      });
    }
  });
}

function expectCell(mode: Mode, keyName: string, scheme: string, suite: string, group: string, i: number): void {
  const cell: Cell = { pki: pkis.get(keyName) as TestPki, group };
  const common = { provider: nodeProvider, cipherSuites: [suite], groups: [group] };
  const client = defineClientConfig({ ...common, verifier: verifierOf(cell), ...mode.client?.(cell) });
  const server = defineServerConfig({ ...common, credentials: [cell.pki.server], ...mode.server?.(cell) });
  const cut = cutNumber(i);
  const session = mode.resumes === true ? connectEnds(client, server).clientSide.of('session')[0]?.session : undefined;
  const ends = connectEnds(client, server, { session }, cut);
  expectAgreement(ends);
  expect(ends.client.info).toMatchObject({ suite: { name: suite }, group: { name: group } });
  expect(ends.client.info?.signatureScheme?.name).toBe(mode.resumes === true ? undefined : scheme);
  mode.expect?.(ends, cell);
  expectData(ends, cut);
  ends.client.close();
  ends.server.close();
  exchangeSync(ends.client, ends.server, cut);
  expect([ends.client.state, ends.server.state]).toEqual(['closed', 'closed']);
  expect([ends.clientSide.error, ends.serverSide.error]).toEqual([undefined, undefined]);
}

describe('providers', () => {
  const pairs: readonly (readonly [string, CryptoProvider, CryptoProvider])[] = [
    ['the portable client and the Node server', portableProvider, nodeProvider],
    ['the Node client and the portable server', nodeProvider, portableProvider],
    ['both portable', portableProvider, portableProvider],
  ];
  for (const [title, ours, theirs] of pairs) {
    it(`agree: ${title}`, async () => {
      const pki = await createTestPki(theirs);
      const common = { groups: ['x25519'], cipherSuites: ['TLS_AES_128_GCM_SHA256'] };
      const verifier = createX509Verifier({ provider: ours, trustAnchors: pki.anchors });
      const clientConfig = defineClientConfig({ ...common, provider: ours, verifier });
      const serverConfig = defineServerConfig({ ...common, provider: theirs, credentials: [pki.server] });
      const full = connectEnds(clientConfig, serverConfig);
      expectAgreement(full);
      expectData(full);
      const resumed = connectEnds(clientConfig, serverConfig, { session: full.clientSide.of('session')[0]?.session });
      expectAgreement(resumed);
      expect(resumed.client.info?.resumed).toBe(true);
      expectData(resumed);
    });
  }
});

describe('a handshake in which everything answers later', () => {
  for (const [modeName, mode] of Object.entries(MODES)) {
    it(`works: ${modeName}`, async () => {
      const cell: Cell = { pki: pkis.get('ECDSA P-256') as TestPki, group: 'x25519' };
      const provider = asynchronous(nodeProvider);
      const verifier = asynchronousVerifier(createX509Verifier({ provider, trustAnchors: cell.pki.anchors }));
      const clientOptions = mode.client?.(cell) ?? {};
      const serverOptions = mode.server?.(cell) ?? {};
      const client = defineClientConfig({
        provider,
        groups: ['x25519'],
        ...clientOptions,
        verifier,
        credentials: clientOptions.credentials === undefined ? [] : [asynchronousCredential(cell.pki.client)],
      });
      const { cookieSealer, alpnProtocols = [] } = serverOptions;
      const inner = defineServerConfig({
        provider,
        groups: ['x25519'],
        ...serverOptions,
        credentials: [asynchronousCredential(cell.pki.server)],
        verifier,
        ticketSealer: asynchronousSealer(createSealer(nodeProvider, new Uint8Array(32).fill(3), 'ticket')),
        ...(cookieSealer !== undefined && { cookieSealer: asynchronousSealer(cookieSealer) }),
        chooseAlpnProtocol: async (hello) => alpnProtocols.find((name) => hello.alpnProtocols.includes(name)),
      });
      const server = defineServerConfig({ provider, credentials: [], selectConfig: async () => inner });
      const before = mode.resumes === true ? await connectEndsLater(client, server) : undefined;
      const session = before?.clientSide.of('session')[0]?.session;
      const ends = await connectEndsLater(client, server, { session }, cutNumber(modeName.length));
      expectAgreement(ends);
      mode.expect?.(ends, cell);
      expectData(ends);
    });
  }
});
