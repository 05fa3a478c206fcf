/**
 * The extensions of a ServerHello of TLS 1.2: to each offer its answer (RFC 5246 §7.4.1.4).
 */

import { EC_POINT_FORMATS } from '../../../core/registry/curve-formats.ts';
import { HEARTBEAT_MODES } from '../../../core/registry/hello-codes.ts';
import { type ExtensionBlock, extensionsOf } from '../../messages/extensions/block.ts';
import type { ExtensionValues } from '../../messages/extensions/table.ts';
import { CERTIFICATE_TYPE_OF } from '../../negotiate/certificate-types.ts';
import { acceptedMaxFragmentLength, maxFragmentLengthCode } from '../../negotiate/max-fragment-length.ts';
import { checkRecordSizeLimit, MAX_RECORD_SIZE_LIMIT } from '../../negotiate/record-size-limit.ts';
import { chooseSrtpProfile, srtpAnswer } from '../../negotiate/srtp.ts';
import type { Tls12CipherSuite } from '../../negotiate/tls12-cipher-suites.ts';
import type { ServerConfig } from '../config.ts';
import type { HandshakeContext } from '../transport.ts';
import type { CheckedClientHello } from './checked-client-hello.ts';
import type { AuthenticationPlan } from './server-authentication.ts';

type Answers = ExtensionValues<'server_hello_tls12'>;

/** Those of a full and of an abbreviated handshake. */
export function commonAnswers(
  config: ServerConfig,
  offer: CheckedClientHello,
  { keyExchange }: Tls12CipherSuite,
  alpnProtocol: string | undefined,
): Answers {
  const { values } = offer.hello.extensions;
  const isEcc = keyExchange.name.startsWith('ECDH');
  const maxFragmentLength = acceptedMaxFragmentLength(values);
  return {
    extended_master_secret: offer.extendedMasterSecret || undefined,
    // "… when negotiating an ECC cipher suite." (RFC 8422 §5.2)
    ec_point_formats: isEcc && values.ec_point_formats !== undefined ? [EC_POINT_FORMATS.uncompressed] : undefined,
    application_layer_protocol_negotiation: alpnProtocol,
    ...srtpAnswer(chooseSrtpProfile(config.srtpProfiles, values)),
    record_size_limit: values.record_size_limit === undefined ? undefined : ourRecordSizeLimit(config),
    heartbeat: values.heartbeat === undefined ? undefined : config.heartbeat && HEARTBEAT_MODES[config.heartbeat],
    max_fragment_length: maxFragmentLength && maxFragmentLengthCode(maxFragmentLength),
  };
}

/**
 * Those of a full handshake. "When resuming a session, the server MUST NOT include a server_name extension in the server hello." (RFC 6066
 * §3), and there is no certificate to say anything of.
 */
export function authenticationAnswers({ hello, guidedByName }: CheckedClientHello, plan: AuthenticationPlan): Answers {
  const { values } = hello.extensions;
  const credential = plan.chosen?.prepared.credential;
  const timestamps = credential?.kind === 'x509' ? credential.signedCertificateTimestamps : undefined;
  return {
    // The server "MAY use the information contained in the extension to guide its selection of an appropriate certificate to return to the
    // client, and/or other aspects of security policy. In this event, the server SHALL include an extension of type "server_name" in the
    // (extended) server hello." (RFC 6066 §3)
    server_name: values.server_name !== undefined && guidedByName ? true : undefined,
    status_request: plan.ocspResponse === undefined ? undefined : true,
    signed_certificate_timestamp: values.signed_certificate_timestamp ? timestamps : undefined,
    server_certificate_type:
      values.server_certificate_type === undefined ? undefined : credential && CERTIFICATE_TYPE_OF[credential.kind],
    client_certificate_type:
      values.client_certificate_type === undefined ? undefined : plan.clientKind && CERTIFICATE_TYPE_OF[plan.clientKind],
  };
}

export function writeAnswers(answers: Answers): ExtensionBlock<'server_hello_tls12'> {
  return extensionsOf('server_hello_tls12', answers);
}

/**
 * max_fragment_length or record_size_limit, if the client sent one. In TLS 1.2 the latter is of the content alone (RFC 8449 §4), and the
 * transport counts a content type.
 */
export function applyRecordLimits({ transport }: HandshakeContext, config: ServerConfig, { hello }: CheckedClientHello): void {
  const { record_size_limit: theirs } = hello.extensions.values;
  const maxFragmentLength = acceptedMaxFragmentLength(hello.extensions.values);
  if (maxFragmentLength !== undefined) transport.setMaxFragmentLength(maxFragmentLength);
  if (theirs === undefined) return;
  checkRecordSizeLimit(theirs);
  transport.setRecordSizeLimits({ send: theirs + 1, receive: ourRecordSizeLimit(config) + 1 });
}

/** A full record of TLS 1.2 holds 2^14 bytes; a limit of TLS 1.3 may be one more (RFC 8449 §4). */
function ourRecordSizeLimit({ recordSizeLimit }: ServerConfig): number {
  return Math.min(recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT, MAX_RECORD_SIZE_LIMIT - 1);
}
