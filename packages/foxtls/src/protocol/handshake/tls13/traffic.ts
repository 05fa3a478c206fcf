/**
 * The secrets of a handshake in use: traffic secrets handed to the transport, Finished values, what outlives the handshake (RFC 8446 §7.1–§7.5).
 */

import { wipe } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { type FinishedVerified, finishedVerifyData, verifyFinished } from '../../keys/finished.ts';
import type { LabelledHash } from '../../keys/hkdf.ts';
import type { HandshakeSecret, MainSecret } from '../../keys/key-schedule.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { checkFinishedLength } from '../../messages/finished.ts';
import { Finished, writeMessage } from '../../messages/messages.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import { Tls13Protection } from '../../record/tls13-protection.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext } from '../transport.ts';

export type Role = 'client' | 'server';

/** What every later step of one handshake needs. */
export interface Agreement {
  readonly context: HandshakeContext;
  readonly role: Role;
  readonly suite: CipherSuite;
  readonly labelled: LabelledHash;
  readonly transcript: Transcript;
  readonly clientRandom: Uint8Array;
}

/** The base keys of the two Finished messages. */
export interface FinishedKeys {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** Derives the handshake traffic secrets over ClientHello...ServerHello and puts both directions under them. */
export function startHandshakeTraffic(agreement: Agreement, secret: HandshakeSecret): FinishedKeys {
  const { context, suite, labelled, clientRandom } = agreement;
  const transcriptHash = agreement.transcript.hash();
  const client = secret.clientTraffic(transcriptHash);
  const server = secret.serverTraffic(transcriptHash);
  context.logSecret('CLIENT_HANDSHAKE_TRAFFIC_SECRET', clientRandom, client);
  context.logSecret('SERVER_HANDSHAKE_TRAFFIC_SECRET', clientRandom, server);
  // The transport owns (and wipes) what it is given; Finished needs the secrets a little longer.
  const keys = { client: client.slice(), server: server.slice() };
  const [read, write] = agreement.role === 'client' ? [server, client] : [client, server];
  context.transport.setReadProtection('handshake', new Tls13Protection(suite, labelled.labelPrefix, read));
  context.transport.setWriteProtection('handshake', new Tls13Protection(suite, labelled.labelPrefix, write));
  return keys;
}

/** Sends our Finished; returns its verify_data. */
export function sendFinished(agreement: Agreement, keys: FinishedKeys): Uint8Array {
  const { transcript, labelled, context } = agreement;
  const verifyData = finishedVerifyData(labelled, keys[agreement.role], transcript.hash());
  sendMessage(agreement, writeMessage(Finished, { verifyData }));
  context.transport.endFlight();
  return verifyData;
}

/** Receives and checks the peer's Finished. */
export function* receiveFinished(agreement: Agreement, keys: FinishedKeys): HandshakeFlow<FinishedVerified> {
  const peer = agreement.role === 'client' ? 'server' : 'client';
  const expected = finishedVerifyData(agreement.labelled, keys[peer], agreement.transcript.hash());
  const message = yield* receive(Finished, agreement.transcript);
  checkFinishedLength(message, expected.length);
  const verified = verifyFinished(expected, message.verifyData);
  // "Recipients of Finished messages MUST verify that the contents are correct and if incorrect MUST terminate the connection with a
  // "decrypt_error" alert." (RFC 8446 §4.4.4)
  if (verified === undefined) throw new PeerMisbehaved('finished_invalid', `the verify_data of the ${peer}'s Finished is wrong`);
  return verified;
}

export interface ApplicationSecrets {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
  readonly exporter: Uint8Array;
}

/** Derives the application secrets over ClientHello...server Finished. */
export function applicationSecrets(agreement: Agreement, mainSecret: MainSecret): ApplicationSecrets {
  const { context, clientRandom } = agreement;
  const transcriptHash = agreement.transcript.hash();
  const client = mainSecret.clientTraffic(transcriptHash);
  const server = mainSecret.serverTraffic(transcriptHash);
  const exporter = mainSecret.exporter(transcriptHash);
  context.logSecret('CLIENT_TRAFFIC_SECRET_0', clientRandom, client);
  context.logSecret('SERVER_TRAFFIC_SECRET_0', clientRandom, server);
  context.logSecret('EXPORTER_SECRET', clientRandom, exporter);
  return { client, server, exporter };
}

/** Reads application data under the peer's secret, which the transport owns from now on. */
export function readApplicationTraffic({ context, suite, labelled }: Agreement, secret: Uint8Array): void {
  context.transport.setReadProtection('application', new Tls13Protection(suite, labelled.labelPrefix, secret));
}

/** Writes application data under our secret, which the transport owns from now on. */
export function writeApplicationTraffic({ context, suite, labelled }: Agreement, secret: Uint8Array): void {
  context.transport.setWriteProtection('application', new Tls13Protection(suite, labelled.labelPrefix, secret));
}

/** Derives the resumption secret over ClientHello...client Finished, and forgets what is not needed any more. */
export function finishSchedule(
  agreement: Agreement,
  keys: FinishedKeys,
  secret: HandshakeSecret,
  mainSecret: MainSecret,
): Uint8Array {
  const resumption = mainSecret.resumption(agreement.transcript.hash());
  secret.wipe();
  mainSecret.wipe();
  wipe(keys.client, keys.server);
  return resumption;
}
