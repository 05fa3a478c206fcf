/**
 * A ClientHello that no client would send, for the differential test: drawn at random, and written by hand, so that it can break rules.
 *
 * Most are right but odd: any order, unknown and reserved values, something left out. One in three breaks one rule, by a flaw of `FLAWS`.
 */

import fc from 'fast-check';
import { concat, EMPTY, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { EXTENSION_TYPES } from '../../packages/foxtls/src/core/registry/extension-types.ts';
import { NAMED_GROUPS } from '../../packages/foxtls/src/core/registry/named-groups.ts';
import { SIGNATURE_SCHEMES } from '../../packages/foxtls/src/core/registry/signature-schemes.ts';
import type { KeyExchange } from '../../packages/foxtls/src/crypto/key-exchange.ts';
import { nodeProvider as provider } from '../../packages/foxtls/src/crypto/node/provider.ts';
import { type Change, FLAWS, type Flaw } from './flaws.ts';
import { GROUPS, PROTOCOLS, SCHEMES, SUITES, some, suiteId, TLS13_SUITES } from './settings.ts';

/** What a hello says. An extension that is undefined is not there. */
export interface HelloPlan {
  readonly legacyVersion: number;
  readonly sessionIdLength: number;
  readonly suites: readonly number[];
  readonly supportedVersions: readonly number[] | undefined;
  readonly groups: readonly number[] | undefined;
  /** The names of groups to send shares for, in order. */
  readonly shares: readonly string[] | undefined;
  /** Of a group that there is not; before the others. */
  readonly greaseShare: boolean;
  readonly schemes: readonly number[] | undefined;
  readonly certificateSchemes: readonly number[] | undefined;
  readonly alpn: readonly string[] | undefined;
  readonly pointFormats: readonly number[] | undefined;
  readonly recordSizeLimit: number | undefined;
  readonly maxFragmentLength: number | undefined;
  readonly serverName: string | undefined;
  readonly extendedMasterSecret: boolean;
  readonly encryptThenMac: boolean;
  readonly sessionTicket: boolean;
  readonly renegotiationInfo: boolean;
  readonly statusRequest: boolean;
  readonly pskModes: readonly number[] | undefined;
  readonly padding: number | undefined;
  readonly unknownExtensions: readonly number[];
  /** The order of the extensions: a number for each, of which the smallest comes first. */
  readonly order: readonly number[];
  /** Where a new record begins, by the bytes of the message before; where there are no more bytes, and at each 16384, by itself. */
  readonly cuts: readonly number[];
  readonly recordVersion: number;
  /** What is sent when the server's flight is there: a number of `SECOND_FLIGHTS`. */
  readonly second: number | undefined;
  readonly flaw: Flaw | undefined;
}

/** A hello as bytes, and what answers a share. */
export interface WrittenHello {
  readonly message: Uint8Array;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly exchanges: ReadonlyMap<number, KeyExchange>;
}

export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

const MAX_FRAGMENT = 16384;
const GREASE = [0x0a0a, 0x5a5a, 0xfafa];
const SCSV = 0x00ff;
const FALLBACK_SCSV = 0x5600;

/** Undefined once in `rarely` times. */
function mostly<T>(arbitrary: fc.Arbitrary<T>, rarely = 8): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: rarely });
}

/** Undefined nearly always. */
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ arbitrary: fc.constant(undefined), weight: 3 }, { arbitrary, weight: 1 });
}

const ids = (names: readonly string[], codes: Readonly<Record<string, number>>) => names.map((name) => codes[name] as number);

/** A list with something meaningless in it now and then. */
function sprinkled(list: fc.Arbitrary<number[]>, meaningless: readonly number[]): fc.Arbitrary<number[]> {
  return fc.tuple(list, seldom(fc.tuple(fc.nat(30), fc.constantFrom(...meaningless)))).map(([numbers, extra]) => {
    if (extra === undefined) return numbers;
    const at = extra[0] % (numbers.length + 1);
    return [...numbers.slice(0, at), extra[1], ...numbers.slice(at)];
  });
}

