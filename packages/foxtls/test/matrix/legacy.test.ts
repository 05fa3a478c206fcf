/**
 * `foxtls/legacy` between both of our ends: every suite of it with a key that fits, full and resumed, with and without a client certificate.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { CIPHER_SUITES } from '../../src/core/registry/cipher-suites.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { legacyCipherSuites } from '../../src/legacy.ts';
import { availableTls12CipherSuites, TLS12_CIPHER_SUITES } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import { isAnonymous } from '../../src/protocol/negotiate/tls12-cipher-suites.ts';
import type { ClientSession } from '../../src/protocol/session/client-session.ts';
import { createSessionCache } from '../../src/protocol/session/session-cache.ts';
import { connectEnds, cutNumber, type Ends, expectAgreement, expectData } from './ends.ts';
import { createLegacyWorld, type KeyName, type LegacyWorld, optionsFor, verifierOf } from './legacy-world.ts';

const provider = nodeProvider;
let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const byName = legacyCipherSuites.map((suite, i) => [suite.name, suite, i] as const);

function sessionOf(ends: Ends): ClientSession {
  const [event] = ends.clientSide.of('session');
  if (event === undefined) throw new Error(`no session: ${ends.clientSide.error} ${ends.serverSide.error}`);
  return event.session;
}

describe('a suite of foxtls/legacy, full and resumed', () => {
  it.each(byName)('%s', (name, suite, i) => {
    const options = optionsFor(world, suite);
    const { usesPreSharedKey, certificateKey } = suite.keyExchange;
    const peer = { kind: certificateKey !== 'unused' ? 'verified' : usesPreSharedKey ? 'psk' : 'anonymous' };
    const byId = { tickets: 0, sessionCache: createSessionCache() };
    const cut = cutNumber(i);
    const client = defineClientConfig(options.client);
    for (const resumption of [{}, byId]) {
      const server = defineServerConfig({ ...options.server, ...resumption });
      const full = connectEnds(client, server, {}, cut);
      expectAgreement(full);
      expect(full.client.info).toMatchObject({ version: 'TLSv1.2', suite: { id: suite.id, name }, resumed: false, peer });
      expect(full.server.info?.peer.kind).toBe(usesPreSharedKey ? 'psk' : 'anonymous');
      expectData(full, cut);
      const resumed = connectEnds(client, server, { session: sessionOf(full) }, cut);
      expectAgreement(resumed);
      expect(resumed.client.info).toMatchObject({ suite: { name }, resumed: true, peer });
      expectData(resumed, cut);
    }
  });

  it.each(byName.filter(([, { cipher }]) => cipher.resolve(provider)?.isBlockCipher))(
    '%s, without encrypt_then_mac',
    (name, suite) => {
      const options = optionsFor(world, suite);
      const shapeClientHello = (list: readonly { readonly type: number }[]) => list.filter(({ type }) => type !== 22) as never;
      const client = defineClientConfig({ ...options.client, insecureMacThenEncrypt: true, shapeClientHello });
      const ends = connectEnds(client, defineServerConfig({ ...options.server, insecureMacThenEncrypt: true }));
      expectAgreement(ends);
      expect(ends.client.info?.suite.name).toBe(name);
      expectData(ends);
      const strict = connectEnds(client, defineServerConfig(options.server));
      expect(strict.serverSide.error).toMatchObject({ code: 'ERR_TLS_PEER_INCOMPATIBLE' });
    },
  );
});

describe('a suite of foxtls/legacy, with a client certificate', () => {
  const asking = byName.filter(([, suite]) => !isAnonymous(suite) && !suite.keyExchange.usesPreSharedKey);
  it.each(asking)('%s', (name, suite, i) => {
    const options = optionsFor(world, suite);
    const kind = (['rsa', 'ec', 'dsa'] as const satisfies KeyName[])[i % 3] as KeyName;
    const client = defineClientConfig({ ...options.client, credentials: [world.client[kind]] });
    const server = defineServerConfig({ ...options.server, clientCertificates: 'require', verifier: verifierOf(world) });
    const full = connectEnds(client, server);
    expectAgreement(full);
    expect(full.server.info?.peer).toMatchObject({ kind: 'verified', certificates: world.client[kind].chain });
    expect(full.client.info).toMatchObject({ suite: { name }, localCertificates: world.client[kind].chain });
    const resumed = connectEnds(client, server, { session: sessionOf(full) });
    expectAgreement(resumed);
    expect(resumed.server.info).toMatchObject({ resumed: true, peer: { kind: 'verified' } });
  });
});

describe('the suites of foxtls/legacy', () => {
  it('are all that IANA has of these key exchanges and ciphers, and no other suite that we have', () => {
    const theirs =
      /^TLS_(RSA|RSA_PSK|ECDH_ECDSA|ECDH_RSA|ECDH_anon|DH_anon|DHE_DSS|ECDHE_ECDSA|ECDHE_RSA|DHE_RSA|ECDHE_PSK|DHE_PSK|PSK)_WITH_/;
    const cipher =
      /_WITH_(NULL|RC4_128|3DES_EDE|CAMELLIA_\d+_CBC|AES_(128_GCM|256_GCM|128_CCM|256_CCM|128_CBC|256_CBC)|CHACHA20)_?/;
    const registered = Object.keys(CIPHER_SUITES).filter((name) => theirs.test(name) && cipher.test(name));
    const ours = new Set(TLS12_CIPHER_SUITES.map(({ name }) => name));
    const expected = registered.filter((name) => !ours.has(name));
    const old = legacyCipherSuites.filter(({ id }) => id >= 0xcc13 && id <= 0xcc15).map(({ name }) => name);
    expect(legacyCipherSuites.map(({ name }) => name).sort()).toEqual([...expected, ...old].sort());
    expect(old).toHaveLength(3);
    expect(new Set(legacyCipherSuites.map(({ id }) => id)).size).toBe(legacyCipherSuites.length);
  });

  it('say each what is wrong with them', () => {
    expect(legacyCipherSuites.filter(({ weakness }) => weakness === undefined || weakness.length < 20)).toEqual([]);
  });

  it('are all available with node:crypto', () => {
    expect(availableTls12CipherSuites(provider, legacyCipherSuites)).toHaveLength(legacyCipherSuites.length);
  });
});
