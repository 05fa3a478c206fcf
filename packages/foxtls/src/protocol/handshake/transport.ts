/**
 * The small interface through which a handshake flow speaks: implemented by `transport/tls` and `transport/dtls`.
 */

import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { ProtocolVariant } from './variant.ts';

/** Which secret protects records: the handshake traffic secrets or the application traffic secrets. */
export type Epoch = 'handshake' | 'application';

export interface HandshakeTransport {
  readonly variant: ProtocolVariant;
  /** Sends a whole handshake message (header and body), under the current write secret. */
  send(message: Uint8Array): void;
  /** Sends the dummy change_cipher_spec of middlebox compatibility. */
  sendChangeCipherSpec(): void;
  /** Everything sent since the last call belongs together and can leave. */
  endFlight(): void;
  /** Throws `PeerMisbehaved` if handshake bytes under the old secret are left over (RFC 8446 §5.1). The transport owns `secret`. */
  setReadSecret(epoch: Epoch, suite: CipherSuite, secret: Uint8Array): void;
  setWriteSecret(epoch: Epoch, suite: CipherSuite, secret: Uint8Array): void;
  /** RFC 8449: the largest inner plaintext (content type included) of protected records in each direction; undefined leaves a direction as it is. */
  setRecordSizeLimits(limits: { readonly send?: number | undefined; readonly receive?: number | undefined }): void;
  /**
   * Server: the client offers early data, which is not taken (RFC 8446 §4.2.10). Its records are dropped until the second ClientHello comes
   * in the clear, or until a record opens under the handshake keys.
   */
  skipEarlyData(until: 'second_client_hello' | 'handshake_record'): void;
}

/** Labels of the NSS key log format. */
export type KeyLogLabel =
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** What a flow has around it. */
export interface HandshakeContext {
  readonly transport: HandshakeTransport;
  /** Aborted when the connection ends while an operation is pending. */
  readonly signal: AbortSignal;
  logSecret(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): void;
}