const suites = fc
  .tuple(some(TLS13_SUITES, 3), some(SUITES, 5), fc.nat(9))
  .chain(([modern, old, kinds]) =>
    fc.shuffledSubarray([...(kinds === 0 ? [] : modern), ...(kinds === 1 ? [] : old)].map(suiteId), { minLength: 1 }),
  )
  .chain((list) => fc.constantFrom(...Array(8).fill(list), [...list, SCSV], [SCSV, ...list], [...list, FALLBACK_SCSV]));

export const helloPlan: fc.Arbitrary<HelloPlan> = fc
  .record({
    legacyVersion: fc.oneof(
      { arbitrary: fc.constant(0x0303), weight: 8 },
      { arbitrary: fc.constantFrom(0x0301, 0x0302, 0x0304, 0x0305, 0x03ff, 0x0400, 0x0300), weight: 1 },
    ),
    sessionIdLength: fc.constantFrom(0, 32, 32, 7, 1, 31),
    suites: sprinkled(suites, [...GREASE, 0xeeee, 0x0005]),
    supportedVersions: mostly(
      fc.oneof(
        { arbitrary: sprinkled(fc.constant([0x0304, 0x0303]), [...GREASE, 0x7f1c]), weight: 4 },
        {
          arbitrary: sprinkled(fc.shuffledSubarray([0x0304, 0x0303, 0x0302, 0x0301], { minLength: 1 }), [...GREASE, 0x7f1c]),
          weight: 2,
        },
      ),
      6,
    ),
    groups: mostly(
      sprinkled(
        some(GROUPS, 6).map((names) => ids(names, NAMED_GROUPS)),
        [...GREASE, 0x11ec, 0x001a],
      ),
      12,
    ),
    shares: mostly(fc.shuffledSubarray([...GROUPS.slice(0, 6)], { maxLength: 3 }), 12),
    greaseShare: fc.nat(7).map((drawn) => drawn === 0),
    schemes: mostly(
      sprinkled(
        some(SCHEMES, 10).map((names) => ids(names, SIGNATURE_SCHEMES)),
        [...GREASE, 0x0809, 0x0808, 0x0402],
      ),
      12,
    ),
    certificateSchemes: seldom(some(SCHEMES).map((names) => ids(names, SIGNATURE_SCHEMES))),
    alpn: mostly(fc.shuffledSubarray([...PROTOCOLS, '\n\n'], { minLength: 1 }), 2),
    pointFormats: mostly(fc.constantFrom([0], [0, 1, 2], [2, 0]), 3),
    recordSizeLimit: seldom(fc.constantFrom(64, 512, 16384, 16385, 65535)),
    maxFragmentLength: seldom(fc.integer({ min: 1, max: 4 })),
    serverName: mostly(fc.constantFrom('localhost', 'unknown.test', 'LOCALHOST'), 3),
    extendedMasterSecret: fc.boolean(),
    encryptThenMac: fc.boolean(),
    sessionTicket: fc.boolean(),
    renegotiationInfo: fc.boolean(),
    statusRequest: fc.boolean(),
    pskModes: mostly(fc.constantFrom([1], [0, 1], [0], [0x0b, 1]), 4),
    padding: seldom(
      fc.oneof(
        { arbitrary: fc.integer({ min: 0, max: 700 }), weight: 4 },
        { arbitrary: fc.constantFrom(16_000, 17_000, 40_000), weight: 1 },
      ),
    ),
    unknownExtensions: fc.subarray([0x0a0a, 0xfafa, 0xfe0d, 0x1234], { maxLength: 2 }),
    order: fc.array(fc.nat(1000), { minLength: 24, maxLength: 24 }),
    cuts: fc.oneof(
      { arbitrary: fc.constant<number[]>([]), weight: 6 },
      {
        arbitrary: fc.constantFrom(
          [1],
          [3],
          [4],
          [40],
          [1, 2, 3, 4, 5, 6],
          Array.from({ length: 30 }, (_, at) => 7 * at + 7),
        ),
        weight: 2,
      },
    ),
    recordVersion: fc.constantFrom(0x0301, 0x0301, 0x0301, 0x0303, 0x0302, 0x0300, 0x0304, 0x03ff),
    second: fc.option(fc.nat(10_000), { nil: undefined, freq: 2 }),
    flaw: fc.oneof(
      { arbitrary: fc.constant(undefined), weight: 2 },
      { arbitrary: fc.constantFrom(...(Object.keys(FLAWS) as Flaw[])), weight: 1 },
    ),
  })
  // Shares of groups that are not in the list are a flaw of their own.
  .map((plan) => ({
    ...plan,
    shares: plan.shares?.filter((name) => plan.groups === undefined || plan.groups.includes(groupId(name))),
  }));

