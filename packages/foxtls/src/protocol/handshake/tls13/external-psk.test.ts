import { expect, it } from 'vitest';
import { describeWithVectors } from '../../../../test/vectors.ts';
import { concat, toHex } from '../../../core/bytes/bytes.ts';
import { CONTENT_TYPES } from '../../../core/registry/content-types.ts';
import { decode } from '../../../core/wire/codec.ts';
import { hashNamed, providers } from '../../../crypto/providers.fixture.ts';
import { finishedVerifyData } from '../../keys/finished.ts';
import { EarlySecret } from '../../keys/key-schedule.ts';
import { Transcript } from '../../keys/transcript.ts';
import { clientHello } from '../../messages/client-hello.ts';
import { bindersLength } from '../../messages/extensions/pre-shared-key.ts';
import { Finished, HEADER_SIZE, writeMessage } from '../../messages/messages.ts';
import { protectionOf, readTraces, sealRecord, sharedSecretOf, TRACES, type Trace } from './rfc8448.fixture.ts';

const RECORD_HEADER_SIZE = 5;
const CLOSE_NOTIFY = Uint8Array.of(1, 0);

// Not of RFC 8448, but recorded with it. The flows' own test of such keys is the matrix.
describeWithVectors('an external PSK with an ephemeral key', TRACES, (path) => {
  const trace = readTraces(path).get('Externally_Provided_PSK_with_Ephemeral_Key') as Trace;
  const hello = trace.bytes('Record_ClientHello_1').subarray(RECORD_HEADER_SIZE);

  it.each(providers)('has the recorded binder, Finished messages and records ($name provider)', (provider) => {
    const labelled = { hash: hashNamed(provider, 'sha256'), labelPrefix: 'tls13 ' } as const;
    const early = new EarlySecret(labelled, trace.bytes('PskSecret'));
    const binders =
      decode(clientHello, hello.subarray(HEADER_SIZE), 'client_hello').extensions.values.pre_shared_key?.binders ?? [];
    const truncated = hello.subarray(0, hello.length - bindersLength(binders));
    const binder = finishedVerifyData(labelled, early.binderKey('external'), labelled.hash.digest(truncated));
    expect(binders.map((entry) => toHex(entry))).toEqual([toHex(binder)]);

    const transcript = new Transcript();
    transcript.start(labelled.hash);
    transcript.add(hello);
    transcript.add(trace.bytes('Message_ServerHello'));
    const handshake = early.handshakeSecret(sharedSecretOf(provider, trace));
    const client = handshake.clientTraffic(transcript.hash());
    const server = handshake.serverTraffic(transcript.hash());
    const finished = (secret: Uint8Array) =>
      writeMessage(Finished, { verifyData: finishedVerifyData(labelled, secret, transcript.hash()) });
    const seal = (secret: Uint8Array, message: Uint8Array) =>
      toHex(sealRecord(protectionOf(provider, secret), message, CONTENT_TYPES.handshake));

    const encryptedExtensions = trace.bytes('Message_EncryptedExtensions');
    transcript.add(encryptedExtensions);
    const serverFinished = finished(server);
    expect(toHex(serverFinished)).toBe(toHex(trace.bytes('Message_Server_Finished')));
    expect(seal(server, concat(encryptedExtensions, serverFinished))).toBe(toHex(trace.bytes('Record_ServerHandshakeMessages')));
    transcript.add(serverFinished);
    const main = handshake.mainSecret();
    const traffic = { Client: main.clientTraffic(transcript.hash()), Server: main.serverTraffic(transcript.hash()) } as const;
    expect(seal(client, finished(client))).toBe(toHex(trace.bytes('Record_ClientFinished')));

    for (const side of ['Client', 'Server'] as const) {
      const records = protectionOf(provider, traffic[side]);
      const data = sealRecord(records, trace.bytes(`${side}_AppData`), CONTENT_TYPES.application_data);
      expect(toHex(data)).toBe(toHex(trace.bytes(`Record_${side}_AppData`)));
      const closure = sealRecord(records, CLOSE_NOTIFY, CONTENT_TYPES.alert);
      expect(toHex(closure)).toBe(toHex(trace.bytes(`Record_${side}_CloseNotify`)));
    }
  });
});
