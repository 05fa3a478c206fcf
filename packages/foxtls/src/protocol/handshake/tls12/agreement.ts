/**
 * What the hellos of TLS 1.2 agree on, and its secrets in use: change_cipher_spec and Finished, both ways (RFC 5246 §7.1, §7.4.9, §8.1).
 */

import { packed } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { type FinishedVerified, verifyFinished } from '../../keys/finished.ts';
import { extendedMasterSecret, type HelloRandoms, type MasterSecret, masterSecret } from '../../keys/tls12-key-schedule.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { checkFinishedLength } from '../../messages/finished.ts';
import { Finished, writeMessage } from '../../messages/messages.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { RecordProtection } from '../../record/record-protection.ts';
import type { Exporter } from '../established.ts';
import { type HandshakeFlow, receive } from '../receive.ts';
import { sendMessage } from '../send.ts';
import type { HandshakeContext, HandshakeTransport } from '../transport.ts';
import type { Tls12Version } from './version.ts';

/** What every later step of one handshake needs. */
export interface Agreement {
  readonly context: HandshakeContext;
  readonly role: 'client' | 'server';
  readonly version: Tls12Version;
  readonly suite: Tls12CipherSuite;
  readonly transcript: Transcript;
  readonly randoms: HelloRandoms;
  readonly extendedMasterSecret: boolean;
  /** RFC 7366. */
  readonly encryptThenMac: boolean;
}

/** The master secret of a full handshake, when ClientKeyExchange is in the transcript. Wipes the premaster secret. */
export function agreeOnMasterSecret(agreement: Agreement, premasterSecret: Uint8Array): MasterSecret {
  const { version, suite, randoms, transcript } = agreement;
  const prf = version.prf(suite);
  const master = agreement.extendedMasterSecret
    ? extendedMasterSecret(prf, premasterSecret, transcript.hash())
    : masterSecret(prf, premasterSecret, randoms);
  agreement.context.logSecret('CLIENT_RANDOM', randoms.client, master.bytes);
  return master;
}

/** The protections of both directions, as we see them. */
export interface Protections {
  readonly read: RecordProtection;
  readonly write: RecordProtection;
}

export function deriveProtections(
  { role, version, suite, randoms, encryptThenMac }: Pick<Agreement, 'role' | 'version' | 'suite' | 'randoms' | 'encryptThenMac'>,
  master: MasterSecret,
  pseudoHeaders?: HandshakeTransport['pseudoHeaders'],
): Protections {
  const cipher = suite.cipher.create({ version: version.name, encryptThenMac });
  const { client, server } = master.connectionKeys(randoms, cipher);
  const [read, write] = role === 'client' ? [server, client] : [client, server];
  return { read: cipher.protect(read, pseudoHeaders?.read), write: cipher.protect(write, pseudoHeaders?.write) };
}

/** [ChangeCipherSpec], Finished: ours, which end a flight. Returns the verify_data. */
export function sendFinished(agreement: Agreement, master: MasterSecret, write: RecordProtection): Uint8Array {
  const { context, role, transcript } = agreement;
  const verifyData = master.verifyData(role, transcript.hash());
  context.transport.sendChangeCipherSpec();
  context.transport.setWriteProtection('application', write);
  sendMessage(agreement, writeMessage(Finished, { verifyData }));
  context.transport.endFlight();
  return verifyData;
}

/** [ChangeCipherSpec], Finished: the peer's. Then application data may come. */
export function* receiveFinished(
  agreement: Agreement,
  master: MasterSecret,
  read: RecordProtection,
): HandshakeFlow<FinishedVerified> {
  const { context, role, transcript } = agreement;
  const peer = role === 'client' ? 'server' : 'client';
  context.transport.expectChangeCipherSpec(read);
  const expected = master.verifyData(peer, transcript.hash());
  const message = yield* receive(Finished, transcript);
  checkFinishedLength(message, expected.length);
  const verified = verifyFinished(expected, message.verifyData);
  // "Recipients of Finished messages MUST verify that the contents are correct." (RFC 5246 §7.4.9)
  if (verified === undefined) throw new PeerMisbehaved('finished_invalid', `the verify_data of the ${peer}'s Finished is wrong`);
  context.transport.openApplicationData();
  return verified;
}

/** Whether blocks are encrypted behind their MAC, the old way (RFC 7366 §3.1). */
export function isMacThenEncrypt({ suite, encryptThenMac }: Agreement): boolean {
  return suite.cipher.isBlockCipher && !encryptThenMac;
}

/** What exporters work with, and the last use of the master secret: the connection owns it from then on, or nobody needs it any more. */
export function exporterOf(
  { version, suite, extendedMasterSecret: extended, randoms }: Agreement,
  master: MasterSecret,
): Exporter {
  const [client, server] = packed(randoms.client, randoms.server);
  if (extended) return { kind: 'prf', prf: version.prf(suite), secret: master.bytes, randoms: { client, server } };
  master.wipe();
  return undefined;
}
