/**
 * Why foxtls and OpenSSL may answer a ClientHello differently: each reason a predicate with its source. What no reason explains, fails the test.
 *
 * A refusal is compared by its alert. Where both refuse, each may have come upon another fault first: no RFC orders them. So each alert has to
 * be due to some fault of the hello (faults.ts). Where both agree, field is compared with field.
 */

import { SIGNATURE_SCHEMES } from '../../packages/foxtls/src/core/registry/signature-schemes.ts';
import type { Answer } from './answer.ts';
import { groupId, type HelloPlan } from './client-hello.ts';
import { alertsDue, effective, hasUnsignableSuite, notInCommon, schemeId, spokenVersions } from './faults.ts';
import { FLAWS } from './flaws.ts';
import { SECOND_FLIGHTS, type SecondFlight } from './second-flight.ts';
import { type Settings, suiteId } from './settings.ts';

export interface Comparison {
  readonly settings: Settings;
  readonly plan: HelloPlan;
  readonly ours: Answer;
  readonly theirs: Answer;
}

interface Reason {
  readonly title: string;
  /** The fields that it explains; none if it does not apply. */
  readonly explains: (compared: Comparison) => readonly string[];
}

/** Fields that differ; of the extensions, which one: `-server_name` for one of ours alone, `+server_name` for one of theirs alone. */
export function differencesOf({ ours, theirs }: Comparison): readonly string[] {
  if (ours.outcome === 'refused' || theirs.outcome === 'refused') return ours.alert === theirs.alert ? [] : ['refusal'];
  const fields = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])] as (keyof Answer)[];
  const [mine, other] = [ours, theirs].map(({ extensions }) => (extensions ?? '').split(' ').filter(Boolean)) as [
    string[],
    string[],
  ];
  return [
    ...fields.filter((field) => field !== 'extensions' && ours[field] !== theirs[field]),
    ...mine.filter((name) => !other.includes(name)).map((name) => `-${name}`),
    ...other.filter((name) => !mine.includes(name)).map((name) => `+${name}`),
  ];
}

/** What explains a comparison's differences; what nothing explains, and what foxtls may not answer at all. */
export function explain(compared: Comparison): { readonly reasons: readonly string[]; readonly unexplained: readonly string[] } {
  let unexplained = differencesOf(compared);
  const reasons: string[] = [];
  for (const { title, explains } of REASONS) {
    const explained = unexplained.length === 0 ? [] : explains(compared);
    if (!unexplained.some((difference) => explained.includes(difference))) continue;
    reasons.push(title);
    unexplained = unexplained.filter((difference) => !explained.includes(difference));
  }
  const { ours } = compared;
  const wrong = ours.outcome === 'agreed' ? notInCommon(compared, ours).map((field) => `${field} not in common`) : [];
  if (!isDue(compared)) wrong.push(`${ours.alert} without cause`);
  if (ours.second !== undefined && ours.outcomeOfSecond !== flightOf(ours)?.ours)
    wrong.push(`${ours.outcomeOfSecond} to ${ours.second}`);
  return { reasons, unexplained: [...unexplained, ...wrong] };
}

const flightOf = ({ version, second }: Answer): SecondFlight | undefined =>
  SECOND_FLIGHTS[version === 'TLSv1.3' ? 'TLSv1.3' : 'TLSv1.2'].find(([name]) => name === second)?.[1];

const when = (holds: boolean, ...fields: string[]) => (holds ? fields : []);

/** Whether `a` stands before `b` in a list that has both. */
function before<T>(list: readonly T[], a: T, b: T): boolean {
  const [at, other] = [list.indexOf(a), list.indexOf(b)];
  return at >= 0 && at < other;
}

const agreed = ({ ours, theirs }: Comparison) => ours.outcome === 'agreed' && theirs.outcome === 'agreed';
const isTls13 = ({ theirs }: Comparison) => theirs.version === 'TLSv1.3';

/** The order in which OpenSSL looks at suites, groups of TLS 1.2, and signature schemes. */
const suitesInItsOrder = ({ settings, plan, theirs }: Comparison): readonly number[] =>
  settings.serverPreference
    ? (theirs.version === 'TLSv1.3' ? settings.tls13Suites : settings.suites).map(suiteId)
    : effective(plan).suites;
const schemesInItsOrder = ({ settings, plan }: Comparison): readonly number[] =>
  settings.serverPreference ? settings.schemes.map(schemeId) : (effective(plan).schemes ?? []);

