import { expect, it } from 'vitest';
import { describeWithVectors } from '../../../../test/vectors.ts';
import { createTlsClient, createTlsServer } from '../../../connection/create.ts';
import { Recorder } from '../../../connection/pair.fixture.ts';
import { concat, fromHex, toHex } from '../../../core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../../core/registry/content-types.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { decode } from '../../../core/wire/codec.ts';
import type { CryptoProvider } from '../../../crypto/provider.ts';
import { hashNamed, providers } from '../../../crypto/providers.fixture.ts';
import { finishedVerifyData } from '../../keys/finished.ts';
import type { LabelledHash } from '../../keys/hkdf.ts';
import { EarlySecret, resumptionPsk } from '../../keys/key-schedule.ts';
import { Transcript } from '../../keys/transcript.ts';
import { clientHello } from '../../messages/client-hello.ts';
import { bindersLength } from '../../messages/extensions/pre-shared-key.ts';
import { EndOfEarlyData, Finished, HEADER_SIZE, writeMessage } from '../../messages/messages.ts';
import { writeTicketState } from '../../session/ticket-state.ts';
import { ANONYMOUS } from '../peer-identity.ts';
import {
  Pool,
  protectionOf,
  readTraces,
  replayClient,
  replayServer,
  sealRecord,
  sealsInto,
  sharedSecretOf,
  TRACES,
  type Trace,
} from './rfc8448.fixture.ts';

// RFC 8448 §3 and §4: what is printed there and in no record.
const RESUMPTION_SECRET = '7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c';
const PSK = '4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3';
const BINDER = '3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d';
const CLIENT_EARLY_TRAFFIC = '3fbbe6a60deb66c30a32795aba0eff7eaa10105586e7be5c09678d63b6caab62';
const EARLY_EXPORTER = 'b2026866610937d7423e5be90862ccf24c0e6091186d34f812089ff5be2ef7df';
const CLIENT_HANDSHAKE_TRAFFIC = '2faac08f851d35fea3604fcb4de82dc62c9b164a70974d0462e27f1ab278700f';
const SERVER_HANDSHAKE_TRAFFIC = 'fe927ae271312e8bf0275b581c54eef020450dc4ecffaa05a1a35d27518e7803';
const CLIENT_TRAFFIC = '2abbf2b8e381d23dbebe1dd2a7d16a8bf484cb4950d23fb7fb7fa8547062d9a1';
const SERVER_TRAFFIC = 'cc21f1bf8feb7dd5fa505bd9c4b468a9984d554a993dc49e6d285598fb672691';
const EXPORTER = '3fd93d4ffddc98e64b14dd107aedf8ee4add23f4510f58a4592d0b201bee56b4';
const NEXT_RESUMPTION = '5e95bdf1f89005ea2e9aa0ba85e728e3c19c5fe0c699e3f5bee59faebd0b5406';

/** The file has another EncryptedExtensions, without server_name, and another record of it; these are those of the RFC. */
const ENCRYPTED_EXTENSIONS = '080000280026000a00140012001d00170018001901000101010201030104001c0002400100000000002a0000';
const SERVER_FLIGHT =
  '1703030061dc48237b4b879f50d0d4d262ea8b4716eb40ddc1eb957e11126e8a7149c2d012d37a7115957e64ce30008b9e0323f2c05a9c1c77b4f37849a695ab255060a33fee770ca95cb8486bfd0843b87024865ca35cc41c4e515c64dcb1369f98635bc7a5';

const RECORD_HEADER_SIZE = 5;
const CLOSE_NOTIFY = Uint8Array.of(1, 0);
const TICKET_AGE_ADD = 0xfad6aac5;
const AES_128_GCM_SHA256 = 0x1301;
/** obfuscated_ticket_age is fad6aacb: the ticket is 6 ms old. */
const TICKET_AGE = 6;

