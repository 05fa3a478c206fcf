/**
 * What a client checks in EncryptedExtensions (RFC 8446 §4.3.1, RFC 7301 §3.1, RFC 8449 §4).
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { checkPlaces, checkSolicited, type ExtensionBlock } from '../../messages/extensions/block.ts';
import { checkRecordSizeLimit } from '../../negotiate/record-size-limit.ts';
import type { ClientConfig } from '../config.ts';
import type { HandshakeContext } from '../transport.ts';
import type { ClientOffer } from './client-offer.ts';

/** Applies the extensions; returns the application protocol. */
export function checkEncryptedExtensions(
  { transport }: HandshakeContext,
  config: ClientConfig,
  offer: ClientOffer,
  extensions: ExtensionBlock<'encrypted_extensions'>,
): string | undefined {
  checkPlaces(extensions);
  checkSolicited(extensions, offer.offeredTypes);
  const { application_layer_protocol_negotiation: protocol, record_size_limit: limit } = extensions.values;
  if (limit !== undefined) {
    checkRecordSizeLimit(limit);
    transport.setRecordSizeLimits({ send: limit, receive: config.recordSizeLimit });
  }
  if (protocol !== undefined && !config.alpnProtocols.includes(protocol)) {
    throw new PeerMisbehaved('alpn_not_offered', `the server chose ${JSON.stringify(protocol)}, which was not offered`);
  }
  return protocol;
}
