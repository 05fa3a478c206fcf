import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, utf8 } from '../core/bytes/bytes.ts';
import { nodeProvider } from './node/provider.ts';
import { portableProvider } from './portable/provider.ts';
import { providers, signingCases } from './providers.fixture.ts';
import type { KeyGenerationRequest, PrivateKey, SignatureAlgorithm } from './signature.ts';

const MESSAGE = utf8('what was said so far');
const refused = expect.objectContaining({ code: 'ERR_TLS_CRYPTO_FAILURE' });

// One key of each kind, because RSA keys take their time.
const made = new Map<string, PrivateKey>();
async function keyFor(request: KeyGenerationRequest): Promise<PrivateKey> {
  const name = JSON.stringify(request);
  const key = made.get(name) ?? (await nodeProvider.keys.generateKey(request));
  made.set(name, key);
  return key;
}

const own = providers.flatMap((provider) =>
  signingCases
    .filter((signing) => provider !== portableProvider || signing.portable)
    .map((signing) => ({ ...signing, title: `${provider.name} ${signing.title}`, provider })),
);

describe.each(own)('$title', ({ provider, request, algorithm }) => {
  it('verifies what it signed, and nothing else', async () => {
    const key = await provider.keys.generateKey(request);
    const signature = await key.sign(algorithm, MESSAGE);
    expect(await key.publicKey.verify(algorithm, MESSAGE, signature)).toBe(true);
    expect(await key.publicKey.verify(algorithm, utf8('what was not said'), signature)).toBe(false);
    const other = await provider.keys.generateKey(request);
    expect(await other.publicKey.verify(algorithm, MESSAGE, signature)).toBe(false);
  });

  it('says false to malformed signatures, and never throws', async () => {
    const key = await provider.keys.generateKey(request);
    const signature = await key.sign(algorithm, MESSAGE);
    const malformed = [
      new Uint8Array(0),
      Uint8Array.of(0x30),
      Uint8Array.of(0x30, 0),
      signature.subarray(0, -1),
      concat(signature, Uint8Array.of(0)),
      concat(Uint8Array.of(0), signature),
      new Uint8Array(signature.length),
      new Uint8Array(signature.length).fill(0xff),
      new Uint8Array(10_000).fill(0x30),
    ];
    for (const bytes of malformed) expect(await key.publicKey.verify(algorithm, MESSAGE, bytes)).toBe(false);
    for (let at = 0; at < signature.length; at += 7) {
      const changed = signature.map((byte, index) => (index === at ? byte ^ 0x40 : byte));
      expect(await key.publicKey.verify(algorithm, MESSAGE, changed)).toBe(false);
    }
  });

  it('survives export and import, private and public', async () => {
    const key = await provider.keys.generateKey(request);
    const again = await provider.keys.importPrivateKey(key.exportPkcs8());
    const alone = await provider.keys.importPublicKey(key.publicKey.spki);
    expect(again.type).toEqual(key.type);
    expect(alone.type).toEqual(key.type);
    expect(again.publicKey.spki).toEqual(key.publicKey.spki);
    expect(await alone.verify(algorithm, MESSAGE, await again.sign(algorithm, MESSAGE))).toBe(true);
  });

  it('refuses to sign with, and says false to, algorithms of other keys', async () => {
    const key = await provider.keys.generateKey(request);
    const signature = await key.sign(algorithm, MESSAGE);
    for (const other of signingCases.map((signing) => signing.algorithm)) {
      const isOfThisKey = other.kind === algorithm.kind || (other.kind.startsWith('rsa') && algorithm.kind.startsWith('rsa'));
      if (isOfThisKey) continue;
      expect(await key.publicKey.verify(other, MESSAGE, signature)).toBe(false);
      expect(() => key.sign(other, MESSAGE)).toThrow(refused);
    }
  });

  it('shows nothing of the private key to console.log and JSON.stringify', async () => {
    const key = await provider.keys.generateKey(request);
    expect(Object.keys(key).sort()).toEqual(['publicKey', 'type']);
  });
});

describe.each(signingCases.filter((signing) => signing.portable))(
  '$title between the two providers',
  ({ request, algorithm }) => {
    it('verifies what the other signed, with the key the other exported', async () => {
      for (const [signing, verifying] of [
        [nodeProvider, portableProvider],
        [portableProvider, nodeProvider],
      ] as const) {
        const key = await signing.keys.generateKey(request);
        const signature = await key.sign(algorithm, MESSAGE);
        const publicKey = await verifying.keys.importPublicKey(key.publicKey.spki);
        expect(await publicKey.verify(algorithm, MESSAGE, signature)).toBe(true);
        const moved = await verifying.keys.importPrivateKey(key.exportPkcs8());
        expect(moved.publicKey.spki).toEqual(key.publicKey.spki);
        expect(moved.exportPkcs8()).toEqual(key.exportPkcs8());
      }
    });
  },
);

const RSA_ALGORITHMS: readonly SignatureAlgorithm[] = (['sha1', 'sha256', 'sha384', 'sha512'] as const).flatMap((hash) => [
  { kind: 'rsa-pkcs1', hash } as const,
  { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: 0 } as const,
  { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: 32 } as const,
]);

