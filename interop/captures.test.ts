/**
 * What somebody on the way sees of the programs, as the tutorials show it in Wireshark: the order of the handshake, the lengths of records, plain TCP
 * that can be read, and nothing that can be read after a handshake.
 */

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { formatPrivateKeyPem } from '../packages/foxtls/src/pki/pkcs/private-key.ts';
import {
  createCertificate,
  createCertificateAuthority,
  formatCertificatePem,
} from '../packages/foxtls/src/pki/x509/create-certificate.ts';
import { startCapture, type TlsRecord } from './harness/capture.ts';
import { startChatServer, startChatter } from './harness/chat.ts';
import { clientAndServer, words } from './harness/client-server.ts';
import { foxtlsPrograms } from './harness/programs.ts';

const { home, startServer, runClient } = clientAndServer();
const programs = foxtlsPrograms();
const { foxtls } = programs;
const path = (name: string) => join(home, name);

/** As the tutorial has them: RSA-2048, also for the client. */
beforeAll(async () => {
  const dates = { validFrom: new Date('2020-01-01'), validTo: new Date('2049-01-01') };
  const key = { kind: 'rsa', bits: 2048 } as const;
  const authority = await createCertificateAuthority({ provider, subject: { commonName: 'Captured CA' }, key, ...dates });
  writeFileSync(path('ca.pem'), formatCertificatePem(authority.certificate));
  for (const [name, purpose] of [
    ['server', 'serverAuth'],
    ['client', 'clientAuth'],
  ] as const) {
    const made = await createCertificate({
      provider,
      issuer: authority,
      subject: { commonName: 'localhost' },
      dnsNames: ['localhost'],
      purposes: [purpose],
      key,
      ...dates,
    });
    writeFileSync(path(`${name}.pem`), formatCertificatePem(made.certificate));
    writeFileSync(path(`${name}-key.pem`), formatPrivateKeyPem(made.key.exportPkcs8()));
  }
});

const rsa = (name: 'server' | 'client') => ['-c', path(`${name}.pem`), '-k', path(`${name}-key.pem`), '-A', path('ca.pem')];
const TUTORIAL = words('-v 3 -l ECDHE-RSA-AES256-GCM-SHA384');
/** `client handshake 37 ClientKeyExchange`. */
const shown = ({ from, type, length, messages }: TlsRecord) => [from, type, length, ...messages].join(' ');
const dataOf = (records: readonly TlsRecord[]) => records.filter(({ type }) => type === 'application_data');

