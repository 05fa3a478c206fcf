/**
 * One connection of a test: bytes between the runner's socket and a `TlsConnection` or a `DtlsConnection`, every byte echoed XOR 0xff, and what
 * the flags expect looked at as soon as the handshake is over.
 */

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createDtlsClient, createDtlsServer, createTlsClient, createTlsServer, TlsError } from 'foxtls';
import { parsePem } from 'foxtls/asn1';
import { framed, Requests, TIME_PASSED } from './datagrams.mjs';
import { latin1 } from './settings.mjs';

/** @typedef {import('./flags.mjs').Flags} Flags */

/** What foxtls did is not what the flags expect. */
export class Mismatch extends Error {}

/**
 * Resolves to the newest session, if there is one; rejects with whatever went wrong.
 *
 * @param {{ flags: Flags, config: any, credentials: any[], session: any, isResume: boolean, complaints: string[],
 *   time: { passed: number }, signal: AbortSignal }} test
 */
export function exchange(test) {
  return new Promise((resolve, reject) => new Exchange(test, resolve, reject).begin());
}

class Exchange {
  #flags;
  #test;
  #socket;
  #connection;
  #resolve;
  #reject;
  #isOver = false;
  #renegotiations = 0;
  /** @type {any} */
  #session;
  /** Of `-read-with-unfinished-write`: what waits until something was read. @type {Uint8Array[] | undefined} */
  #held;
  #requests = new Requests();
  #isPlaying = false;

  constructor(test, resolve, reject) {
    const { flags, config, session, time } = test;
    this.#test = test;
    this.#flags = flags;
    this.#resolve = resolve;
    this.#reject = reject;
    const onEvent = (event) => this.#onEvent(event);
    const delay = flags['private-key-delay-ms'];
    if (delay !== undefined) flags['while-signing'] = () => this.#pass(delay);
    const carried = { onEvent, ...(flags.dtls && datagramOptions(flags, time)) };
    const [client, server] = flags.dtls ? [createDtlsClient, createDtlsServer] : [createTlsClient, createTlsServer];
    this.#connection = flags.server
      ? server(config, carried)
      : client(config, { ...carried, serverName: flags['host-name'], session: offerable(flags, session) });
    this.#socket = connect({ port: flags.port, host: flags.ipv6 ? '::1' : '127.0.0.1', noDelay: true, allowHalfOpen: true });
  }

