/**
 * The suites of `foxtls/legacy` with openssl and GnuTLS, both directions: every one that the peer has too, with a key that fits it.
 *
 * Neither has static ECDH any more, nor ChaCha20-Poly1305 as it was before RFC 7905; openssl as Debian builds it has no RC4 and no 3DES.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../packages/foxtls/src/connection/config.ts';
import { formatPem } from '../packages/foxtls/src/core/asn1/pem.ts';
import { toHex } from '../packages/foxtls/src/core/bytes/bytes.ts';
import type { PrivateKey } from '../packages/foxtls/src/crypto/signature.ts';
import { legacyCipherSuites } from '../packages/foxtls/src/legacy.ts';
import type { Tls12CipherSuiteParts } from '../packages/foxtls/src/protocol/handshake/tls12/cipher-suites.ts';
import {
  createLegacyWorld,
  type KeyName,
  keyOf,
  type LegacyWorld,
  optionsFor,
  PRE_SHARED_KEY,
} from '../packages/foxtls/test/matrix/legacy-world.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { connectEndpoint, listenEndpoints } from './harness/endpoint.ts';
import { type PeerProcess, startPeer } from './harness/peer-process.ts';
import { findFreePort } from './harness/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'foxtls-legacy-'));
const file = (name: string) => join(folder, name);
const identity = new TextDecoder().decode(PRE_SHARED_KEY.identity);
const keyHex = toHex(PRE_SHARED_KEY.key);
const KEYS: readonly KeyName[] = ['rsa', 'ec', 'dsa'];

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
  for (const name of KEYS) {
    const { chain, signer } = world.server[name];
    writeFileSync(file(`${name}.pem`), formatPem('CERTIFICATE', chain[0] as Uint8Array));
    writeFileSync(file(`${name}-key.pem`), formatPem('PRIVATE KEY', (signer as PrivateKey).exportPkcs8()), { mode: 0o600 });
  }
  writeFileSync(file('ca.pem'), formatPem('CERTIFICATE', world.anchor));
  writeFileSync(file('psk.txt'), `${identity}:${keyHex}\n`);
  // With weak suites openssl takes 1024 bits by itself, which is too short for us.
  listed('openssl', 'genpkey', '-genparam', '-algorithm', 'DH', '-pkeyopt', 'group:ffdhe2048', '-out', file('dh.pem'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Row = readonly [name: string, suite: Tls12CipherSuiteParts, theirs: string];

/** The suites that a peer lists, by their numbers, with the peer's names. */
function sharedSuites(output: string, line: RegExp): readonly Row[] {
  const theirs = new Map<number, string>();
  for (const { groups: { high = '', low = '', name = '' } = {} } of output.matchAll(line)) {
    theirs.set((Number.parseInt(high, 16) << 8) | Number.parseInt(low, 16), name);
  }
  return legacyCipherSuites.flatMap((suite) => {
    const name = theirs.get(suite.id);
    return name === undefined ? [] : [[suite.name, suite, name] as const];
  });
}

const listed = (command: string, ...args: string[]) => spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';
const WEAK_LIST = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0';
const OPENSSL = sharedSuites(listed('openssl', 'ciphers', '-V', WEAK_LIST), /0x(?<high>\w\w),0x(?<low>\w\w) - (?<name>\S+)/g);
/** GnuTLS 3.7 has suites of DHE_DSS, but signature_algorithms never has DSA in TLS 1.2, whatever its priorities say. */
const GNUTLS = sharedSuites(listed('gnutls-cli', '-l'), /^(?<name>TLS_(?!DHE_DSS)\S+)\s+0x(?<high>\w\w), 0x(?<low>\w\w)/gm);

/** They talk to each other: both say the suite, and lines go both ways. */
async function expectOurClient(port: number, server: PeerProcess, [name, suite]: Row, echoes: boolean): Promise<void> {
  const client = await connectEndpoint(port, defineClientConfig(optionsFor(world, suite).client));
  const info = await client.connected();
  expect(info).toMatchObject({ version: 'TLSv1.2', suite: { name } });
  const certified = suite.keyExchange.certificateKey !== 'unused';
  expect(info.peer.kind).toBe(certified ? 'verified' : suite.keyExchange.usesPreSharedKey ? 'psk' : 'anonymous');
  client.send(`hello ${name}\n`);
  if (echoes) await client.receivedText(`hello ${name}\n`);
  else await server.prints(new RegExp(`hello ${name}\n`));
  client.connection.close();
  await client.ended();
}

async function expectOurServer([name, suite]: Row, start: (port: number) => PeerProcess, ready?: RegExp): Promise<void> {
  const server = await listenEndpoints(defineServerConfig(optionsFor(world, suite).server));
  const client = start(server.port);
  const endpoint = await server.accepted();
  expect(await endpoint.connected()).toMatchObject({ version: 'TLSv1.2', suite: { name } });
  if (ready !== undefined) await client.prints(ready);
  client.write('out\n');
  await endpoint.receivedText('out\n');
  endpoint.send('back\n');
  await client.prints(/back\n/);
}

