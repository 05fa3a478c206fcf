import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { toHex } from '../../core/bytes/bytes.ts';
import { createName } from './name.ts';
import { parseName } from './parse-name.ts';

describe('parseName', () => {
  it('reads the form of RFC 4514, most specific first', () => {
    const name = parseName('CN=example.com, O=Example\\, Inc., C=DE');
    expect(name.toString()).toBe('CN=example.com,O=Example\\, Inc.,C=DE');
    expect(toHex(name.der)).toBe(
      toHex(createName({ country: 'DE', organization: 'Example, Inc.', commonName: 'example.com' }).der),
    );
  });

  it('reads the form of OpenSSL, in the order of the certificate', () => {
    expect(parseName('/C=DE/O=Example, Inc./CN=a\\/b').toString()).toBe('CN=a/b,O=Example\\, Inc.,C=DE');
  });

  it('joins attributes of one RDN by a plus sign', () => {
    const name = parseName('CN=James+UID=1\\+1,DC=example,DC=net');
    expect(name.rdns.map((rdn) => rdn.length)).toEqual([1, 1, 2]);
    expect(name.all(OID.userId)).toEqual(['1+1']);
  });

  it('knows long names and object identifiers, in any case', () => {
    const name = parseName('organizationName=A,2.5.4.3=B,emailaddress=c@example.com');
    expect([OID.organizationName, OID.commonName, OID.emailAddress].map((type) => name.last(type))).toEqual([
      'A',
      'B',
      'c@example.com',
    ]);
  });

  it('takes octets in hexadecimal, and white space behind a backslash', () => {
    expect(
      parseName('CN=Lu\\C4\\8Di\\C4\\87,O=\\ a\\ ')
        .rdns.flat()
        .map(({ value }) => value),
    ).toEqual([' a ', 'Lučić']);
    expect(parseName('CN=🦊 fox').last(OID.commonName)).toBe('🦊 fox');
  });

  it('reads the empty name', () => {
    expect(parseName('').isEmpty).toBe(true);
    expect(parseName('/').isEmpty).toBe(true);
  });

  it.each([
    ['example.com', 'TYPE=VALUE is expected'],
    ['XY=1', '"XY" is no attribute known here'],
    ['CN=', 'is empty'],
    ['C=Germany', 'two-letter code'],
    ['CN=\\ff', 'not UTF-8'],
    ['emailAddress=ü', 'cannot be a'],
    ['1.99.1=a', 'not an object identifier'],
  ])('refuses %j', (text, message) => {
    expect(() => parseName(text)).toThrow(message);
  });
});
