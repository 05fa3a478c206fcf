/**
 * Project Wycheproof's vectors over every provider: the edge cases and the forgeries that implementations got wrong before.
 *
 * A vector is skipped only where a provider does not offer what it needs, and the line printed for each file counts those.
 * "Acceptable" vectors have one right answer here, given by their flags in `ACCEPTABLE`.
 */

import { afterAll, expect, it } from 'vitest';
import { isLongTier } from '../../test/tiers.ts';
import { describeWithVectors, readJsonVectors } from '../../test/vectors.ts';
import { concat, fromHex, toHex } from '../core/bytes/bytes.ts';
import type { AeadName } from './aead.ts';
import type { HashName } from './hash.ts';
import type { CryptoProvider } from './provider.ts';
import { providers } from './providers.fixture.ts';
import type { SignatureAlgorithm } from './signature.ts';

/** The fields of the vectors that are read here; each kind of file has some of them. */
interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly sig: string;
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}
interface Group {
  readonly keySize: number;
  readonly ivSize: number;
  readonly tagSize: number;
  readonly sha: string;
  readonly mgfSha: string;
  readonly sLen: number;
  readonly publicKeyDer: string;
  readonly tests: readonly Vector[];
}

/** What the provider makes of a vector: right, wrong, or not tried, with the reason. */
type Outcome = 'accepted' | 'refused' | { readonly skipped: string };
type Judge = (provider: CryptoProvider, group: Group, file: string) => (vector: Vector) => Outcome;

/** The answer to "acceptable" vectors, by flag: the first that is there decides. */
const ACCEPTABLE: readonly { readonly flag: string; readonly answer: 'accepted' | 'refused'; readonly reason: string }[] = [
  { flag: 'ZeroSharedSecret', answer: 'refused', reason: 'RFC 8446 §7.4.2: the all-zero secret' },
  { flag: 'CompressedPoint', answer: 'refused', reason: 'RFC 8446 §4.2.8.2: uncompressed points only' },
  { flag: 'MissingNull', answer: 'refused', reason: 'RFC 8017 §9.2: a DigestInfo is compared, and its parameters are NULL' },
  { flag: 'MissingZero', answer: 'refused', reason: 'an INTEGER that reads as negative: DER, and nothing else' },
  { flag: 'Twist', answer: 'accepted', reason: 'RFC 7748 §6: X25519 and X448 are defined for the twist too' },
  { flag: 'NonCanonicalPublic', answer: 'accepted', reason: 'RFC 7748 §5: non-canonical values are reduced' },
];

function expected(vector: Vector): 'accepted' | 'refused' {
  if (vector.result === 'valid') return 'accepted';
  if (vector.result === 'invalid') return 'refused';
  const rule = ACCEPTABLE.find(({ flag }) => vector.flags.includes(flag));
  if (rule === undefined) throw new Error(`no rule for the flags ${vector.flags.join(', ')}`);
  return rule.answer;
}

const FILES: readonly { readonly judge: Judge; readonly files: readonly string[] }[] = [
  { judge: judgeHmac, files: ['hmac_sha1', 'hmac_sha256', 'hmac_sha384', 'hmac_sha512'] },
  { judge: judgeAead, files: ['aes_gcm', 'aes_ccm', 'chacha20_poly1305'] },
  {
    judge: judgeKeyExchange,
    files: ['x25519', 'x448', 'ecdh_secp256r1_ecpoint', 'ecdh_secp384r1_ecpoint', 'ecdh_secp521r1_ecpoint'],
  },
  {
    judge: judgeSignature,
    files: [
      'ecdsa_secp256r1_sha256',
      'ecdsa_secp384r1_sha384',
      'ecdsa_secp521r1_sha512',
      'ed25519',
      'ed448',
      'rsa_pss_2048_sha256_mgf1_32',
      'rsa_pss_3072_sha256_mgf1_32',
      'rsa_pss_4096_sha512_mgf1_64',
      'rsa_pss_misc',
      'rsa_signature_2048_sha256',
      'rsa_signature_3072_sha256',
      'rsa_signature_4096_sha512',
      'dsa_2048_256_sha256',
    ],
  },
];

