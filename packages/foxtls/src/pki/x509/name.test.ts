import { describe, expect, it } from 'vitest';
import { TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { formatIpAddress, parseIpAddress } from './general-name.ts';
import { createName, Name } from './name.ts';

/** A name of one RDN for each list of [type, tag, value]. */
function nameOf(...rdns: readonly (readonly (readonly [type: string, tag: number, value: Uint8Array])[])[]): Name {
  const sets = rdns.map((rdn) =>
    writeElement(
      TAG.SET,
      ...rdn.map(([type, tag, value]) => writeElement(TAG.SEQUENCE, encodeDer(objectIdentifier, type), writeElement(tag, value))),
    ),
  );
  return new Name(writeElement(TAG.SEQUENCE, ...sets));
}

const commonName = (text: string, tag: number = TAG.UTF8_STRING) => nameOf([[OID.commonName, tag, utf8(text)]]);

describe('names', () => {
  it('are written in the usual order and shown the other way round', () => {
    const name = createName({
      commonName: 'example.com',
      organization: 'Example, Inc.',
      country: 'DE',
      domainComponents: ['com'],
    });
    expect(name.toString()).toBe('CN=example.com,DC=com,O=Example\\, Inc.,C=DE');
    expect(name.last(OID.commonName)).toBe('example.com');
    expect(name.last(OID.localityName)).toBeUndefined();
  });

  it.each([
    ['a+b<c>d;e"f\\g', 'CN=a\\+b\\<c\\>d\\;e\\"f\\\\g'],
    [' both ', 'CN=\\ both\\ '],
    ['#hash', 'CN=\\#hash'],
    ['line\nbreak\0', 'CN=line\\0abreak\\00'],
    ['ä😊', 'CN=ä😊'],
  ])('are escaped by RFC 4514: %j', (text, shown) => {
    expect(commonName(text).toString()).toBe(shown);
  });

  it('show attributes of one RDN with a plus, and unknown types and values as numbers', () => {
    const name = nameOf(
      [
        [OID.commonName, TAG.UTF8_STRING, utf8('a')],
        [OID.organizationName, TAG.UTF8_STRING, utf8('b')],
      ],
      [['1.2.3.4', TAG.INTEGER, fromHex('05')]],
    );
    expect(name.toString()).toBe('1.2.3.4=#020105,CN=a+O=b');
  });

  it.each([
    ['case', commonName('Example CA'), commonName('EXAMPLE ca')],
    ['white space', commonName('  Example   CA '), commonName('Example CA')],
    ['the string type', commonName('Example', TAG.PRINTABLE_STRING), commonName('Example', TAG.UTF8_STRING)],
    ['composition', commonName('e\u0301'), commonName('\u00e9')],
  ])('are equal whatever the %s', (_title, a, b) => {
    expect(a.equals(b)).toBe(true);
  });

  it.each([
    ['another value', commonName('a'), commonName('b')],
    ['another type', commonName('a'), nameOf([[OID.organizationName, TAG.UTF8_STRING, utf8('a')]])],
    ['one RDN more', createName({ commonName: 'a' }), createName({ commonName: 'a', country: 'DE' })],
    ['a text that looks like two attributes', commonName('a","2.5.4.3=b'), createName({ commonName: 'a' })],
    ['a NUL inside', commonName('a\0b'), commonName('a')],
    ['white space where there is none', commonName('a b'), commonName('ab')],
  ])('differ by %s', (_title, a, b) => {
    expect(a.equals(b)).toBe(false);
  });

  it('differ by the order of RDNs, but not by that of attributes in one', () => {
    const cn = [OID.commonName, TAG.UTF8_STRING, utf8('a')] as const;
    const o = [OID.organizationName, TAG.UTF8_STRING, utf8('b')] as const;
    expect(nameOf([cn], [o]).equals(nameOf([o], [cn]))).toBe(false);
    expect(nameOf([cn, o]).equals(nameOf([cn], [o]))).toBe(false);
  });

  it('are refused when an RDN is empty or a value malformed', () => {
    expect(() => new Name(fromHex('30023100'))).toThrow('name[0]: 0 items are too few');
    const bad = writeElement(
      TAG.SEQUENCE,
      encodeDer(objectIdentifier, OID.commonName),
      writeElement(TAG.UTF8_STRING, fromHex('ff')),
    );
    expect(() => new Name(writeElement(TAG.SEQUENCE, writeElement(TAG.SET, bad)))).toThrow('name[0]: the string is not UTF-8');
  });

  it('are not written with a country that is none', () => {
    expect(() => createName({ country: 'Germany' })).toThrow('a country is its two-letter code');
  });
});

describe('IP addresses', () => {
  it.each([
    ['0.0.0.0', '00000000'],
    ['192.0.2.255', 'c00002ff'],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['1::', `0001${'00'.repeat(14)}`],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
    ['fe80::abcd', `fe80${'00'.repeat(12)}abcd`],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ])('%s is read and written', (text, hex) => {
    expect(toHex(parseIpAddress(text) ?? utf8('no'))).toBe(hex);
    expect(formatIpAddress(fromHex(hex))).toBe(text);
  });

  it.each([
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['2001:DB8:0:0:0:0:0:1', '20010db8000000000000000000000001'],
    ['1:2:3:4:5:6:192.0.2.1', '000100020003000400050006c0000201'],
    ['0001::2', '00010000000000000000000000000002'],
  ])('%s is read', (text, hex) => {
    expect(toHex(parseIpAddress(text) ?? utf8('no'))).toBe(hex);
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.04',
    '0x7f.0.0.1',
    '1.2.3.4 ',
    '1.2.3.-4',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    'g::',
    '::1%eth0',
    '1.2.3.4::',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1::',
    '[::1]',
  ])('%j is none', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  it('of all kinds of zeros survive writing and reading', () => {
    for (let mask = 0; mask < 256; mask++) {
      const groups = Array.from({ length: 8 }, (_, i) => ((mask >> i) & 1 ? fromHex('0000') : fromHex('0100')));
      const bytes = concat(...groups);
      expect(parseIpAddress(formatIpAddress(bytes))).toEqual(bytes);
    }
  });
});
