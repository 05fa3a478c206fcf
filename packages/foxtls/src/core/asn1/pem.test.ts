import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../bytes/bytes.ts';
import { formatPem, parsePem } from './pem.ts';

const block = (label: string, body: string, eol = '\n') =>
  `-----BEGIN ${label}-----${eol}${body}${eol}-----END ${label}-----${eol}`;

describe('parsePem', () => {
  it('reads many blocks and ignores the text around them', () => {
    const text = `subject=CN=a\n${block('CERTIFICATE', 'AQID')}\n# comment\n  issuer\n${block('PRIVATE KEY', 'BAUG')}end`;
    expect(parsePem(text).map(({ label, data, line }) => [label, toHex(data), line])).toEqual([
      ['CERTIFICATE', '010203', 2],
      ['PRIVATE KEY', '040506', 8],
    ]);
  });

  it('finds nothing in a text without blocks', () => {
    expect(parsePem('')).toEqual([]);
    expect(parsePem('no PEM here\n----BEGIN X----\n')).toEqual([]);
  });

  it.each([
    ['CRLF', block('X', 'AQID\r\nBAUG', '\r\n')],
    ['CR', block('X', 'AQID\rBAUG', '\r')],
    ['white space at the ends of lines', '-----BEGIN X-----  \n AQID \t\nBAUG \n-----END X-----\t\n'],
    ['blank lines', block('X', '\nAQID\n\nBAUG\n')],
    ['one long line', block('X', 'AQIDBAUG')],
    ['lines of odd lengths', block('X', 'A\nQIDB\nAUG')],
    ['no line end at the end', block('X', 'AQID\nBAUG').trimEnd()],
    ['bytes', utf8(block('X', 'AQIDBAUG'))],
  ])('reads a block with %s', (_title, text) => {
    expect(parsePem(text).map(({ data }) => toHex(data))).toEqual(['010203040506']);
  });

  it.each([
    ['', ''],
    ['AQ==', '01'],
    ['AQI=', '0102'],
    ['+/+/', 'fbffbf'],
  ])('reads the base64 %j', (body, hex) => {
    expect(toHex((parsePem(block('X', body))[0] as { data: Uint8Array }).data)).toBe(hex);
  });

  it('keeps the headers of old encrypted keys apart', () => {
    const body = 'Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQID';
    const [found] = parsePem(block('RSA PRIVATE KEY', body));
    expect(found?.headers.get('Proc-Type')).toBe('4,ENCRYPTED');
    expect(toHex(found?.data ?? utf8('missing'))).toBe('010203');
  });

  it.each([
    [
      'a label that does not match',
      '\n-----BEGIN A-----\nAQID\n-----END B-----',
      'pem: line 4: END B does not match BEGIN A of line 2',
    ],
    ['a missing END', 'x\n-----BEGIN A-----\nAQID\n', 'pem: line 2: the A that begins here has no END line'],
    [
      'a BEGIN inside',
      '-----BEGIN A-----\nAQID\n-----BEGIN A-----\n',
      'pem: line 3: a new block begins before the A of line 1 has ended',
    ],
    ['a character outside base64', block('A', 'AQID\nAQ!D'), 'pem: line 3: the line is not base64'],
    ['base64 for URLs', block('A', '-_-_'), 'pem: line 2: the line is not base64'],
    ['data after the padding', block('A', 'AQ==\nAQID'), 'pem: line 3: the line is not base64'],
    ['missing padding', block('A', 'AQID\nAQ'), 'pem: line 3: the base64 is cut off or has stray bits at its end'],
    ['stray bits', block('A', 'AR=='), 'pem: line 2: the base64 is cut off or has stray bits at its end'],
    ['one digit too many', block('A', 'AQIDB==='), 'pem: line 2: the line is not base64'],
  ])('refuses %s and names the line', (_title, text, message) => {
    expect(() => parsePem(text)).toThrow(message);
  });
});

describe('formatPem', () => {
  it('writes lines of 64 characters', () => {
    const lines = formatPem('X', new Uint8Array(100)).split('\n');
    expect(lines.map((line) => line.length)).toEqual([17, 64, 64, 8, 15, 0]);
  });

  it('writes what parsePem reads, for every length around a group', () => {
    for (let length = 0; length < 200; length++) {
      const data = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
      expect(parsePem(formatPem('X', data))[0]?.data).toEqual(data);
    }
  });
});