for (const { judge, files } of FILES) {
  for (const file of files) {
    describeWithVectors(`Wycheproof ${file}`, `wycheproof/${file}_test.json`, (path) => {
      const { testGroups } = readJsonVectors<{ readonly testGroups: readonly Group[] }>(path);
      it.for(providers)('is answered rightly by the $name provider', (provider, context) => {
        const { run, skipped } = runFile(provider, judge, file, testGroups);
        if (run === 0) context.skip([...skipped.keys()].join('; '));
      });
    });
  }
}

// Printed once, at the end.
const counts: string[] = [];
afterAll(() => console.info(counts.join('\n')));

/** One exchange takes milliseconds on these curves: the short tier takes all the bad shares, and of the good ones every 10th. */
const SLOW: readonly string[] = ['ecdh_secp384r1_ecpoint', 'ecdh_secp521r1_ecpoint'];

function isForLongTier(file: string, { result, tcId }: Vector): boolean {
  return !isLongTier && SLOW.includes(file) && result === 'valid' && tcId % 10 !== 0;
}

function runFile(
  provider: CryptoProvider,
  judge: Judge,
  file: string,
  groups: readonly Group[],
): { readonly run: number; readonly skipped: ReadonlyMap<string, number> } {
  const wrong: string[] = [];
  const skipped = new Map<string, number>();
  let run = 0;
  for (const group of groups) {
    const judgeOne = judge(provider, group, file);
    for (const vector of group.tests) {
      const outcome = isForLongTier(file, vector) ? { skipped: 'only in the long tier' } : judgeOne(vector);
      if (typeof outcome === 'object') {
        skipped.set(outcome.skipped, (skipped.get(outcome.skipped) ?? 0) + 1);
        continue;
      }
      run++;
      if (outcome !== expected(vector)) wrong.push(`${vector.tcId} (${vector.comment}; ${vector.flags}): ${outcome}`);
    }
  }
  const reasons = [...skipped].map(([reason, count]) => `; ${count} skipped: ${reason}`).join('');
  counts.push(`wycheproof ${file}, ${provider.name}: ${run} run${reasons}`);
  expect(wrong).toEqual([]);
  return { run, skipped };
}

function judgeHmac(provider: CryptoProvider, group: Group, file: string): (vector: Vector) => Outcome {
  const hash = provider.hashes.find(({ name }) => `hmac_${name}` === file);
  return ({ key, msg, tag }) => {
    if (hash === undefined) return { skipped: 'no such hash' };
    const made = hash.hmac(fromHex(key), fromHex(msg)).subarray(0, group.tagSize / 8);
    return toHex(made) === tag ? 'accepted' : 'refused';
  };
}

function aeadName(file: string, { keySize, tagSize }: Group): AeadName | undefined {
  const names: { readonly [parameters: string]: AeadName } = {
    'aes_gcm 128 128': 'aes-128-gcm',
    'aes_gcm 256 128': 'aes-256-gcm',
    'aes_ccm 128 128': 'aes-128-ccm',
    'aes_ccm 128 64': 'aes-128-ccm-8',
    'aes_ccm 256 128': 'aes-256-ccm',
    'aes_ccm 256 64': 'aes-256-ccm-8',
    'chacha20_poly1305 256 128': 'chacha20-poly1305',
  };
  return names[`${file} ${keySize} ${tagSize}`];
}

