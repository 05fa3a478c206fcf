/**
 * Which extension may stand in which message (RFC 8446 §4.2; of TLS 1.2 the RFC of each), and how its content is read there.
 *
 * An extension with the codec `rest` is recognised but not interpreted yet: its place is checked, its content is kept as bytes.
 */

import type { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { type Codec, type Decoded, empty, rest } from '../../../core/wire/codec.ts';
import { protocolNameAck, protocolNameListOffer } from './application-layer-protocol-negotiation.ts';
import { certificateAuthorities } from './certificate-authorities.ts';
import { certificateTypeAck, certificateTypeOffer } from './certificate-type.ts';
import { connectionId } from './connection-id.ts';
import { cookie } from './cookie.ts';
import { earlyDataIndication, maxEarlyDataSize } from './early-data.ts';
import { ecPointFormats } from './ec-point-formats.ts';
import { heartbeatMode } from './heartbeat.ts';
import { keyShareAck, keyShareOffer, keyShareRetry } from './key-share.ts';
import { maxFragmentLength } from './max-fragment-length.ts';
import { oidFilters } from './oid-filters.ts';
import { preSharedKeyAck, preSharedKeyOffer } from './pre-shared-key.ts';
import { pskKeyExchangeModes } from './psk-key-exchange-modes.ts';
import { recordSizeLimit } from './record-size-limit.ts';
import { renegotiationInfo } from './renegotiation-info.ts';
import { serverNameAck, serverNameOffer } from './server-name.ts';
import { signatureAlgorithms } from './signature-algorithms.ts';
import { signedCertificateTimestamps } from './signed-certificate-timestamp.ts';
import { certificateStatus, certificateStatusRequest } from './status-request.ts';
import { supportedGroups } from './supported-groups.ts';
import { supportedVersionsAck, supportedVersionsOffer } from './supported-versions.ts';
import { ticketRequestAck, ticketRequestOffer } from './ticket-request.ts';
import { useSrtpAck, useSrtpOffer } from './use-srtp.ts';

export type ExtensionName = keyof typeof EXTENSION_TYPES;

export const EXTENSION_TABLE = {
  client_hello: {
    server_name: serverNameOffer,
    max_fragment_length: maxFragmentLength,
    status_request: certificateStatusRequest,
    supported_groups: supportedGroups,
    ec_point_formats: ecPointFormats,
    signature_algorithms: signatureAlgorithms,
    use_srtp: useSrtpOffer,
    heartbeat: heartbeatMode,
    application_layer_protocol_negotiation: protocolNameListOffer,
    signed_certificate_timestamp: empty,
    client_certificate_type: certificateTypeOffer,
    server_certificate_type: certificateTypeOffer,
    padding: rest,
    encrypt_then_mac: empty,
    extended_master_secret: empty,
    record_size_limit: recordSizeLimit,
    session_ticket: rest,
    key_share: keyShareOffer,
    pre_shared_key: preSharedKeyOffer,
    psk_key_exchange_modes: pskKeyExchangeModes,
    early_data: earlyDataIndication,
    cookie,
    supported_versions: supportedVersionsOffer,
    certificate_authorities: certificateAuthorities,
    post_handshake_auth: empty,
    signature_algorithms_cert: signatureAlgorithms,
    ticket_request: ticketRequestOffer,
    connection_id: connectionId,
    rrc: empty,
    renegotiation_info: renegotiationInfo,
  },
  server_hello: {
    key_share: keyShareAck,
    pre_shared_key: preSharedKeyAck,
    supported_versions: supportedVersionsAck,
    connection_id: connectionId,
    rrc: empty,
  },
  /** ServerHello of TLS 1.2 and before. */
  server_hello_tls12: {
    server_name: serverNameAck,
    max_fragment_length: maxFragmentLength,
    status_request: empty,
    // Some servers answer it, against RFC 8422 §4; it says nothing to a client.
    supported_groups: rest,
    ec_point_formats: ecPointFormats,
    use_srtp: useSrtpAck,
    heartbeat: heartbeatMode,
    application_layer_protocol_negotiation: protocolNameAck,
    signed_certificate_timestamp: signedCertificateTimestamps,
    client_certificate_type: certificateTypeAck,
    server_certificate_type: certificateTypeAck,
    encrypt_then_mac: empty,
    extended_master_secret: empty,
    record_size_limit: recordSizeLimit,
    session_ticket: empty,
    connection_id: connectionId,
    rrc: empty,
    renegotiation_info: renegotiationInfo,
  },
  hello_retry_request: {
    key_share: keyShareRetry,
    cookie,
    supported_versions: supportedVersionsAck,
  },
  encrypted_extensions: {
    server_name: serverNameAck,
    max_fragment_length: maxFragmentLength,
    supported_groups: supportedGroups,
    use_srtp: useSrtpAck,
    heartbeat: heartbeatMode,
    application_layer_protocol_negotiation: protocolNameAck,
    client_certificate_type: certificateTypeAck,
    server_certificate_type: certificateTypeAck,
    record_size_limit: recordSizeLimit,
    early_data: earlyDataIndication,
    ticket_request: ticketRequestAck,
  },
  certificate: {
    status_request: certificateStatus,
    signed_certificate_timestamp: signedCertificateTimestamps,
  },
  certificate_request: {
    status_request: empty,
    signature_algorithms: signatureAlgorithms,
    signed_certificate_timestamp: empty,
    certificate_authorities: certificateAuthorities,
    oid_filters: oidFilters,
    signature_algorithms_cert: signatureAlgorithms,
  },
  new_session_ticket: {
    early_data: maxEarlyDataSize,
  },
} as const satisfies Record<string, Partial<Record<ExtensionName, Codec<unknown>>>>;

export type ExtensionContext = keyof typeof EXTENSION_TABLE;

export type ExtensionValues<C extends ExtensionContext> = {
  readonly [K in keyof (typeof EXTENSION_TABLE)[C]]?: Decoded<(typeof EXTENSION_TABLE)[C][K]> | undefined;
};
