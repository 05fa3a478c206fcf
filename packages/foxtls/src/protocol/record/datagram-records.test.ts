/**
 * What records of datagrams look like under every protection: their numbers, which the transport counts, and connection IDs (RFC 9146 §5),
 * beside records that node:crypto makes of what the RFCs say, with numbers that are a BigInt.
 */

import { type CipherGCMTypes, createCipheriv, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, EMPTY, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { AEAD_RECORD_LIMITS, availableCipherSuites, OPEN_FAILURE_LIMITS } from '../negotiate/cipher-suites.ts';
import { counting } from './cbc.fixture.ts';
import { cbcRecordCipher } from './cbc-protection.ts';
import { connectionIdPseudoHeader } from './pseudo-header.ts';
import type { RecordCipher } from './record-cipher.ts';
import type { RecordProtection } from './record-protection.ts';
import { streamRecordCipher } from './stream-protection.ts';
import { aeadRecordCipher } from './tls12-aead-protection.ts';
import { Tls13Protection } from './tls13-protection.ts';

const VERSION = 0xfefd;
const APPLICATION_DATA = 23;
const TLS12_CID = 25;
const CONTENT = utf8('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
const IV = counting(16, 0xf0);

interface Place {
  readonly epoch: number;
  readonly number: bigint;
  readonly cid?: Uint8Array | undefined;
}

const uint = (value: bigint | number, bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * (bytes - 1 - i))) & 0xffn));

const epochAndNumber = ({ epoch, number }: Place) => uint((BigInt(epoch) << 48n) | number, 8);

/** The number as a transport hands it in. */
const sequenceOf = ({ epoch, number }: Place) => epoch * 2 ** 48 + Number(number);

/** The header as it is sent. */
function headerOf(place: Place, length: number): Uint8Array {
  const type = place.cid === undefined ? APPLICATION_DATA : TLS12_CID;
  return concat(uint(type, 1), uint(VERSION, 2), epochAndNumber(place), place.cid ?? EMPTY, uint(length, 2));
}

/** The header that is authenticated (RFC 5246 §6.2.3.1, RFC 9146 §5). */
function authenticated(place: Place, length: number): Uint8Array {
  const { cid } = place;
  if (cid === undefined) return concat(epochAndNumber(place), uint(APPLICATION_DATA, 1), uint(VERSION, 2), uint(length, 2));
  const marks = [new Uint8Array(8).fill(0xff), uint(TLS12_CID, 1), uint(cid.length, 1), uint(TLS12_CID, 1), uint(VERSION, 2)];
  return concat(...marks, epochAndNumber(place), cid, uint(length, 2));
}

function aeadSeal(name: string, key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const options = { authTagLength: name.endsWith('-8') ? 8 : 16 };
  const cipher = createCipheriv(name.replace(/-8$/, '') as CipherGCMTypes, key, nonce, options);
  cipher.setAAD(data, { plaintextLength: plaintext.length } as never);
  const sealed = concat(cipher.update(plaintext), cipher.final());
  return concat(sealed, cipher.getAuthTag());
}

const xored = (iv: Uint8Array, number: Uint8Array) =>
  iv.map((byte, i) => byte ^ (i < iv.length - 8 ? 0 : (number[i - iv.length + 8] as number)));

interface Kind {
  readonly title: string;
  readonly cipher: RecordCipher;
  /** The fragment as it has to be. */
  readonly reference: (place: Place, plaintext: Uint8Array) => Uint8Array;
}

const keysOf = (cipher: RecordCipher) => ({
  macKey: counting(cipher.macKeySize, 0x40),
  key: counting(cipher.keySize),
  iv: counting(cipher.ivSize, 0xa0),
});

const aeadKinds = nodeProvider.aeads.map((aead): Kind => {
  const explicitNonce = aead.name !== 'chacha20-poly1305';
  const cipher = aeadRecordCipher(aead, { explicitNonce, recordLimit: 100, openFailureLimit: 7 });
  const { key, iv } = keysOf(cipher);
  const reference = (place: Place, plaintext: Uint8Array) => {
    const number = epochAndNumber(place);
    const nonce = explicitNonce ? concat(iv, number) : xored(iv, number);
    const sealed = aeadSeal(aead.name, key, nonce, authenticated(place, plaintext.length), plaintext);
    return explicitNonce ? concat(number, sealed) : sealed;
  };
  return { title: aead.name, cipher, reference };
});

