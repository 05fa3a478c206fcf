import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../core/bytes/bytes.ts';
import { DecodeError, PeerMisbehaved, TlsError } from '../../../core/errors/errors.ts';
import { EXTENSION_TYPES } from '../../../core/registry/extension-types.ts';
import { type Codec, decode, encode } from '../../../core/wire/codec.ts';
import { checkPlaces, checkSolicited, extensionBlock, extensionsOf, withList } from './block.ts';
import { bindersLength } from './pre-shared-key.ts';
import { EXTENSION_TABLE, type ExtensionContext } from './table.ts';

/** Why bytes are refused: the path of a DecodeError, the reason of a PeerMisbehaved; undefined when they are read. */
function refusal(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error.path;
    if (error instanceof PeerMisbehaved) return error.reason;
    throw error;
  }
}

function hostName(name: string, type = '00'): string {
  const bytes = utf8(name);
  const entry = `${type}${bytes.length.toString(16).padStart(4, '0')}${toHex(bytes)}`;
  return `${(entry.length / 2).toString(16).padStart(4, '0')}${entry}`;
}

describe('the content of an extension', () => {
  const hello = EXTENSION_TABLE.client_hello;
  const read: readonly [what: string, codec: Codec<unknown>, hex: string, value: unknown][] = [
    ['server_name', hello.server_name, hostName('a.example'), 'a.example'],
    ['a server_name of 255 bytes', hello.server_name, hostName('a'.repeat(255)), 'a'.repeat(255)],
    [
      'protocols, as text of their bytes',
      hello.application_layer_protocol_negotiation,
      '0006026832 02ffc3',
      ['h2', '\u00ff\u00c3'],
    ],
    ['an empty list of shares', hello.key_share, '0000', []],
    ['certificate types, unknown ones too', hello.server_certificate_type, '03 02004d', [2, 0, 77]],
    ['the type that is chosen', EXTENSION_TABLE.encrypted_extensions.client_certificate_type, '02', 2],
    [
      'a request for OCSP',
      hello.status_request,
      '01 0003 000109 0002 3000',
      { statusType: 1, responderIdList: [Uint8Array.of(9)], requestExtensions: fromHex('3000') },
    ],
    [
      'a request for a status of another type',
      hello.status_request,
      '02 abcd',
      { statusType: undefined, unknownType: 2, request: fromHex('abcd') },
    ],
    ['an OCSP response', EXTENSION_TABLE.certificate.status_request, '01 000002 3000', fromHex('3000')],
    [
      'timestamps, as their bytes',
      EXTENSION_TABLE.certificate.signed_certificate_timestamp,
      '0007 00020102 000103',
      fromHex('0007 00020102 000103'),
    ],
    ['authorities', hello.certificate_authorities, '0005 00033001aa', [fromHex('3001aa')]],
    [
      'filters',
      EXTENSION_TABLE.certificate_request.oid_filters,
      '0007 03551d0f 000105',
      [{ certificateExtensionOid: fromHex('551d0f'), certificateExtensionValues: fromHex('05') }],
    ],
    ['no filters', EXTENSION_TABLE.certificate_request.oid_filters, '0000', []],
    ['the group of a retry', EXTENSION_TABLE.hello_retry_request.key_share, '0017', 0x17],
    ['max_early_data_size', EXTENSION_TABLE.new_session_ticket.early_data, '00000400', 1024],
  ];
  it.each(read)('is read: %s', (_what, codec, hex, value) => {
    expect(decode(codec, fromHex(hex), 'x')).toEqual(value);
    expect(toHex(encode(codec, value))).toBe(toHex(fromHex(hex)));
  });

  const refused: readonly [what: string, codec: Codec<unknown>, hex: string][] = [
    ['an empty server_name', hello.server_name, '0003000000'],
    ['no server_name', hello.server_name, '0000'],
    ['an acknowledgement with content', EXTENSION_TABLE.encrypted_extensions.server_name, '0000'],
    ['no protocols', hello.application_layer_protocol_negotiation, '0000'],
    ['an empty protocol', hello.application_layer_protocol_negotiation, '000200 00'],
    ['two protocols chosen', EXTENSION_TABLE.encrypted_extensions.application_layer_protocol_negotiation, '0006 026832 026833'],
    ['no groups', hello.supported_groups, '0000'],
    ['half a group', hello.supported_groups, '0003001d00'],
    ['an empty share', hello.key_share, '0004001d0000'],
    ['a share cut short', hello.key_share, '0006001d00040102'],
    ['no schemes', hello.signature_algorithms, '0000'],
    ['no versions', hello.supported_versions, '00'],
    ['255 bytes of versions', hello.supported_versions, `ff${'00'.repeat(255)}`],
    ['no PSK modes', hello.psk_key_exchange_modes, '00'],
    ['an empty cookie', hello.cookie, '0000'],
    ['early_data with content', hello.early_data, '00'],
    ['a record_size_limit of one byte', hello.record_size_limit, '40'],
    ['a binder of 31 bytes', hello.pre_shared_key, `0007 000161 00000000 0020 1f${'00'.repeat(31)}`],
    ['an empty identity', hello.pre_shared_key, `0007 0000 00000000 00 0021 20${'00'.repeat(32)}`],
    ['no authorities', hello.certificate_authorities, '0000'],
    ['an authority without a name', hello.certificate_authorities, '0002 0000'],
    ['no certificate types', hello.client_certificate_type, '00'],
    ['two certificate types chosen', EXTENSION_TABLE.encrypted_extensions.server_certificate_type, '0200'],
    ['a request for a status without a type', hello.status_request, ''],
    ['a request for OCSP cut short', hello.status_request, '01 0000'],
    ['an empty responder', hello.status_request, '01 0002 0000 0000'],
    ['a wish for timestamps with content', hello.signed_certificate_timestamp, '00'],
    ['an empty OCSP response', EXTENSION_TABLE.certificate.status_request, '01 000000'],
    ['an OCSP response of another type', EXTENSION_TABLE.certificate.status_request, '02 000001 30'],
    ['no timestamps', EXTENSION_TABLE.certificate.signed_certificate_timestamp, '0000'],
    ['an empty timestamp', EXTENSION_TABLE.certificate.signed_certificate_timestamp, '0002 0000'],
    ['a filter without an OID', EXTENSION_TABLE.certificate_request.oid_filters, '0003 00 0000'],
  ];
  it.each(refused)('is refused: %s', (_what, codec, hex) => {
    expect(() => decode(codec, fromHex(hex), 'x')).toThrow(DecodeError);
  });

  it.each([
    ['with a trailing dot', hostName('a.example.')],
    ['with a space', hostName('a b')],
    ['beyond ASCII', hostName('ä.example')],
    ['with a zero byte', hostName('a\0.example')],
    ['of 256 bytes', hostName('a'.repeat(256))],
    ['beside another', '0008 00000161 00000162'],
  ])('is no host name that is allowed: one %s', (_what, hex) => {
    expect(refusal(() => decode(hello.server_name, fromHex(hex), 'x'))).toBe('server_name_invalid');
  });

  it('is a name of a type that is not known, which is ignored', () => {
    expect(decode(hello.server_name, fromHex(hostName('a', '01')), 'x')).toBeUndefined();
    expect(decode(hello.server_name, fromHex('0009 0100026162 000001 63'.replaceAll(' ', '')), 'x')).toBe('c');
  });

  it('does not have an OID twice in its filters', () => {
    const twice = fromHex('000c 03551d0f 0000 03551d0f 0000');
    expect(refusal(() => decode(EXTENSION_TABLE.certificate_request.oid_filters, twice, 'x'))).toBe('oid_filter_duplicate');
  });

  it('has binders of the length that they take at the end of the ClientHello', () => {
    expect(bindersLength([new Uint8Array(32)])).toBe(2 + 1 + 32);
    expect(bindersLength([new Uint8Array(32), new Uint8Array(48)])).toBe(2 + 33 + 49);
  });
});

