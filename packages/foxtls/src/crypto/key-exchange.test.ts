import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../core/bytes/bytes.ts';
import { isThenable } from '../core/flow/flow.ts';
import { checkMontgomerySecret } from './key-share.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import { groupNamed, providers, synchronousGroups } from './providers.fixture.ts';

const groups = providers.flatMap((provider) =>
  provider.groups.map((group) => ({ title: `${provider.name} ${group.name}`, provider, group })),
);

/** IANA's numbers, and the sizes of RFC 8446 §4.2.8.1 and §4.2.8.2. */
const REGISTERED = new Map([
  ['secp256r1', { id: 0x0017, share: 65, secret: 32 }],
  ['secp384r1', { id: 0x0018, share: 97, secret: 48 }],
  ['secp521r1', { id: 0x0019, share: 133, secret: 66 }],
  ['x25519', { id: 0x001d, share: 32, secret: 32 }],
  ['x448', { id: 0x001e, share: 56, secret: 56 }],
  ['brainpoolP256r1', { id: 0x001a, share: 65, secret: 32 }],
  ['brainpoolP384r1', { id: 0x001b, share: 97, secret: 48 }],
  ['brainpoolP512r1', { id: 0x001c, share: 129, secret: 64 }],
  ['brainpoolP256r1tls13', { id: 0x001f, share: 65, secret: 32 }],
  ['brainpoolP384r1tls13', { id: 0x0020, share: 97, secret: 48 }],
  ['brainpoolP512r1tls13', { id: 0x0021, share: 129, secret: 64 }],
  ['ffdhe2048', { id: 0x0100, share: 256, secret: 256 }],
  ['ffdhe3072', { id: 0x0101, share: 384, secret: 384 }],
  ['ffdhe4096', { id: 0x0102, share: 512, secret: 512 }],
  ['ffdhe6144', { id: 0x0103, share: 768, secret: 768 }],
  ['ffdhe8192', { id: 0x0104, share: 1024, secret: 1024 }],
  ['X25519MLKEM768', { id: 0x11ec, share: 1216, secret: 64 }],
  ['SecP256r1MLKEM768', { id: 0x11eb, share: 1249, secret: 64 }],
  ['SecP384r1MLKEM1024', { id: 0x11ed, share: 1665, secret: 80 }],
  ['MLKEM768', { id: 0x0201, share: 1184, secret: 32 }],
  ['MLKEM1024', { id: 0x0202, share: 1568, secret: 32 }],
]);

const shareInvalid = expect.objectContaining({
  code: 'ERR_TLS_PEER_MISBEHAVED',
  reason: 'key_share_invalid',
  alert: 'illegal_parameter',
});

describe.each(groups)('$title', ({ provider, group }) => {
  it('has its registered code point, and shares and secrets of its size', async () => {
    const client = await group.start(provider.random);
    const { secret } = await group.respond(client.share, provider.random);
    expect({ id: group.id, share: client.share.length, secret: secret.length }).toEqual(REGISTERED.get(group.name));
  });

  it('gives both sides the same secret, and another one each time', async () => {
    const client = await group.start(provider.random);
    const server = await group.respond(client.share, provider.random);
    const secret = await client.finish(server.share);
    expect(secret).toEqual(server.secret);
    const again = await group.respond(client.share, provider.random);
    expect(again.secret).not.toEqual(secret);
  });

  it('takes its private key from the random source it is given, and from no other', async () => {
    const bytes = (length: number) => new Uint8Array(length).fill(0x42);
    const [first, second] = [await group.start(bytes), await group.start(bytes)];
    expect(first.share).toEqual(second.share);
    expect((await group.start(provider.random)).share).not.toEqual(first.share);
  });

  const isSynchronous = synchronousGroups(provider).includes(group);
  it(`answers ${isSynchronous ? 'at once' : 'by promises'}`, async () => {
    const exchange = group.start(provider.random);
    expect(isThenable(exchange)).toBe(!isSynchronous);
    await exchange;
  });

  it('finishes once only', async () => {
    const client = await group.start(provider.random);
    const server = await group.respond(client.share, provider.random);
    await client.finish(server.share);
    const used = expect.objectContaining({ code: 'ERR_TLS_KEY_EXCHANGE_USED' });
    await expect(async () => client.finish(server.share)).rejects.toThrow(used);
  });

  it.each([
    ['empty', (share: Uint8Array) => share.subarray(0, 0)],
    ['a byte short', (share: Uint8Array) => share.subarray(0, -1)],
    ['a byte long', (share: Uint8Array) => new Uint8Array(share.length + 1).fill(4)],
    ['twice as long', (share: Uint8Array) => new Uint8Array(share.length * 2).fill(4)],
  ])('refuses a share that is %s', async (_, change) => {
    const client = await group.start(provider.random);
    const bad = change(client.share);
    await expect(async () => client.finish(bad)).rejects.toThrow(shareInvalid);
    await expect(async () => group.respond(bad, provider.random)).rejects.toThrow(shareInvalid);
  });
});