  begin() {
    const socket = this.#socket;
    const id = Buffer.alloc(8);
    id.writeBigUInt64LE(BigInt(this.#flags['shim-id']));
    socket.on('connect', () => {
      socket.write(id);
      this.#connection.start();
    });
    socket.on('data', (data) => {
      this.#receive(Uint8Array.from(data));
    });
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#finish(error));
    socket.on('close', () => this.#finish(new Error('the socket was closed')));
    this.#test.signal.addEventListener('abort', () => socket.destroy());
  }

  /** With -async, one byte at a time. */
  #receive(data) {
    if (this.#flags.dtls) {
      this.#requests.push(data);
      if (!this.#isPlaying) this.#play().catch((error) => this.#finish(error));
      return;
    }
    if (!this.#flags.async) return this.#connection.receive(data);
    for (let at = 0; at < data.length && this.#connection.state !== 'closed' && !this.#isOver; at++) {
      this.#connection.receive(data.slice(at, at + 1));
      if (this.#flags['use-exporter-between-reads'] && this.#connection.state === 'connected') this.#export();
    }
  }

  /** What the runner asks for, each when the connection waits for nothing but the peer. */
  async #play() {
    this.#isPlaying = true;
    for (let request = this.#requests.next(); request !== undefined && !this.#isOver; request = this.#requests.next()) {
      this.#playOne(request);
      while (this.#connection.isSuspended) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#isPlaying = false;
    if (this.#socket.readableEnded) this.#onEnd();
  }

  #playOne(request) {
    const connection = this.#connection;
    if (request.kind === 'P') connection.receive(request.packet);
    else if (request.kind === 'M') connection.setMtu(request.value);
    else if (request.kind === 'T') {
      // First the answer: what was sent before it was sent before the time passed.
      this.#socket.write(TIME_PASSED);
      this.#pass(request.value);
    } else if (request.kind === 'E') {
      const next = connection.nextTimeout();
      if (next !== request.value) throw new Mismatch(`the next time-out is in ${next}, not ${request.value}`);
    } else connection.setInitialTimeout(request.value);
  }

  /** @param {number} duration */
  #pass(duration) {
    this.#test.time.passed += duration;
    this.#connection.handleTimeout();
  }

  #export() {
    try {
      this.#connection.exportKeyingMaterial(1, '');
    } catch (error) {
      this.#finish(error);
    }
  }

  #onEnd() {
    if (this.#connection.state === 'closed' || this.#isPlaying) return;
    // The end of the transport is as good as a close_notify, unless the test is about it.
    if (this.#connection.state === 'connected' && !this.#flags['check-close-notify']) return this.#succeed();
    if (this.#flags.dtls) this.#finish(new Error('the socket was closed'));
    else this.#connection.receiveEnd();
  }

  #onEvent(event) {
    try {
      this.#on(event);
    } catch (error) {
      this.#finish(error);
    }
  }

  #on(event) {
    switch (event.type) {
      case 'output':
        for (const bytes of this.#connection.takeOutput()) this.#write(bytes);
        break;
      case 'connected':
        this.#onConnected(event.info);
        break;
      case 'renegotiated':
        this.#renegotiations++;
        break;
      case 'data':
        this.#echo(event.data);
        break;
      case 'session':
        this.#session = event.session;
        break;
      case 'end':
        this.#succeed();
        break;
      case 'error':
        this.#finish(event.error);
        break;
    }
  }

  #write(bytes) {
    if (this.#socket.writableEnded) return;
    if (this.#flags.dtls) this.#socket.write(framed(bytes));
    else if (this.#held === undefined) this.#socket.write(bytes);
    else this.#held.push(bytes);
  }

  #onConnected(info) {
    const flags = this.#flags;
    check(flags, info, this.#test.isResume);
    checkSelected(flags, info, this.#test.credentials);
    if (flags['handshake-never-done']) throw new Mismatch('the handshake was completed');
    if (!flags.server && !isTls13(info)) this.#checkTls12Session(info);
    if (flags['expect-hrr'] && !info.helloRetryRequest) throw new Mismatch('no HelloRetryRequest');
    if (flags['expect-no-hrr'] && info.helloRetryRequest) throw new Mismatch('a HelloRetryRequest');
    if (flags['forbid-renegotiation-after-handshake']) this.#connection.refuseRenegotiation();
    this.#sendFirst(info);
  }

  #checkTls12Session(info) {
    const flags = this.#flags;
    // Without extended_master_secret, sessions are not resumed (RFC 7627 §5.3), and none is given.
    const expected =
      info.extendedMasterSecret && !flags['expect-no-session'] && (!info.resumed || flags['expect-ticket-renewal'] === true);
    if (expected !== (this.#session !== undefined)) throw new Mismatch(`a new session was ${expected ? 'not ' : ''}given`);
  }

  #sendFirst() {
    const flags = this.#flags;
    const connection = this.#connection;
    if (flags['export-keying-material']) {
      const context = flags['use-export-context'] ? latin1(flags['export-context'] ?? '') : undefined;
      this.#send(connection.exportKeyingMaterial(flags['export-keying-material'], flags['export-label'] ?? '', context));
    }
    if (flags['tls-unique']) this.#send(connection.exportChannelBinding('tls-unique'));
    if (flags['send-alert']) {
      connection.abort(new TlsError('ERR_TLS_TEST', 'as asked', { alert: 'decompression_failure_RESERVED' }));
      for (const bytes of connection.takeOutput()) this.#write(bytes);
      return this.#succeed();
    }
    if (flags['write-different-record-sizes']) {
      for (const size of [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769])
        this.#send(new Uint8Array(size).fill(0x42));
    } else if (flags['shim-writes-first'] || flags['read-with-unfinished-write']) {
      if (flags['read-with-unfinished-write']) this.#held = [];
      for (let count = 0; count < (flags['repeat-shim-initial-write'] ?? 1); count++) {
        this.#send(latin1(flags['shim-initial-write'] ?? 'hello'));
      }
    }
    if (flags['shim-shuts-down']) {
      connection.close();
      if (!flags['check-close-notify']) this.#succeed();
    } else if (flags['key-update-before-read']) connection.updateKeys();
  }

  /** BoringSSL does not hold what the application sends to the MTU. */
  #send(data) {
    const connection = this.#connection;
    if (!this.#flags.dtls || data.length <= connection.maxData) return connection.send(data);
    const { mtu } = connection;
    connection.setMtu(65507);
    connection.send(data);
    connection.setMtu(mtu);
  }

  #echo(data) {
    const connection = this.#connection;
    if (this.#held !== undefined) {
      for (const bytes of this.#held) this.#socket.write(bytes);
      this.#held = undefined;
    }
    if (this.#flags['key-update']) connection.updateKeys();
    this.#send(data.map((byte) => byte ^ 0xff));
    if (this.#flags['key-update-before-read']) connection.updateKeys();
  }

  #succeed() {
    const flags = this.#flags;
    const { info } = this.#connection;
    // Ours reads what comes after the shutdown, and BoringSSL's shim does not: tickets may come then.
    if (info !== undefined && isTls13(info) && !flags.server && !flags['shim-shuts-down'] && !flags['send-alert']) {
      const expected = !flags['expect-no-session'];
      if (expected !== (this.#session !== undefined))
        return this.#finish(new Mismatch(`a session was ${expected ? 'not ' : ''}given`));
    }
    const renegotiations = flags['expect-total-renegotiations'] ?? 0;
    if (renegotiations !== this.#renegotiations) {
      return this.#finish(new Mismatch(`${this.#renegotiations} renegotiations, not ${renegotiations}`));
    }
    if (this.#test.complaints.length > 0) return this.#finish(new Mismatch(this.#test.complaints.join('; ')));
    this.#finish(undefined);
  }

  /** Says good-bye, lets the runner read all of it, and answers. */
  #finish(error) {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error === undefined || error instanceof Mismatch) this.#connection.close();
    this.#drain(() => (error === undefined ? this.#resolve(this.#session) : this.#reject(error)));
  }

  #drain(then) {
    const socket = this.#socket;
    socket.on('close', then);
    if (socket.destroyed) return void then();
    socket.end();
    if (socket.readableEnded) socket.destroySoon();
    else {
      socket.on('end', () => socket.destroySoon());
      socket.resume();
    }
  }
}

/** With -no-ticket, one that goes by its id. @param {Flags} flags */
function offerable(flags, session) {
  return flags['no-ticket'] && session?.ticket !== undefined ? undefined : session;
}

/** @param {{ version: string }} info */
const isTls13 = ({ version }) => version.endsWith('TLSv1.3');

/** As BoringSSL has them: a second less at first than RFC 9147 §5.8.2 has it, and never measured. */
function datagramOptions(flags, time) {
  return {
    mtu: flags.mtu ?? 1472,
    clock: () => time.passed,
    initialTimeout: flags['initial-timeout-duration-ms'] ?? 400,
    adaptTimeout: false,
    delayAcknowledgements: true,
    maxRetransmissions: 12,
    replayWindow: 256,
  };
}

/** What of the flags `info` can tell. @param {Flags} flags */
function check(flags, info, isResume) {
  const expect = (name, actual, expected) => {
    if (expected !== undefined && actual !== expected) throw new Mismatch(`${name} is ${actual}, not ${expected}`);
  };
  const versions = { 'TLSv1.3': 0x304, 'TLSv1.2': 0x303, 'TLSv1.1': 0x302, TLSv1: 0x301 };
  Object.assign(versions, { 'DTLSv1.3': 0xfefc, 'DTLSv1.2': 0xfefd, DTLSv1: 0xfeff });
  expect('version', versions[info.version], flags['expect-version']);
  expect('resumed', info.resumed, isResume && !flags['expect-session-miss']);
  // A resumption of TLS 1.2 has no key exchange, and so no group of its own.
  if (info.group !== undefined || !info.resumed) expect('curve', info.group?.id, flags['expect-curve-id']);
  expect('cipher', info.suite.id, flags['expect-cipher']);
  expect('cipher', info.suite.id, flags['expect-cipher-aes']);
  expect('server name', info.serverName, flags['expect-server-name']);
  expect('ALPN', info.alpnProtocol ?? '', flags.server ? (flags['select-alpn'] ?? '') : (flags['expect-alpn'] ?? ''));
  if (flags['expect-secure-renegotiation']) expect('secure renegotiation', info.secureRenegotiation, true);
  if (flags['expect-no-secure-renegotiation']) expect('secure renegotiation', info.secureRenegotiation, false);
  if (flags['expect-extended-master-secret']) expect('extended master secret', info.extendedMasterSecret, true);
  expect(
    'skew',
    info.ticketAgeSkew === undefined ? undefined : Math.round(info.ticketAgeSkew / 1000),
    isResume ? flags['expect-ticket-age-skew'] : undefined,
  );
  checkPeer(flags, info);
  // What was shown in a full handshake: sessions keep who the peer is, not what it showed besides.
  if (info.resumed) return;
  if (!flags.server) expect('signature', info.signatureScheme?.id, flags['expect-peer-signature-algorithm'] || undefined);
  checkRequest(flags, info.certificateRequest);
  checkBytes('OCSP response', info.ocspResponse, flags['expect-ocsp-response']);
  checkBytes('SCT list', info.signedCertificateTimestamps, flags['expect-signed-cert-timestamps']);
}

function checkPeer(flags, { peer }) {
  const hasCertificates = (peer.certificates?.length ?? 0) > 0;
  if (flags['expect-no-peer-cert'] && hasCertificates) throw new Mismatch('a certificate of the peer');
  const expected = flags['expect-peer-cert-file'];
  if (expected !== undefined) {
    const chain = parsePem(readFileSync(expected)).map(({ data }) => Buffer.from(data).toString('hex'));
    const seen = (peer.certificates ?? []).map((der) => Buffer.from(der).toString('hex'));
    if (chain.join() !== seen.join()) throw new Mismatch('another chain than expected');
  }
  const type = flags['expect-peer-certificate-type'];
  if (type !== undefined && (type === 2) !== (peer.rawPublicKey !== undefined))
    throw new Mismatch(`the certificate type is not ${type}`);
}

/** What the server asked for a certificate by. @param {Flags} flags */
function checkRequest(flags, request) {
  checkBytes('list of types', Uint8Array.from(request?.certificateTypes ?? []), flags['expect-certificate-types']);
  const names = flags['expect-client-ca-list'];
  const seen = (request?.authorities ?? []).map((name) => Buffer.from(name).toString('hex')).join();
  if (names !== undefined && seen !== (names.startsWith('<') ? '' : names)) throw new Mismatch(`the authorities are ${seen}`);
  const verified = flags.server ? undefined : flags['expect-peer-verify-pref'];
  if (verified !== undefined && verified.join() !== request?.signatureSchemes.join()) throw new Mismatch('other schemes');
}

/** Which of the credentials was shown, by its number; -1 is the default one, and none. @param {Flags} flags */
function checkSelected(flags, info, credentials) {
  const expected = flags['expect-selected-credential'];
  if (expected === undefined) return;
  const { identity } = info.peer;
  const keyAt = flags.credentials.findIndex(({ 'psk-importer-identity': known }) => known && identity && same(known, identity));
  const shown =
    info.peer.kind === 'psk'
      ? keyAt
      : (credentials.find((credential) => isShown(info, flags.server ? 'server' : 'client', credential))?.index ?? -1);
  if (shown !== expected) throw new Mismatch(`credential ${shown} was shown, not ${expected}`);
}

/** Where a key has two credentials, each with schemes of its own, they tell which. */
function isShown({ localCertificates, localRawPublicKey, ...info }, role, { kind, chain, spki, signingSchemes }) {
  const scheme = role === 'server' ? info.signatureScheme : info.clientSignatureScheme;
  if (signingSchemes !== undefined && !signingSchemes.includes(scheme?.name)) return false;
  if (kind === 'raw-public-key') return localRawPublicKey !== undefined && same(localRawPublicKey, spki);
  const hex = (certificates) => certificates.map((der) => Buffer.from(der).toString('hex')).join();
  return hex(localCertificates) === hex(chain);
}

const same = (one, other) => Buffer.compare(one, other) === 0;

function checkBytes(name, actual, expected) {
  if (expected !== undefined && !same(actual ?? new Uint8Array(), expected)) throw new Mismatch(`another ${name}`);
}