/** As many records as it is cut into. */
export function inRecords({ cuts, recordVersion }: HelloPlan, message: Uint8Array): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; ) {
    const end = Math.min(cuts.find((cut) => cut > at) ?? message.length, at + MAX_FRAGMENT, message.length);
    records.push(Uint8Array.of(22), uint16(recordVersion), prefixed(2, message.subarray(at, end)));
    at = end;
  }
  return concat(...records);
}

export function groupId(name: string): number {
  return NAMED_GROUPS[name as keyof typeof NAMED_GROUPS];
}

/** Writes it, with new keys. */
export async function writeHello(plan: HelloPlan): Promise<WrittenHello> {
  const exchanges = new Map<number, KeyExchange>();
  for (const name of plan.shares ?? []) exchanges.set(groupId(name), await startExchange(groupId(name)));
  const [random, sessionId] = [provider.random(32), provider.random(plan.sessionIdLength)];
  const shares = [...exchanges].map(([group, { share }]) => ({ group, share }));
  return { message: assemble(plan, random, sessionId, shares), random, sessionId, exchanges };
}

/** The second hello, with the one share that was asked for, and the cookie that was given (RFC 8446 §4.1.2). */
export async function writeSecondHello(
  plan: HelloPlan,
  { random, sessionId }: WrittenHello,
  { group, cookie }: { readonly group: number | undefined; readonly cookie: Uint8Array | undefined },
): Promise<WrittenHello> {
  const exchanges = new Map<number, KeyExchange>();
  if (group !== undefined) exchanges.set(group, await startExchange(group));
  const shares = [...exchanges].map(([id, { share }]) => ({ group: id, share }));
  return { message: assemble(plan, random, sessionId, shares, { cookie }), random, sessionId, exchanges };
}

export interface Share {
  readonly group: number;
  readonly share: Uint8Array;
}

async function startExchange(id: number): Promise<KeyExchange> {
  const group = provider.groups.find((candidate) => candidate.id === id);
  if (group === undefined) throw new Error(`no group ${id}`);
  return group.start(provider.random);
}