describe.each(groups.filter(({ group }) => /^(?:secp|brainpool)/.test(group.name)))(
  'the points of $title',
  ({ provider, group }) => {
    const bad: readonly [string, (share: Uint8Array) => Uint8Array][] = [
      ['compressed', (share) => Uint8Array.of(2 + ((share.at(-1) as number) & 1), ...share.subarray(1, (share.length + 1) / 2))],
      ['compressed in form, uncompressed in size', (share) => Uint8Array.of(2, ...share.subarray(1))],
      ['hybrid', (share) => Uint8Array.of(6 + ((share.at(-1) as number) & 1), ...share.subarray(1))],
      ['infinity', () => Uint8Array.of(0)],
      ['infinity, padded', (share) => new Uint8Array(share.length)],
      ['(0, 0)', (share) => Uint8Array.of(4, ...new Uint8Array(share.length - 1))],
      ['off the curve', (share) => share.map((byte, at) => (at === share.length - 1 ? byte ^ 1 : byte))],
      ['coordinates not below p', (share) => share.map((byte, at) => (at === 0 ? byte : 0xff))],
      ['raw, without its form', (share) => share.subarray(1)],
    ];

    it.each(bad)('are refused when %s', async (_, change) => {
      const client = await group.start(provider.random);
      const share = change((await group.start(provider.random)).share);
      expect(() => client.finish(share)).toThrow(shareInvalid);
      expect(() => group.respond(share, provider.random)).toThrow(shareInvalid);
    });

    it('skip private keys that are not below the order', async () => {
      const draws = [new Uint8Array(66).fill(0xff), new Uint8Array(66), new Uint8Array(66).fill(0x42)];
      const share = (await group.start((length) => (draws.shift() as Uint8Array).slice(0, length))).share;
      const expected = (await group.start((length) => new Uint8Array(length).fill(0x42))).share;
      expect(share).toEqual(expected);
    });

    it('end with an error, not in a loop, when the random source is broken', () => {
      expect(() => group.start((length) => new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' }),
      );
    });
  },
);

const hybrids = groups.filter(({ group }) => /MLKEM/.test(group.name) && !group.name.startsWith('MLKEM'));

describe.each(hybrids)('both parts of a share of $title', ({ provider, group }) => {
  it('count: a bit that is changed in either is refused, or gives another secret', async () => {
    for (const at of [1, -1]) {
      const client = await group.start(provider.random);
      const server = await group.respond(client.share, provider.random);
      const share = server.share.with(at, (server.share.at(at) as number) ^ 1);
      const finished = await Promise.resolve(client.finish(share)).catch((error: unknown) => error);
      if (finished instanceof Uint8Array) expect(finished).not.toEqual(server.secret);
      else expect(finished).toEqual(shareInvalid);
    }
  });

  it('are refused if the coefficients of the encapsulation key are not reduced', async () => {
    const client = await group.start(provider.random);
    const start = group.name.startsWith('X25519') ? 0 : client.share.length - (group.name.endsWith('768') ? 1184 : 1568);
    const bad = client.share.map((byte, at) => (at >= start && at < start + 3 ? 0xff : byte));
    await expect(async () => group.respond(bad, provider.random)).rejects.toThrow(shareInvalid);
  });
});

/** RFC 7748 §6.1's note leads to the list of cr.yp.to/ecdh.html: the points of order 1, 2, 4 and 8, and their other encodings. */
const LOW_ORDER_X25519 = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b880',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f11d7',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
];
const LOW_ORDER_X448 = [
  '00'.repeat(56),
  `01${'00'.repeat(55)}`,
  `fe${'ff'.repeat(27)}fe${'ff'.repeat(27)}`,
  `ff${'ff'.repeat(27)}fe${'ff'.repeat(27)}`,
  `${'00'.repeat(28)}${'ff'.repeat(28)}`,
];

