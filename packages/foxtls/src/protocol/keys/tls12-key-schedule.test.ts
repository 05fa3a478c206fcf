import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeWithVectors } from '../../../test/vectors.ts';
import { concat, EMPTY, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse } from '../../core/errors/errors.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portableProvider } from '../../crypto/portable/provider.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import type { RecordCipher } from '../record/record-cipher.ts';
import { prf, prfOf } from './prf.ts';
import { exportKeyingMaterialByPrf, extendedMasterSecret, MasterSecret, masterSecret } from './tls12-key-schedule.ts';

const sha256 = hashOf(nodeProvider, 'sha256');
const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };

function hashOf({ hashes }: CryptoProvider, name: string) {
  const hash = hashes.find((candidate) => candidate.name === name);
  if (hash === undefined) throw new Error(`no ${name}`);
  return hash;
}

/** A cipher that takes keys of these sizes, and protects nothing. */
const sizes = (macKeySize: number, keySize: number, ivSize: number): RecordCipher => ({
  ...{ macKeySize, keySize, ivSize },
  protect: () => {
    throw new Error('not here');
  },
});

interface Group {
  readonly hashAlg: string;
  readonly keyBlockLength: number;
  readonly tests: readonly Readonly<Record<string, string>>[];
}

describeWithVectors('the key schedule of TLS 1.2 meets ACVP', 'acvp/TLS12.vectors.json', (path) => {
  const groups: readonly Group[] = JSON.parse(readFileSync(path, 'utf8'))[1].testGroups;
  const answers: readonly Group[] = JSON.parse(readFileSync(path.replace('vectors.json', 'expected.json'), 'utf8'))[1].testGroups;
  const expected = new Map(answers.flatMap(({ tests }) => tests).map((test) => [test['tcId'], test]));

  it.each([nodeProvider, portableProvider])('with the $name provider', (provider) => {
    let cases = 0;
    for (const { hashAlg, keyBlockLength, tests } of groups) {
      const hash = hashOf(provider, hashAlg.toLowerCase().replace('sha2-', 'sha'));
      for (const test of tests) {
        const bytes = (name: string) => fromHex(test[name] as string);
        const answer = expected.get(test['tcId']) as Readonly<Record<string, string>>;
        const master = extendedMasterSecret(prfOf(hash), bytes('preMasterSecret'), bytes('sessionHash'));
        expect(toHex(master.bytes)).toBe(answer['masterSecret']?.toLowerCase());
        const both = { client: bytes('clientRandom'), server: bytes('serverRandom') };
        const keys = master.connectionKeys(both, sizes(0, keyBlockLength / 16, 0));
        expect(toHex(keys.client.key) + toHex(keys.server.key)).toBe(answer['keyBlock']?.toLowerCase());
        cases++;
      }
    }
    expect(cases).toBeGreaterThan(10);
  });
});

describe('the PRF of TLS 1.2', () => {
  // The example that circulates with the name of this function: P_SHA256, 100 bytes.
  it('meets a known answer', () => {
    const secret = fromHex('9bbe436ba940f017b17652849a71db35');
    const seed = fromHex('a0ba9f936cda311827a6f796ffd5198c');
    expect(toHex(prf(sha256, secret, 'test label', seed, 100))).toBe(
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
    );
  });

  it('gives the beginning of the same bytes when fewer are asked for', () => {
    const [long, short] = [80, 33].map((length) => prf(sha256, utf8('secret'), 'label', utf8('seed'), length));
    expect(short).toEqual(long?.subarray(0, 33));
  });

  it.each([0, 48, 64, 65, 128, 129, 512])('is the HMACs of RFC 5246 §5, for a secret of %i bytes', (length) => {
    const secret = Uint8Array.from({ length }, (_, i) => i);
    for (const hash of [...nodeProvider.hashes, ...portableProvider.hashes]) {
      const seed = utf8('a label and a seed');
      const [a1, a2] = [hash.hmac(secret, seed), hash.hmac(secret, hash.hmac(secret, seed))];
      const [first, second] = [a1, a2].map((a) => hash.hmac(secret, concat(a, seed)));
      expect(prf(hash, secret, 'a label', utf8(' and a seed'), 2 * hash.size)).toEqual(concat(first ?? EMPTY, second ?? EMPTY));
    }
  });

  it('leaves the secret as it is', () => {
    const secret = utf8('secret');
    prf(sha256, secret, 'label', utf8('seed'), 48);
    expect(secret).toEqual(utf8('secret'));
  });
});

