/**
 * What a client checks in a ServerHello of TLS 1.2, and what the two hellos agree on (RFC 5246 §7.4.1.3, §7.4.1.4).
 */

import { equal } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { EC_POINT_FORMATS } from '../../../core/registry/curve-formats.ts';
import { Transcript } from '../../keys/transcript.ts';
import { checkPlaces, checkSolicited } from '../../messages/extensions/block.ts';
import type { ExtensionValues } from '../../messages/extensions/table.ts';
import type { Tls12ServerHello } from '../../messages/server-hello.ts';
import { answeredCertificateKind } from '../../negotiate/certificate-types.ts';
import { type AgreedHeartbeat, agreedHeartbeat } from '../../negotiate/heartbeat.ts';
import { answeredMaxFragmentLength, type MaxFragmentLength } from '../../negotiate/max-fragment-length.ts';
import { checkRecordSizeLimit } from '../../negotiate/record-size-limit.ts';
import { answeredSrtpProfile } from '../../negotiate/srtp.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { Tls12ClientSession } from '../../session/client-session.ts';
import type { PreSharedKey } from '../../session/pre-shared-key.ts';
import { checkAlpnProtocol } from '../application-protocol.ts';
import type { ClientOffer, ClientRequest } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import { agreeOnConnectionIds } from '../connection-ids.ts';
import type { CertificateKind } from '../credential.ts';
import type { HandshakeContext } from '../transport.ts';
import type { Agreement } from './agreement.ts';
import { checkServerRenegotiation } from './renegotiation.ts';
import type { Tls12Version } from './version.ts';

/** The answer to our ClientHello. */
export interface Answer {
  readonly offer: ClientOffer;
  readonly version: Tls12Version;
  readonly hello: Tls12ServerHello;
  readonly bytes: Uint8Array;
  /** message_seq of our ClientHello, and of the answer. */
  readonly sequences: { readonly ours: number; readonly theirs: number };
}

export interface CheckedServerHello {
  readonly agreement: Agreement;
  /** The session that the server goes on with; undefined for a full handshake. */
  readonly resumed: Tls12ClientSession | undefined;
  /** The id that the server gives to the session; may be empty. */
  readonly sessionId: Uint8Array;
  readonly alpnProtocol: string | undefined;
  /** The version of our ClientHello, as it stood there. */
  readonly clientVersion: number;
  /** Of ours, to choose from when the server gives its hint. */
  readonly preSharedKeys: readonly PreSharedKey[];
  readonly maxFragmentLength: MaxFragmentLength | undefined;
  readonly heartbeat: AgreedHeartbeat | undefined;
  readonly srtpProfile: number | undefined;
  readonly ticketFollows: boolean;
  readonly statusMayFollow: boolean;
  readonly signedCertificateTimestamps: Uint8Array | undefined;
  readonly kinds: { readonly server: CertificateKind; readonly client: CertificateKind };
}

export function checkServerHello(
  context: HandshakeContext,
  config: ClientConfig,
  { previous }: ClientRequest,
  answer: Answer,
): CheckedServerHello {
  const { offer, version, hello, bytes, sequences } = answer;
  const { values } = hello.extensions;
  checkPlaces(hello.extensions);
  checkSolicited(hello.extensions, offer.offeredTypes);
  if (hello.legacyCompressionMethod !== 0) {
    throw new PeerMisbehaved('compression_not_null', `compression_method is ${hello.legacyCompressionMethod}`);
  }
  const suite = offeredSuite(answer);
  const resumed = resumedSession(answer);
  checkServerRenegotiation(values, previous);
  checkExtensions(values);
  const encryptThenMac = agreesOnEncryptThenMac(config, values, suite);
  checkRecordLimits(context, config, values);
  agreeOnConnectionIds(context, values);
  const maxFragmentLength = agreedMaxFragmentLength(config, values, resumed);
  if (maxFragmentLength !== undefined) context.transport.setMaxFragmentLength(maxFragmentLength);
  const heartbeat = agreedHeartbeat(config.heartbeat, values.heartbeat);
  if (heartbeat !== undefined) context.transport.allowHeartbeats();

  const transcript = new Transcript(context.transport.variant.tls12TranscriptForm);
  transcript.keepMessages();
  transcript.start(version.transcriptHash(suite));
  transcript.add(offer.bytes, sequences.ours);
  transcript.add(bytes, sequences.theirs);
  const randoms = { client: offer.random, server: hello.random.slice() };
  const extendedMasterSecret = values.extended_master_secret === true;
  return {
    agreement: { context, role: 'client', version, suite, transcript, randoms, extendedMasterSecret, encryptThenMac },
    resumed,
    sessionId: hello.legacySessionIdEcho,
    alpnProtocol: checkAlpnProtocol(config, values.application_layer_protocol_negotiation),
    clientVersion: offer.legacyVersion,
    preSharedKeys: offer.preSharedKeys,
    maxFragmentLength,
    heartbeat,
    srtpProfile: answeredSrtpProfile(config.srtpProfiles, values),
    ticketFollows: values.session_ticket === true,
    statusMayFollow: values.status_request === true,
    signedCertificateTimestamps: values.signed_certificate_timestamp,
    kinds: {
      server: answeredCertificateKind(config.serverCertificateTypes, values.server_certificate_type),
      client: answeredCertificateKind(config.clientCertificateTypes, values.client_certificate_type),
    },
  };
}

