import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../core/bytes/bytes.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { finishedVerifyData, verifyFinished } from './finished.ts';

describe.each(providers)('Finished by the $name provider', (provider) => {
  const hash = hashNamed(provider, 'sha256');

  it('is an HMAC by the finished key, which is derived of the base key', () => {
    // RFC 8448 §4 prints the finished key of this base key, the server's handshake traffic secret.
    const baseKey = fromHex('fe927ae271312e8bf0275b581c54eef020450dc4ecffaa05a1a35d27518e7803');
    const finishedKey = fromHex('4bb74cae7a5dc8914604c0bfbe2f0c062396883922bec8a15e2a9b532a5d392c');
    const transcriptHash = hash.digest(new Uint8Array(0));
    const verifyData = finishedVerifyData({ hash, labelPrefix: 'tls13 ' }, baseKey, transcriptHash);
    expect(toHex(verifyData)).toBe(toHex(hash.hmac(finishedKey, transcriptHash)));
  });
});

describe('a Finished received', () => {
  const expected = new Uint8Array(32).fill(9);

  it('is proof when it is right', () => {
    expect(verifyFinished(expected, expected.slice())?.verifyData).toEqual(expected);
  });

  it('is none with any bit changed', () => {
    for (let bit = 0; bit < 8 * expected.length; bit++) {
      const wrong = expected.slice();
      wrong[bit >> 3] = (wrong[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(verifyFinished(expected, wrong)).toBeUndefined();
    }
  });

  it('is none when it is too short or too long', () => {
    expect(verifyFinished(expected, expected.subarray(0, 31))).toBeUndefined();
    expect(verifyFinished(expected, new Uint8Array(0))).toBeUndefined();
    expect(verifyFinished(expected, new Uint8Array(33).fill(9))).toBeUndefined();
  });
});