const [sha1, sha256] = ['sha1', 'sha256'].map((name) => nodeProvider.hashes.find((hash) => hash.name === name)) as [
  (typeof nodeProvider.hashes)[number],
  (typeof nodeProvider.hashes)[number],
];

const hmac = (place: Place, macKey: Uint8Array, data: Uint8Array) =>
  new Uint8Array(
    createHmac('sha256', macKey)
      .update(concat(authenticated(place, data.length), data))
      .digest(),
  );

const cbcKinds = [false, true].map((encryptThenMac): Kind => {
  const [aes] = (nodeProvider.ciphers ?? []).filter(({ name }) => name === 'aes-128-cbc');
  const iv = { kind: 'explicit', random: () => IV.slice() } as const;
  const cipher = cbcRecordCipher({ cipher: aes as never, hash: sha256, iv, encryptThenMac, recordLimit: 100 });
  const { key, macKey } = keysOf(cipher);
  const encrypt = (plaintext: Uint8Array) => {
    const padding = 15 - (plaintext.length % 16);
    const block = createCipheriv('aes-128-cbc', key, IV).setAutoPadding(false);
    return concat(IV, block.update(concat(plaintext, new Uint8Array(padding + 1).fill(padding))), block.final());
  };
  const reference = (place: Place, plaintext: Uint8Array) => {
    if (!encryptThenMac) return encrypt(concat(plaintext, hmac(place, macKey, plaintext)));
    const encrypted = encrypt(plaintext);
    return concat(encrypted, hmac(place, macKey, encrypted));
  };
  return { title: encryptThenMac ? 'CBC, encrypt-then-MAC' : 'CBC, MAC-then-encrypt', cipher, reference };
});

const plain = streamRecordCipher({ hash: sha256, recordLimit: 100 });
const nullKind: Kind = {
  title: 'NULL and HMAC',
  cipher: plain,
  reference: (place, plaintext) => concat(plaintext, hmac(place, keysOf(plain).macKey, plaintext)),
};

const kinds = [...aeadKinds, ...cbcKinds, nullKind];
const places: readonly Place[] = [1, 2, 31].flatMap((epoch) =>
  [0n, 1n, 255n, 256n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 48n - 1n].map((number) => ({ epoch, number })),
);

function sealAt(protection: RecordProtection, place: Place, plaintext: readonly Uint8Array[]): Uint8Array {
  const length = protection.sealedLength(plaintext.reduce((sum, piece) => sum + piece.length, 0));
  const out: Uint8Array[] = [];
  protection.sealAt(sequenceOf(place), headerOf(place, length), plaintext, out);
  const fragment = concat(...out);
  expect(fragment).toHaveLength(length);
  return fragment;
}

function openAt(protection: RecordProtection, place: Place, fragment: Uint8Array): Uint8Array | undefined {
  return protection.openAt(sequenceOf(place), headerOf(place, fragment.length), fragment);
}