describe('a block of extensions', () => {
  const codec = extensionBlock('encrypted_extensions');

  it('keeps unknown extensions and the order of the wire', () => {
    const block = decode(codec, fromHex('000f fafa0001aa 001c00024001 00000000'), 'x');
    expect(block.list.map(({ type }) => type)).toEqual([0xfafa, EXTENSION_TYPES.record_size_limit, EXTENSION_TYPES.server_name]);
    expect(block.values).toEqual({ record_size_limit: 0x4001, server_name: true });
    expect(toHex(encode(codec, block))).toBe('000ffafa0001aa001c0002400100000000');
  });

  it('refuses the same type twice, known or not', () => {
    expect(refusal(() => decode(codec, fromHex('0008 00000000 00000000'), 'x'))).toBe('extension_duplicate');
    expect(refusal(() => decode(codec, fromHex('0008 fafa0000 fafa0000'), 'x'))).toBe('extension_duplicate');
  });

  it('names the extension that is wrong', () => {
    expect(refusal(() => decode(codec, fromHex('0005 001c0001 40'), 'encrypted_extensions'))).toBe(
      'encrypted_extensions.record_size_limit',
    );
  });

  it('refuses content behind the end of an extension', () => {
    expect(refusal(() => decode(codec, fromHex('0005 00000001 aa'), 'x'))).toBe('x.server_name');
    expect(refusal(() => decode(codec, fromHex('0007 001c0003 400100'), 'x'))).toBe('x.record_size_limit');
  });

  it('that goes beyond its bytes is refused', () => {
    expect(refusal(() => decode(codec, fromHex('0006 001c0004 4001'), 'x'))).toBe('x[0].data');
    expect(refusal(() => decode(codec, fromHex('0008 001c0002 4001'), 'x'))).toBe('x');
  });

  it('is written in the order of its values, without those that are undefined', () => {
    const values = { supported_versions: 0x0304, pre_shared_key: undefined } as { supported_versions: number };
    const { list } = extensionsOf('server_hello', values);
    expect(list).toEqual([{ type: EXTENSION_TYPES.supported_versions, data: fromHex('0304') }]);
  });
});

