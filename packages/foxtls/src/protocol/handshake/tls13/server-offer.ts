/**
 * What a server reads out of a ClientHello, and the rules that it checks there (RFC 8446 §4.1.2, §4.2, §9.2).
 */

import { EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import type { ClientHello } from '../../messages/client-hello.ts';
import type { RawExtension } from '../../messages/extensions/block.ts';
import { acceptedMaxFragmentLength } from '../../negotiate/max-fragment-length.ts';
import { checkRecordSizeLimit } from '../../negotiate/record-size-limit.ts';
import { type ClientHelloInfo, describeClientHello } from '../client-hello-info.ts';
import type { ProtocolVariant } from '../variant.ts';

/** A ClientHello that keeps the rules; what is not there is empty. */
export interface CheckedClientHello extends ReceivedClientHello {
  readonly groups: readonly number[];
  readonly keyShares: ReadonlyMap<number, Uint8Array>;
  readonly signatureSchemes: readonly number[];
  /** psk_key_exchange_modes: which tickets it can use, and how it wants to use the PSKs that it offers. */
  readonly pskModes: readonly number[];
}

/** A ClientHello that offers TLS 1.3, in which every extension stands in its place. */
export interface ReceivedClientHello {
  readonly hello: ClientHello;
  readonly bytes: Uint8Array;
  /** Whether server_name could guide the choice of a config or a credential. */
  readonly guidedByName: boolean;
}

export function checkClientHello({ hello, bytes, guidedByName }: ReceivedClientHello): CheckedClientHello {
  // "For every TLS 1.3 ClientHello, this vector MUST contain exactly one byte, set to zero, which corresponds to the "null"
  // compression method" (RFC 8446 §4.1.2)
  if (hello.legacyCompressionMethods.length !== 1 || hello.legacyCompressionMethods[0] !== 0) {
    throw new PeerMisbehaved('compression_not_null', 'legacy_compression_methods is not exactly null');
  }
  // "If a DTLS 1.3 ClientHello is received with any other value in this field, the server MUST abort the handshake with an
  // "illegal_parameter" alert." (RFC 9147 §5.3)
  if (hello.legacyCookie !== undefined && hello.legacyCookie.length > 0) {
    throw new PeerMisbehaved('legacy_field_invalid', 'legacy_cookie is not empty');
  }
  const values = hello.extensions.values;
  checkMandatoryExtensions(values);
  checkPreSharedKeyForm(hello);
  if (values.record_size_limit !== undefined) checkRecordSizeLimit(values.record_size_limit);
  acceptedMaxFragmentLength(values);
  return {
    hello,
    bytes,
    guidedByName,
    groups: values.supported_groups ?? [],
    keyShares: checkKeyShares(hello),
    signatureSchemes: values.signature_algorithms ?? [],
    pskModes: values.psk_key_exchange_modes ?? [],
  };
}

/** legacy_session_id_echo: "DTLS servers MUST NOT echo the "legacy_session_id" value from the client" (RFC 9147 §5). */
export function sessionIdEcho(variant: ProtocolVariant, hello: ClientHello): Uint8Array {
  return variant.middleboxCompatibility ? hello.legacySessionId : EMPTY;
}

/** What hooks of the configuration get to see. */
export function clientHelloInfo({ hello, bytes }: CheckedClientHello): ClientHelloInfo {
  return describeClientHello(hello, bytes);
}

/** RFC 8446 §9.2: "Servers receiving a ClientHello which does not conform to these requirements MUST abort the handshake with a "missing_extension" alert." */
function checkMandatoryExtensions(values: ClientHello['extensions']['values']): void {
  const missing = (what: string) => new PeerMisbehaved('extension_missing', what);
  if (values.pre_shared_key === undefined) {
    if (values.signature_algorithms === undefined) throw missing('signature_algorithms is missing, and so is pre_shared_key');
    if (values.supported_groups === undefined) throw missing('supported_groups is missing, and so is pre_shared_key');
  }
  if (values.supported_groups !== undefined && values.key_share === undefined)
    throw missing('supported_groups without key_share');
  if (values.key_share !== undefined && values.supported_groups === undefined)
    throw missing('key_share without supported_groups');
}

function checkPreSharedKeyForm(hello: ClientHello): void {
  const psk = hello.extensions.values.pre_shared_key;
  if (psk === undefined) return;
  // "Servers MUST check that it is the last extension and otherwise fail the handshake with an "illegal_parameter" alert." (RFC 8446 §4.2.11)
  if (hello.extensions.list.at(-1)?.type !== EXTENSION_TYPES.pre_shared_key) {
    throw new PeerMisbehaved('pre_shared_key_not_last', 'pre_shared_key is not the last extension');
  }
  // "If clients offer "pre_shared_key" without a "psk_key_exchange_modes" extension, servers MUST abort the handshake." (RFC 8446 §4.2.9)
  if (hello.extensions.values.psk_key_exchange_modes === undefined) {
    throw new PeerMisbehaved('psk_modes_missing', 'pre_shared_key without psk_key_exchange_modes');
  }
  if (psk.identities.length !== psk.binders.length) {
    throw new PeerMisbehaved('psk_binders_mismatch', `${psk.identities.length} identities, ${psk.binders.length} binders`);
  }
}

/**
 * "Clients MUST NOT offer multiple KeyShareEntry values for the same group. Clients MUST NOT offer any KeyShareEntry values for groups
 * not listed in the client's "supported_groups" extension. Servers MAY check for violations of these rules and abort the handshake
 * with an "illegal_parameter" alert if one is violated." (RFC 8446 §4.2.8)
 */
function checkKeyShares(hello: ClientHello): ReadonlyMap<number, Uint8Array> {
  const groups = new Set(hello.extensions.values.supported_groups);
  const shares = new Map<number, Uint8Array>();
  for (const { group, keyExchange } of hello.extensions.values.key_share ?? []) {
    if (shares.has(group)) throw new PeerMisbehaved('key_share_duplicate', `two key shares of group ${group}`);
    if (!groups.has(group)) {
      throw new PeerMisbehaved(
        'key_share_for_unoffered_group',
        `a key share of group ${group}, which is not in supported_groups`,
      );
    }
    shares.set(group, keyExchange);
  }
  return shares;
}

/** The extensions that a second ClientHello may change, add or drop (RFC 8446 §4.1.2), beside key_share if a share was asked for. */
const CHANGEABLE: ReadonlySet<number> = new Set([
  EXTENSION_TYPES.early_data,
  EXTENSION_TYPES.cookie,
  EXTENSION_TYPES.pre_shared_key,
  EXTENSION_TYPES.padding,
]);

/**
 * "… the client MUST send the same ClientHello without modification, except as follows" (RFC 8446 §4.1.2). The order of extensions, which says
 * nothing, is not looked at: wolfSSL's clients change it, and no other server minds.
 */
export function checkSecondClientHello(first: ClientHello, second: ClientHello, askedForShare: boolean): void {
  const changed = (what: string) =>
    new PeerMisbehaved('client_hello_changed_after_retry', `${what} differs between the two ClientHellos`);
  if (first.legacyVersion !== second.legacyVersion) throw changed('legacy_version');
  if (!equal(first.random, second.random)) throw changed('random');
  if (!equal(first.legacySessionId, second.legacySessionId)) throw changed('legacy_session_id');
  if (first.cipherSuites.join() !== second.cipherSuites.join()) throw changed('cipher_suites');
  const mayNotChange = ({ type }: RawExtension) =>
    !CHANGEABLE.has(type) && !(askedForShare && type === EXTENSION_TYPES.key_share);
  const before = first.extensions.list.filter(mayNotChange).sort(byType);
  const after = second.extensions.list.filter(mayNotChange).sort(byType);
  if (before.length !== after.length || !before.every((extension, i) => sameExtension(extension, after[i]))) {
    throw changed('the list of extensions');
  }
  if (second.extensions.values.early_data !== undefined) throw changed('early_data (it must be dropped)');
}

function byType(a: RawExtension, b: RawExtension): number {
  return a.type - b.type;
}

function sameExtension(a: RawExtension, b: RawExtension | undefined): boolean {
  return b !== undefined && a.type === b.type && equal(a.data, b.data);
}
