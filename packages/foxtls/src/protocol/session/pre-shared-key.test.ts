import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { checkPreSharedKey, type PreSharedKey, usablePsks } from './pre-shared-key.ts';

const provider = providers[0] as (typeof providers)[0];
const [sha256, sha384] = [hashNamed(provider, 'sha256'), hashNamed(provider, 'sha384')];
const version = { version: 0x0304, labelPrefix: 'tls13 ' } as const;
const psk: PreSharedKey = { identity: utf8('sensor-17'), key: new Uint8Array(16).fill(1) };

const usable = (key: PreSharedKey, targets = [sha256, sha384]) =>
  usablePsks(key, version, targets, provider.hashes).map(({ identity, hash, binder }) => [hash.name, binder, toHex(identity)]);

describe('a pre-shared key', () => {
  it('is used as it is, with its own hash, which is SHA-256 if nothing else was said', () => {
    const name = toHex(psk.identity);
    expect(usable(psk)).toEqual([['sha256', 'external', name]]);
    expect(usable({ ...psk, hash: 'sha384' })).toEqual([['sha384', 'external', name]]);
    expect(usablePsks(psk, version, [sha256], provider.hashes)[0]?.secret).toEqual(psk.key);
  });

  it('is not used with suites of other hashes', () => {
    expect(usable(psk, [sha384])).toEqual([]);
    expect(usable({ ...psk, hash: 'sha384' }, [sha256])).toEqual([]);
  });

  it('is imported for each hash, under another name for each', () => {
    const made = usable({ ...psk, imported: {} });
    expect(made.map(([hash, binder]) => [hash, binder])).toEqual([
      ['sha256', 'imported'],
      ['sha384', 'imported'],
    ]);
    expect(new Set(made.map(([, , identity]) => identity)).size).toBe(2);
  });

  it('is imported for a hash that is not its own', () => {
    expect(usable({ ...psk, imported: {} }, [sha384])).toHaveLength(1);
  });

  const unusable: readonly [what: string, key: PreSharedKey][] = [
    ['a key of 15 bytes', { ...psk, key: new Uint8Array(15) }],
    ['no key at all, however insecure', { ...psk, key: new Uint8Array(0), insecureShortKey: true }],
    ['a key that is text', { ...psk, key: 'sixteen bytes!!!' as never }],
    ['no identity', { ...psk, identity: new Uint8Array(0) }],
    ['an identity that is text', { ...psk, identity: 'sensor-17' as never }],
    ['an identity that leaves no room', { ...psk, identity: new Uint8Array(65528) }],
    ['a context that leaves no room', { ...psk, imported: { context: new Uint8Array(65520) } }],
    ['a hash of no suite', { ...psk, hash: 'sha512' as never }],
  ];
  it.each(unusable)('is refused with %s', (_what, key) => {
    expect(() => checkPreSharedKey(key)).toThrow(ApiMisuse);
    expect(() => usable(key)).toThrow(expect.objectContaining({ code: 'ERR_TLS_PSK', alert: 'internal_error' }));
  });

  it('is taken with fewer bytes when that is asked for in so many words', () => {
    expect(usable({ ...psk, key: new Uint8Array(4), insecureShortKey: true })).toHaveLength(1);
  });

  it('does not show the key when it is refused', () => {
    const key = utf8('secret');
    expect(() => checkPreSharedKey({ ...psk, key })).toThrow(/^(?!.*(secret|736563726574)).*6/);
  });
});