describe.each(kinds)('records of DTLS 1.2 under $title', ({ cipher, reference }) => {
  it('are sealed and opened under epoch and number, with numbers as large as there are', () => {
    const [writer, reader] = [cipher.protect(keysOf(cipher)), cipher.protect(keysOf(cipher))];
    expect(writer.hidesType).toBe(false);
    for (const place of places) {
      const fragment = sealAt(writer, place, [CONTENT.subarray(0, 5), CONTENT.subarray(5)]);
      expect(toHex(fragment), `${place.epoch} ${place.number}`).toBe(toHex(reference(place, CONTENT)));
      expect(openAt(reader, place, fragment)).toEqual(CONTENT);
    }
  });

  it('are opened in any order, and under no other number or epoch', () => {
    const [writer, reader] = [cipher.protect(keysOf(cipher)), cipher.protect(keysOf(cipher))];
    const place = { epoch: 1, number: 5n };
    const fragment = sealAt(writer, place, [CONTENT]);
    for (const other of [
      { epoch: 1, number: 4n },
      { epoch: 2, number: 5n },
      { epoch: 1, number: 5n + 2n ** 32n },
    ]) {
      expect(openAt(reader, other, fragment)).toBeUndefined();
    }
    expect(openAt(reader, place, fragment)).toEqual(CONTENT);
    expect(reader.sequence).toBe(0);
  });

  it('wear a key out by how many they are, whatever their numbers', () => {
    const protection = cipher.protect(keysOf(cipher));
    for (let i = 0; i < 98; i++) sealAt(protection, { epoch: 1, number: BigInt(1000 + 7 * i) }, [EMPTY]);
    expect([protection.sequence, protection.exhausted]).toEqual([98, false]);
    sealAt(protection, { epoch: 1, number: 3n }, [EMPTY]);
    expect(protection.exhausted).toBe(true);
  });

  it.each([1, 8, 20, 255])('authenticate a connection ID of %i bytes', (length) => {
    const cid = counting(length, 0x11);
    const make = () => cipher.protect(keysOf(cipher), connectionIdPseudoHeader(length));
    const [writer, reader] = [make(), make()];
    expect(writer.hidesType).toBe(true);
    for (const zeros of [0, 1, 50]) {
      const inner = concat(CONTENT, Uint8Array.of(APPLICATION_DATA), new Uint8Array(zeros));
      for (const place of [
        { epoch: 1, number: 0n, cid },
        { epoch: 3, number: 2n ** 48n - 1n, cid },
      ]) {
        const fragment = sealAt(writer, place, [CONTENT, inner.subarray(CONTENT.length)]);
        expect(toHex(fragment)).toBe(toHex(reference(place, inner)));
        expect(openAt(reader, place, fragment)).toEqual(inner);
        expect(openAt(reader, { ...place, cid: cid.map((byte) => byte ^ 1) }, fragment)).toBeUndefined();
        expect(openAt(reader, { ...place, number: place.number ^ 1n }, fragment)).toBeUndefined();
        expect(openAt(cipher.protect(keysOf(cipher)), { ...place, cid: undefined }, fragment)).toBeUndefined();
      }
    }
  });
});

describe.each(availableCipherSuites(nodeProvider))('records of DTLS 1.3 under $name', (suite) => {
  it('have the nonce of their number within the epoch, and any header', () => {
    const secret = counting(suite.hash.size);
    const make = () => new Tls13Protection(suite, 'dtls13', secret.slice());
    const [counted, given, reader] = [make(), make(), make()];
    for (let number = 0; number < 3; number++) {
      const header = Uint8Array.of(0x2e, 0, number, 0, 9);
      const [one, other]: [Uint8Array[], Uint8Array[]] = [[], []];
      counted.seal(header, [CONTENT], one);
      given.sealAt(number, header, [CONTENT], other);
      expect(concat(...other)).toEqual(concat(...one));
      expect(reader.openAt(number, header, concat(...other))).toEqual(CONTENT);
    }
    expect([given.sequence, reader.sequence]).toEqual([3, 0]);
    const out: Uint8Array[] = [];
    given.sealAt(2 ** 48 - 1, CONTENT, [CONTENT], out);
    expect(reader.openAt(2 ** 48 - 1, CONTENT, concat(...out))).toEqual(CONTENT);
    expect(reader.openAt(2 ** 48 - 2, CONTENT, concat(...out))).toBeUndefined();
  });

  it('may be forged no more often than RFC 9147 says', () => {
    const { openFailureLimit } = new Tls13Protection(suite, 'dtls13', counting(suite.hash.size));
    expect(openFailureLimit).toBe(suite.name.endsWith('CCM_8_SHA256') ? 128 : suite.name.includes('CCM') ? 11863283 : 2 ** 36);
  });
});

describe('limits of keys', () => {
  it('are the same for each AEAD as RFC 9147 has them', () => {
    expect(Object.keys(OPEN_FAILURE_LIMITS)).toEqual(Object.keys(AEAD_RECORD_LIMITS));
    expect(
      aeadRecordCipher(nodeProvider.aeads[0] as never, { explicitNonce: true, recordLimit: 9, openFailureLimit: 7 }).protect({
        macKey: EMPTY,
        key: counting(16),
        iv: counting(4),
      }).openFailureLimit,
    ).toBe(7);
    const mac = streamRecordCipher({ hash: sha1, recordLimit: 9 });
    expect(mac.protect(keysOf(mac)).openFailureLimit).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([0, 256, 1.5])('know no connection ID of %d bytes', (length) => {
    expect(() => connectionIdPseudoHeader(length)).toThrow('connection ID');
  });
});