describe.each(providers)('shares of low order, with the $name provider', (provider) => {
  it.each(LOW_ORDER_X25519)('are refused by X25519: %s', async (share) => {
    const client = await groupNamed(provider, 'x25519').start(provider.random);
    expect(() => client.finish(fromHex(share))).toThrow(shareInvalid);
    expect(() => groupNamed(provider, 'x25519').respond(fromHex(share), provider.random)).toThrow(shareInvalid);
  });
});

it.each(LOW_ORDER_X448)('X448 refuses the share of low order %s', async (share) => {
  const client = await groupNamed(nodeProvider, 'x448').start(nodeProvider.random);
  expect(() => client.finish(fromHex(share))).toThrow(shareInvalid);
});

it('a secret of zeros is refused even if the library below let it pass', () => {
  expect(() => checkMontgomerySecret('x25519', new Uint8Array(32))).toThrow(shareInvalid);
  expect(() => checkMontgomerySecret('x25519', new Uint8Array(32).fill(1, 31))).not.toThrow();
});

/** RFC 8734 §A: the keys of both sides, the share of each, and the secret. */
const BRAINPOOL = [
  {
    curve: 'brainpoolP256r1',
    ours: {
      key: '81db1ee100150ff2ea338d708271be38300cb54241d79950f77b063039804f1d',
      share:
        '0444106e913f92bc02a1705d9953a8414db95e1aaa49e81d9e85f929a8e3100be58ab4846f11caccb73ce49cbdd120f5a900a69fd32c272223f789ef10eb089b' +
        'dc',
    },
    theirs: {
      key: '55e40bc41e37e3e2ad25c3c6654511ffa8474a91a0032087593852d3e7d76bd3',
      share:
        '048d2d688c6cf93e1160ad04cc4429117dc2c41825e1e9fca0addd34e6f1b39f7b990c57520812be512641e47034832106bc7d3e8dd0e4c7f1136d7006547cec' +
        '6a',
    },
    secret: '89afc39d41d3b327814b80940b042590f96556ec91e6ae7939bce31f3a18bf2b',
  },
  {
    curve: 'brainpoolP384r1',
    ours: {
      key: '1e20f5e048a5886f1f157c74e91bde2b98c8b52d58e5003d57053fc4b0bd65d6f15eb5d1ee1610df870795143627d042',
      share:
        '0468b665dd91c195800650cdd363c625f4e742e8134667b767b1b476793588f885ab698c852d4a6e77a252d6380fcaf06855bc91a39c9ec01dee36017b7d673a' +
        '931236d2f1f5c83942d049e3fa20607493e0d038ff2fd30c2ab67d15c85f7faa59',
    },
    theirs: {
      key: '032640bc6003c59260f7250c3db58ce647f98e1260acce4acda3dd869f74e01f8ba5e0324309db6a9831497abac96670',
      share:
        '044d44326f269a597a5b58bba565da5556ed7fd9a8a9eb76c25f46db69d19dc8ce6ad18e404b15738b2086df37e71d1eb462d692136de56cbe93bf5fa3188ef5' +
        '8bc8a3a0ec6c1e151a21038a42e9185329b5b275903d192f8d4e1f32fe9cc78c48',
    },
    secret: '0bd9d3a7ea0b3d519d09d8e48d0785fb744a6b355e6304bc51c229fbbce239bbadf6403715c35d4fb2a5444f575d4f42',
  },
  {
    curve: 'brainpoolP512r1',
    ours: {
      key: '16302ff0dbbb5a8d733dab7141c1b45acbc8715939677f6a56850a38bd87bd59b09e80279609ff333eb9d4c061231fb26f92eeb04982a5f1d1764cad57665422',
      share:
        '040a420517e406aac0acdce90fcd71487718d3b953efd7fbec5f7f27e28c6149999397e91e029e06457db2d3e640668b392c2a7e737a7f0bf04436d11640fd09' +
        'fd72e6882e8db28aad36237cd25d580db23783961c8dc52dfa2ec138ad472a0fcef3887cf62b623b2a87de5c588301ea3e5fc269b373b60724f5e82a6ad147fd' +
        'e7',
    },
    theirs: {
      key: '230e18e1bcc88a362fa54e4ea3902009292f7f8033624fd471b5d8ace49d12cfabbc19963dab8e2f1eba00bffb29e4d72d13f2224562f405cb80503666b25429',
      share:
        '049d45f66de5d67e2e6db6e93a59ce0bb48106097ff78a081de781cdb31fce8ccbaaea8dd4320c4119f1e9cd437a2eab3731fa9668ab268d871deda55a547319' +
        '9f2fdc313095bcdd5fb3a91636f07a959c8e86b5636a1e930e8396049cb481961d365cc11453a06c719835475b12cb52fc3c383bce35e27ef194512b71876285' +
        'fa',
    },
    secret:
      'a7927098655f1f9976fa50a9d566865dc530331846381c87256baf3226244b76d36403c024d7bbf0aa0803eaff405d3d24f11a9b5c0bef679fe1454b21c4cd1f',
  },
];

