/**
 * The small interface through which a handshake flow speaks: implemented by `transport/tls` and `transport/dtls`.
 */

import type { VersionName } from '../../core/registry/protocol-versions.ts';
import type { RecordPseudoHeader } from '../record/pseudo-header.ts';
import type { RecordProtection } from '../record/record-protection.ts';
import type { ProtocolVariant } from './variant.ts';

/** Told of each message of handshake, alert or change_cipher_spec that passes, by its content type; `content` is good for the time of the call. */
export type MessageTap = (direction: 'sent' | 'received', type: 20 | 21 | 22, content: Uint8Array) => void;

/**
 * The largest inner plaintext (content type included) of protected records in each direction (RFC 8449 §4); undefined leaves a direction as it
 * is.
 */
export interface RecordSizeLimits {
  readonly send?: number | undefined;
  readonly receive?: number | undefined;
}

/** What may be read under the keys: the rest of the handshake, or application data too. */
export type Epoch = 'handshake' | 'application';

export interface HandshakeTransport {
  readonly variant: ProtocolVariant;
  /** Sends a whole handshake message (header and body), under the current write secret. Returns its message_seq: of DTLS; 0 in TLS. */
  send(message: Uint8Array): number;
  /** DTLS: the longest message in the clear, header of TLS and body, that is one datagram. */
  readonly roomForMessage?: number;
  /** Sends change_cipher_spec: that of TLS 1.2, or the dummy of middlebox compatibility. */
  sendChangeCipherSpec(): void;
  /** The version is chosen, and with it what records look like. Throws `PeerMisbehaved` for what was received and is not of that version. */
  setVersion(version: VersionName): void;
  /** Everything sent since the last call belongs together and can leave. */
  endFlight(): void;
  /** Throws `PeerMisbehaved` if handshake bytes under the old keys are left over (RFC 8446 §5.1). The transport owns `protection`. */
  setReadProtection(epoch: Epoch, protection: RecordProtection): void;
  setWriteProtection(epoch: Epoch, protection: RecordProtection): void;
  /**
   * TLS 1.2: the next record has to be the peer's change_cipher_spec (RFC 5246 §7.1); what follows it is read under `protection`. At any
   * other time a change_cipher_spec is refused. The transport owns `protection`.
   */
  expectChangeCipherSpec(protection: RecordProtection): void;
  /** TLS 1.2: the peer's Finished was right, application data may be read. */
  openApplicationData(): void;
  /** RFC 8449. In TLS 1.2 it is of the records under the keys that the handshake leads to. */
  setRecordSizeLimits(limits: RecordSizeLimits): void;
  /** RFC 6066 §4: the largest content of a record, in both directions and from now on, in the clear too. */
  setMaxFragmentLength(length: number): void;
  /** RFC 6520: records of type heartbeat may come; until application data may, they are dropped. */
  allowHeartbeats(): void;
  /**
   * DTLS: connection IDs are agreed on (RFC 9146 §3, RFC 9147 §9): what protected records from now on have on them. Either may be empty: then
   * those of that direction have none. A TLS transport throws `InternalError`: its flows offer none.
   */
  setConnectionIds(ids: ConnectionIds): void;
  /** DTLS 1.2: what is authenticated of the headers of records with connection IDs (RFC 9146 §5), in each direction; undefined for those without. */
  readonly pseudoHeaders?: { readonly read: RecordPseudoHeader | undefined; readonly write: RecordPseudoHeader | undefined };
  /**
   * Server: the client offers early data, which is not taken (RFC 8446 §4.2.10). Its records are dropped until the second ClientHello comes
   * in the clear, or until a record opens under the handshake keys.
   */
  skipEarlyData(until: 'second_client_hello' | 'handshake_record'): void;
}

/** `receive`: what we want to find on records; `send`: what the peer wants to. */
export interface ConnectionIds {
  readonly receive: Uint8Array;
  readonly send: Uint8Array;
  /** Whether each may ask the other to show that it is at its new address (rrc, RFC 9853). */
  readonly checksRoutability: boolean;
}

/** Labels of the NSS key log format. */
export type KeyLogLabel =
  | 'CLIENT_RANDOM'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** What a flow has around it. */
export interface HandshakeContext {
  readonly transport: HandshakeTransport;
  /** DTLS: where the peer is, as bytes that only have to be the same each time: cookies are good for it alone. */
  readonly peerAddress?: Uint8Array | undefined;
  /** DTLS: the connection ID that we want on the peer's records; empty to put the peer's on ours, only. Undefined: none are spoken of. */
  readonly connectionId?: Uint8Array | undefined;
  /** DTLS server: told when a cookie of ours came back, before anything is computed for it: the peer can be reached at `peerAddress`. */
  readonly addressProven?: (() => void) | undefined;
  /** Aborted when the connection ends while an operation is pending. */
  readonly signal: AbortSignal;
  logSecret(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): void;
}
