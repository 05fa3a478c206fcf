/**
 * The lengths of records in captures of TLS 1.2 that people know, of wolfSSL's client and server over ECDHE-RSA-AES256-GCM-SHA384: with the
 * same offer, key and messages, ours are as long.
 */

import { beforeAll, expect, it } from 'vitest';
import { type ClientOptions, defineClientConfig, defineServerConfig, type ServerOptions } from '../src/connection/config.ts';
import type { TlsConnection } from '../src/connection/connection.ts';
import { createTlsClient, createTlsServer } from '../src/connection/create.ts';
import { createTestPki, Recorder, type TestPki } from '../src/connection/pair.fixture.ts';
import { concat, toHex, utf8 } from '../src/core/bytes/bytes.ts';
import { contentTypeName } from '../src/core/registry/content-types.ts';
import { EXTENSION_TYPES } from '../src/core/registry/extension-types.ts';
import { handshakeTypeName } from '../src/core/registry/handshake-types.ts';
import { nodeProvider as provider } from '../src/crypto/node/provider.ts';
import { legacy } from '../src/legacy.ts';
import { createX509Verifier } from '../src/pki/x509/verifier.ts';
import { createSessionCache } from '../src/protocol/session/session-cache.ts';

/** In the order of the capture. */
const SUITES = [
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_OLD_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_OLD_POLY1305_SHA256',
  'TLS_DHE_RSA_WITH_CHACHA20_OLD_POLY1305_SHA256',
];
const NUMBERS = 'c02cc02bc030c02f009f009ecca9cca8ccaac027c023c028c024c00ac009c014c013006b006700390033' + 'cc14cc13cc15';

/** Seven groups and fifteen schemes, as many as wolfSSL offers. */
const OFFER = {
  versions: ['TLSv1.2'],
  cipherSuites: SUITES,
  groups: ['secp256r1', 'x25519', 'secp384r1', 'secp521r1', 'x448', 'ffdhe2048', 'ffdhe3072'],
  legacy,
} as const satisfies Partial<ClientOptions>;

/** wolfSSL sent no more than these. */
const EXTENSIONS: readonly number[] = [
  EXTENSION_TYPES.signature_algorithms,
  EXTENSION_TYPES.supported_groups,
  EXTENSION_TYPES.ec_point_formats,
  EXTENSION_TYPES.encrypt_then_mac,
  EXTENSION_TYPES.extended_master_secret,
];

let rsa: TestPki;
beforeAll(async () => {
  rsa = await createTestPki(provider, { kind: 'rsa', bits: 2048 });
});

const verifier = () => createX509Verifier({ provider, trustAnchors: rsa.anchors });

/** The records of some output: the name of each, and the length in its header. */
function describeRecords(bytes: Uint8Array, isProtected: boolean): readonly string[] {
  const records: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number);
    const type = contentTypeName(bytes[at] as number) as string;
    const isOpen = type === 'handshake' && !isProtected && !records.includes('change_cipher_spec 1');
    const messages = isOpen ? describeMessages(bytes.subarray(at + 5, at + 5 + length)) : [`${type} ${length}`];
    records.push(...messages);
    at += 5 + length;
  }
  return records;
}

/** wolfSSL has a record for each message; ours share one. */
function describeMessages(content: Uint8Array): readonly string[] {
  const messages: string[] = [];
  for (let at = 0; at < content.length; ) {
    const length = 4 + (((content[at + 1] as number) << 16) | ((content[at + 2] as number) << 8) | (content[at + 3] as number));
    messages.push(`${handshakeTypeName(content[at] as number)} ${length}`);
    at += length;
  }
  return messages;
}

function world(clientOptions: Partial<ClientOptions>, serverName?: string, serverOptions: Partial<ServerOptions> = {}) {
  const clientSide = new Recorder();
  const serverSide = new Recorder();
  const clientConfig = defineClientConfig({ provider, verifier: verifier(), ...OFFER, ...clientOptions });
  const serverConfig = defineServerConfig({
    provider,
    ...OFFER,
    cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'],
    credentials: [rsa.server],
    clientCertificates: 'require',
    verifier: verifier(),
    tickets: 0,
    sessionCache: createSessionCache(),
    ...serverOptions,
  });
  const client = createTlsClient(clientConfig, { serverName, onEvent: clientSide.onEvent });
  const server = createTlsServer(serverConfig, { onEvent: serverSide.onEvent });
  server.start();
  client.start();
  return { client, server, clientSide, serverSide };
}