describe.each(BRAINPOOL)('$curve', ({ curve, ours, theirs, secret }) => {
  it.each([curve, `${curve}tls13`])('makes the shares and the secret of RFC 8734 §A, as %s', async (name) => {
    const group = groupNamed(nodeProvider, name);
    const [first, second] = [await group.start(() => fromHex(ours.key)), await group.start(() => fromHex(theirs.key))];
    expect([toHex(first.share), toHex(second.share)]).toEqual([ours.share, theirs.share]);
    expect(toHex(await first.finish(second.share))).toBe(secret);
    expect(toHex(await second.finish(first.share))).toBe(secret);
  });
});

describe.each(providers)('X25519 of the $name provider', (provider) => {
  it('makes the shares and the secret of RFC 7748 §6.1', async () => {
    const x25519 = groupNamed(provider, 'x25519');
    const alice = await x25519.start(() => fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'));
    const bob = await x25519.start(() => fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'));
    expect(toHex(alice.share)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
    expect(toHex(bob.share)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
    expect(toHex(await alice.finish(bob.share))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
  });
});

describe.each(portableProvider.groups.map((group) => group.name))('%s between the two providers', (name) => {
  const [node, portable] = [groupNamed(nodeProvider, name), groupNamed(portableProvider, name)];

  it('agrees, whichever begins', async () => {
    for (const [first, second] of [
      [node, portable],
      [portable, node],
    ] as const) {
      const client = await first.start(nodeProvider.random);
      const server = await second.respond(client.share, portableProvider.random);
      expect(await client.finish(server.share)).toEqual(server.secret);
    }
  });

  it('makes the same share of the same random bytes', async () => {
    const bytes = (length: number) => Uint8Array.from({ length }, (_, at) => at + 1);
    expect((await node.start(bytes)).share).toEqual((await portable.start(bytes)).share);
  });
});
