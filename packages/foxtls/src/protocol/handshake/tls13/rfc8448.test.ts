import { expect, it } from 'vitest';
import { describeWithVectors } from '../../../../test/vectors.ts';
import type { TlsConnection } from '../../../connection/connection.ts';
import { createTlsClient, createTlsServer } from '../../../connection/create.ts';
import { Recorder } from '../../../connection/pair.fixture.ts';
import { concat, fromHex, toHex } from '../../../core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../../core/registry/content-types.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { decode, encode } from '../../../core/wire/codec.ts';
import { nodeProvider } from '../../../crypto/node/provider.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { providers } from '../../../crypto/providers.fixture.ts';
import { HEADER_SIZE } from '../../messages/messages.ts';
import { newSessionTicket } from '../../messages/new-session-ticket.ts';
import {
  clientCredential,
  openRecord,
  Pool,
  type ReplaySettings,
  readTraces,
  replayClient,
  replayServer,
  SECRETS,
  sealRecord,
  sealsInto,
  serverTrafficSecret,
  TRACES,
  type Trace,
} from './rfc8448.fixture.ts';

/** What our end wrote since it was last asked, as hexadecimal. */
function output(connection: TlsConnection): string {
  return toHex(concat(...connection.takeOutput()));
}

function keyLog(side: Recorder): Record<string, string> {
  const fields = side.of('keylog').map(({ line }) => line.split(' '));
  return Object.fromEntries(fields.map(([label, , secret]) => [label, secret]));
}