const output = (end: TlsConnection) => concat(...end.takeOutput());

it('a ClientHello with the 24 suites of the capture has its 163 bytes', () => {
  const schemes = defineClientConfig({ provider, verifier: verifier() }).signatureSchemes.map(({ name }) => name);
  const { client } = world({
    signatureSchemes: [...schemes, 'rsa_pkcs1_sha1'],
    shapeClientHello: (extensions) => extensions.filter(({ type }) => EXTENSIONS.includes(type)),
  });
  const hello = output(client);
  expect(describeRecords(hello, false)).toEqual(['client_hello 163']);
  // Record, message, version, random, an empty session id, and the length of the list.
  expect(toHex(hello.subarray(5 + 4 + 2 + 32 + 1, 5 + 4 + 2 + 32 + 1 + 2 + 48))).toBe(`0030${NUMBERS}`);
});

it('flights, messages and data have the lengths of the capture', () => {
  const { client, server, clientSide } = world({ credentials: [rsa.client] }, 'localhost');
  server.receive(output(client));
  const flight = output(server);
  const byName = (records: readonly string[], name: string) => records.find((record) => record.startsWith(`${name} `));
  const serverFlight = describeRecords(flight, false);
  // The server of the capture answers three of the five extensions, 14 bytes: one of them encrypt_then_mac, which "MUST NOT" be answered for
  // an AEAD (RFC 7366 §3). Ours answers two of them and secure renegotiation, which is a byte more.
  expect(byName(serverFlight, 'server_hello')).toBe('server_hello 91');
  expect(byName(serverFlight, 'server_key_exchange')).toBe('server_key_exchange 333');
  expect(byName(serverFlight, 'server_hello_done')).toBe('server_hello_done 4');

  client.receive(flight);
  // In one write: what one call gives.
  const answer = describeRecords(output(client), false).filter((record) => !record.startsWith('certificate '));
  expect(answer).toEqual(['client_key_exchange 70', 'certificate_verify 264', 'change_cipher_spec 1', 'handshake 40']);
  expect(clientSide.of('output')).toHaveLength(2);
});

it('a name in place of encrypt_then_mac makes the ServerHello of the capture: 90 bytes', () => {
  const without = [EXTENSION_TYPES.renegotiation_info, EXTENSION_TYPES.session_ticket] as readonly number[];
  const { client, server } = world(
    { shapeClientHello: (extensions) => extensions.filter(({ type }) => !without.includes(type)) },
    'localhost',
    // A name that nothing is chosen by is not acknowledged.
    { credentials: [rsa.server, rsa.client] },
  );
  server.receive(output(client));
  expect(describeRecords(output(server), false)[0]).toBe('server_hello 90');
});

it('application data and close_notify have the lengths of the capture', () => {
  const { client, server, clientSide, serverSide } = world({ credentials: [rsa.client] }, 'localhost');
  for (let i = 0; i < 3; i++) {
    server.receive(output(client));
    client.receive(output(server));
  }
  expect([clientSide.error, serverSide.error]).toEqual([undefined, undefined]);
  const lengthsOf = (end: TlsConnection, act: () => void) => {
    act();
    return describeRecords(output(end), true);
  };
  expect(lengthsOf(client, () => client.send(utf8('hello wolfssl!')))).toEqual(['application_data 38']);
  expect(lengthsOf(server, () => server.send(utf8('I hear you fa shizzle!')))).toEqual(['application_data 46']);
  client.send(new Uint8Array(4096));
  const block = output(client);
  expect([describeRecords(block, true), block.length]).toEqual([['application_data 4120'], 4125]);
  expect(lengthsOf(client, () => client.close())).toEqual(['alert 26']);
  expect(lengthsOf(server, () => server.close())).toEqual(['alert 26']);
});
