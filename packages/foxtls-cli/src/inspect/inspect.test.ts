import fc from 'fast-check';
import {
  createDtlsClient,
  createTlsClient,
  createTlsServer,
  defineClientConfig,
  defineServerConfig,
  type VersionName,
} from 'foxtls';
import { nodeProvider as provider } from 'foxtls/crypto/node';
import { createSelfSignedSync, credentialOf, trustWithoutVerification } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { createStyle } from '../command/style.ts';
import { inspectBytes } from './inspecting.ts';
import { findProblem, type Node } from './node.ts';
import { renderTree, treeFacts } from './render.ts';
import * as rfc8448 from './rfc8448.fixture.ts';

const style = createStyle(false);
const fromHex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const linesOf = (hex: string, full = false) => renderTree(inspectBytes(fromHex(hex)).nodes, { style, full });
/** Without the columns of offsets and bytes. */
const textOf = (hex: string) => linesOf(hex).map((line) => line.slice(31));
const problemOf = (hex: string) => findProblem(inspectBytes(fromHex(hex)).nodes)?.problem;
/** Records, and the messages in them. */
const outline = (nodes: readonly Node[]) =>
  nodes.map(({ label, children }) => [label, ...children.map((child) => child.label)].join(' '));

describe('the bytes of RFC 8448', () => {
  it('are told field by field: ClientHello', () => {
    expect(linesOf(rfc8448.CLIENT_HELLO).filter((_line, i) => i < 18 || i > 38)).toEqual([
      '0000  16 03 01 00 c4           handshake: TLSv1, 196 bytes',
      '0005  01 00 00 c0              └─ client_hello: 192 bytes',
      '0009  03 03                       ├─ legacy_version: TLSv1.2 (0x0303)',
      '000b  cb 34 ec b1 e7 81 63 …      ├─ random: 32 bytes',
      '002b  00                          ├─ legacy_session_id: empty',
      '002c  00 06                       ├─ cipher_suites',
      '002e  13 01                       │  ├─ [0]: TLS_AES_128_GCM_SHA256 (0x1301)',
      '0030  13 03                       │  ├─ [1]: TLS_CHACHA20_POLY1305_SHA256 (0x1303)',
      '0032  13 02                       │  └─ [2]: TLS_AES_256_GCM_SHA384 (0x1302)',
      '0034  01 00                       ├─ legacy_compression_methods: null (0x00)',
      '0036  00 91                       └─ extensions',
      '0038  00 00 00 0b 00 09              ├─ server_name',
      '003e                                 │  └─ [0]',
      '003e  00                             │     ├─ name_type: host_name (0x00)',
      '003f  00 06 73 65 72 76 65 72        │     └─ name: "server"',
      '0047  ff 01 00 01 00                 ├─ renegotiation_info: empty',
      '004c  00 0a 00 14 00 12              ├─ supported_groups',
      '0052  00 1d                          │  ├─ [0]: x25519 (0x001d)',
      '00a9  08 05                          │  ├─ [5]: rsa_pss_rsae_sha384 (0x0805)',
      '00ab  08 06                          │  ├─ [6]: rsa_pss_rsae_sha512 (0x0806)',
      '00ad  04 01                          │  ├─ [7]: rsa_pkcs1_sha256 (0x0401)',
      '00af  05 01                          │  ├─ [8]: rsa_pkcs1_sha384 (0x0501)',
      '00b1  06 01                          │  ├─ [9]: rsa_pkcs1_sha512 (0x0601)',
      '00b3  02 01                          │  ├─ [10]: rsa_pkcs1_sha1 (0x0201)',
      '00b5  04 02                          │  ├─ [11]: dsa_sha256_RESERVED (0x0402)',
      '00b7  05 02                          │  ├─ [12]: dsa_sha384_RESERVED (0x0502)',
      '00b9  06 02                          │  ├─ [13]: dsa_sha512_RESERVED (0x0602)',
      '00bb  02 02                          │  └─ [14]: dsa_sha1_RESERVED (0x0202)',
      '00bd  00 2d 00 02 01                 ├─ psk_key_exchange_modes',
      '00c2  01                             │  └─ [0]: psk_dhe_ke (0x01)',
      '00c3  00 1c 00 02 40 01              └─ record_size_limit: 16385',
    ]);
  });

  it('are told field by field: ServerHello', () => {
    expect(textOf(rfc8448.SERVER_HELLO).slice(5)).toEqual([
      '   ├─ cipher_suite: TLS_AES_128_GCM_SHA256 (0x1301)',
      '   ├─ legacy_compression_method: null (0x00)',
      '   └─ extensions',
      '      ├─ key_share',
      '      │  ├─ group: x25519 (0x001d)',
      '      │  └─ key_exchange: 32 bytes',
      '      └─ supported_versions: TLSv1.3 (0x0304)',
    ]);
  });

  it('are told without records, and encrypted records stay closed', () => {
    const messages = rfc8448.ENCRYPTED_EXTENSIONS + rfc8448.CERTIFICATE + rfc8448.CERTIFICATE_VERIFY + rfc8448.FINISHED;
    const { format, nodes } = inspectBytes(fromHex(messages));
    expect([format, nodes.map(({ label }) => label)]).toEqual([
      'handshake',
      ['encrypted_extensions', 'certificate', 'certificate_verify', 'finished'],
    ]);
    expect(textOf(messages)).toContain(
      '      ├─ cert_data: certificate of CN = rsa, issued by CN = rsa, 2016-07-30 to 2026-07-30, key of 1024 bit (432 bytes)',
    );
    expect(textOf(messages)).toContain('├─ algorithm: rsa_pss_rsae_sha256 (0x0804)');
    expect(textOf(rfc8448.ENCRYPTED_RECORD)).toEqual(['application_data: TLSv1.2, 19 bytes, encrypted']);
  });

  it('show all bytes when they are asked for', () => {
    const random = linesOf(rfc8448.CLIENT_HELLO, true).slice(3, 7);
    expect(random.map((line) => line.slice(0, 29).trim())).toEqual([
      '000b  cb 34 ec b1 e7 81 63 ba',
      '0013  1c 38 c6 da cb 19 6a 6d',
      '001b  ff a2 1a 8d 99 12 ec 18',
      '0023  a2 ef 62 83 02 4d ec e7',
    ]);
  });

  it('are JSON with every byte in it', () => {
    const facts = treeFacts(inspectBytes(fromHex(rfc8448.CLIENT_HELLO))) as { nodes: { children: object[] }[] };
    expect(facts.nodes[0]?.children[0]).toMatchObject({
      label: 'client_hello',
      offset: 5,
      length: 196 - 0,
      children: [{ label: 'legacy_version', value: 'TLSv1.2 (0x0303)', offset: 9, length: 2, hex: '0303' }, {}, {}, {}, {}, {}],
    });
  });
});

