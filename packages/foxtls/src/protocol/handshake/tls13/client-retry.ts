/**
 * The client's side of HelloRetryRequest, and the checks of ServerHello that both answers share (RFC 8446 §4.1.3, §4.1.4).
 */

import { EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { namedGroupName } from '../../../core/registry/named-groups.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { checkPlaces, checkSolicited } from '../../messages/extensions/block.ts';
import type { HelloRetryRequest, ServerHello } from '../../messages/server-hello.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import type { ClientOffer } from '../client-offer.ts';
import type { ClientConfig } from '../config.ts';
import type { ProtocolVariant } from '../variant.ts';

/** Checks what ServerHello and HelloRetryRequest have in common; returns the suite. */
export function checkHello(
  variant: ProtocolVariant,
  config: ClientConfig,
  offer: ClientOffer,
  hello: ServerHello | HelloRetryRequest,
): CipherSuite {
  checkPlaces(hello.extensions);
  checkSolicited(hello.extensions, offer.offeredTypes);
  // "A client which receives a legacy_session_id_echo field that does not match what it sent in the ClientHello MUST abort the
  // handshake with an "illegal_parameter" alert." (RFC 8446 §4.1.3) The session of an older version may have put one there, and "DTLS servers MUST
  // NOT echo the "legacy_session_id" value from the client" (RFC 9147 §5).
  if (!equal(hello.legacySessionIdEcho, variant.middleboxCompatibility ? offer.legacySessionId : EMPTY)) {
    throw new PeerMisbehaved('session_id_not_echoed', 'legacy_session_id_echo is not what it has to be');
  }
  if (hello.legacyCompressionMethod !== 0) {
    throw new PeerMisbehaved('compression_not_null', `legacy_compression_method is ${hello.legacyCompressionMethod}`);
  }
  const suite = config.suites.find((candidate) => candidate.id === hello.cipherSuite);
  if (suite === undefined) {
    const name = cipherSuiteName(hello.cipherSuite) ?? hello.cipherSuite;
    throw new PeerMisbehaved('suite_not_offered', `the server chose ${name}, which was not offered`);
  }
  return suite;
}

export interface Retry {
  readonly suite: CipherSuite;
  readonly group: KeyExchangeGroup | undefined;
  readonly cookie: Uint8Array | undefined;
}

/** Checks a HelloRetryRequest; says what the second ClientHello has to change. */
export function checkRetry(variant: ProtocolVariant, config: ClientConfig, offer: ClientOffer, hello: HelloRetryRequest): Retry {
  const suite = checkHello(variant, config, offer, hello);
  const { key_share: groupId, cookie } = hello.extensions.values;
  // "Clients MUST abort the handshake with an "illegal_parameter" alert if the HelloRetryRequest would not result in any change in
  // the ClientHello." (RFC 8446 §4.1.4)
  if (groupId === undefined && cookie === undefined) {
    throw new PeerMisbehaved('retry_without_change', 'HelloRetryRequest asks for neither a group nor a cookie');
  }
  if (groupId === undefined) return { suite, group: undefined, cookie };
  const name = namedGroupName(groupId) ?? `group ${groupId}`;
  // RFC 8446 §4.2.8: the selected_group must correspond "to a group which was provided in the "supported_groups" extension in the
  // original ClientHello", and must not correspond "to a group which was provided in the "key_share" extension".
  const group = config.tls13Groups.find((candidate) => candidate.id === groupId);
  if (group === undefined)
    throw new PeerMisbehaved('group_not_offered', `HelloRetryRequest selects ${name}, which was not offered`);
  if (offer.keyShares.some((share) => share.group.id === groupId)) {
    throw new PeerMisbehaved('retry_without_change', `HelloRetryRequest selects ${name}, for which a share was sent`);
  }
  return { suite, group, cookie };
}