/** Whether the certificates of these settings are signed by what the client names for them: all are by ECDSA with P-256 and SHA-256. */
const verifiesChain = ({ plan }: Comparison) =>
  effective(plan).certificateSchemes?.includes(SIGNATURE_SCHEMES.ecdsa_secp256r1_sha256) !== false;

/** Whether foxtls agrees, or has a cause to refuse. */
const isDue = (compared: Comparison) => compared.ours.alert === undefined || alertsDue(compared, 'ours').has(compared.ours.alert);

/** What another suite of TLS 1.2 brings with it. */
const BY_SUITE = [
  ...['suite', 'group', 'scheme', 'certificate', 'messages'],
  ...['+encrypt_then_mac', '-encrypt_then_mac', '+ec_point_formats', '-ec_point_formats'],
];

const REASONS: readonly Reason[] = [
  // ---- Who refuses ----
  {
    title: 'each refuses for a fault of its own: no RFC says which is looked for first',
    explains: (compared) => {
      const { ours, theirs } = compared;
      if (ours.alert === undefined || theirs.alert === undefined) return [];
      return when(alertsDue(compared, 'ours').has(ours.alert) && alertsDue(compared, 'theirs').has(theirs.alert), 'refusal');
    },
  },
  {
    title: 'only one of them looks at this fault, or only for the version or the share that it chose (flaws.ts)',
    explains: ({ plan: { flaw }, ours, theirs }) => {
      if (flaw === undefined) return [];
      const [refusing, other] = ours.alert === undefined ? (['theirs', 'ours'] as const) : (['ours', 'theirs'] as const);
      const alert = { ours, theirs }[refusing].alert ?? 'closed';
      const consequences: Record<'ours' | 'theirs', readonly string[]> = FLAWS[flaw];
      return when(consequences[refusing].includes(alert) && consequences[other].includes('ignored'), 'refusal');
    },
  },
  {
    title:
      'OpenSSL refuses without a chain signed as signature_algorithms_cert asks; a server "SHOULD continue the handshake by sending the client a certificate chain of its choice" (RFC 8446 §4.4.2.2)',
    explains: (compared) => when(compared.theirs.alert === 'handshake_failure' && !verifiesChain(compared), 'refusal'),
  },
  {
    title:
      'OpenSSL takes ECDHE only with supported_groups; without it a server "is free to choose any one of the elliptic curves" (RFC 8422 §4)',
    explains: ({ ours, theirs, plan }) => {
      const isEcdhe = ours.suite?.startsWith('TLS_ECDHE') === true && effective(plan).groups === undefined;
      if (!isEcdhe || theirs.suite?.startsWith('TLS_ECDHE') === true) return [];
      return theirs.outcome === 'agreed' ? BY_SUITE : when(theirs.alert === 'handshake_failure', 'refusal');
    },
  },
  {
    title:
      'OpenSSL takes signature_algorithms_cert without signature_algorithms for no schemes at all; in TLS 1.2 they are SHA-1 (RFC 5246 §7.4.1.4.1)',
    explains: ({ theirs, plan }) => {
      const { schemes, certificateSchemes } = effective(plan);
      return when(schemes === undefined && certificateSchemes !== undefined && theirs.alert === 'handshake_failure', 'refusal');
    },
  },
  {
    title:
      'OpenSSL chooses a suite by the kind of its certificate, and then refuses for want of a signature scheme; foxtls takes a suite that it can sign for, or static RSA, which signs nothing (RFC 5246 §7.4.3)',
    explains: (compared) => {
      const { ours, theirs } = compared;
      const isOld = ours.outcome === 'agreed' && ours.version !== 'TLSv1.3';
      return when(isOld && theirs.alert === 'handshake_failure' && hasUnsignableSuite(compared), 'refusal');
    },
  },
  {
    title:
      'foxtls gives clients that list groups of RFC 7919 one of those, or insufficient_security (RFC 7919 §4); OpenSSL 3.0 its own parameters',
    explains: ({ ours, theirs, plan }) => {
      const listed = effective(plan).groups?.filter((group) => group >= 256 && group < 512) ?? [];
      const isDhe = theirs.suite?.startsWith('TLS_DHE') === true && listed.length > 0 && !listed.includes(groupId('ffdhe2048'));
      return when(isDhe && ours.alert === 'insufficient_security', 'refusal');
    },
  },
  {
    title:
      'OpenSSL does not speak TLS 1.3 with certificates of ECDSA alone whose curves none of its schemes goes with; foxtls and BoringSSL refuse',
    explains: (compared) => {
      const { settings, theirs } = compared;
      const isLess = spokenVersions(settings, 'theirs').length < settings.versions.length;
      return when(isLess && theirs.version !== 'TLSv1.3', 'refusal', 'downgrade');
    },
  },
  // ---- What is chosen ----
  {
    title:
      "OpenSSL's choice: the client's first suite, or its own when told so; and its certificate by the suite, not its suite by the certificate",
    explains: (compared) => {
      const { ours, theirs } = compared;
      const precedes =
        ours.suite !== theirs.suite && before(suitesInItsOrder(compared), suiteId(theirs.suite ?? ''), suiteId(ours.suite ?? ''));
      return when(agreed(compared) && precedes, ...(isTls13(compared) ? ['suite'] : BY_SUITE));
    },
  },
  {
    title: "OpenSSL's choice: the first share of the client (RFC 8446 §4.1.1 leaves it to the server)",
    explains: (compared) => {
      const usable = (compared.plan.shares ?? []).filter((name) => compared.settings.groups.includes(name));
      return when(agreed(compared) && isTls13(compared) && usable[0] === compared.theirs.group, 'group');
    },
  },
  {
    title: "OpenSSL's choice: the client's first curve, unless it is told to prefer its own",
    explains: (compared) => {
      const { settings, plan, ours, theirs } = compared;
      const precedes = before(effective(plan).groups ?? [], groupId(theirs.group ?? ''), groupId(ours.group ?? ''));
      return when(agreed(compared) && !isTls13(compared) && !settings.serverPreference && precedes, 'group');
    },
  },
  {
    title:
      "OpenSSL's choice: the first signature scheme that one of its certificates fits, in the client's order unless it is told to prefer its own",
    explains: (compared) => {
      const precedes = before(
        schemesInItsOrder(compared),
        schemeId(compared.theirs.scheme ?? ''),
        schemeId(compared.ours.scheme ?? ''),
      );
      return when(agreed(compared) && precedes, 'scheme', ...(isTls13(compared) ? ['certificate'] : []));
    },
  },
  {
    title:
      "foxtls's choice: of its certificates one whose chain is signed as the client asks, then the first (RFC 8446 §4.4.2.2)",
    explains: (compared) => {
      const { ours, theirs } = compared;
      return when(
        agreed(compared) && ours.certificate === 0 && theirs.certificate === 1 && !isTls13(compared),
        'certificate',
        'scheme',
      );
    },
  },
  // ---- What is said beside ----
  {
    title: 's_server has no name of its own to acknowledge; foxtls does when it chooses a certificate by the name (RFC 6066 §3)',
    explains: ({ plan, settings }) => {
      const isNamed = effective(plan).serverName !== undefined || plan.flaw === 'an address for a name';
      return when(isNamed && settings.keys.length > 1, '-server_name');
    },
  },
  {
    title: 'OpenSSL tells the groups that it would have preferred (RFC 8446 §4.2.7); foxtls does with announceGroups',
    explains: (compared) => when(isTls13(compared), '+supported_groups'),
  },
  { title: 'OpenSSL 3.0 does not know record_size_limit (RFC 8449)', explains: () => ['-record_size_limit'] },
  {
    title: 'beside record_size_limit, max_fragment_length is not looked at (RFC 8449 §5)',
    explains: ({ plan }) => when(effective(plan).recordSizeLimit !== undefined, '+max_fragment_length'),
  },
  {
    title: 'foxtls gives no ticket for a session without extended_master_secret, as it would not resume it (RFC 7627 §5.4)',
    explains: ({ plan }) => when(!effective(plan).extendedMasterSecret, '+session_ticket'),
  },
  // ---- What becomes of a second flight ----
  {
    title: 'OpenSSL has another word for what may not follow its flight, or none (second-flight.ts)',
    explains: (compared) => {
      const { ours, theirs } = compared;
      const due: readonly (string | undefined)[] = flightOf(theirs)?.theirs ?? [];
      return when(agreed(compared) && ours.second === theirs.second && due.includes(theirs.outcomeOfSecond), 'outcomeOfSecond');
    },
  },
  {
    title: 'to another version another second flight is sent',
    explains: ({ ours, theirs }) => when(ours.version !== theirs.version, 'second', 'outcomeOfSecond'),
  },
  {
    title: 'OpenSSL resets a connection of which it did not read all: its alert is lost',
    explains: ({ theirs }) => when(theirs.outcomeOfSecond === 'reset', 'outcomeOfSecond'),
  },
];
