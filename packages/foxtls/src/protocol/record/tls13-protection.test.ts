import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { Aead } from '../../crypto/aead.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { expandLabel } from '../keys/hkdf.ts';
import { availableCipherSuites, type CipherSuite } from '../negotiate/cipher-suites.ts';
import { Tls13Protection } from './tls13-protection.ts';

const SECRET = fromHex('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38');
/** Of SECRET (RFC 8448 §3). */
const IV = '5d313eb2671276ee13000b30';
const HEADER = fromHex('1703030015');

const suites = availableCipherSuites(nodeProvider);
const aesGcm = suites.find(({ name }) => name === 'TLS_AES_128_GCM_SHA256') as CipherSuite;

/** A suite whose AEAD notes the nonces and the keys that it is given. */
function watched(): { suite: CipherSuite; nonces: string[]; keys: string[] } {
  const nonces: string[] = [];
  const keys: string[] = [];
  const aead: Aead = {
    ...aesGcm.aead,
    create(key) {
      keys.push(toHex(key));
      return {
        seal: (nonce) => void nonces.push(toHex(nonce)),
        open: (nonce) => void nonces.push(toHex(nonce)),
        wipe() {},
      };
    },
  };
  return { suite: { ...aesGcm, aead }, nonces, keys };
}