/** What each end of a handshake sends, to its end. */
async function flights(version: VersionName, cipherSuites: readonly string[]) {
  const leaf = createSelfSignedSync({
    provider,
    subject: { commonName: 'localhost' },
    validFrom: new Date('2020-01-01'),
    validTo: new Date('2049-01-01'),
  });
  const credentials = [credentialOf({ key: leaf.key, chain: [leaf.certificate] })];
  const sent = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
  const onEvent = () => undefined;
  const common = { provider, versions: [version], cipherSuites, maxSendFragment: 200 };
  const verifier = trustWithoutVerification('a test');
  const client = createTlsClient(defineClientConfig({ ...common, verifier }), { serverName: 'localhost', onEvent });
  const server = createTlsServer(defineServerConfig({ ...common, credentials }), { onEvent });
  server.start();
  client.start();
  // Signatures may be waited for.
  for (let i = 0; i < 100 && server.info === undefined; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    for (const bytes of client.takeOutput()) {
      sent.client.push(bytes);
      server.receive(bytes);
    }
    for (const bytes of server.takeOutput()) {
      sent.server.push(bytes);
      client.receive(bytes);
    }
  }
  expect(client.info?.version).toBe(version);
  return { client: Buffer.concat(sent.client), server: Buffer.concat(sent.server) };
}