describeWithVectors('the traces of RFC 8448', TRACES, (path) => {
  const traces = readTraces(path);
  const traceOf = (section: string): Trace => {
    const trace = traces.get(section);
    if (trace === undefined) throw new Error(`no section ${section} in ${TRACES}`);
    return trace;
  };

  const padding = (length: number) => ({ type: EXTENSION_TYPES.padding, data: new Uint8Array(length) });
  const sessionTicket = { type: EXTENSION_TYPES.session_ticket, data: new Uint8Array(0) };
  const SECTIONS: readonly { title: string; section: string; settings: ReplaySettings }[] = [
    { title: '§3 Simple 1-RTT Handshake', section: 'Simple_1RTT_Handshake', settings: { added: () => [sessionTicket] } },
    {
      title: '§5 HelloRetryRequest',
      section: 'HelloRetryRequest_Handshake',
      settings: { groupCount: 3, added: (second) => (second ? [padding(175)] : []) },
    },
    { title: '§6 Client Authentication', section: 'Client_Authentication_Handshake', settings: {} },
    { title: '§7 Compatibility Mode', section: 'Middlebox_Compatibility_Mode', settings: {} },
  ];

  const cases = SECTIONS.flatMap((section) => providers.map((provider) => ({ ...section, provider, name: provider.name })));

  it.each(cases)('$title: our client sends every record of the trace ($name provider)', ({ section, settings, provider }) => {
    const trace = traceOf(section);
    const pool = new Pool(trace.bytes('Client_RNG_Pool'));
    const side = new Recorder();
    const credentials = trace.has('Client_MessageToSign') ? [clientCredential(trace, path)] : [];
    const config = replayClient(provider, trace, pool, settings, credentials);
    const client = createTlsClient(config, { onEvent: side.onEvent, serverName: 'server', keyLog: true });
    const expectOutput = (record: string) => expect(output(client), record).toBe(toHex(trace.bytes(record)));
    client.start();
    expectOutput('Record_ClientHello_1');
    if (trace.has('Record_HelloRetryRequest')) {
      client.receive(trace.bytes('Record_HelloRetryRequest'));
      expectOutput('Record_ClientHello_2');
    }
    client.receive(trace.bytes('Record_ServerHello'));
    client.receive(trace.bytes('Record_ServerHandshakeMessages'));
    expect(side.error).toBeUndefined();
    expectOutput('Record_ClientFinished');
    expect(client.state).toBe('connected');
    if (trace.has('Record_NewSessionTicket')) client.receive(trace.bytes('Record_NewSessionTicket'));
    if (trace.has('Client_AppData')) {
      client.send(trace.bytes('Client_AppData'));
      expectOutput('Record_Client_AppData');
      client.receive(trace.bytes('Record_Server_AppData'));
      expect(toHex(side.data)).toBe(toHex(trace.bytes('Server_AppData')));
    }
    client.close();
    expectOutput('Record_Client_CloseNotify');
    client.receive(trace.bytes('Record_Server_CloseNotify'));
    expect([side.error, client.state, side.of('end').length]).toEqual([undefined, 'closed', 1]);
    expect(keyLog(side)).toEqual(SECRETS[section]);
    expect(pool.left).toBe(0);
  });

  it.each(SECTIONS)('$title: our client sends the same when the records come byte by byte', ({ section, settings }) => {
    const trace = traceOf(section);
    const credentials = trace.has('Client_MessageToSign') ? [clientCredential(trace, path)] : [];
    const config = replayClient(nodeProvider, trace, new Pool(trace.bytes('Client_RNG_Pool')), settings, credentials);
    const client = createTlsClient(config, { onEvent() {}, serverName: 'server' });
    client.start();
    let sent = '';
    for (const record of ['Record_HelloRetryRequest', 'Record_ServerHello', 'Record_ServerHandshakeMessages']) {
      if (!trace.has(record)) continue;
      for (const byte of trace.bytes(record)) {
        sent += output(client);
        client.receive(Uint8Array.of(byte));
      }
    }
    sent += output(client);
    const expected = ['Record_ClientHello_1', 'Record_ClientHello_2', 'Record_ClientFinished'];
    expect(sent).toBe(toHex(concat(...expected.filter((record) => trace.has(record)).map((record) => trace.bytes(record)))));
  });

  it.each(cases)('$title: our server sends every record of the trace ($name provider)', ({ section, settings, provider }) => {
    const trace = traceOf(section);
    const pool = new Pool(trace.bytes('Server_RNG_Pool'));
    const side = new Recorder();
    const server = createTlsServer(serverConfig(provider, trace, pool, settings), { onEvent: side.onEvent, keyLog: true });
    const expectOutput = (...records: string[]) =>
      expect(output(server), records.join()).toBe(toHex(concat(...records.map((record) => trace.bytes(record)))));
    server.start();
    server.receive(trace.bytes('Record_ClientHello_1'));
    if (trace.has('Record_HelloRetryRequest')) {
      expectOutput('Record_HelloRetryRequest');
      server.receive(trace.bytes('Record_ClientHello_2'));
    }
    expect(side.error).toBeUndefined();
    expectOutput('Record_ServerHello', 'Record_ServerHandshakeMessages');
    server.receive(trace.bytes('Record_ClientFinished'));
    expect([side.error, server.state]).toEqual([undefined, 'connected']);
    // The ticket of §3 has an extension for 0-RTT data that ours has not: it is compared in a test of its own.
    if (trace.has('Record_NewSessionTicket')) server.takeOutput();
    if (trace.has('Client_AppData')) {
      server.receive(trace.bytes('Record_Client_AppData'));
      expect(toHex(side.data)).toBe(toHex(trace.bytes('Client_AppData')));
      server.send(trace.bytes('Server_AppData'));
      expectOutput('Record_Server_AppData');
    }
    server.receive(trace.bytes('Record_Client_CloseNotify'));
    server.close();
    expectOutput('Record_Server_CloseNotify');
    expect([side.error, server.state, side.of('end').length]).toEqual([undefined, 'closed', 1]);
    expect(keyLog(side)).toEqual(SECRETS[section]);
    expect(pool.left).toBe(0);
  });

  it.each(providers)('§3: the recorded NewSessionTicket is read, written and sealed as it was ($name provider)', (provider) => {
    const trace = traceOf('Simple_1RTT_Handshake');
    const record = trace.bytes('Record_NewSessionTicket');
    const protection = () => serverTrafficSecret(provider, 'Simple_1RTT_Handshake');
    const message = openRecord(protection(), record, CONTENT_TYPES.handshake);
    const body = message.subarray(HEADER_SIZE);
    const ticket = decode(newSessionTicket, body, 'new_session_ticket');
    expect(ticket).toMatchObject({ ticketLifetime: 30, ticketAgeAdd: 0xfad6aac5, ticketNonce: new Uint8Array(2) });
    expect(toHex(ticket.ticket)).toBe(toHex(trace.bytes('SessionTicket')));
    expect(ticket.extensions.values).toEqual({ early_data: 1024 });
    expect(toHex(encode(newSessionTicket, ticket))).toBe(toHex(body));
    expect(toHex(sealRecord(protection(), message, CONTENT_TYPES.handshake))).toBe(toHex(record));
  });

  it.each(providers)('§3: our server sends that ticket without its early_data extension ($name provider)', (provider) => {
    const trace = traceOf('Simple_1RTT_Handshake');
    const server = createTlsServer(serverConfig(provider, trace, new Pool(trace.bytes('Server_RNG_Pool')), {}), { onEvent() {} });
    server.start();
    server.receive(trace.bytes('Record_ClientHello_1'));
    server.takeOutput();
    server.receive(trace.bytes('Record_ClientFinished'));
    const protection = () => serverTrafficSecret(provider, 'Simple_1RTT_Handshake');
    const ours = openRecord(protection(), concat(...server.takeOutput()), CONTENT_TYPES.handshake);
    const recorded = openRecord(protection(), trace.bytes('Record_NewSessionTicket'), CONTENT_TYPES.handshake);
    // Behind the header, all but the list of extensions: two bytes of length, and eight of early_data.
    expect(toHex(ours.subarray(HEADER_SIZE, -2))).toBe(toHex(recorded.subarray(HEADER_SIZE, -10)));
    expect(toHex(recorded.subarray(-10))).toBe('0008002a000400000400');
    expect(toHex(ours.subarray(-2))).toBe('0000');
  });

  it.each(providers)('§3: our client makes the session of §4 of that ticket ($name provider)', (provider) => {
    const trace = traceOf('Simple_1RTT_Handshake');
    const side = new Recorder();
    const config = replayClient(provider, trace, new Pool(trace.bytes('Client_RNG_Pool')), { added: () => [sessionTicket] });
    const client = createTlsClient(config, { onEvent: side.onEvent, serverName: 'server' });
    client.start();
    for (const record of ['Record_ServerHello', 'Record_ServerHandshakeMessages', 'Record_NewSessionTicket']) {
      client.receive(trace.bytes(record));
    }
    expect(side.of('session').map(({ session }) => session)).toMatchObject([
      {
        suite: 0x1301,
        psk: fromHex('4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3'),
        ticket: trace.bytes('SessionTicket'),
        ticketAgeAdd: 0xfad6aac5,
        lifetime: 30,
        receivedAt: trace.now,
        serverName: 'server',
        peer: { kind: 'verified' },
      },
    ]);
  });

  function serverConfig(provider: CryptoProvider, trace: Trace, pool: Pool, { groupCount }: ReplaySettings) {
    return replayServer(provider, trace, pool, {
      ...(groupCount !== undefined && { groupCount }),
      ...(trace.has('Client_MessageToSign') && { clientCertificates: 'require' as const }),
      ...(trace.has('HelloRetryRequest_Cookie') && {
        forceRetry: true,
        cookieSealer: sealsInto(trace.bytes('HelloRetryRequest_Cookie')),
      }),
      ...(trace.has('SessionTicket') && {
        tickets: 1,
        ticketLifetime: 30,
        ticketSealer: sealsInto(trace.bytes('SessionTicket')),
      }),
    });
  }
});
