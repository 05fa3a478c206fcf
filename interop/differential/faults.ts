/**
 * What of a ClientHello can be refused by a server of given settings, seen without either server: the alerts that are due.
 *
 * It is less than a server, on purpose: it does not choose, and says only what may be a reason to refuse.
 */

import type { VersionName } from '../../packages/foxtls/src/core/registry/protocol-versions.ts';
import { SIGNATURE_SCHEMES } from '../../packages/foxtls/src/core/registry/signature-schemes.ts';
import type { KeyName } from '../harness/pki.ts';
import type { Answer } from './answer.ts';
import { groupId, type HelloPlan } from './client-hello.ts';
import { FLAWS } from './flaws.ts';
import { type Settings, suiteId } from './settings.ts';

export function schemeId(name: string): number {
  return SIGNATURE_SCHEMES[name as keyof typeof SIGNATURE_SCHEMES];
}

type Side = 'ours' | 'theirs';

interface Met {
  readonly settings: Settings;
  readonly plan: HelloPlan;
}

const NUMBERS = { 'TLSv1.3': 0x0304, 'TLSv1.2': 0x0303, 'TLSv1.1': 0x0302, TLSv1: 0x0301 } as const;
const FALLBACK_SCSV = 0x5600;

export const isSsl3 = ({ legacyVersion }: HelloPlan): boolean => legacyVersion <= 0x0300;

/** What a hello says in the end: its flaw may leave out everything. */
export function effective(plan: HelloPlan): HelloPlan {
  if (plan.flaw !== 'no extensions at all') return plan;
  const none = {
    supportedVersions: undefined,
    groups: undefined,
    shares: undefined,
    schemes: undefined,
    certificateSchemes: undefined,
  };
  const nothing = { alpn: undefined, serverName: undefined, recordSizeLimit: undefined, maxFragmentLength: undefined };
  return { ...plan, ...none, ...nothing, extendedMasterSecret: false, encryptThenMac: false, sessionTicket: false };
}

/**
 * The versions that a server of these settings speaks. OpenSSL leaves out TLS 1.3 when its only certificates are of ECDSA, and no scheme of
 * its own goes with their curves there. BoringSSL refuses clients then, as foxtls does.
 */
export function spokenVersions({ versions, keys, schemes }: Settings, side: Side): readonly VersionName[] {
  const isCapable = (key: KeyName) => !(key in CURVES) || schemes.some((scheme) => matches(key, scheme, 'TLSv1.3'));
  return side === 'ours' || keys.some(isCapable) ? versions : versions.filter((version) => version !== 'TLSv1.3');
}

/** The newest of the server's that the client offers (RFC 8446 §4.2.1). */
function chosenVersion({ settings, plan }: Met, side: Side): VersionName | undefined {
  const { supportedVersions, legacyVersion } = effective(plan);
  const isOffered = (version: number) =>
    supportedVersions === undefined
      ? version < NUMBERS['TLSv1.3'] && version <= legacyVersion
      : supportedVersions.includes(version);
  return spokenVersions(settings, side).find((version) => isOffered(NUMBERS[version as keyof typeof NUMBERS]));
}

/** What an answer takes that was not offered, or not configured: nothing, ever, whatever the other server says. */
export function notInCommon(met: Met, { version, suite, group, scheme, alpn }: Answer): readonly string[] {
  const { settings } = met;
  const { suites, groups, schemes, alpn: offeredAlpn } = effective(met.plan);
  const isTls13 = version === 'TLSv1.3';
  const has = (list: readonly string[], ids: readonly number[] | undefined, name: string, id: number | undefined) =>
    list.includes(name) && (ids === undefined ? !isTls13 : ids.includes(id ?? -1));
  const isShared = {
    version: version === chosenVersion(met, 'ours'),
    suite: suite !== undefined && has(isTls13 ? settings.tls13Suites : settings.suites, suites, suite, suiteId(suite)),
    // A prime has no name in TLS 1.2, and static RSA no group; before TLS 1.2 there is no scheme.
    group: group === undefined || group.startsWith('a prime') || has(settings.groups, groups, group, groupId(group)),
    scheme: scheme === undefined || has(settings.schemes, schemes, scheme, schemeId(scheme)),
    alpn: alpn === undefined || (settings.alpn.includes(alpn) && offeredAlpn?.includes(alpn) === true),
  };
  return Object.entries(isShared).flatMap(([name, shared]) => (shared ? [] : [name]));
}

/** The alerts that a hello can be answered with. */
export function alertsDue(met: Met, side: Side): ReadonlySet<string> {
  const { settings, plan } = met;
  const hello = effective(plan);
  const version = chosenVersion(met, side);
  const due = new Set<string>(plan.flaw === undefined ? [] : FLAWS[plan.flaw][side]);
  // RFC 8446 §D.5: SSL 3.0, whatever supported_versions says. OpenSSL has another word for it.
  if (version === undefined || isSsl3(plan)) due.add('protocol_version');
  if (side === 'theirs' && isSsl3(plan)) due.add('handshake_failure');
  // RFC 7507 §3.
  if (plan.suites.includes(FALLBACK_SCSV) && version !== spokenVersions(settings, side)[0]) due.add('inappropriate_fallback');
  // RFC 8446 §9.2.
  const { groups, shares, schemes } = hello;
  const isIncomplete = groups === undefined || shares === undefined || schemes === undefined;
  if (version === 'TLSv1.3' && isIncomplete) due.add('missing_extension');
  if (cannotAgree(met, side) || (side === 'theirs' && mayFailToSign(met, version))) due.add('handshake_failure');
  if (side === 'ours' && cannotAgree(met, side) && lacksFiniteField(met)) due.add('insufficient_security');
  // RFC 7301 §3.2.
  const { alpn } = hello;
  if (alpn !== undefined && settings.alpn.length > 0 && !alpn.some((name) => settings.alpn.includes(name)))
    due.add('no_application_protocol');
  return due;
}

