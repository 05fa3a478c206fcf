/**
 * The handshake messages of TLS 1.3 as data: number, name, codec (RFC 8446 §4), and those that DTLS alone has (RFC 6347 §4.2.1, RFC 9147 §9).
 * Those of TLS 1.2 that differ are in tls12/.
 *
 * ```
 * struct {
 *     HandshakeType msg_type;    // handshake type
 *     uint24 length;             // remaining bytes in message
 *     select (Handshake.msg_type) { … };
 * } Handshake;
 * ```
 */

import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import { type Codec, decode, empty } from '../../core/wire/codec.ts';
import type { FieldListener } from '../../core/wire/reader.ts';
import { Writer } from '../../core/wire/writer.ts';
import { certificate } from './certificate.ts';
import { certificateRequest } from './certificate-request.ts';
import { certificateVerify } from './certificate-verify.ts';
import { clientHello, datagramClientHello } from './client-hello.ts';
import { newConnectionId, requestConnectionId } from './connection-ids.ts';
import { encryptedExtensions } from './encrypted-extensions.ts';
import { finished } from './finished.ts';
import { helloVerifyRequest } from './hello-verify-request.ts';
import { keyUpdate } from './key-update.ts';
import { newSessionTicket } from './new-session-ticket.ts';
import { serverHello } from './server-hello.ts';

/** A kind of handshake message. `Name` keeps the kinds apart in types. */
export interface MessageKind<Name extends string, T> {
  readonly type: number;
  readonly name: Name;
  readonly codec: Codec<T>;
}

export function kind<Name extends keyof typeof HANDSHAKE_TYPES, T>(name: Name, codec: Codec<T>): MessageKind<Name, T> {
  return { type: HANDSHAKE_TYPES[name], name, codec };
}

export const ClientHello = kind('client_hello', clientHello);
export const DatagramClientHello = kind('client_hello', datagramClientHello);
export const ServerHello = kind('server_hello', serverHello);
export const EncryptedExtensions = kind('encrypted_extensions', encryptedExtensions);
export const CertificateRequest = kind('certificate_request', certificateRequest);
export const Certificate = kind('certificate', certificate);
export const CertificateVerify = kind('certificate_verify', certificateVerify);
export const Finished = kind('finished', finished);
export const HelloVerifyRequest = kind('hello_verify_request', helloVerifyRequest);
export const NewSessionTicket = kind('new_session_ticket', newSessionTicket);
export const KeyUpdate = kind('key_update', keyUpdate);
export const RequestConnectionId = kind('request_connection_id', requestConnectionId);
export const NewConnectionId = kind('new_connection_id', newConnectionId);
export const EndOfEarlyData = kind('end_of_early_data', empty);

/** Bytes of the handshake header: msg_type and length. */
export const HEADER_SIZE = 4;

/** A whole handshake message: header and body. `body` is a view of `bytes`. */
export interface RawMessage {
  readonly type: number;
  readonly body: Uint8Array;
  /** What enters the transcript. */
  readonly bytes: Uint8Array;
  /** message_seq of DTLS (RFC 6347 §4.2.2, RFC 9147 §5.2); 0 in TLS. */
  readonly sequence: number;
}

export function readMessage<T>(messageKind: MessageKind<string, T>, raw: RawMessage, listener?: FieldListener): T {
  return decode(messageKind.codec, raw.body, messageKind.name, listener);
}

/** Header and body. */
export function writeMessage<T>(messageKind: MessageKind<string, T>, value: T): Uint8Array {
  const writer = new Writer(256);
  writer.uint(messageKind.type, 1);
  writer.prefixed(3, () => messageKind.codec.write(writer, value));
  return writer.finish();
}
