/**
 * A connection over datagrams as bytes, between two datagrams: to sleep in few bytes, or to go on in another process. Our own format.
 *
 * ```
 * struct {
 *     uint8 format = 1;
 *     uint8 role;                            // 0 client, 1 server
 *     ProtocolVersion version;               // of DTLS
 *     CipherSuite suite;
 *     Direction read, write;
 *     uint16 next_receive_seq, next_send_seq;
 *     opaque receive_connection_id<0..2^8-1>, send_connection_id<0..2^8-1>;
 *     uint8 checks_routability;              // 1: rrc was agreed on
 *     uint16 content_limit, receive_limit, mtu;
 *     uint8 flags;                           // see FLAGS
 *     uint16 group, signature_scheme, srtp_profile;     // 0 for none
 *     uint8 max_fragment_length, heartbeat_ours, heartbeat_theirs;    // 0 for none
 *     opaque server_name<0..2^8-1>, alpn_protocol<0..2^8-1>;
 *     uint8 peer_identity;                   // as in TicketState
 *     opaque peer_certificates<0..2^16-1>;
 *     opaque server_end_point<0..2^8-1>, client_finished<0..2^8-1>, server_finished<0..2^8-1>;
 *     opaque exporter_secret<0..2^8-1>, randoms<0..2^8-1>, resumption_secret<0..2^8-1>;
 * } ConnectedState;
 * struct {
 *     uint32 epoch;
 *     opaque traffic_secret<0..2^8-1>;       // of DTLS 1.3
 *     uint32 sequence_high, sequence_low;    // write: of the next record; read: the highest received and one
 *     opaque window<0..2^8-1>;               // read: which of the numbers before it were received
 * } Direction;
 * ```
 * Whoever has it has the connection: it holds its secrets. What is not in it: the path by which a certificate was trusted, why one was not, our own
 * certificate, an OCSP response.
 */

import { ApiMisuse, DecodeError } from '../core/errors/errors.ts';
import { type Decoded, decode, encode, mapped, opaqueVector, struct, uint8, uint16, uint32, vector } from '../core/wire/codec.ts';
import { optionalBytes, optionalText } from '../protocol/session/ticket-state.ts';

const FORMAT = 1;

const bytes = opaqueVector(0, 255);

const uint64 = mapped(
  struct({ high: uint32, low: uint32 }),
  ({ high, low }) => high * 2 ** 32 + low,
  (value: number) => ({ high: Math.floor(value / 2 ** 32), low: value % 2 ** 32 }),
);

const direction = struct({ epoch: uint32, secret: optionalBytes, sequence: uint64, window: bytes });

const FLAGS = { extendedMasterSecret: 1, macThenEncrypt: 2, resumed: 4, secureRenegotiation: 8 } as const;

type Flags = { readonly [name in keyof typeof FLAGS]: boolean };

const flags = mapped(
  uint8,
  (set): Flags => ({
    extendedMasterSecret: (set & FLAGS.extendedMasterSecret) !== 0,
    macThenEncrypt: (set & FLAGS.macThenEncrypt) !== 0,
    resumed: (set & FLAGS.resumed) !== 0,
    secureRenegotiation: (set & FLAGS.secureRenegotiation) !== 0,
  }),
  (values) => Object.entries(FLAGS).reduce((set, [name, bit]) => (values[name as keyof Flags] ? set | bit : set), 0),
);

const truth = mapped(
  uint8,
  (value) => value === 1,
  (value: boolean) => (value ? 1 : 0),
);

const optionalNumber = mapped(
  uint16,
  (value) => (value === 0 ? undefined : value),
  (value: number | undefined) => value ?? 0,
);

const wire = struct({
  format: uint8,
  role: uint8,
  version: uint16,
  suite: uint16,
  read: direction,
  write: direction,
  nextReceived: uint16,
  nextSent: uint16,
  receiveConnectionId: bytes,
  sendConnectionId: bytes,
  checksRoutability: truth,
  contentLimit: uint16,
  receiveLimit: uint16,
  mtu: uint16,
  flags,
  group: optionalNumber,
  signatureScheme: optionalNumber,
  srtpProfile: optionalNumber,
  maxFragmentLength: uint8,
  heartbeatOurs: uint8,
  heartbeatTheirs: uint8,
  serverName: optionalText,
  alpnProtocol: optionalText,
  peerIdentity: uint8,
  peerCertificates: vector(opaqueVector(1, 0xffffff), 0, 0xffff),
  serverEndPoint: optionalBytes,
  clientFinished: bytes,
  serverFinished: bytes,
  exporterSecret: optionalBytes,
  randoms: bytes,
  resumptionSecret: optionalBytes,
});

export type ConnectedState = Omit<Decoded<typeof wire>, 'format'>;

export function writeConnectedState(state: ConnectedState): Uint8Array {
  return encode(wire, { ...state, format: FORMAT });
}

/** Throws `ApiMisuse` (`ERR_TLS_STATE`) for bytes that are no state, or one of another release. */
export function readConnectedState(state: Uint8Array): ConnectedState {
  if (state[0] !== FORMAT) throw noState(`its format is ${state[0]}, ${FORMAT} is expected`);
  try {
    return decode(wire, state, 'state');
  } catch (error) {
    if (error instanceof DecodeError) throw noState(error.message);
    throw error;
  }
}

export function noState(problem: string): ApiMisuse {
  return new ApiMisuse('ERR_TLS_STATE', `this is no state of a connection that can go on here: ${problem}`);
}