describe('record protection', () => {
  it('derives the key that RFC 8448 prints', () => {
    const { suite, keys } = watched();
    new Tls13Protection(suite, 'tls13 ', SECRET.slice());
    expect(keys).toEqual(['3fce516009c21727d0f2e4e86ee403bc']);
  });

  const nonces: readonly [sequence: number, nonce: string][] = [
    [0, IV],
    [1, '5d313eb2671276ee13000b31'],
    [0xff, '5d313eb2671276ee13000bcf'],
    [0x100, '5d313eb2671276ee13000a30'],
    [2 ** 31, '5d313eb2671276ee93000b30'],
    [2 ** 32, '5d313eb2671276ef13000b30'],
    [2 ** 48 - 1, '5d313eb267128911ecfff4cf'],
  ];
  it.each(nonces)('makes the nonce of record %i from the IV', (sequence, nonce) => {
    const { suite, nonces: seen } = watched();
    new Tls13Protection(suite, 'tls13 ', SECRET.slice(), sequence).seal(HEADER, [], []);
    new Tls13Protection(suite, 'tls13 ', SECRET.slice(), sequence).open(HEADER, HEADER);
    expect(seen).toEqual([nonce, nonce]);
  });

  it('counts records', () => {
    const { suite, nonces: seen } = watched();
    const protection = new Tls13Protection(suite, 'tls13 ', SECRET.slice());
    protection.seal(HEADER, [], []);
    protection.seal(HEADER, [], []);
    expect(seen).toEqual([IV, '5d313eb2671276ee13000b31']);
    expect(protection.sequence).toBe(2);
  });

  // RFC 8446 §5.3: "need to wrap a sequence number, it MUST either rekey (Section 4.6.3) or terminate the connection"
  it('is exhausted when one record less was sealed than the suite allows: the last is for KeyUpdate', () => {
    const almost = new Tls13Protection(aesGcm, 'tls13 ', SECRET.slice(), aesGcm.recordLimit - 2);
    expect(almost.exhausted).toBe(false);
    almost.seal(HEADER, [utf8('x')], []);
    expect(almost.exhausted).toBe(true);
  });

  it('does not count a record that is tried and not authentic', () => {
    const [writer, reader] = [0, 1].map(() => new Tls13Protection(aesGcm, 'tls13 ', SECRET.slice())) as [
      Tls13Protection,
      Tls13Protection,
    ];
    const sealed: Uint8Array[] = [];
    writer.seal(HEADER, [utf8('x')], sealed);
    expect(reader.open(HEADER, new Uint8Array(40))).toBeUndefined();
    expect(reader.sequence).toBe(0);
    expect(reader.open(HEADER, concat(...sealed))).toEqual(utf8('x'));
    expect(reader.sequence).toBe(1);
  });

  it.each(suites)('$name opens what it sealed, in order only', (suite) => {
    const writer = new Tls13Protection(suite, 'tls13 ', SECRET.slice());
    const sealed = [utf8('one'), utf8('two')].map((plaintext) => {
      const pieces: Uint8Array[] = [];
      writer.seal(HEADER, [plaintext, Uint8Array.of(23)], pieces);
      return concat(...pieces);
    }) as [Uint8Array, Uint8Array];
    const reader = new Tls13Protection(suite, 'tls13 ', SECRET.slice());
    expect(reader.open(HEADER, sealed[0])).toEqual(concat(utf8('one'), Uint8Array.of(23)));
    expect(reader.open(HEADER, sealed[1])).toEqual(concat(utf8('two'), Uint8Array.of(23)));
    const other = new Tls13Protection(suite, 'tls13 ', SECRET.slice());
    expect(other.open(HEADER, sealed[1])).toBeUndefined();
  });

  it('opens nothing under another header', () => {
    const pieces: Uint8Array[] = [];
    new Tls13Protection(aesGcm, 'tls13 ', SECRET.slice()).seal(HEADER, [utf8('x')], pieces);
    const reader = new Tls13Protection(aesGcm, 'tls13 ', SECRET.slice());
    expect(reader.open(fromHex('1703030016'), concat(...pieces))).toBeUndefined();
  });

  it('forgets its secret when it is wiped', () => {
    const secret = SECRET.slice();
    new Tls13Protection(aesGcm, 'tls13 ', secret).wipe();
    expect(toHex(secret)).toBe('00'.repeat(32));
  });

  it('is the same after a rest, and none after a wipe, at rest or not', () => {
    const [reader, writer] = [SECRET.slice(), SECRET.slice()].map((secret) => new Tls13Protection(aesGcm, 'dtls13', secret));
    const pieces: Uint8Array[] = [];
    for (const end of [reader, writer]) end?.rest();
    writer?.seal(HEADER, [utf8('x')], pieces);
    expect(reader?.open(HEADER, concat(...pieces))).toEqual(utf8('x'));
    writer?.rest();
    for (const end of [reader, writer]) {
      end?.wipe();
      end?.rest();
      const wiped = expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' });
      expect(() => end?.open(HEADER, new Uint8Array(40))).toThrow(wiped);
      expect(() => end?.seal(HEADER, [utf8('x')], [])).toThrow(wiped);
      expect(() => end?.next()).toThrow(wiped);
      expect(() => end?.exportSecret()).toThrow(wiped);
      expect(() => end?.recordNumberCipher).toThrow(wiped);
    }
  });

  describe('for the numbers of records', () => {
    it('makes the key with the label sn of DTLS, once', () => {
      const keys: string[] = [];
      const aead: Aead = {
        ...aesGcm.aead,
        createRecordNumberCipher(key) {
          keys.push(toHex(key));
          return { mask: (sample) => sample, wipe() {} };
        },
      };
      const protection = new Tls13Protection({ ...aesGcm, aead }, 'dtls13', SECRET.slice());
      expect(keys).toEqual([]);
      expect(protection.recordNumberCipher).toBe(protection.recordNumberCipher);
      const labelled = { hash: aesGcm.hash, labelPrefix: 'dtls13' } as const;
      expect(keys).toEqual([toHex(expandLabel(labelled, SECRET, 'sn', fromHex(''), 16))]);
    });

    it('has no cipher in TLS, nor when the provider has none', () => {
      const { createRecordNumberCipher: _, ...aead } = aesGcm.aead;
      expect(new Tls13Protection(aesGcm, 'tls13 ', SECRET.slice()).recordNumberCipher).toBeUndefined();
      expect(new Tls13Protection({ ...aesGcm, aead }, 'dtls13', SECRET.slice()).recordNumberCipher).toBeUndefined();
    });

    it('has another cipher under the next keys', () => {
      const protection = new Tls13Protection(aesGcm, 'dtls13', SECRET.slice());
      const sample = new Uint8Array(16);
      const masks = [protection, protection.next()].map((each) => toHex(each.recordNumberCipher?.mask(sample) ?? sample));
      expect(masks[0]).not.toBe(masks[1]);
    });

    it('wipes the cipher with its keys', () => {
      const protection = new Tls13Protection(aesGcm, 'dtls13', SECRET.slice());
      const cipher = protection.recordNumberCipher;
      protection.wipe();
      expect(() => cipher?.mask(new Uint8Array(16))).toThrow(expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' }));
    });
  });
});
