import { parseName } from 'foxtls/x509';
import { describe, expect, it } from 'vitest';
import { colonHex, formatName, formatSlashedName, formatTime, hexLines } from './value-text.ts';

describe('values as OpenSSL prints them', () => {
  it.each([
    ['/C=US/O=Example/CN=example.com', 'C = US, O = Example, CN = example.com'],
    ['/O=Example, Inc./CN=a+UID=b', 'O = "Example, Inc.", CN = a + UID = b'],
    ['/O=say "cheese"/CN=\\\\', 'O = "say \\"cheese\\"", CN = \\\\'],
    ['/O=\\ a/CN=#1/OU=x\\ ', 'O = " a", CN = "#1", OU = "x "'],
    ['/O=Müller/1.2.3.4=x', 'O = M\\C3\\BCller, 1.2.3.4 = x'],
  ])('the name %s is %s', (text, expected) => {
    expect(formatName(parseName(text))).toBe(expected);
  });

  it('names in alternative names have slashes', () => {
    expect(formatSlashedName(parseName('CN=a,O=b'))).toBe('/O=b/CN=a');
  });

  it('times are those of the C library', () => {
    expect(formatTime(new Date('2026-01-02T03:04:05Z'))).toBe('Jan  2 03:04:05 2026 GMT');
    expect(formatTime(new Date('9999-12-31T23:59:59Z'))).toBe('Dec 31 23:59:59 9999 GMT');
  });

  it('octets stand in lines', () => {
    expect(hexLines(Uint8Array.of(1, 2, 3), 2)).toEqual(['01:02:', '03']);
    expect(colonHex(Uint8Array.of(10, 255))).toBe('0A:FF');
  });
});
