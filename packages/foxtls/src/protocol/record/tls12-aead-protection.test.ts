import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { Aead } from '../../crypto/aead.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import type { RecordProtection } from './record-protection.ts';
import { aeadRecordCipher } from './tls12-aead-protection.ts';

const HEADER = fromHex('1703030000');
const keysOf = (keySize: number, ivSize: number) => ({
  macKey: new Uint8Array(0),
  key: new Uint8Array(keySize).fill(1),
  iv: new Uint8Array(ivSize).fill(0xa5),
});

/** An AEAD that notes what it is given, and has a tag of 16 zeros. */
function watched(): { aead: Aead; seen: [nonce: string, additionalData: string][] } {
  const seen: [string, string][] = [];
  const note = (nonce: Uint8Array, additionalData: Uint8Array) => seen.push([toHex(nonce), toHex(additionalData)]);
  const aead: Aead = {
    ...{ name: 'aes-128-gcm', keySize: 16, nonceSize: 12, tagSize: 16 },
    create: () => ({
      seal(nonce, additionalData, plaintext, out) {
        note(nonce, additionalData);
        out.push(...plaintext, new Uint8Array(16));
      },
      open(nonce, additionalData, sealed) {
        note(nonce, additionalData);
        return sealed.slice(0, -16);
      },
      wipe() {},
    }),
  };
  return { aead, seen };
}

describe('records of TLS 1.2 under an AEAD', () => {
  it('have an explicit nonce, which is their number, and additional data over number, type, version and length', () => {
    const { aead, seen } = watched();
    const cipher = aeadRecordCipher(aead, { explicitNonce: true, recordLimit: 100, openFailureLimit: 7 });
    expect([cipher.macKeySize, cipher.keySize, cipher.ivSize]).toEqual([0, 16, 4]);
    const protection = cipher.protect(keysOf(16, 4));
    for (const text of ['one', 'three']) {
      const out: Uint8Array[] = [];
      protection.seal(HEADER, [utf8(text)], out);
      expect(concat(...out)).toHaveLength(protection.sealedLength(text.length));
    }
    expect(seen).toEqual([
      ['a5a5a5a50000000000000000', '00000000000000001703030003'],
      ['a5a5a5a50000000000000001', '00000000000000011703030005'],
    ]);
  });

  it('are opened with the nonce that they carry, whatever it is', () => {
    const { aead, seen } = watched();
    const protection = aeadRecordCipher(aead, { explicitNonce: true, recordLimit: 100, openFailureLimit: 7 }).protect(
      keysOf(16, 4),
    );
    const opened = protection.open(HEADER, concat(fromHex('0102030405060708'), utf8('text'), new Uint8Array(16)));
    expect(opened).toEqual(utf8('text'));
    expect(seen).toEqual([['a5a5a5a50102030405060708', '00000000000000001703030004']]);
  });

  it('have a nonce of number and IV, and nothing of it in the record, with ChaCha20-Poly1305', () => {
    const { aead, seen } = watched();
    const cipher = aeadRecordCipher(aead, { explicitNonce: false, recordLimit: 100, openFailureLimit: 7 });
    expect(cipher.ivSize).toBe(12);
    const protection = cipher.protect(keysOf(16, 12));
    protection.seal(HEADER, [utf8('x')], []);
    protection.seal(HEADER, [utf8('x')], []);
    expect(protection.sealedLength(1)).toBe(17);
    expect(seen.map(([nonce]) => nonce)).toEqual([`${'a5'.repeat(11)}a5`, `${'a5'.repeat(11)}a4`]);
  });

  it.each([0, 23])('are not authentic when they are shorter than nonce and tag: %i bytes', (length) => {
    const { aead, seen } = watched();
    const protection = aeadRecordCipher(aead, { explicitNonce: true, recordLimit: 100, openFailureLimit: 7 }).protect(
      keysOf(16, 4),
    );
    expect(protection.open(HEADER, new Uint8Array(length))).toBeUndefined();
    expect(seen).toEqual([]);
  });

  it('may be sealed as often as the limit says, less one', () => {
    const protection = aeadRecordCipher(watched().aead, { explicitNonce: true, recordLimit: 3, openFailureLimit: 7 }).protect(
      keysOf(16, 4),
    );
    const exhausted = () => {
      protection.seal(HEADER, [], []);
      return protection.exhausted;
    };
    expect([protection.exhausted, exhausted(), exhausted()]).toEqual([false, false, true]);
  });

  describe.each(nodeProvider.aeads)('with $name', (aead) => {
    const explicitNonce = aead.name !== 'chacha20-poly1305';
    const make = (): RecordProtection => {
      const cipher = aeadRecordCipher(aead, { explicitNonce, recordLimit: 100, openFailureLimit: 7 });
      return cipher.protect(keysOf(cipher.keySize, cipher.ivSize));
    };
    const sealed = (header: Uint8Array, ...texts: readonly string[]) => {
      const writer = make();
      return texts.map((text) => {
        const out: Uint8Array[] = [];
        writer.seal(header, [utf8(text)], out);
        return concat(...out);
      });
    };

    it('are opened in the order in which they were sealed, and no other', () => {
      const [one, two] = sealed(HEADER, 'one', 'two') as [Uint8Array, Uint8Array];
      const reader = make();
      expect(reader.open(HEADER, two)).toBeUndefined();
      expect(reader.sequence).toBe(0);
      expect([reader.open(HEADER, one), reader.open(HEADER, two)]).toEqual([utf8('one'), utf8('two')]);
    });

    it('are the same after a rest, and are none after a wipe, at rest or not', () => {
      const [one, two, three] = sealed(HEADER, 'one', 'two', 'three') as [Uint8Array, Uint8Array, Uint8Array];
      const [reader, writer] = [make(), make()];
      const out: Uint8Array[] = [];
      for (const end of [reader, writer]) end.rest?.();
      writer.seal(HEADER, [utf8('one')], out);
      expect(concat(...out)).toEqual(one);
      expect(reader.open(HEADER, one)).toEqual(utf8('one'));
      reader.rest?.();
      expect(reader.open(HEADER, two)).toEqual(utf8('two'));
      writer.rest?.();
      for (const end of [reader, writer]) {
        end.wipe();
        end.rest?.();
        const wiped = expect.objectContaining({ code: 'ERR_TLS_KEY_WIPED' });
        expect(() => end.open(HEADER, three)).toThrow(wiped);
        expect(() => end.seal(HEADER, [utf8('three')], [])).toThrow(wiped);
      }
    });

    it.each(['1603030000', '1703010000'])('are not opened under another type or version: %s', (header) => {
      const [one] = sealed(HEADER, 'one') as [Uint8Array];
      expect(make().open(fromHex(header), one)).toBeUndefined();
    });

    it('are not opened when a bit is changed anywhere', () => {
      const [one] = sealed(HEADER, 'one') as [Uint8Array];
      for (let at = 0; at < one.length; at++) {
        const changed = one.slice();
        changed[at] = (changed[at] as number) ^ 1;
        expect(make().open(HEADER, changed), `byte ${at}`).toBeUndefined();
      }
    });
  });
});