describeWithPeer('old suites of our client and openssl s_server', 'openssl', () => {
  async function startServer(key: KeyName) {
    const port = await findFreePort();
    const options = ['-tls1_2', '-accept', String(port), '-cert', file(`${key}.pem`), '-key', file(`${key}-key.pem`)];
    const weak = ['-dhparam', file('dh.pem'), '-cipher', WEAK_LIST, '-psk', keyHex, '-psk_identity', identity];
    const process = startPeer('openssl', ['s_server', ...options, ...weak], { folder });
    await process.prints(/ACCEPT/);
    return { port, process };
  }

  it('are found', () => expect(OPENSSL.length).toBeGreaterThan(60));

  it.each(OPENSSL)('agree on %s', async (...row) => {
    const server = await startServer(keyOf(row[1]) ?? 'rsa');
    await expectOurClient(server.port, server.process, row, false);
  });
});

describeWithPeer('old suites of openssl s_client and our server', 'openssl', () => {
  it.each(OPENSSL)('agree on %s', async (...row) => {
    const [, suite, theirs] = row;
    await expectOurServer(row, (port) => {
      const target = [
        '-connect',
        `127.0.0.1:${port}`,
        '-servername',
        'localhost',
        '-tls1_2',
        '-quiet',
        '-CAfile',
        file('ca.pem'),
      ];
      const keys = suite.keyExchange.usesPreSharedKey ? ['-psk', keyHex, '-psk_identity', identity] : ['-verify_return_error'];
      return startPeer('openssl', ['s_client', ...target, '-cipher', `${theirs}:@SECLEVEL=0`, ...keys], { folder });
    });
  });
});

/** GnuTLS's names of the key exchanges. */
const KEY_EXCHANGES: Readonly<Record<string, string>> = { DH_anon: 'ANON-DH', ECDH_anon: 'ANON-ECDH' };
const keyExchangeOf = ([name]: Row) => {
  const [, exchange = ''] = /^TLS_(\w+?)_WITH_/.exec(name) ?? [];
  return KEY_EXCHANGES[exchange] ?? exchange.replaceAll('_', '-');
};

/** All ciphers of GnuTLS in TLS 1.2, with one key exchange: it has no room for all of its suites in one ClientHello. */
const priorityOf = (row: Row) =>
  [
    'NONE:+VERS-TLS1.2:+COMP-NULL:+SIGN-ALL:+SIGN-DSA-SHA256:+GROUP-ALL:+CTYPE-X509:+MAC-ALL:+MD5:+SHA1:+SHA256:+SHA384:+AEAD',
    '+AES-128-GCM:+AES-256-GCM:+AES-128-CCM:+AES-128-CCM-8:+AES-256-CCM:+AES-256-CCM-8:+AES-128-CBC:+AES-256-CBC:+CHACHA20-POLY1305',
    '+CAMELLIA-128-CBC:+CAMELLIA-256-CBC:+3DES-CBC:+ARCFOUR-128:+NULL',
    `+${keyExchangeOf(row)}`,
    '%VERIFY_ALLOW_SIGN_WITH_SHA1',
  ].join(':');

describeWithPeer('old suites of our client and gnutls-serv', 'gnutls-serv', () => {
  async function startServer(row: Row) {
    const port = await findFreePort();
    const identities = KEYS.flatMap((key) => ['--x509certfile', file(`${key}.pem`), '--x509keyfile', file(`${key}-key.pem`)]);
    const options = ['--echo', '--disable-client-cert', '--pskpasswd', file('psk.txt'), '--priority', priorityOf(row)];
    const process = startPeer('gnutls-serv', [...options, ...identities, '--port', String(port)], { folder });
    await process.prints(/listening on IPv4.*done/);
    return { port, process };
  }

  it('are found', () => expect(GNUTLS.length).toBeGreaterThan(60));

  it.each(GNUTLS)('agree on %s', async (...row) => {
    const server = await startServer(row);
    await expectOurClient(server.port, server.process, row, true);
  });
});

describeWithPeer('old suites of gnutls-cli and our server', 'gnutls-cli', () => {
  // gnutls-cli 3.7 crashes (SIGSEGV) where it would print what the Diffie-Hellman of these was: our server has connected by then.
  const printable = GNUTLS.filter(([name]) => !/^TLS_(EC)?DHE_PSK/.test(name));
  it.each(printable)('agree on %s', async (...row) => {
    await expectOurServer(
      row,
      (port) => {
        const trust = ['--sni-hostname', 'localhost', '--verify-hostname', 'localhost', '--x509cafile', file('ca.pem')];
        const keys = ['--pskusername', identity, '--pskkey', keyHex];
        const given = row[1].keyExchange.usesPreSharedKey ? keys : [];
        return startPeer('gnutls-cli', [...trust, ...given, '--priority', priorityOf(row), '--port', String(port), '127.0.0.1'], {
          folder,
        });
      },
      /- Handshake was completed/,
    );
  });
});