describeWithVectors('RFC 8448 §4 Resumed 0-RTT Handshake', TRACES, (path) => {
  const trace = readTraces(path).get('Resumed_0RTT_Handshake') as Trace;
  const hello = trace.bytes('Record_ClientHello_1').subarray(RECORD_HEADER_SIZE);
  const labelledOf = (provider: CryptoProvider): LabelledHash => ({ hash: hashNamed(provider, 'sha256'), labelPrefix: 'tls13 ' });

  it.each(providers)('the PSK comes from the resumption secret and the ticket nonce ($name provider)', (provider) => {
    expect(toHex(resumptionPsk(labelledOf(provider), fromHex(RESUMPTION_SECRET), new Uint8Array(2)))).toBe(PSK);
  });

  it.each(providers)('the binder is over the ClientHello up to the binders ($name provider)', (provider) => {
    const labelled = labelledOf(provider);
    const { binders } = decode(clientHello, hello.subarray(HEADER_SIZE), 'client_hello').extensions.values.pre_shared_key ?? {
      binders: [],
    };
    expect(binders.map((binder) => toHex(binder))).toEqual([BINDER]);
    const truncated = hello.subarray(0, hello.length - bindersLength(binders));
    expect(truncated.length).toBe(477);
    const baseKey = new EarlySecret(labelled, fromHex(PSK)).binderKey('resumption');
    expect(toHex(finishedVerifyData(labelled, baseKey, labelled.hash.digest(truncated)))).toBe(BINDER);
  });

  it.each(providers)('every secret and every record of the handshake follows ($name provider)', (provider) => {
    const labelled = labelledOf(provider);
    const transcript = new Transcript();
    transcript.start(labelled.hash);
    transcript.add(hello);
    const early = new EarlySecret(labelled, fromHex(PSK));
    const clientEarly = early.clientEarlyTraffic(transcript.hash());
    expect(toHex(clientEarly)).toBe(CLIENT_EARLY_TRAFFIC);
    expect(toHex(early.earlyExporter(transcript.hash()))).toBe(EARLY_EXPORTER);
    const earlyRecords = protectionOf(provider, clientEarly);
    expect(toHex(sealRecord(earlyRecords, trace.bytes('Client_EarlyAppData'), CONTENT_TYPES.application_data))).toBe(
      toHex(trace.bytes('Record_Client_EarlyAppData')),
    );

    transcript.add(trace.bytes('Message_ServerHello'));
    const handshake = early.handshakeSecret(sharedSecretOf(provider, trace));
    const client = handshake.clientTraffic(transcript.hash());
    const server = handshake.serverTraffic(transcript.hash());
    expect([toHex(client), toHex(server)]).toEqual([CLIENT_HANDSHAKE_TRAFFIC, SERVER_HANDSHAKE_TRAFFIC]);

    const encryptedExtensions = fromHex(ENCRYPTED_EXTENSIONS);
    transcript.add(encryptedExtensions);
    const serverFinished = writeMessage(Finished, { verifyData: finishedVerifyData(labelled, server, transcript.hash()) });
    expect(toHex(serverFinished)).toBe(toHex(trace.bytes('Message_Server_Finished')));
    transcript.add(serverFinished);
    const flight = concat(encryptedExtensions, serverFinished);
    expect(toHex(sealRecord(protectionOf(provider, server), flight, CONTENT_TYPES.handshake))).toBe(SERVER_FLIGHT);

    const main = handshake.mainSecret();
    expect(toHex(main.clientTraffic(transcript.hash()))).toBe(CLIENT_TRAFFIC);
    expect(toHex(main.serverTraffic(transcript.hash()))).toBe(SERVER_TRAFFIC);
    expect(toHex(main.exporter(transcript.hash()))).toBe(EXPORTER);

    const endOfEarlyData = writeMessage(EndOfEarlyData, true);
    transcript.add(endOfEarlyData);
    const clientFinished = writeMessage(Finished, { verifyData: finishedVerifyData(labelled, client, transcript.hash()) });
    transcript.add(clientFinished);
    const lastFlight = concat(
      sealRecord(earlyRecords, endOfEarlyData, CONTENT_TYPES.handshake),
      sealRecord(protectionOf(provider, client), clientFinished, CONTENT_TYPES.handshake),
    );
    expect(toHex(lastFlight)).toBe(toHex(trace.bytes('Record_ClientFinished')));
    expect(toHex(main.resumption(transcript.hash()))).toBe(NEXT_RESUMPTION);
    for (const [side, secret] of [
      ['Client', CLIENT_TRAFFIC],
      ['Server', SERVER_TRAFFIC],
    ] as const) {
      const records = protectionOf(provider, secret);
      expect(toHex(sealRecord(records, trace.bytes(`${side}_AppData`), CONTENT_TYPES.application_data))).toBe(
        toHex(trace.bytes(`Record_${side}_AppData`)),
      );
      expect(toHex(sealRecord(records, CLOSE_NOTIFY, CONTENT_TYPES.alert))).toBe(
        toHex(trace.bytes(`Record_${side}_CloseNotify`)),
      );
    }
  });

  it.each(providers)('our client writes the ClientHello, with the binder ($name provider)', (provider) => {
    const added = () => [
      { type: EXTENSION_TYPES.early_data, data: new Uint8Array(0) },
      { type: EXTENSION_TYPES.padding, data: new Uint8Array(87) },
    ];
    const config = replayClient(provider, trace, new Pool(trace.bytes('Client_RNG_Pool')), { added });
    const session = {
      version: 'TLSv1.3',
      suite: AES_128_GCM_SHA256,
      psk: fromHex(PSK),
      ticket: trace.bytes('SessionTicket'),
      ticketAgeAdd: TICKET_AGE_ADD,
      lifetime: 30,
      receivedAt: trace.now - TICKET_AGE,
      serverName: 'server',
      alpnProtocol: undefined,
      peer: { kind: 'verified', certificates: [], path: [] },
    } as const;
    const client = createTlsClient(config, { onEvent() {}, serverName: 'server', session });
    client.start();
    expect(toHex(concat(...client.takeOutput()))).toBe(toHex(trace.bytes('Record_ClientHello_1')));
  });

  it.each(providers)('our server takes up the session, and answers with the ServerHello ($name provider)', (provider) => {
    const state = {
      suite: AES_128_GCM_SHA256,
      psk: fromHex(PSK),
      ticketAgeAdd: TICKET_AGE_ADD,
      created: trace.now - TICKET_AGE,
      lifetime: 30,
      version: 0x0304,
      serverName: 'server',
      alpnProtocol: undefined,
      client: ANONYMOUS,
    };
    const config = replayServer(provider, trace, new Pool(trace.bytes('Server_RNG_Pool')), {
      tickets: 1,
      ticketSealer: sealsInto(trace.bytes('SessionTicket'), writeTicketState(state)),
    });
    const side = new Recorder();
    const server = createTlsServer(config, { onEvent: side.onEvent, keyLog: true });
    server.start();
    server.receive(trace.bytes('Record_ClientHello_1'));
    const sent = toHex(concat(...server.takeOutput()));
    const recorded = toHex(trace.bytes('Record_ServerHello'));
    expect(sent.slice(0, recorded.length)).toBe(recorded);
    const secrets = side.of('keylog').map(({ line }) => line.split(' ')[2]);
    expect(secrets.slice(0, 2)).toEqual([CLIENT_HANDSHAKE_TRAFFIC, SERVER_HANDSHAKE_TRAFFIC]);
  });
});