describe('a capture of foxtls client and foxtls server', () => {
  it('shows the handshake of TLS 1.2 in its order, with the lengths of the tutorial', async (context) => {
    const server = await startServer(...TUTORIAL, ...rsa('server'));
    const capture = await startCapture(context, [Number(server.port)]);
    expect((await runClient(server.port, ...TUTORIAL, ...rsa('client'))).code).toBe(0);
    await server.ended();
    const captured = await capture.stop();
    const records = captured.records(Number(server.port));
    // The tutorial sends a record for each message; here those of a flight share one. Its curve is secp256r1, where a share takes 33 bytes more than
    // in x25519: ServerKeyExchange(333), ClientKeyExchange(70).
    expect(records.slice(0, -2).map(shown)).toEqual([
      expect.stringMatching(/^client handshake \d+ ClientHello\(\d+\)$/),
      expect.stringMatching(
        /^server handshake \d+ ServerHello\(\d+\) Certificate\(\d+\) ServerKeyExchange\(300\) CertificateRequest\(\d+\) ServerHelloDone\(4\)$/,
      ),
      expect.stringMatching(/^client handshake \d+ Certificate\(\d+\) ClientKeyExchange\(37\) CertificateVerify\(264\)$/),
      'client change_cipher_spec 1',
      'client handshake 40',
      expect.stringMatching(/^server handshake \d+ NewSessionTicket\(\d+\)$/),
      'server change_cipher_spec 1',
      'server handshake 40',
      // hello wolfssl!
      'client application_data 38',
      'server application_data 46',
    ]);
    // close_notify of both, at about the same time.
    expect(records.slice(-2).map(shown).sort()).toEqual(['client alert 26', 'server alert 26']);
    // ChangeCipherSpec and Finished leave in one write.
    const packets = records.filter(({ from }) => from === 'client').map(({ packet }) => packet);
    expect(packets[2]).toBe(packets[3]);
    for (const text of ['hello wolfssl!', 'I hear you fa shizzle!']) expect(captured.count(text), text).toBe(0);
    // The name that is asked for, and the certificates, are in clear in TLS 1.2.
    expect(captured.count('Captured CA')).toBeGreaterThan(0);
  });

  it('shows two hellos of TLS 1.3, and nothing after them, not even who they are', async (context) => {
    const server = await startServer('-v', '4', ...rsa('server'));
    const capture = await startCapture(context, [Number(server.port)]);
    expect((await runClient(server.port, '-v', '4', ...rsa('client'))).code).toBe(0);
    await server.ended();
    const captured = await capture.stop();
    const records = captured.records(Number(server.port));
    const open = records.filter(({ type }) => type !== 'application_data').map(({ from, type }) => `${from} ${type}`);
    expect(open.filter((record) => !record.endsWith('change_cipher_spec'))).toEqual(['client handshake', 'server handshake']);
    expect(records.map(({ messages }) => messages.join(' ')).filter((text) => text !== '')).toEqual([
      expect.stringMatching(/^ClientHello\(\d+\)$/),
      expect.stringMatching(/^ServerHello\(\d+\)$/),
    ]);
    // Content, its type and 16 bytes of tag.
    expect(dataOf(records).map(({ from, length }) => `${from} ${length}`)).toEqual(
      expect.arrayContaining(['client 31', 'server 39', 'client 19', 'server 19']),
    );
    for (const text of ['hello wolfssl!', 'I hear you fa shizzle!', 'Captured CA']) expect(captured.count(text), text).toBe(0);
  });
});

const SECRET = 'the fox is in the henhouse';

describe('a capture of foxtls echo-server and echo-client', () => {
  it.for(['3', '4'])('shows nothing of what is said, -v %s', async (version, context) => {
    const server = foxtls('echo-server', '--port', '0', '-v', version);
    const [, port = ''] = await server.prints(/listening on \S*:(\d+)/);
    const capture = await startCapture(context, [Number(port)]);
    const client = foxtls('echo-client', '--port', port, '-v', version);
    client.endInput(`${SECRET}\nquit\n`);
    expect((await client.exited()).code).toBe(0);
    expect(client.output).toContain(SECRET);
    const captured = await capture.stop();
    expect(dataOf(captured.records(Number(port))).length).toBeGreaterThan(2);
    expect(captured.count(SECRET)).toBe(0);
  });
});

describe('a capture of the chats', () => {
  it('shows all of chat-tcp', async (context) => {
    const server = foxtls('chat-tcp', '--listen', '--port', '0');
    const [, port = ''] = await server.prints(/:(\d+)\n/);
    const capture = await startCapture(context, [Number(port)]);
    const luca = foxtls('chat-tcp', '--name', 'Luca', '--port', port);
    luca.write(`${SECRET}\n`);
    await server.prints(new RegExp(SECRET));
    luca.write('quit\n');
    await luca.exited();
    expect((await capture.stop()).count(SECRET)).toBe(1);
  });

  it.for([
    ['shows public lines and no private ones, by the rules of the tutorial', ['--classic'], true],
    ['shows nothing by ours', [], false],
  ] as const)('%s', async ([, rules, isPublicClear], context) => {
    const server = await startChatServer(programs, ...rules);
    const ports = [server.port, server.publicPort].filter((port) => port > 0);
    const capture = await startCapture(context, ports);
    const luca = await startChatter(programs, server, 'Luca', ...rules);
    const maria = await startChatter(programs, server, 'Maria', ...rules);
    luca.say('for everybody to hear');
    await maria.sees('[Luca] for everybody to hear');
    luca.say(`#1 ${SECRET}`);
    await maria.sees(`[private-Luca] ${SECRET}`);
    maria.say('list');
    await maria.sees('[0] Luca');
    const captured = await capture.stop();
    // To the server, and from it to Maria.
    expect(captured.count('for everybody to hear')).toBe(isPublicClear ? 2 : 0);
    expect(captured.count(SECRET)).toBe(0);
    expect(captured.count('Connected clients:')).toBe(0);
    expect(dataOf(captured.records(server.port)).length).toBeGreaterThan(4);
  });
});