function offeredSuite({ offer, version, hello }: Answer): Tls12CipherSuite {
  const suite = offer.tls12Suites.find((candidate) => candidate.id === hello.cipherSuite);
  if (suite !== undefined && version.hasSuite(suite)) return suite;
  const name = cipherSuiteName(hello.cipherSuite) ?? hello.cipherSuite;
  throw new PeerMisbehaved('suite_not_offered', `the server chose ${name}, which was not offered for ${version.name}`);
}

/** The session that the server goes on with: it says so by the id that we sent (RFC 5246 §7.4.1.3, RFC 5077 §3.4). */
function resumedSession({ offer, version, hello }: Answer): Tls12ClientSession | undefined {
  const { legacySessionId, tls12Session: session } = offer;
  if (legacySessionId.length === 0 || !equal(hello.legacySessionIdEcho, legacySessionId)) return undefined;
  if (session === undefined) {
    throw new PeerMisbehaved('session_unknown', 'the server goes on with a session that there never was');
  }
  // The secret was made by the PRF of one version, and is not for that of another.
  if (version.name !== session.version) {
    throw new PeerMisbehaved(
      'session_version_changed',
      `the server goes on with a session of ${session.version} in ${version.name}`,
    );
  }
  if (hello.cipherSuite !== session.suite) {
    throw new PeerMisbehaved('session_suite_changed', 'the server goes on with a session under another cipher suite');
  }
  // "If the original session used the extension but the new ServerHello does not contain the extension, the client MUST abort the
  // handshake." (RFC 7627 §5.3)
  if (hello.extensions.values.extended_master_secret !== true) {
    throw new PeerMisbehaved('extended_master_secret_changed', 'the session has extended_master_secret, the server left it out');
  }
  return session;
}

function checkExtensions(values: ExtensionValues<'server_hello_tls12'>): void {
  const { ec_point_formats: formats } = values;
  // "The Supported Point Formats Extension, when used, MUST contain the value 0 (uncompressed) as one of the items in the list of point
  // formats." (RFC 8422 §5.2)
  if (formats !== undefined && !formats.includes(EC_POINT_FORMATS.uncompressed)) {
    throw new PeerMisbehaved('point_formats_invalid', 'the server does not take uncompressed points');
  }
}

/** Whether both sides use encrypt_then_mac. A server that answers it for an AEAD, against RFC 7366 §3, is not understood worse for that. */
function agreesOnEncryptThenMac(
  { insecureMacThenEncrypt }: ClientConfig,
  { encrypt_then_mac: answered }: ExtensionValues<'server_hello_tls12'>,
  { name, cipher }: Tls12CipherSuite,
): boolean {
  if (!cipher.isBlockCipher) return false;
  if (answered === true || insecureMacThenEncrypt) return answered === true;
  throw new PeerMisbehaved('encrypt_then_mac_missing', `the server chose ${name} without encrypt_then_mac, which we insist on`);
}

function checkRecordLimits(
  { transport }: HandshakeContext,
  config: ClientConfig,
  { record_size_limit: limit }: ExtensionValues<'server_hello_tls12'>,
): void {
  if (limit === undefined) return;
  checkRecordSizeLimit(limit);
  // In TLS 1.2 the limit is of the content alone (RFC 8449 §4); the transport counts a content type.
  transport.setRecordSizeLimits({ send: limit + 1, receive: (config.recordSizeLimit ?? limit) + 1 });
}

/** A resumed session keeps its length, should the server not repeat it; a record_size_limit takes its place. */
function agreedMaxFragmentLength(
  config: ClientConfig,
  values: ExtensionValues<'server_hello_tls12'>,
  resumed: Tls12ClientSession | undefined,
): MaxFragmentLength | undefined {
  const answered = answeredMaxFragmentLength(config.maxFragmentLength, values);
  if (answered !== undefined || values.record_size_limit !== undefined) return answered;
  return resumed?.maxFragmentLength?.agreed ? resumed.maxFragmentLength.asked : undefined;
}