function judgeAead(provider: CryptoProvider, group: Group, file: string): (vector: Vector) => Outcome {
  const name = aeadName(file, group);
  const aead = provider.aeads.find((candidate) => candidate.name === name);
  return (vector) => {
    if (name === undefined || group.ivSize !== 96) return { skipped: 'sizes of key, nonce or tag that TLS does not use' };
    if (aead === undefined) return { skipped: `no ${name} in this provider` };
    const key = aead.create(fromHex(vector.key));
    const [nonce, additionalData, plaintext] = [fromHex(vector.iv), fromHex(vector.aad), fromHex(vector.msg)];
    const record = concat(fromHex(vector.ct), fromHex(vector.tag));
    const opened = key.open(nonce, additionalData, record);
    if (opened === undefined) return 'refused';
    const out: Uint8Array[] = [];
    key.seal(nonce, additionalData, [plaintext], out);
    // Both directions: what opens has to be sealed to the same bytes.
    expect(toHex(concat(...out))).toBe(toHex(record));
    expect(toHex(opened)).toBe(vector.msg);
    return 'accepted';
  };
}

function judgeKeyExchange(provider: CryptoProvider, _: Group, file: string): (vector: Vector) => Outcome {
  const name = file.replace(/^ecdh_|_ecpoint$/g, '');
  const group = provider.groups.find((candidate) => candidate.name === name);
  return (vector) => {
    if (group === undefined) return { skipped: `no ${name} in this provider` };
    // Scalars are written as integers, with a leading zero or without leading zeros.
    const scalar = (size: number) => fromHex(vector.private.padStart(2 * size, '0').slice(-2 * size));
    const exchange = group.start(scalar) as { finish(peerShare: Uint8Array): Uint8Array };
    try {
      return toHex(exchange.finish(fromHex(vector.public))) === vector.shared ? 'accepted' : 'refused';
    } catch (error) {
      expect(error).toMatchObject({ reason: 'key_share_invalid' });
      return 'refused';
    }
  };
}

const HASHES: { readonly [name: string]: HashName } = {
  'SHA-1': 'sha1',
  'SHA-224': 'sha224',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function signatureAlgorithm(file: string, group: Group): SignatureAlgorithm | undefined {
  if (file === 'ed25519' || file === 'ed448') return { kind: file };
  const hash = HASHES[group.sha];
  if (hash === undefined) return undefined;
  if (file.startsWith('ecdsa')) return { kind: 'ecdsa', hash };
  if (file.startsWith('dsa')) return { kind: 'dsa', hash };
  if (file.startsWith('rsa_signature')) return { kind: 'rsa-pkcs1', hash };
  const mgfHash = HASHES[group.mgfSha];
  return mgfHash && { kind: 'rsa-pss', hash, mgfHash, saltLength: group.sLen };
}

function judgeSignature(provider: CryptoProvider, group: Group, file: string): (vector: Vector) => Outcome {
  const algorithm = signatureAlgorithm(file, group);
  if (algorithm === undefined) return () => ({ skipped: 'a hash that TLS does not use' });
  const unsupported = unsupportedReason(provider, algorithm, file);
  if (unsupported !== undefined) return () => ({ skipped: unsupported });
  const key = provider.keys.importPublicKey(fromHex(group.publicKeyDer)) as {
    verify(algorithm: SignatureAlgorithm, message: Uint8Array, signature: Uint8Array): boolean;
  };
  return (vector) => (key.verify(algorithm, fromHex(vector.msg), fromHex(vector.sig)) ? 'accepted' : 'refused');
}

function unsupportedReason(provider: CryptoProvider, algorithm: SignatureAlgorithm, file: string): string | undefined {
  if (provider.name === 'portable') {
    if (file === 'ed448' || file.includes('secp521r1') || file.startsWith('dsa')) return 'no keys of this kind in this provider';
    const hashes = 'hash' in algorithm ? [algorithm.hash, 'mgfHash' in algorithm ? algorithm.mgfHash : algorithm.hash] : [];
    if (hashes.includes('sha224')) return 'no SHA-224 in this provider';
  }
  return undefined;
}