describe('RSA verified by the portable provider', () => {
  it.each(RSA_ALGORITHMS)('agrees with the signature of the Node provider: %o', async (algorithm) => {
    const key = await keyFor({ kind: 'rsa', bits: 2048 });
    const signature = await key.sign(algorithm, MESSAGE);
    const publicKey = await portableProvider.keys.importPublicKey(key.publicKey.spki);
    expect(publicKey.type).toEqual({ kind: 'rsa', bits: 2048 });
    expect(await publicKey.verify(algorithm, MESSAGE, signature)).toBe(true);
    expect(await publicKey.verify(algorithm, utf8('another'), signature)).toBe(false);
  });

  it('is right for a modulus whose size is no multiple of eight bits', async () => {
    const algorithm = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } as const;
    for (const bits of [1025, 1027, 1031]) {
      const key = await keyFor({ kind: 'rsa', bits });
      const publicKey = await portableProvider.keys.importPublicKey(key.publicKey.spki);
      expect(publicKey.type).toEqual({ kind: 'rsa', bits });
      expect(await publicKey.verify(algorithm, MESSAGE, await key.sign(algorithm, MESSAGE))).toBe(true);
    }
  });

  it('does not sign or make RSA keys', async () => {
    const key = await keyFor({ kind: 'rsa', bits: 2048 });
    expect(() => portableProvider.keys.importPrivateKey(key.exportPkcs8())).toThrow(refused);
    expect(() => portableProvider.keys.generateKey({ kind: 'rsa', bits: 2048 })).toThrow(refused);
  });
});

describe.each(providers)('RSA rules of the $name provider', (provider) => {
  const pss = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } as const;

  it('takes the salt length, the hash and the padding as given, and no other', async () => {
    const key = await keyFor({ kind: 'rsa', bits: 2048 });
    const publicKey = await provider.keys.importPublicKey(key.publicKey.spki);
    const signature = await key.sign(pss, MESSAGE);
    expect(await publicKey.verify(pss, MESSAGE, signature)).toBe(true);
    expect(await publicKey.verify({ ...pss, saltLength: 31 }, MESSAGE, signature)).toBe(false);
    expect(await publicKey.verify({ ...pss, saltLength: 33 }, MESSAGE, signature)).toBe(false);
    expect(await publicKey.verify({ ...pss, hash: 'sha384', mgfHash: 'sha384' }, MESSAGE, signature)).toBe(false);
    expect(await publicKey.verify({ ...pss, mgfHash: 'sha1' }, MESSAGE, signature)).toBe(false);
    expect(await publicKey.verify({ kind: 'rsa-pkcs1', hash: 'sha256' }, MESSAGE, signature)).toBe(false);
  });

  it('says false when the key is too small for the hash and the salt', async () => {
    const key = await keyFor({ kind: 'rsa', bits: 1024 });
    const publicKey = await provider.keys.importPublicKey(key.publicKey.spki);
    const algorithm = { kind: 'rsa-pss', hash: 'sha512', mgfHash: 'sha512', saltLength: 64 } as const;
    expect(await publicKey.verify(algorithm, MESSAGE, new Uint8Array(128).fill(1))).toBe(false);
    expect(() => key.sign(algorithm, MESSAGE)).toThrow(refused);
  });

  it('knows a key of id-RSASSA-PSS, which signs with PSS only', async () => {
    const pair = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    const publicKey = await provider.keys.importPublicKey(pair.publicKey.export({ format: 'der', type: 'spki' }));
    expect(publicKey.type).toEqual({ kind: 'rsa-pss', bits: 2048 });
    const key = await nodeProvider.keys.importPrivateKey(pair.privateKey.export({ format: 'der', type: 'pkcs8' }));
    expect(await publicKey.verify(pss, MESSAGE, await key.sign(pss, MESSAGE))).toBe(true);
    expect(() => key.sign({ kind: 'rsa-pkcs1', hash: 'sha256' }, MESSAGE)).toThrow(refused);
    expect(await publicKey.verify({ kind: 'rsa-pkcs1', hash: 'sha256' }, MESSAGE, new Uint8Array(256))).toBe(false);
  });

  it.each([
    ['1', '020101'],
    ['65536', '0203010000'],
    // As dear as a private operation.
    ['of 65 bits', '0209010000000000000001'],
    ['of 2048 bits', `02820100${'71'.repeat(256)}`],
  ])('refuses a key whose public exponent is %s', (_, exponent) => {
    const modulus = der(0x02, fromHex(`00${'c1'.repeat(256)}`));
    const rsaPublicKey = der(0x30, modulus, fromHex(exponent));
    const spki = der(0x30, fromHex('300d06092a864886f70d0101010500'), der(0x03, Uint8Array.of(0), rsaPublicKey));
    expect(() => provider.keys.importPublicKey(spki)).toThrow(refused);
  });
});

