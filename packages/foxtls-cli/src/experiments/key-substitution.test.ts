import { describe, expect, it } from 'vitest';
import { createParty, openText, sealText } from './key-substitution.ts';

describe.each(['x25519', 'dh'] as const)('an exchange by %s', (kind) => {
  it('gives both ends one key, and nobody else', () => {
    const [alice, bob, eve] = [createParty(kind), createParty(kind), createParty(kind)];
    expect(alice.agree(bob.publicKey)).toEqual(bob.agree(alice.publicKey));
    expect(alice.agree(bob.publicKey)).not.toEqual(eve.agree(alice.publicKey));
  });

  it('gives whoever stands between a key with each', () => {
    const [alice, mallory, bob] = [createParty(kind), createParty(kind), createParty(kind)];
    const [withAlice, withBob] = [mallory.agree(alice.publicKey), mallory.agree(bob.publicKey)];
    expect(alice.agree(mallory.publicKey)).toEqual(withAlice);
    expect(bob.agree(mallory.publicKey)).toEqual(withBob);
    expect(withAlice).not.toEqual(withBob);
  });
});

it('a sealed text opens with its key alone, and unchanged', () => {
  const key = Buffer.alloc(32, 1);
  const sealed = sealText(key, 'pay 100 to Bob');
  expect(openText(key, sealed)).toBe('pay 100 to Bob');
  expect(openText(Buffer.alloc(32, 2), sealed)).toBeUndefined();
  sealed[13] = (sealed[13] ?? 0) ^ 1;
  expect(openText(key, sealed)).toBeUndefined();
});
