import { createHash, createHmac, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, EMPTY, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { EarlySecret } from '../keys/key-schedule.ts';
import { importedIdentitySize, importPsk, readImportedIdentity } from './psk-importer.ts';

const TLS13 = { version: 0x0304, labelPrefix: 'tls13 ' } as const;
const DTLS13 = { version: 0xfefc, labelPrefix: 'dtls13' } as const;
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const externalIdentity = utf8('sensor-17');
const context = utf8('client=a,server=b');

const two = (value: number) => Uint8Array.of(value >> 8, value & 0xff);
const withLength = (bytes: Uint8Array) => concat(two(bytes.length), bytes);

/** RFC 9258 §5.1 once more, by Node's HKDF, which extracts (with a salt of zeros) and expands in one call. */
function importedByNode(
  own: string,
  kdf: number,
  size: number,
  { version, labelPrefix }: { version: number; labelPrefix: string },
) {
  const identity = concat(withLength(externalIdentity), withLength(context), two(version), two(kdf));
  const digest = createHash(own).update(identity).digest();
  const label = utf8(`${labelPrefix}derived psk`);
  const info = concat(two(size), Uint8Array.of(label.length), label, Uint8Array.of(digest.length), digest);
  return { identity: toHex(identity), secret: toHex(new Uint8Array(hkdfSync(own, key, EMPTY, info, size))) };
}

describe.each(providers)('the PSK importer ($name provider)', (provider) => {
  for (const own of ['sha256', 'sha384'] as const) {
    for (const [target, kdf, size] of [
      ['sha256', 1, 32],
      ['sha384', 2, 48],
    ] as const) {
      it.each([
        ['TLS 1.3', TLS13],
        ['DTLS 1.3', DTLS13],
      ] as const)(`makes of a key of ${own} one of ${target} for %s`, (_name, version) => {
        const made = importPsk(hashNamed(provider, own), hashNamed(provider, target), version, {
          externalIdentity,
          key,
          context,
        });
        expect({ identity: toHex(made.identity), secret: toHex(made.secret) }).toEqual(importedByNode(own, kdf, size, version));
      });
    }
  }

  it('makes different keys for other contexts, other identities and other hashes', () => {
    const [sha256, sha384] = [hashNamed(provider, 'sha256'), hashNamed(provider, 'sha384')];
    const secrets = [
      importPsk(sha256, sha256, TLS13, { externalIdentity, key, context }),
      importPsk(sha256, sha256, TLS13, { externalIdentity, key }),
      importPsk(sha256, sha256, TLS13, { externalIdentity: utf8('sensor-18'), key, context }),
      importPsk(sha384, sha256, TLS13, { externalIdentity, key, context }),
      importPsk(sha256, sha256, DTLS13, { externalIdentity, key, context }),
    ].map(({ secret }) => toHex(secret));
    expect(new Set(secrets).size).toBe(secrets.length);
  });
});

describe.each(providers)('the binder key of each kind of PSK ($name provider)', (provider) => {
  it.each([
    ['resumption', 'res binder'],
    ['external', 'ext binder'],
    ['imported', 'imp binder'],
  ] as const)('has its own label: %s, %s', (kind, name) => {
    const hmac = (secret: Uint8Array, data: Uint8Array) => createHmac('sha256', secret).update(data).digest();
    const label = utf8(`tls13 ${name}`);
    const empty = createHash('sha256').digest();
    const info = concat(Uint8Array.of(0, 32, label.length), label, Uint8Array.of(32), empty, Uint8Array.of(1));
    const expected = hmac(hmac(new Uint8Array(32), key), info);
    const early = new EarlySecret({ hash: hashNamed(provider, 'sha256'), labelPrefix: 'tls13 ' }, key);
    expect(toHex(early.binderKey(kind))).toBe(toHex(expected));
  });
});

describe('an imported identity', () => {
  const hash = hashNamed(providers[0] as (typeof providers)[0], 'sha256');
  const { identity } = importPsk(hash, hash, TLS13, { externalIdentity, key, context });

  it('is read as it was written, under its own version only', () => {
    expect(readImportedIdentity(identity, 0x0304)).toEqual({ externalIdentity, context, targetProtocol: 0x0304, targetKdf: 1 });
    expect(readImportedIdentity(identity, 0xfefc)).toBeUndefined();
    expect(importedIdentitySize(externalIdentity, context)).toBe(identity.length);
  });

  it('is none when it is cut, too long, of an unknown KDF, or just a name', () => {
    for (let length = 0; length < identity.length; length++) {
      expect(readImportedIdentity(identity.subarray(0, length), 0x0304), `cut at ${length}`).toBeUndefined();
    }
    expect(readImportedIdentity(concat(identity, Uint8Array.of(0)), 0x0304)).toBeUndefined();
    expect(readImportedIdentity(identity.with(-1, 3), 0x0304)).toBeUndefined();
    expect(readImportedIdentity(identity.with(-1, 0), 0x0304)).toBeUndefined();
    expect(readImportedIdentity(utf8('Client_identity'), 0x0304)).toBeUndefined();
  });
});
