/**
 * The client's side of HelloRetryRequest, and the checks of ServerHello that both answers share (RFC 8446 §4.1.3, §4.1.4).
 */

import { equal, fromHex } from '../../../core/bytes/bytes.ts';
import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { cipherSuiteName } from '../../../core/registry/cipher-suites.ts';
import { namedGroupName } from '../../../core/registry/named-groups.ts';
import { protocolVersionName } from '../../../core/registry/protocol-versions.ts';
import type { KeyExchangeGroup } from '../../../crypto/key-exchange.ts';
import { checkPlaces, checkSolicited } from '../../messages/extensions/block.ts';
import type { HelloRetryRequest, ServerHello } from '../../messages/server-hello.ts';
import type { CipherSuite } from '../../negotiate/cipher-suites.ts';
import type { ClientConfig } from '../config.ts';
import { type ProtocolVariant, refuseSsl3 } from '../variant.ts';
import type { ClientOffer } from './client-offer.ts';

/** The last 8 bytes of ServerHello.random of a TLS 1.3 server that was made to speak an older version (RFC 8446 §4.1.3). */
const DOWNGRADE_SENTINELS: readonly Uint8Array[] = [fromHex('444F574E47524401'), fromHex('444F574E47524400')];

/** Checks what ServerHello and HelloRetryRequest have in common; returns the suite. */
export function checkHello(
  variant: ProtocolVariant,
  config: ClientConfig,
  offer: ClientOffer,
  hello: ServerHello | HelloRetryRequest,
): CipherSuite {
  checkVersion(variant, hello);
  checkPlaces(hello.extensions);
  checkSolicited(hello.extensions, offer.offeredTypes);
  // "A client which receives a legacy_session_id_echo field that does not match what it sent in the ClientHello MUST abort the
  // handshake with an "illegal_parameter" alert." (RFC 8446 §4.1.3)
  if (!equal(hello.legacySessionIdEcho, offer.legacySessionId)) {
    throw new PeerMisbehaved('session_id_not_echoed', 'legacy_session_id_echo is not what the ClientHello had');
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

function checkVersion(variant: ProtocolVariant, hello: ServerHello | HelloRetryRequest): void {
  refuseSsl3(variant, hello.legacyVersion);
  const selected = hello.extensions.values.supported_versions;
  if (selected === variant.version) {
    if (hello.legacyVersion !== variant.legacyVersion) {
      throw new PeerMisbehaved('legacy_field_invalid', `legacy_version is 0x${hello.legacyVersion.toString(16)}`);
    }
    return;
  }
  // "If the "supported_versions" extension in the ServerHello contains a version not offered by the client or contains a version
  // prior to TLS 1.3, the client MUST abort the handshake with an "illegal_parameter" alert." (RFC 8446 §4.2.1)
  if (selected !== undefined) {
    throw new PeerMisbehaved('version_not_offered', `the server selected version 0x${selected.toString(16)}`);
  }
  const end = hello.random.subarray(24);
  if (DOWNGRADE_SENTINELS.some((sentinel) => equal(sentinel, end))) {
    throw new PeerMisbehaved('version_downgraded', 'the server speaks TLS 1.3, but somebody changed what was offered to it');
  }
  const theirs = protocolVersionName(hello.legacyVersion) ?? `0x${hello.legacyVersion.toString(16)}`;
  throw new PeerIncompatible('version', [variant.name], [theirs]);
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
  const group = config.groups.find((candidate) => candidate.id === groupId);
  if (group === undefined)
    throw new PeerMisbehaved('group_not_offered', `HelloRetryRequest selects ${name}, which was not offered`);
  if (offer.keyShares.some((share) => share.group.id === groupId)) {
    throw new PeerMisbehaved('retry_without_change', `HelloRetryRequest selects ${name}, for which a share was sent`);
  }
  return { suite, group, cookie };
}