it('a key of id-RSASSA-PSS that is bound to one hash signs with no other', async () => {
  const pair = generateKeyPairSync('rsa-pss', {
    modulusLength: 2048,
    hashAlgorithm: 'sha256',
    mgf1HashAlgorithm: 'sha256',
    // @types/node says string; Node takes a number.
    saltLength: 32 as unknown as string,
  });
  const key = await nodeProvider.keys.importPrivateKey(pair.privateKey.export({ format: 'der', type: 'pkcs8' }));
  const bound = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } as const;
  expect(await key.publicKey.verify(bound, MESSAGE, await key.sign(bound, MESSAGE))).toBe(true);
  expect(() => key.sign({ ...bound, hash: 'sha384', mgfHash: 'sha384' }, MESSAGE)).toThrow(refused);
  expect(() => key.sign({ ...bound, saltLength: 20 }, MESSAGE)).toThrow(refused);
  expect(() => portableProvider.keys.importPublicKey(key.publicKey.spki)).toThrow(refused);
});

describe.each(providers)('import by the $name provider', (provider) => {
  const spki = (name: 'ec' | 'ed25519', options: object = {}) =>
    new Uint8Array(
      generateKeyPairSync(name as 'ec', options as { namedCurve: string }).publicKey.export({ format: 'der', type: 'spki' }),
    );
  const point = (key: Uint8Array) => key.subarray(26);
  const p256 = spki('ec', { namedCurve: 'prime256v1' });
  const prefix = (algorithm: string, key: Uint8Array) => der(0x30, fromHex(algorithm), der(0x03, Uint8Array.of(0), key));

  const bad: readonly [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['no DER', utf8('-----BEGIN PUBLIC KEY-----')],
    ['a key cut short', p256.subarray(0, -1)],
    ['a key with a byte after it', concat(p256, Uint8Array.of(0))],
    ['a point off the curve', p256.map((byte, at) => (at === p256.length - 1 ? byte ^ 1 : byte))],
    ['a compressed point', prefix('301306072a8648ce3d020106082a8648ce3d030107', compressed(point(p256)))],
    ['the point at infinity', prefix('301306072a8648ce3d020106082a8648ce3d030107', Uint8Array.of(0))],
    ['a curve that TLS 1.3 does not have', spki('ec', { namedCurve: 'secp256k1' })],
    ['explicit curve parameters', spki('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' })],
    [
      'an X25519 key, which cannot sign',
      new Uint8Array(generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' })),
    ],
    ['an Ed25519 key with parameters', prefix('300706032b65700500', spki('ed25519').subarray(12))],
    ['an Ed25519 key of 31 bytes', prefix('300506032b6570', spki('ed25519').subarray(13))],
  ];

  it.each(bad)('refuses as a public key: %s', (_, bytes) => {
    expect(() => provider.keys.importPublicKey(bytes)).toThrow(refused);
  });

  it('keeps its own copy of what it imported', async () => {
    const bytes = p256.slice();
    const key = await provider.keys.importPublicKey(bytes);
    bytes.fill(0);
    expect(key.spki).toEqual(p256);
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
  const pkcs8 = new Uint8Array(ec.export({ format: 'der', type: 'pkcs8' }));

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a key cut short', pkcs8.subarray(0, -1)],
    ['a SEC 1 key, which is no PKCS#8', new Uint8Array(ec.export({ format: 'der', type: 'sec1' }))],
    [
      'a key on secp256k1',
      new Uint8Array(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export({ format: 'der', type: 'pkcs8' })),
    ],
    ['a scalar of zero', pkcs8.map((byte, at) => (at >= 36 && at < 68 ? 0 : byte))],
    ['a key with the public key of another', pkcs8.map((byte, at) => (at === 67 ? byte ^ 1 : byte))],
    ['an X25519 key', new Uint8Array(generateKeyPairSync('x25519').privateKey.export({ format: 'der', type: 'pkcs8' }))],
  ])('refuses as a private key: %s', (_, bytes) => {
    expect(() => provider.keys.importPrivateKey(bytes)).toThrow(refused);
  });

  it('takes an EC private key that came without its public key (RFC 5915 §3)', async () => {
    const scalar = pkcs8.subarray(36, 68);
    const bare = der(
      0x30,
      fromHex('020100301306072a8648ce3d020106082a8648ce3d030107'),
      der(0x04, der(0x30, fromHex('0201010420'), scalar)),
    );
    expect(createPrivateKey({ key: Buffer.from(bare), format: 'der', type: 'pkcs8' }).asymmetricKeyType).toBe('ec');
    const key = await provider.keys.importPrivateKey(bare);
    expect(key.publicKey.spki).toEqual((await provider.keys.importPrivateKey(pkcs8)).publicKey.spki);
  });
});

/** A DER element of up to 65535 bytes. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concat(...contents);
  const { length } = content;
  if (length < 128) return concat(Uint8Array.of(tag, length), content);
  if (length < 256) return concat(Uint8Array.of(tag, 0x81, length), content);
  return concat(Uint8Array.of(tag, 0x82, length >> 8, length & 0xff), content);
}

function compressed(point: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(2 + ((point.at(-1) as number) & 1)), point.subarray(1, 33));
}