describe('a capture of a transfer', () => {
  it.for([
    ['1.2', 4120],
    ['1.3', 4113],
  ] as const)('shows records of 4096 bytes under TLS %s, and neither name nor content', async ([version, length], context) => {
    const file = path('secret-plan.txt');
    const folder = join(home, `received-${version}`);
    mkdirSync(folder);
    writeFileSync(file, Buffer.concat([Buffer.from(SECRET.repeat(1000)), randomBytes(15 * 4096 + 1000 - SECRET.length * 1000)]));
    const receiver = foxtls('receive', '--port', '0', '--into', folder, '--tls', version);
    const [, port = ''] = await receiver.prints(/:(\d+)\n/);
    const capture = await startCapture(context, [Number(port)]);
    const sender = foxtls('send', file, 'localhost', '--port', port);
    expect((await sender.exited()).code, sender.output).toBe(0);
    const captured = await capture.stop();
    const lengths = dataOf(captured.records(Number(port)))
      .filter(({ from }) => from === 'client')
      .map((record) => record.length);
    const overhead = length - 4096;
    // The name, fifteen whole ones and the rest, and the trailer; in TLS 1.3 Finished and close_notify look the same.
    const own = ['secret-plan.txt'.length, ...Array<number>(15).fill(4096), 1000, 40].map((content) => content + overhead);
    expect(version === '1.2' ? lengths : lengths.slice(-own.length - 1, -1)).toEqual(own);
    for (const text of [SECRET, 'secret-plan']) expect(captured.count(text)).toBe(0);
  });
});

describe('a capture of foxtls wwep-server', () => {
  it('shows what goes to its plain port, and nothing of what goes to the other', async (context) => {
    const server = foxtls('wwep-server', '--port', '0', '--secure-port', '0');
    await server.prints(/Message\n/);
    const portOf = (protocol: string) => new RegExp(`${protocol} 127\\.0\\.0\\.1:(\\d+)`).exec(server.output)?.[1] ?? '';
    const [plain, secure] = [portOf('TCP'), portOf('TLS')];
    const capture = await startCapture(context, [Number(plain), Number(secure)]);
    for (const how of [
      ['--plain', 'W0FAC0B1234'],
      ['--ca-asset', 'demo', 'W0FAC0C5678'],
    ] as const) {
      const client = foxtls('wwep-client', '-h', 'localhost', '-p', plain, '--secure-port', secure, ...how);
      client.endInput();
      expect((await client.exited()).code, client.output).toBe(0);
    }
    const captured = await capture.stop();
    expect(captured.count('W0FAC0B1234')).toBe(1);
    expect(captured.count('A0FAC0B1234')).toBe(1);
    expect(captured.count('0FAC0C5678')).toBe(0);
    expect(dataOf(captured.records(Number(secure))).length).toBeGreaterThan(1);
  });
});

describe('a capture of foxtls tls-client and tls-server', () => {
  it.for(['1.2', '1.3'])('shows no page under TLS %s', async (version, context) => {
    const server = foxtls('tls-server', '--port', '0', '--tls', version);
    const [, port = ''] = await server.prints(/https:\/\/127\.0\.0\.1:(\d+)/);
    const capture = await startCapture(context, [Number(port)]);
    const client = foxtls('tls-client', 'bank32.com', '4433', '--connect-to', `127.0.0.1:${port}`);
    client.endInput();
    expect((await client.exited()).code, client.errors).toBe(0);
    expect(client.output).toContain('Hello, world!');
    const captured = await capture.stop();
    expect(dataOf(captured.records(Number(port))).length).toBeGreaterThan(1);
    for (const text of ['GET / HTTP/1.1', 'Hello, world!']) expect(captured.count(text)).toBe(0);
    // Whom the client asks for is not a secret without Encrypted Client Hello.
    expect(captured.count('bank32.com')).toBeGreaterThan(0);
  });
});