function assemble(
  plan: HelloPlan,
  random: Uint8Array,
  sessionId: Uint8Array,
  shares: readonly Share[],
  second?: { readonly cookie: Uint8Array | undefined },
): Uint8Array {
  const {
    extensions: change,
    body: changeBody,
    shares: changeShares,
  }: Change = plan.flaw === undefined ? {} : FLAWS[plan.flaw].change;
  const sent = second === undefined ? (changeShares?.(shares) ?? shares) : shares;
  const inOrder = extensionsOf(plan, [...(plan.greaseShare && second === undefined ? [GREASE_SHARE] : []), ...sent])
    .map((extension, index) => ({ extension, rank: plan.order[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ extension }) => extension);
  if (second?.cookie !== undefined) inOrder.push({ type: EXTENSION_TYPES.cookie, data: prefixed(2, second.cookie) });
  const all = change?.(inOrder) ?? inOrder;
  // It has to go with the first hello (RFC 8446 §4.1.2).
  const extensions = second === undefined ? all : all.filter(({ type }) => type !== EXTENSION_TYPES.early_data);
  const parts = {
    head: concat(uint16(plan.legacyVersion), random),
    sessionId: prefixed(1, sessionId),
    suites: prefixed(2, ...plan.suites.map(uint16)),
    compressions: Uint8Array.of(1, 0),
    extensions: extensions.length === 0 ? EMPTY : prefixed(2, ...extensions.map(writeExtension)),
  };
  const { head, sessionId: id, suites: list, compressions, extensions: block } = changeBody?.(parts) ?? parts;
  return concat(Uint8Array.of(1), prefixed(3, head, id, list, compressions, block));
}

function writeExtension({ type, data }: Extension): Uint8Array {
  return concat(uint16(type), prefixed(2, data));
}

const GREASE_SHARE: Share = { group: 0x3a3a, share: Uint8Array.of(0) };

function extensionsOf(plan: HelloPlan, shares: readonly Share[]): Extension[] {
  const { groups, schemes, certificateSchemes, alpn, supportedVersions, serverName, pointFormats, pskModes, padding } = plan;
  const { recordSizeLimit, maxFragmentLength } = plan;
  const numbers = (values: readonly number[] | undefined) => values && prefixed(2, ...values.map(uint16));
  const keyShares = shares.map(({ group, share }) => concat(uint16(group), prefixed(2, share)));
  const known: readonly (readonly [keyof typeof EXTENSION_TYPES, Uint8Array | false | undefined])[] = [
    ['supported_versions', supportedVersions && prefixed(1, ...supportedVersions.map(uint16))],
    ['supported_groups', numbers(groups && plan.greaseShare ? [GREASE_SHARE.group, ...groups] : groups)],
    ['key_share', plan.shares && prefixed(2, ...keyShares)],
    ['signature_algorithms', numbers(schemes)],
    ['signature_algorithms_cert', numbers(certificateSchemes)],
    ['application_layer_protocol_negotiation', alpn && prefixed(2, ...alpn.map((name) => prefixed(1, utf8(name))))],
    ['ec_point_formats', pointFormats && prefixed(1, Uint8Array.from(pointFormats))],
    ['record_size_limit', recordSizeLimit !== undefined && uint16(recordSizeLimit)],
    ['max_fragment_length', maxFragmentLength !== undefined && Uint8Array.of(maxFragmentLength)],
    ['server_name', serverName !== undefined && prefixed(2, Uint8Array.of(0), prefixed(2, utf8(serverName)))],
    ['extended_master_secret', plan.extendedMasterSecret && EMPTY],
    ['encrypt_then_mac', plan.encryptThenMac && EMPTY],
    ['session_ticket', plan.sessionTicket && EMPTY],
    ['renegotiation_info', plan.renegotiationInfo && Uint8Array.of(0)],
    ['status_request', plan.statusRequest && Uint8Array.of(1, 0, 0, 0, 0)],
    ['psk_key_exchange_modes', pskModes && prefixed(1, Uint8Array.from(pskModes))],
    ['padding', padding !== undefined && new Uint8Array(padding)],
  ];
  return [
    ...known.flatMap(([name, data]) => (data instanceof Uint8Array ? [{ type: EXTENSION_TYPES[name], data }] : [])),
    ...plan.unknownExtensions.map((type) => ({ type, data: Uint8Array.of(1, 2, 3) })),
  ];
}

export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

export function prefixed(size: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = concat(...parts);
  const length = [content.length >> 16, (content.length >> 8) & 0xff, content.length & 0xff];
  return concat(Uint8Array.from(length.slice(3 - size)), content);
}
