import { once } from 'node:events';
import { connect as connectTcp, createServer as createTcpServer, type Socket as TcpSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import nodeTls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ca,
  client,
  expired,
  listen,
  next,
  open,
  openPair,
  other,
  PAIRINGS,
  readAll,
  type Socket,
  selfSigned,
  selfSignedClient,
  server,
  stranger,
  wildcard,
} from './endpoints.fixture.ts';
import tls from './tls.ts';

type Coded = Error & { code?: string; library?: string; reason?: string };

const closers: (() => Promise<void>)[] = [];

/** So that a failing test leaves no server behind. */
function closing<T extends { close(): Promise<void> }>(opened: T): T {
  closers.push(opened.close);
  return opened;
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe.each(PAIRINGS)('$title', (pairing) => {
  const ours = { client: pairing.client === tls, server: pairing.server === tls };

  it('speak both ways and close cleanly', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    serverSocket.end(
      `heard: ${await new Promise((resolve) => serverSocket.once('data', resolve).resume() && clientSocket.write('hello'))}`,
    );
    expect(await readAll(clientSocket)).toBe('heard: hello');
    clientSocket.end();
    await Promise.all([once(clientSocket, 'close'), serverSocket.closed || once(serverSocket, 'close')]);
  });

  it('agree on what they agreed on', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    expect(clientSocket).toMatchObject({ authorized: true, authorizationError: null, encrypted: true, alpnProtocol: false });
    expect(serverSocket).toMatchObject({ authorized: false, authorizationError: null, servername: 'localhost' });
    expect(clientSocket.getProtocol()).toBe('TLSv1.3');
    expect(clientSocket.getCipher()).toEqual(serverSocket.getCipher());
    expect(clientSocket.getEphemeralKeyInfo()).toEqual({ type: 'ECDH', name: 'X25519', size: 253 });
    expect(serverSocket.getEphemeralKeyInfo()).toBeNull();
    expect(clientSocket.getFinished()).toEqual(serverSocket.getPeerFinished());
    expect(clientSocket.getPeerFinished()).toEqual(serverSocket.getFinished());
    expect(clientSocket.getSharedSigalgs()).toEqual([]);
    expect(serverSocket.getSharedSigalgs()).toContain('ECDSA+SHA256');
    const context = Buffer.from('context');
    expect(clientSocket.exportKeyingMaterial(40, 'label', context)).toEqual(
      serverSocket.exportKeyingMaterial(40, 'label', context),
    );
  });

  it('describe certificates alike', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing, { requestCert: true, ca }, client));
    expect(serverSocket.authorized).toBe(true);
    expect(clientSocket.getPeerCertificate()).toEqual(serverSocket.getCertificate());
    expect(serverSocket.getPeerCertificate()).toEqual(clientSocket.getCertificate());
    const detailed = clientSocket.getPeerCertificate(true);
    expect(detailed.subject.CN).toBe('localhost');
    expect(detailed.subjectaltname).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect(detailed.issuerCertificate.subject.CN).toBe('Test CA');
    expect(detailed.issuerCertificate.issuerCertificate).toBe(detailed.issuerCertificate);
    expect(clientSocket.getPeerX509Certificate()?.raw).toEqual(serverSocket.getX509Certificate()?.raw);
  });

  it('choose the application protocol by the order of the server', async () => {
    const { clientSocket, serverSocket } = closing(
      await openPair(pairing, { ALPNProtocols: ['a', 'b'] }, { ALPNProtocols: ['b', 'a'] }),
    );
    expect([clientSocket.alpnProtocol, serverSocket.alpnProtocol]).toEqual(['a', 'a']);
  });

  it('let ALPNCallback choose', async () => {
    const asked: unknown[] = [];
    const ALPNCallback = (hello: unknown) => {
      asked.push(hello);
      return 'b';
    };
    const { clientSocket } = closing(await openPair(pairing, { ALPNCallback }, { ALPNProtocols: ['a', 'b'] }));
    expect(clientSocket.alpnProtocol).toBe('b');
    expect(asked).toEqual([{ servername: 'localhost', protocols: ['a', 'b'] }]);
  });

  it('fail when they share no application protocol', async () => {
    const { listener, connect } = closing(await open(pairing, { ALPNProtocols: ['a'] }));
    const refused = next<Coded>(listener, 'tlsClientError');
    const error = await next<Coded>(connect({ ALPNProtocols: ['b'] }), 'error');
    expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', library: 'SSL routines' });
    expect(await refused).toMatchObject({ code: 'ERR_SSL_NO_APPLICATION_PROTOCOL', reason: 'no application protocol' });
  });

  it('use the context of the name: addContext, the latest first', async () => {
    const { listener, connect } = closing(await open(pairing));
    listener.addContext('other.test', { cert: server.cert, key: server.key });
    listener.addContext('other.test', { cert: other.cert, key: other.key });
    listener.addContext('*.wild.test', { cert: wildcard.cert, key: wildcard.key });
    for (const [servername, expected] of [
      ['other.test', 'DNS:other.test'],
      ['a.wild.test', 'DNS:*.wild.test'],
      ['localhost', 'DNS:localhost, IP Address:127.0.0.1'],
    ]) {
      const socket = connect({ servername });
      await once(socket, 'secureConnect');
      expect(socket.getPeerCertificate().subjectaltname).toBe(expected);
    }
  });

  it('use the context that SNICallback answers later', async () => {
    const context = pairing.server.createSecureContext({ cert: other.cert, key: other.key });
    const SNICallback = (name: string, answer: (error: Error | null, context: unknown) => void) =>
      setTimeout(() => answer(null, name === 'other.test' ? context : undefined), 5);
    const { clientSocket } = closing(await openPair(pairing, { SNICallback }, { servername: 'other.test' }));
    expect(clientSocket.getPeerCertificate().subjectaltname).toBe('DNS:other.test');
  });

  it('tell tlsClientError what SNICallback failed with', async () => {
    const failure = new Error('no such host');
    const SNICallback = (_name: string, answer: (error: Error) => void) => answer(failure);
    const { listener, connect } = closing(await open(pairing, { SNICallback }));
    const refused = next(listener, 'tlsClientError');
    await next(connect(), 'error');
    expect(await refused).toBe(failure);
  });

  it.each([
    ['a stranger’s certificate', stranger, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['a self-signed certificate', selfSigned, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['an expired certificate', expired, 'CERT_HAS_EXPIRED'],
    ['a certificate of another name', other, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('refuse %s with Node’s code, or report it', async (_title, pair, code) => {
    const { listener, connect } = closing(await open(pairing, pair));
    const refused = next<Coded>(listener, 'tlsClientError');
    const socket = connect();
    const [error, hadError] = await Promise.all([next<Coded>(socket, 'error'), next(socket, 'close')]);
    expect(error.code).toBe(code);
    expect(hadError).toBe(true);
    await refused;
    const tolerant = connect({ rejectUnauthorized: false });
    await once(tolerant, 'secureConnect');
    expect(tolerant).toMatchObject({ authorized: false, authorizationError: code });
  });

  it('let checkServerIdentity decide, with host and certificate', async () => {
    const { connect } = closing(await open(pairing, other));
    const asked: unknown[] = [];
    const socket = connect({
      servername: 'somebody.test',
      checkServerIdentity: (host: string, certificate: { subject: { CN: string }; raw: Buffer }) => {
        asked.push(host, certificate.subject.CN, certificate.raw.length > 100);
        return undefined;
      },
    });
    await once(socket, 'secureConnect');
    expect(asked).toEqual(['somebody.test', 'other.test', true]);
    const failure = new Error('not that one');
    expect(await next(connect({ checkServerIdentity: () => failure }), 'error')).toBe(failure);
    if (!ours.client) return;
    // Node lets it out of the event loop.
    const thrower = () => {
      throw failure;
    };
    expect(await next(connect({ checkServerIdentity: thrower }), 'error')).toBe(failure);
  });

  it('require client certificates when asked to', async () => {
    const { listener, connect } = closing(await open(pairing, { requestCert: true, ca }));
    const refused = next<Coded>(listener, 'tlsClientError');
    const error = await next<Coded>(connect(), 'error');
    expect(error.code).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await refused).toMatchObject({ code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' });
  });

  it.each([
    ['none', {}, 'UNABLE_TO_GET_ISSUER_CERT'],
    ['a self-signed one', selfSignedClient, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('report a client certificate that is not good: %s', async (_title, pair, code) => {
    const { serverSocket } = closing(await openPair(pairing, { requestCert: true, ca, rejectUnauthorized: false }, pair));
    expect(serverSocket).toMatchObject({ authorized: false, authorizationError: code });
  });

  it('resume sessions, and know it', async () => {
    const { connect } = closing(await open(pairing));
    const first = connect();
    const session = await next<Buffer>(first, 'session');
    expect(first.isSessionReused()).toBe(false);
    expect(Buffer.isBuffer(session)).toBe(true);
    const second = connect({ session });
    await once(second, 'secureConnect');
    expect(second).toMatchObject({ authorized: true });
    expect(second.isSessionReused()).toBe(true);
    // node:tls has forgotten the certificate here.
    if (ours.client) expect(second.getPeerCertificate().subject.CN).toBe('localhost');
  });

  it('do not resume what was not verified where verification is asked for', async () => {
    const { connect } = closing(await open(pairing, stranger));
    const first = connect({ rejectUnauthorized: false });
    const session = await next<Buffer>(first, 'session');
    const second = connect({ session });
    expect((await next<Coded>(second, 'error')).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('share ticket keys between servers', async () => {
    const [one, two] = [closing(await open(pairing)), closing(await open(pairing))];
    const session = await next<Buffer>(one.connect(), 'session');
    two.listener.setTicketKeys(one.listener.getTicketKeys());
    const resumed = two.connect({ session });
    await once(resumed, 'secureConnect');
    expect(resumed.isSessionReused()).toBe(true);
  });

  it('write the key log when somebody listens', async () => {
    const { listener, connect } = closing(await open(pairing));
    const lines = { client: '', server: '' };
    listener.on('keylog', (line: Buffer) => {
      lines.server += line;
    });
    const socket = connect();
    socket.on('keylog', (line: Buffer) => {
      lines.client += line;
    });
    await Promise.all([once(socket, 'secureConnect'), once(listener, 'secureConnection')]);
    expect(lines.client).toMatch(/^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
    expect(lines.client.trim().split('\n').sort()).toEqual(lines.server.trim().split('\n').sort());
  });

  it('close halves one after the other with allowHalfOpen', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing, { allowHalfOpen: true }, { allowHalfOpen: true }));
    serverSocket.end('bye');
    expect(await readAll(clientSocket)).toBe('bye');
    clientSocket.end('still here');
    expect(await readAll(serverSocket)).toBe('still here');
  });

  it('end when the other ends, without allowHalfOpen', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    clientSocket.resume();
    serverSocket.resume();
    const closed = Promise.all([once(clientSocket, 'close'), once(serverSocket, 'close')]);
    serverSocket.end();
    await closed;
    expect([clientSocket.writableEnded, serverSocket.readableEnded]).toEqual([true, true]);
  });

  it('send what was written before the connection was secure', async () => {
    const { listener, connect } = closing(await open(pairing));
    const received = once(listener, 'secureConnection').then(([socket]) => readAll(socket as Socket));
    connect().end('early');
    expect(await received).toBe('early');
  });

  it('carry megabytes intact both ways', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    const data = Buffer.alloc(3_000_000, 'megabytes of text, ');
    serverSocket.pipe(serverSocket);
    clientSocket.end(data);
    expect(await readAll(clientSocket)).toBe(data.toString('latin1'));
    expect(clientSocket.bytesRead).toBe(data.length);
    expect(clientSocket.bytesWritten).toBe(data.length);
  });

  it('see a connection that was cut off as an end, and say so', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    const said = readAll(clientSocket);
    await new Promise((resolve) => serverSocket.write('half a mess', resolve));
    await sleep(20);
    serverSocket.destroy();
    expect(await said).toBe('half a mess');
    if (ours.client) expect(clientSocket.truncated).toBe(true);
  });

  it('tell the server of a client that goes away during the handshake', async () => {
    const { listener, connect } = closing(await open(pairing));
    const refused = next<Coded>(listener, 'tlsClientError');
    const socket = connect();
    socket.once('connect', () => socket.destroy());
    expect(await next(socket, 'close')).toBe(false);
    expect(await refused).toMatchObject({ code: 'ECONNRESET', message: 'socket hang up' });
  });

  it('have no version in common when one speaks TLS 1.2 only, and the other TLS 1.3', async () => {
    const { connect } = closing(await open(pairing, { minVersion: 'TLSv1.3' }));
    expect((await next<Coded>(connect({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), 'error')).code).toBe(
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    );
  });

  describe.each([
    ['the server', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.2' }],
    ['the client', { minVersion: 'TLSv1.2' }, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
  ] as const)('speak TLS 1.2 because of %s', (_who, serverOptions, clientOptions) => {
    it('and agree on all that they tell of it', async () => {
      const { clientSocket, serverSocket } = closing(await openPair(pairing, serverOptions, clientOptions));
      expect([clientSocket.getProtocol(), serverSocket.getProtocol()]).toEqual(['TLSv1.2', 'TLSv1.2']);
      expect(serverSocket.getCipher()).toEqual(clientSocket.getCipher());
      expect(clientSocket.getCipher()).toMatchObject({ version: 'TLSv1.2', name: expect.stringMatching(/^ECDHE-/) });
      expect(clientSocket.getEphemeralKeyInfo()).toMatchObject({ type: 'ECDH' });
      expect(serverSocket.getFinished()).toEqual(clientSocket.getPeerFinished());
      expect(serverSocket.getPeerFinished()).toEqual(clientSocket.getFinished());
      for (const context of [Buffer.alloc(0), Buffer.from('context')]) {
        const exported = clientSocket.exportKeyingMaterial(32, 'EXPORTER-test', context);
        expect(serverSocket.exportKeyingMaterial(32, 'EXPORTER-test', context)).toEqual(exported);
      }
      clientSocket.write('ping');
      expect(String(await next(serverSocket, 'data'))).toBe('ping');
      serverSocket.write('pong');
      expect(String(await next(clientSocket, 'data'))).toBe('pong');
    });

    it('and resume the session', async () => {
      const { connect } = closing(await open(pairing, serverOptions));
      const first = connect(clientOptions);
      const heldAtOnce = next(first, 'secureConnect').then(() => first.getSession() !== undefined);
      const session = await next<Buffer>(first, 'session');
      expect(await heldAtOnce).toBe(true);
      const second = connect({ ...clientOptions, session });
      await next(second, 'secureConnect');
      expect([first.isSessionReused(), second.isSessionReused()]).toEqual([false, true]);
    });
  });
});

describe('our client', () => {
  const pairing = PAIRINGS[0];

  it('sends the alert to a server that it refuses', async () => {
    const { listener, connect } = closing(await open(pairing, stranger));
    const refused = next<Coded>(listener, 'tlsClientError');
    const error = await next<Coded>(connect(), 'error');
    expect(error.cause).toMatchObject({ name: 'CertificateInvalid', reason: 'issuer_unknown' });
    expect(await refused).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' });
  });

  it('does not show its certificate to a server of another name', async () => {
    const { listener, connect } = closing(await open(pairing, { ...other, requestCert: true, ca }));
    const refused = next<Coded>(listener, 'tlsClientError');
    await next(connect(client), 'error');
    expect(await refused).toMatchObject({ code: 'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE' });
  });

  it('makes truncation an error on request', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing, {}, { rejectTruncation: true }));
    clientSocket.resume();
    const failed = next<Coded>(clientSocket, 'error');
    await sleep(20);
    serverSocket.destroy();
    expect(await failed).toMatchObject({ code: 'ECONNRESET', cause: { reason: 'truncated' } });
  });

  it.each([
    ['(options, callback)', (port: number, done: () => void) => tls.connect({ port, host: '127.0.0.1', ca }, done)],
    ['(port, host, options, callback)', (port: number, done: () => void) => tls.connect(port, '127.0.0.1', { ca }, done)],
    ['(port, options, callback)', (port: number, done: () => void) => tls.connect(port, { ca, host: '127.0.0.1' }, done)],
    [
      '({ socket }) that connects',
      (port: number, done: () => void) =>
        tls.connect({ socket: connectTcp(port, '127.0.0.1'), ca, servername: 'localhost' }, done),
    ],
  ])('connects by connect%s', async (_title, connect) => {
    const { port } = closing(await open(pairing));
    const socket = await new Promise<Socket>((resolve) => {
      const made: Socket = connect(port, () => resolve(made));
    });
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it.skipIf(process.platform === 'win32')('connects over a local socket', async () => {
    const path = `\0foxtls-${process.pid}`;
    const listener = nodeTls.createServer({ ...server, minVersion: 'TLSv1.3' }, (socket) => socket.end('local'));
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    expect(await readAll(tls.connect(path, { ca }))).toBe('local');
    await new Promise((resolve) => listener.close(resolve));
  });

  it('connects over a socket that is connected already', async () => {
    const { port } = closing(await open(pairing));
    const transport = connectTcp(port, '127.0.0.1');
    await once(transport, 'connect');
    const socket = tls.connect({ socket: transport, ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    expect(socket.remotePort).toBe(port);
    socket.destroy();
    await once(transport, 'close');
  });

  it.each([
    ['ends at once', (socket: TcpSocket) => socket.end(), 'ECONNRESET', /before secure TLS connection was established/],
    ['resets the connection', (socket: TcpSocket) => socket.resetAndDestroy(), 'ECONNRESET', /./],
    [
      'speaks HTTP',
      (socket: TcpSocket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'ERR_SSL_WRONG_VERSION_NUMBER',
      /wrong version number/,
    ],
  ])('reports a server that %s', async (_title, answer, code, message) => {
    const listener = createTcpServer((socket) => {
      socket.on('error', () => {}).resume();
      answer(socket);
    });
    const port = await listen(listener);
    const socket = tls.connect({ port, host: '127.0.0.1' });
    const error = await next<Coded>(socket, 'error');
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    await new Promise((resolve) => listener.close(resolve));
  });

  it('reports a port where nobody listens as Node does', async () => {
    const listener = createTcpServer();
    const port = await listen(listener);
    await new Promise((resolve) => listener.close(resolve));
    const error = await next<Coded>(tls.connect({ port, host: '127.0.0.1' }), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port });
  });

  it('is aborted by a signal', async () => {
    const { connect } = closing(await open(pairing));
    const controller = new AbortController();
    const socket = connect({ signal: controller.signal });
    socket.once('connect', () => controller.abort());
    expect((await next<Coded>(socket, 'error')).name).toBe('AbortError');
  });

  it('obeys NODE_TLS_REJECT_UNAUTHORIZED=0 where the option is not given, and warns', async () => {
    const { connect } = closing(await open(pairing, stranger));
    const warned = next<Error>(process, 'warning');
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      const socket = connect();
      await once(socket, 'secureConnect');
      expect(socket.authorized).toBe(false);
      for (const rejectUnauthorized of [true, undefined]) {
        const strict = connect({ rejectUnauthorized });
        expect((await next<Coded>(strict, 'error')).code).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
      }
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    }
    expect((await warned).message).toMatch(/NODE_TLS_REJECT_UNAUTHORIZED/);
  });

  it('times out by setTimeout, and only when nothing happens', async () => {
    const { clientSocket, serverSocket } = closing(await openPair(pairing));
    let timeouts = 0;
    clientSocket.setTimeout(80, () => timeouts++);
    clientSocket.resume();
    for (let i = 0; i < 5; i++) {
      serverSocket.write('.');
      await sleep(30);
    }
    expect(timeouts).toBe(0);
    await once(clientSocket, 'timeout');
  });
});

describe('our server', () => {
  const pairing = PAIRINGS[1];

  it('gives up a handshake that takes too long', async () => {
    const { listener, port } = closing(await open(pairing, { handshakeTimeout: 30 }));
    const refused = next<Coded>(listener, 'tlsClientError');
    const transport = connectTcp(port, '127.0.0.1');
    const closed = once(transport.resume(), 'close');
    expect(await refused).toMatchObject({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT', message: 'TLS handshake timeout' });
    await closed;
  });

  it('does not let garbage out of the event loop', async () => {
    const { listener, port } = closing(await open(pairing));
    const refused = next<Coded>(listener, 'tlsClientError');
    const transport = connectTcp(port, '127.0.0.1');
    transport.on('error', () => {});
    transport.end('GET / HTTP/1.1\r\n\r\n');
    expect((await refused).code).toMatch(/^ERR_SSL_/);
  });

  it('secures a stream that is emitted as a connection', async () => {
    const { listener } = closing(await open(pairing));
    const front = createTcpServer((transport) => listener.emit('connection', transport));
    const port = await listen(front);
    const accepted = once(listener, 'secureConnection');
    const socket = nodeTls.connect({ port, host: '127.0.0.1', ca, servername: 'localhost' });
    await Promise.all([once(socket, 'secureConnect'), accepted]);
    socket.destroy();
    await new Promise((resolve) => front.close(resolve));
  });

  it('takes new certificates with setSecureContext', async () => {
    const { listener, connect } = closing(await open(pairing));
    listener.setSecureContext(other);
    const socket = connect({ servername: 'other.test' });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('other.test');
  });

  it('says to the client why its certificate is refused', async () => {
    const { listener, connect } = closing(await open(pairing, { requestCert: true, ca }));
    const refused = next<Coded>(listener, 'tlsClientError');
    const error = await next<Coded>(connect(selfSignedClient), 'error');
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
    expect(await refused).toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  });

  it('is not brought down by a client that breaks off after the handshake', async () => {
    const { clientSocket, serverSocket, close } = await openPair(PAIRINGS[2]);
    closing({ close });
    const closed = next(serverSocket, 'close');
    serverSocket.write(Buffer.alloc(1_000_000));
    clientSocket.resetAndDestroy();
    await closed;
  });

  it('closes its transport when it is reset while it ends', async () => {
    const { listener, port, connect, close } = await open(PAIRINGS[2]);
    closing({ close });
    const transport = connectTcp(port, '127.0.0.1');
    const accepted = next(listener, 'secureConnection');
    const socket = connect({ socket: transport });
    await accepted;
    const closed = next(transport, 'close');
    socket.end('x');
    const tick = () => new Promise((resolve) => process.nextTick(resolve));
    while (!transport.writableEnded) await tick();
    await tick();
    socket.resetAndDestroy();
    await closed;
  });

  it('leaves nothing open behind it', async () => {
    const before = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
    const { clientSocket, serverSocket, close } = await openPair(PAIRINGS[2]);
    clientSocket.destroy();
    await next(serverSocket.resume(), 'close');
    await close();
    await sleep(20);
    const after = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
    expect(after).toBeLessThanOrEqual(before);
  });
});
