/**
 * What a client checks in EncryptedExtensions (RFC 8446 §4.3.1, RFC 7301 §3.1, RFC 8449 §4, RFC 6066 §4, RFC 6520 §2).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { checkPlaces, checkSolicited, type ExtensionBlock } from '../../messages/extensions/block.ts';
import { answeredCertificateKind } from '../../negotiate/certificate-types.ts';
import { type AgreedHeartbeat, agreedHeartbeat } from '../../negotiate/heartbeat.ts';
import { answeredMaxFragmentLength, type MaxFragmentLength } from '../../negotiate/max-fragment-length.ts';
import { checkRecordSizeLimit } from '../../negotiate/record-size-limit.ts';
import { answeredSrtpProfile } from '../../negotiate/srtp.ts';
import { checkAlpnProtocol } from '../application-protocol.ts';
import type { ClientOffer } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import type { HandshakeContext } from '../transport.ts';
import type { AgreedCertificateKinds } from './client-authentication.ts';

/** What the extensions say beyond this message. */
export interface ServerParameters {
  readonly alpnProtocol: string | undefined;
  readonly maxFragmentLength: MaxFragmentLength | undefined;
  readonly heartbeat: AgreedHeartbeat | undefined;
  readonly srtpProfile: number | undefined;
  readonly expectedTickets: number | undefined;
  readonly kinds: AgreedCertificateKinds;
}

/** Applies the extensions. */
export function checkEncryptedExtensions(
  { transport }: HandshakeContext,
  config: ClientConfig,
  offer: ClientOffer,
  extensions: ExtensionBlock<'encrypted_extensions'>,
): ServerParameters {
  checkPlaces(extensions);
  checkSolicited(extensions, offer.offeredTypes);
  // Whatever `shapeClientHello` may have announced: no early data was sent, so none can be accepted.
  if (extensions.values.early_data !== undefined) {
    throw new PeerMisbehaved('early_data_not_offered', 'early_data in EncryptedExtensions, but none was sent');
  }
  const { application_layer_protocol_negotiation: protocol, record_size_limit: limit } = extensions.values;
  if (limit !== undefined) {
    checkRecordSizeLimit(limit);
    transport.setRecordSizeLimits({ send: limit, receive: config.recordSizeLimit });
  }
  const maxFragmentLength = answeredMaxFragmentLength(config.maxFragmentLength, extensions.values);
  if (maxFragmentLength !== undefined) transport.setMaxFragmentLength(maxFragmentLength);
  const heartbeat = agreedHeartbeat(config.heartbeat, extensions.values.heartbeat);
  if (heartbeat !== undefined) transport.allowHeartbeats();
  return {
    maxFragmentLength,
    heartbeat,
    srtpProfile: answeredSrtpProfile(config.srtpProfiles, extensions.values),
    alpnProtocol: checkAlpnProtocol(config, protocol),
    expectedTickets: extensions.values.ticket_request,
    kinds: agreedCertificateKinds(config, extensions),
  };
}

function agreedCertificateKinds(
  config: ClientConfig,
  { values }: ExtensionBlock<'encrypted_extensions'>,
): AgreedCertificateKinds {
  return {
    server: answeredCertificateKind(config.serverCertificateTypes, values.server_certificate_type),
    client: answeredCertificateKind(config.clientCertificateTypes, values.client_certificate_type),
  };
}