describe('the master secret', () => {
  it('depends on both randoms without extended_master_secret, and on the session hash with it; the premaster secret is wiped', () => {
    const premaster = () => new Uint8Array(32).fill(9);
    const [a, b] = [premaster(), premaster()];
    const plain = masterSecret(prfOf(sha256), a, randoms);
    expect(plain.bytes).toHaveLength(48);
    expect(masterSecret(prfOf(sha256), premaster(), { client: randoms.server, server: randoms.client }).bytes).not.toEqual(
      plain.bytes,
    );
    const extended = extendedMasterSecret(prfOf(sha256), b, new Uint8Array(32).fill(3));
    expect(extended.bytes).not.toEqual(plain.bytes);
    expect([a, b]).toEqual([new Uint8Array(32), new Uint8Array(32)]);
  });

  it('gives each direction its MAC key, key and IV, in the order of RFC 5246 §6.3', () => {
    const master = new MasterSecret(prfOf(sha256), new Uint8Array(48).fill(5));
    const keyBlock = prf(sha256, master.bytes, 'key expansion', fromHex('02'.repeat(32) + '01'.repeat(32)), 2 * (20 + 16 + 4));
    const { client, server } = master.connectionKeys(randoms, sizes(20, 16, 4));
    const inOrder = [client.macKey, server.macKey, client.key, server.key, client.iv, server.iv];
    expect(inOrder.map((part) => toHex(part)).join('')).toBe(toHex(keyBlock));
    expect(inOrder.map(({ length }) => length)).toEqual([20, 20, 16, 16, 4, 4]);
  });

  it('gives verify_data of twelve bytes, another to each side', () => {
    const master = new MasterSecret(prfOf(sha256), new Uint8Array(48).fill(5));
    const hash = new Uint8Array(32).fill(7);
    expect(master.verifyData('client', hash)).toHaveLength(12);
    expect(master.verifyData('client', hash)).not.toEqual(master.verifyData('server', hash));
  });
});

describe('an exporter', () => {
  const secret = new Uint8Array(48).fill(5);
  const exported = (label: string, context: Uint8Array | undefined, length = 32) =>
    toHex(exportKeyingMaterialByPrf(prfOf(sha256), secret, randoms, label, context, length));

  it('tells an empty context from none', () => {
    expect(exported('EXPERIMENTAL x', new Uint8Array(0))).not.toBe(exported('EXPERIMENTAL x', undefined));
  });

  it('is the PRF over the label, the randoms and the context with its length (RFC 5705 §4)', () => {
    const seed = fromHex(`${'01'.repeat(32)}${'02'.repeat(32)}0003616263`);
    expect(exported('EXPERIMENTAL x', utf8('abc'))).toBe(toHex(prf(sha256, secret, 'EXPERIMENTAL x', seed, 32)));
  });

  it('may have an empty label: then the seed begins with the randoms', () => {
    const seed = fromHex(`${'01'.repeat(32)}${'02'.repeat(32)}`);
    expect(exported('', undefined)).toBe(toHex(prf(sha256, secret, '', seed, 32)));
  });

  it.each([
    ['a label of TLS itself', 'client finished', undefined, 32],
    ['a length of 0', 'EXPERIMENTAL x', undefined, 0],
    ['a context that is too long', 'EXPERIMENTAL x', new Uint8Array(65536), 32],
  ])('refuses %s', (_what, label, context, length) => {
    expect(() => exported(label, context, length)).toThrow(ApiMisuse);
  });
});