describe('the places of extensions', () => {
  const contexts = Object.keys(EXTENSION_TABLE) as ExtensionContext[];
  const known = [
    ...new Set(contexts.flatMap((context) => Object.keys(EXTENSION_TABLE[context]))),
  ] as (keyof typeof EXTENSION_TYPES)[];

  it.each(contexts)('are checked: %s has its own and no other that we know', (context) => {
    for (const name of known) {
      const list = [{ type: EXTENSION_TYPES[name], data: new Uint8Array(0) }];
      // Read as unknown content: the place is what is asked about.
      const reason = refusal(() => checkPlaces({ context, list, values: {} }));
      expect(reason, name).toBe(Object.hasOwn(EXTENSION_TABLE[context], name) ? undefined : 'extension_not_allowed_here');
    }
  });

  it('are free for what we do not know', () => {
    const block = withList('server_hello', [{ type: 0xfafa, data: new Uint8Array(1) }]);
    expect(() => checkPlaces(block)).not.toThrow();
  });

  it('are for answers to what was offered, and for a cookie in a HelloRetryRequest', () => {
    const answer = withList('encrypted_extensions', [{ type: 0xfafa, data: new Uint8Array(1) }]);
    expect(() => checkSolicited(answer, new Set([0xfafa]))).not.toThrow();
    expect(refusal(() => checkSolicited(answer, new Set([1, 2])))).toBe('extension_unsolicited');
    const retry = extensionsOf('hello_retry_request', { cookie: Uint8Array.of(1) });
    expect(() => checkSolicited(retry, new Set())).not.toThrow();
    const misplaced = { ...retry, context: 'encrypted_extensions' } as const;
    expect(() => checkSolicited(misplaced as never, new Set())).toThrow(TlsError);
  });
});
