/**
 * The extensions of a message (RFC 8446 §4.2): as they stood on the wire, and those we know, decoded.
 *
 * ```
 * struct {
 *     ExtensionType extension_type;
 *     opaque extension_data<0..2^16-1>;
 * } Extension;
 * ```
 * "There MUST NOT be more than one extension of the same type in a given extension block." (RFC 8446 §4.2) is checked here.
 * Unknown extensions are kept in `list`.
 */

import { PeerMisbehaved } from '../../../core/errors/errors.ts';
import { EXTENSION_TYPES, extensionTypeName } from '../../../core/registry/extension-types.ts';
import { type Codec, encode, opaqueVector, struct, uint16, vector } from '../../../core/wire/codec.ts';
import { Reader } from '../../../core/wire/reader.ts';
import { EXTENSION_TABLE, type ExtensionContext, type ExtensionName, type ExtensionValues } from './table.ts';

const extension = struct({ type: uint16, data: opaqueVector(0, 0xffff) });

export interface RawExtension {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface ExtensionBlock<C extends ExtensionContext> {
  readonly context: C;
  /** In the order of the wire, unknown ones included. */
  readonly list: readonly RawExtension[];
  /** Those that may stand in this message and that we know. */
  readonly values: ExtensionValues<C>;
}

type TableRow = Readonly<Record<string, Codec<unknown>>>;

/** Types that some message may carry. */
const RECOGNISED: ReadonlySet<number> = new Set(
  Object.values(EXTENSION_TABLE).flatMap((row) => Object.keys(row).map((name) => EXTENSION_TYPES[name as ExtensionName])),
);

/** Which of the extensions mean nothing where they stand: they are not decoded, whatever they hold. */
export type Meaningless = (list: readonly RawExtension[]) => readonly ExtensionName[];

/** `Extension extensions<min..max>` of the message `context`. */
export function extensionBlock<C extends ExtensionContext>(
  context: C,
  min = 0,
  max = 0xffff,
  meaningless?: Meaningless,
): Codec<ExtensionBlock<C>> {
  const list = vector(extension, min, max);
  return {
    read(reader) {
      const raw = list.read(reader);
      return readExtensions(context, raw, reader, meaningless?.(raw));
    },
    write: (writer, block) => list.write(writer, block.list),
    invent(choose) {
      const names = Object.keys(EXTENSION_TABLE[context]).filter(() => choose(2) === 0);
      const row: TableRow = EXTENSION_TABLE[context];
      const raw = names.map((name) => rawExtension(context, name, (row[name] as Codec<unknown>).invent(choose)));
      if (raw.length === 0) raw.push({ type: 0xfafa, data: new Uint8Array(min) });
      return readExtensions(context, raw, new Reader(new Uint8Array(0), 'invented'), meaningless?.(raw));
    },
  };
}

/** The same, of a message that the extensions themselves tell from another of its type. */
export function extensionBlockBy<C extends ExtensionContext>(
  contextOf: (list: readonly RawExtension[]) => C,
): Pick<Codec<ExtensionBlock<C>>, 'read'> {
  const list = vector(extension, 0, 0xffff);
  return {
    read(reader) {
      const raw = list.read(reader);
      return readExtensions(contextOf(raw), raw, reader);
    },
  };
}

/** A block to send, in the order given, of those that are not undefined. */
export function extensionsOf<C extends ExtensionContext>(context: C, values: ExtensionValues<C>): ExtensionBlock<C> {
  const list: RawExtension[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) list.push(rawExtension(context, name, value));
  }
  return { context, list, values };
}

/** A block to send as it is, whatever is in it: it is not read. */
export function undecoded<C extends ExtensionContext>(context: C, list: readonly RawExtension[]): ExtensionBlock<C> {
  return { context, list, values: {} };
}

/** The same block read again from a changed list. Throws as reading does. */
export function withList<C extends ExtensionContext>(context: C, list: readonly RawExtension[]): ExtensionBlock<C> {
  return readExtensions(context, list, new Reader(new Uint8Array(0), context));
}

/**
 * "If an implementation receives an extension which it recognizes and which is not specified for the message in which it appears, it
 * MUST abort the handshake with an "illegal_parameter" alert." (RFC 8446 §4.2)
 */
export function checkPlaces(block: ExtensionBlock<ExtensionContext>): void {
  const row: TableRow = EXTENSION_TABLE[block.context];
  for (const { type } of block.list) {
    if (RECOGNISED.has(type) && !Object.hasOwn(row, extensionTypeName(type) ?? '')) {
      throw new PeerMisbehaved('extension_not_allowed_here', `${describe(type)} in ${block.context}`);
    }
  }
}

/**
 * "Implementations MUST NOT send extension responses if the remote endpoint did not send the corresponding extension requests, with
 * the exception of the "cookie" extension in the HelloRetryRequest. Upon receiving such an extension, an endpoint MUST abort the
 * handshake with an "unsupported_extension" alert." (RFC 8446 §4.2)
 */
export function checkSolicited(block: ExtensionBlock<ExtensionContext>, offered: ReadonlySet<number>): void {
  for (const { type } of block.list) {
    if (!offered.has(type) && !(block.context === 'hello_retry_request' && type === EXTENSION_TYPES.cookie)) {
      throw new PeerMisbehaved('extension_unsolicited', `${describe(type)} in ${block.context}`);
    }
  }
}

function readExtensions<C extends ExtensionContext>(
  context: C,
  list: readonly RawExtension[],
  reader: Reader,
  meaningless: readonly ExtensionName[] = [],
): ExtensionBlock<C> {
  const row: TableRow = EXTENSION_TABLE[context];
  const values: Record<string, unknown> = {};
  const seen = new Set<number>();
  for (const { type, data } of list) {
    if (seen.has(type)) throw new PeerMisbehaved('extension_duplicate', `${describe(type)} twice in ${context}`);
    seen.add(type);
    const name = extensionTypeName(type);
    const codec = name !== undefined && Object.hasOwn(row, name) && !meaningless.includes(name) ? row[name] : undefined;
    if (name !== undefined && codec !== undefined) values[name] = reader.inside(data, name, (inner) => codec.read(inner));
  }
  return { context, list, values: values as ExtensionValues<C> };
}

function rawExtension(context: ExtensionContext, name: string, value: unknown): RawExtension {
  const row: TableRow = EXTENSION_TABLE[context];
  return { type: EXTENSION_TYPES[name as ExtensionName], data: encode(row[name] as Codec<unknown>, value) };
}

function describe(type: number): string {
  return extensionTypeName(type) ?? `extension ${type}`;
}
