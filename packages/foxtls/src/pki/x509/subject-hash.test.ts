import { describe, expect, it } from 'vitest';
import { TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { objectIdentifier } from '../../core/asn1/types.ts';
import { concat, fromHex, fromLatin1, utf8 } from '../../core/bytes/bytes.ts';
import { md5, sha1 } from '../../crypto/node/hash.ts';
import { createName, Name } from './name.ts';
import { parseName } from './parse-name.ts';
import { canonicalName, subjectHash, subjectHashOld } from './subject-hash.ts';

const commonName = (tag: number, content: Uint8Array) =>
  new Name(
    writeElement(
      TAG.SEQUENCE,
      writeElement(TAG.SET, writeElement(TAG.SEQUENCE, encodeDer(objectIdentifier, OID.commonName), writeElement(tag, content))),
    ),
  );

describe('the hash of a subject', () => {
  // What `openssl x509 -subject_hash` and `-subject_hash_old` of OpenSSL 3.0 print for certificates with these subjects.
  it.each([
    ["/C=US/O=Let's Encrypt/CN=R3", '8d33f237'],
    ['/CN=\\ \\ Two   Words\\ \\ /O=ÄÖ Foo', 'ed627a07'],
    ['/DC=org/DC=Example/CN=a+UID=B', '387facaf'],
  ])('of %s is that of OpenSSL', (text, expected) => {
    expect(subjectHash(parseName(text), sha1)).toBe(expected);
  });

  it('of before OpenSSL 1.0.0 is of the name as it is encoded', () => {
    const name = new Name(
      fromHex('3032310b300906035504061302555331163014060355040a0c0d4c6574277320456e6372797074310b300906035504030c025233'),
    );
    expect(subjectHashOld(name, md5)).toBe('b6d54507');
    expect(subjectHash(name, sha1)).toBe('8d33f237');
  });

  it('of an empty name is that of no octets at all', () => {
    expect(canonicalName(createName({}))).toEqual(new Uint8Array(0));
    expect(subjectHash(createName({}), sha1)).toBe('eea339da');
  });

  it('does not depend on case, white space or the type of the string', () => {
    const hash = (tag: number, content: Uint8Array) => subjectHash(commonName(tag, content), sha1);
    const expected = hash(TAG.UTF8_STRING, utf8('red fox'));
    expect(hash(TAG.PRINTABLE_STRING, utf8('  Red \t FOX '))).toBe(expected);
    expect(hash(TAG.BMP_STRING, Uint8Array.from([...'Red fox'].flatMap((letter) => [0, letter.charCodeAt(0)])))).toBe(expected);
    expect(hash(TAG.TELETEX_STRING, utf8('RED FOX'))).toBe(expected);
  });

  it('folds ASCII only, and leaves a NumericString as it is', () => {
    expect(fromLatin1(canonicalName(commonName(TAG.UTF8_STRING, utf8('Ä\u00a0A'))))).toContain(fromLatin1(utf8('Ä\u00a0a')));
    const numeric = concat(fromHex('310c300a0603550403'), fromHex('1203203120'));
    expect(canonicalName(commonName(TAG.NUMERIC_STRING, utf8(' 1 ')))).toEqual(numeric);
  });
});