describe('a captured flight', () => {
  it('of TLS 1.2 shows messages over several records, and what is encrypted', async () => {
    const { client, server } = await flights('TLSv1.2', ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']);
    const serverNodes = inspectBytes(server).nodes;
    expect(findProblem(serverNodes)).toBeUndefined();
    expect(serverNodes.flatMap(({ children }) => children.map(({ label }) => label))).toEqual([
      'server_hello',
      'certificate',
      'server_key_exchange',
      'server_hello_done',
      'new_session_ticket',
    ]);
    const text = renderTree(serverNodes, { style, full: false }).join('\n');
    expect(text).toMatch(/certificate_list\n.*\[0\]: certificate of CN = localhost, .* key of prime256v1/);
    expect(text).toMatch(
      /params\n.*curve_type: named_curve \(0x03\)\n.*named_curve: x25519 \(0x001d\)\n.*public: 32 bytes\n.*algorithm: ecdsa_secp256r1_sha256/,
    );
    expect(text).toMatch(/change_cipher_spec: TLSv1\.2, 1 byte\n.*handshake: TLSv1\.2, 40 bytes, encrypted/);
    expect(text).toMatch(/handshake: TLSv1\.2, \d+ bytes, part of a handshake message/);
    expect(outline(inspectBytes(client).nodes).slice(-3)).toEqual([
      'handshake client_key_exchange',
      'change_cipher_spec',
      'handshake',
    ]);
    // One after the other, as a program writes them down that does not tell the directions apart.
    expect(findProblem(inspectBytes(Buffer.concat([client, server])).nodes)).toBeUndefined();
  });

  it('of TLS 1.3 shows what is in clear', async () => {
    const { client, server } = await flights('TLSv1.3', ['TLS_AES_128_GCM_SHA256']);
    expect(outline(inspectBytes(server).nodes).slice(0, 3)).toEqual([
      'handshake server_hello',
      'change_cipher_spec',
      'application_data',
    ]);
    const clientNodes = inspectBytes(client).nodes;
    expect([outline(clientNodes).filter((line) => line.includes('client_hello')), findProblem(clientNodes)]).toEqual([
      ['handshake client_hello'],
      undefined,
    ]);
  });

  it('of DTLS shows epochs, numbers, and fragments put together', () => {
    const sent: Uint8Array[] = [];
    const config = defineClientConfig({
      provider,
      verifier: trustWithoutVerification('a test'),
      alpnProtocols: Array.from({ length: 30 }, (_, i) => `protocol-${i}`),
    });
    const client = createDtlsClient(config, { serverName: 'localhost', clock: () => 0, mtu: 300, onEvent: () => undefined });
    client.start();
    for (const datagram of client.takeOutput()) sent.push(datagram);
    const nodes = inspectBytes(Buffer.concat(sent)).nodes;
    expect(findProblem(nodes)).toBeUndefined();
    expect(nodes[0]?.value).toMatch(/^DTLSv1, epoch 0, number 0, \d+ bytes$/);
    const text = renderTree(nodes, { style, full: false }).join('\n');
    expect(text).toMatch(/client_hello: message 0, /);
    expect(text).toContain('"protocol-29"');
    expect(text).toContain('legacy_cookie: empty');
  });
});

describe('bytes that are something else, or stop being it', () => {
  it.each([
    ['', 'this is neither TLS nor DTLS nor DER'],
    [toHex(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 'this is neither TLS nor DTLS nor DER: it is HTTP in clear'],
    [toHex(Buffer.from('220 mail ESMTP\r\n')), /STARTTLS$/],
    ['d4c3b2a1020004000000', /it is a capture \(pcap\)/],
    ['1603', 'the input ends inside the header of a record'],
    ['160301', 'the input ends inside the header of a record'],
    ['16030100c40100', 'the input ends inside the record: 194 bytes are missing'],
    ['1603017fff00', /a record of 32767 bytes, 18432 at most/],
    ['15030300020228 deadbeef', 'here it stops being TLS: no content type of TLS'],
    ['15030300020228 16051234', 'here it stops being TLS: a content type, but no version of TLS behind it'],
    ['16030300040e000001', 'the input ends inside a handshake message: 1 byte is missing'],
    ['160303000102', 'the input ends inside a handshake message'],
    ['1603030006 0e0000020000', 'server_hello_done: 2 bytes too many'],
    ['1603030005 1800000107', /request_update is 7/],
    ['16fefd0000000000000001 0004 01000000', 'the record ends inside the header of a handshake message'],
    ['16fefd0000000000000001 000d 01000001 0000 000000 000002 00', /longer than the record/],
    ['3003020105 3003020106 3003', /here it stops being DER: .*0 bytes are left/],
    ['30800000', /here it stops being DER: .*indefinite/],
  ])('%s', (hex, problem) => {
    expect(problemOf(hex)).toMatch(problem);
  });

  it('show what was read before an extension that is wrong, and why it is', () => {
    const hello = `0303${'00'.repeat(32)}000002130101 00 000d 000a 0004 0002 001d 000b 0001 05`.replaceAll(' ', '');
    const length = (hello.length / 2).toString(16).padStart(2, '0');
    const text = textOf(`160301 00${(hello.length / 2 + 4).toString(16)} 010000${length} ${hello}`);
    expect(text.at(-1)).toMatch(/✗ client_hello\.extensions\.ec_point_formats: /);
    expect(text.join('\n')).toMatch(/supported_groups\n.*x25519/);
  });

  it('never make it fail, and always say where', () => {
    const begins = [[], [22, 3, 3], [22, 254, 253, 0, 0], [0x30, 0x82], [1, 0, 0], [20, 3, 3, 0, 1, 1, 22, 3, 3]];
    const bytes = fc
      .tuple(fc.constantFrom(...begins), fc.uint8Array({ maxLength: 300 }))
      .map(([begin, rest]) => Uint8Array.from([...begin, ...rest]));
    fc.assert(fc.property(bytes, checkTree), { numRuns: 3000 });
  });

  it('never make it fail where single bytes of a flight were changed, or it was cut', async () => {
    const { server, client } = await flights('TLSv1.2', ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']);
    const whole = Buffer.concat([client, server, fromHex(rfc8448.SERVER_HELLO + rfc8448.ENCRYPTED_RECORD)]);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 255 }), place, (at, value, end) => {
        const changed = Uint8Array.from(whole);
        changed[at] = value;
        checkTree(changed.subarray(0, Math.max(end, at)));
      }),
      { numRuns: 1000 },
    );
  });

  /** It is drawn, and what it shows is in the input, in order. */
  function checkTree(bytes: Uint8Array): void {
    const { nodes } = inspectBytes(bytes);
    renderTree(nodes, { style, full: true });
    let at = 0;
    for (const node of nodes) {
      // A message that is not whole is shown last, where it began.
      if (node.problem !== undefined) continue;
      expect(node.offset).toBeGreaterThanOrEqual(at);
      at = node.offset;
    }
    const last = nodes.at(-1);
    if (findProblem(nodes) === undefined && last !== undefined) expect(last.offset + last.bytes.length).toBe(bytes.length);
  }
});
