/**
 * Which version is spoken: what a client offers, what a server chooses, what a client makes of the answer (RFC 8446 §4.1.3, §4.2.1, §D;
 * RFC 7507; RFC 5246 §E.1).
 */

import { equal, fromHex } from '../../core/bytes/bytes.ts';
import { InternalError, PeerIncompatible, PeerMisbehaved } from '../../core/errors/errors.ts';
import { CIPHER_SUITES } from '../../core/registry/cipher-suites.ts';
import { protocolVersionName, type VersionBeforeTls13, type VersionName } from '../../core/registry/protocol-versions.ts';
import type { ClientHello } from '../messages/client-hello.ts';
import type { HelloRetryRequest, ServerHello, Tls12ServerHello } from '../messages/server-hello.ts';
import type { Tls12Version } from './tls12/version.ts';
import { type ProtocolVariant, refuseSsl3, versionNumber, versionTitle } from './variant.ts';

/** Those of a config that a transport can speak, the newest first. */
export function spokenVersions(variant: ProtocolVariant, versions: readonly VersionName[]): readonly VersionName[] {
  return NEWEST_FIRST.filter((version) => versions.includes(version) && variant.versions[version] !== undefined);
}

const NEWEST_FIRST: readonly VersionName[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'];

/**
 * The last bytes of ServerHello.random of a server that speaks a newer version and was made to speak TLS 1.2, or an older one (RFC 8446
 * §4.1.3). They "apply to DTLS 1.2 and DTLS 1.0, respectively" (RFC 9147 §5.3).
 */
const DOWNGRADED_TO_TLS12: Uint8Array = fromHex('444F574E47524401');
const DOWNGRADED_BELOW: Uint8Array = fromHex('444F574E47524400');

/**
 * Server: what its random ends with when it has a newer version than the one chosen. "TLS 1.3 servers which negotiate TLS 1.2 or below in
 * response to a ClientHello MUST set the last 8 bytes of their Random value specially" (RFC 8446 §4.1.3); those of TLS 1.2 do so too.
 */
export function downgradeSentinel([newest]: readonly VersionName[], chosen: VersionBeforeTls13): Uint8Array | undefined {
  if (newest === chosen || newest === 'TLSv1.1') return undefined;
  return chosen === 'TLSv1.2' ? DOWNGRADED_TO_TLS12 : DOWNGRADED_BELOW;
}

/** Server: the version of a ClientHello's connection. Throws `PeerIncompatible` when there is none, `PeerMisbehaved` for a needless fallback. */
export function chooseVersion(
  variant: ProtocolVariant,
  configured: readonly VersionName[],
  { legacyVersion, cipherSuites, extensions }: ClientHello,
): VersionName {
  refuseSsl3(variant, legacyVersion);
  const ours = spokenVersions(variant, configured);
  const offered = extensions.values.supported_versions;
  const chosen = ours.find((version) => isOffered(variant, version, legacyVersion, offered));
  // "If TLS_FALLBACK_SCSV appears in ClientHello.cipher_suites and the highest protocol version supported by the server is higher than
  // the version indicated in ClientHello.client_version, the server MUST respond with a fatal inappropriate_fallback alert" (RFC 7507 §3)
  if (cipherSuites.includes(CIPHER_SUITES.TLS_FALLBACK_SCSV) && chosen !== ours[0]) {
    const newest = ours[0] && versionTitle(variant, ours[0]);
    throw new PeerMisbehaved('fallback_inappropriate', `the client fell back from ${newest}, which this server speaks`);
  }
  if (chosen !== undefined) return chosen;
  const theirs = (offered ?? [legacyVersion]).map(nameOf);
  throw new PeerIncompatible(
    'version',
    ours.map((version) => versionTitle(variant, version)),
    theirs,
  );
}

/**
 * "If this extension is not present, servers which are compliant with this specification and which also support TLS 1.2 MUST negotiate
 * TLS 1.2 or prior as specified in [RFC5246], even if ClientHello.legacy_version is 0x0304 or later." (RFC 8446 §4.2.1)
 */
function isOffered(
  variant: ProtocolVariant,
  version: VersionName,
  legacyVersion: number,
  offered: readonly number[] | undefined,
): boolean {
  const number = versionNumber(variant, version);
  if (offered !== undefined) return offered.includes(number);
  return version !== 'TLSv1.3' && variant.isAtLeast(legacyVersion, number);
}

/** What the flows of TLS 1.2 know of a version of the config. */
export function tls12Version(
  { tls12Versions }: { readonly tls12Versions: readonly Tls12Version[] },
  name: VersionName,
): Tls12Version {
  const version = tls12Versions.find((candidate) => candidate.name === name);
  if (version === undefined) throw new InternalError(`${name} was agreed on, and is not configured`);
  return version;
}

/** Client: the version of the answer, one of those that were offered. */
export function answeredVersion(
  variant: ProtocolVariant,
  offered: readonly VersionName[],
  hello: ServerHello | HelloRetryRequest | Tls12ServerHello,
): VersionName {
  refuseSsl3(variant, hello.legacyVersion);
  if (hello.kind !== 'server_hello_tls12' && hello.extensions.values.supported_versions !== undefined) {
    return selectedVersion(variant, offered, hello.legacyVersion, hello.extensions.values.supported_versions);
  }
  checkDowngrade(variant, offered, hello);
  const answered = offered.find((version) => version !== 'TLSv1.3' && variant.versions[version] === hello.legacyVersion);
  if (answered !== undefined && hello.kind === 'server_hello_tls12') return answered;
  const ours = offered.map((version) => versionTitle(variant, version));
  throw new PeerIncompatible('version', ours, [nameOf(hello.legacyVersion)]);
}

function selectedVersion(
  variant: ProtocolVariant,
  offered: readonly VersionName[],
  legacyVersion: number,
  selected: number,
): VersionName {
  // "If the "supported_versions" extension in the ServerHello contains a version not offered by the client or contains a version
  // prior to TLS 1.3, the client MUST abort the handshake with an "illegal_parameter" alert." (RFC 8446 §4.2.1)
  if (selected !== variant.version || !offered.includes('TLSv1.3')) {
    throw new PeerMisbehaved('version_not_offered', `the server selected version 0x${selected.toString(16)}`);
  }
  if (legacyVersion !== variant.legacyVersion) {
    throw new PeerMisbehaved('legacy_field_invalid', `legacy_version is 0x${legacyVersion.toString(16)}`);
  }
  return 'TLSv1.3';
}

/**
 * "TLS 1.3 clients receiving a ServerHello indicating TLS 1.2 or below MUST check that the last 8 bytes are not equal to either of these
 * values. TLS 1.2 clients SHOULD also check that the last 8 bytes are not equal to the second value if the ServerHello indicates TLS 1.1
 * or below." (RFC 8446 §4.1.3)
 */
function checkDowngrade(
  variant: ProtocolVariant,
  offered: readonly VersionName[],
  { random, legacyVersion }: { readonly random: Uint8Array; readonly legacyVersion: number },
): void {
  const end = random.subarray(24);
  const mayNotBe = offered.includes('TLSv1.3') ? [DOWNGRADED_TO_TLS12, DOWNGRADED_BELOW] : [DOWNGRADED_BELOW];
  // Who offers TLS 1.1 at most is told the truth by a server that has TLS 1.2.
  const isBelow =
    offered.includes('TLSv1.3') || (offered.includes('TLSv1.2') && !variant.isAtLeast(legacyVersion, variant.legacyVersion));
  if (isBelow && mayNotBe.some((sentinel) => equal(sentinel, end))) {
    throw new PeerMisbehaved(
      'version_downgraded',
      'the server speaks a newer version, but somebody changed what was offered to it',
    );
  }
}

function nameOf(version: number): string {
  return protocolVersionName(version) ?? `0x${version.toString(16)}`;
}