/** Whether OpenSSL may come to a suite that it has no signature scheme for (reasons.ts), before it comes upon the fault that foxtls refuses for. */
function mayFailToSign(met: Met, version: VersionName | undefined): boolean {
  return version !== undefined && version !== 'TLSv1.3' && hasUnsignableSuite(met);
}

/** Whether something is missing without which there is no handshake (RFC 8446 §4.1.1, RFC 5246 §7.4.1.3). */
function cannotAgree(met: Met, side: Side): boolean {
  const { settings, plan } = met;
  const { suites, groups } = effective(plan);
  const signs = (key: KeyName) => canSign(met, key, chosenVersion(met, side));
  const shared = settings.groups.filter((group) => groups?.includes(groupId(group)));
  if (chosenVersion(met, side) === 'TLSv1.3') {
    const hasSuite = settings.tls13Suites.some((suite) => suites.includes(suiteId(suite)));
    return !(hasSuite && shared.length > 0 && settings.keys.some(signs));
  }
  const isOld = chosenVersion(met, side) !== 'TLSv1.2';
  const hasCurve = groups === undefined ? side === 'ours' && settings.groups.some(isCurve) : shared.some(isCurve);
  const keys = settings.keys.filter(
    (key) => signs(key) && (groups === undefined || groups.includes(groupId(CURVES[key] ?? '')) || !(key in CURVES)),
  );
  const hasField = side === 'theirs' || hasFiniteField(met);
  const isPossible = (suite: string) =>
    (hasCurve || !suite.startsWith('TLS_ECDHE')) &&
    (hasField || !suite.startsWith('TLS_DHE')) &&
    (suite.endsWith('_SHA') || !isOld) &&
    keys.some((key) => fits(key, suite));
  return !settings.suites.some((suite) => suites.includes(suiteId(suite)) && isPossible(suite));
}

/** Whether there is a group for DHE: the server's own parameters are those of ffdhe2048, and a client that lists such groups takes no other. */
function hasFiniteField({ plan }: Met): boolean {
  const listed = effective(plan).groups?.filter((group) => group >= 256 && group < 512) ?? [];
  return listed.length === 0 || listed.includes(groupId('ffdhe2048'));
}

/** Whether DHE, which both have before TLS 1.3, fails for want of a group: that has an alert of its own (RFC 7919 §4). */
function lacksFiniteField(met: Met): boolean {
  const { suites } = effective(met.plan);
  const isShared = met.settings.suites.some((suite) => suite.startsWith('TLS_DHE') && suites.includes(suiteId(suite)));
  return chosenVersion(met, 'ours') !== 'TLSv1.3' && isShared && !hasFiniteField(met);
}

/** Whether a certificate goes with a suite that both have, and has no signature scheme in common. */
export function hasUnsignableSuite(met: Met): boolean {
  const { settings, plan } = met;
  const shared = settings.suites.filter((suite) => effective(plan).suites.includes(suiteId(suite)));
  const version = chosenVersion(met, 'theirs');
  return settings.keys.some((key) => !canSign(met, key, version) && shared.some((suite) => fits(key, suite)));
}

const isCurve = (group: string) => !group.startsWith('ffdhe');

/** Keys of ECDSA need their curve among the client's groups (RFC 8422 §5.1). */
const CURVES: Readonly<Partial<Record<KeyName, string>>> = { p256: 'secp256r1', p384: 'secp384r1' };

const RSA_SCHEME = /^rsa_(?!pss_pss)/;

/** Whether a key can sign by a scheme that both have; in TLS 1.3 by its curve, and not by PKCS#1 (RFC 8446 §4.2.3). */
function canSign({ settings, plan }: Met, key: KeyName, version: VersionName | undefined): boolean {
  // Older versions have one way for each key, and none for EdDSA (RFC 4346 §7.4.3).
  if (version !== 'TLSv1.3' && version !== 'TLSv1.2') return key !== 'ed25519';
  const offered = effective(plan).schemes;
  const isOffered = (scheme: string) => {
    // "If the client does not send the signature_algorithms extension" (RFC 5246 §7.4.1.4.1), SHA-1 it is.
    return offered === undefined ? scheme.endsWith('_sha1') : offered.includes(schemeId(scheme));
  };
  return settings.schemes.some((scheme) => isOffered(scheme) && matches(key, scheme, version));
}

function matches(key: KeyName, scheme: string, version: VersionName | undefined): boolean {
  if (version !== 'TLSv1.3')
    return key === 'rsa' ? RSA_SCHEME.test(scheme) : scheme.startsWith(key === 'ed25519' ? 'ed25519' : 'ecdsa');
  if (key === 'rsa') return scheme.startsWith('rsa_pss_rsae');
  return scheme === { p256: 'ecdsa_secp256r1_sha256', p384: 'ecdsa_secp384r1_sha384', ed25519: 'ed25519' }[key];
}

function fits(key: KeyName, suite: string): boolean {
  return key === 'rsa' ? suite.includes('_RSA_') : suite.includes('_ECDSA_');
}
