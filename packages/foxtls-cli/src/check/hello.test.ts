import fc from 'fast-check';
import { CIPHER_SUITES, NAMED_GROUPS } from 'foxtls/messages';
import { describe, expect, it } from 'vitest';
import { createStyle } from '../command/style.ts';
import { inspectBytes } from '../inspect/inspecting.ts';
import { findProblem } from '../inspect/node.ts';
import { renderTree } from '../inspect/render.ts';
import { type Ask, listGroups, listOldGroups, listSuites } from './enumerate.ts';
import { type Answer, AnswerReader, type Version, writeOffer } from './hello.ts';
import { judgeSuites, judgeVersions } from './judge-offers.ts';
import { ALL_GROUPS, suitesFor, weaknessOf } from './strength.ts';

const VERSIONS: readonly Version[] = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'];
const offer = (version: Version) =>
  writeOffer({
    version,
    cipherSuites: suitesFor(version),
    groups: ALL_GROUPS,
    serverName: 'localhost',
    random: new Uint8Array(64).fill(7),
  });
const fromHex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
/** A ServerHello of TLS 1.2, and one that asks for another hello with TLS 1.3, each with what servers send behind it. */
const HELLO = `16 0303 002c 02 000028 0303 ${'11'.repeat(32)} 00 c02f 00 0000 16 0303 0004 0e000000`;
const RETRY = `16 0303 0058 02 000054 0303 cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 20 ${'07'.repeat(32)} 1302 00 000c 002b00020304 00330002001d 14 0303 0001 01`;

describe('an offer', () => {
  it.each(VERSIONS)('is a hello that can be read: %s', (version) => {
    const { nodes } = inspectBytes(offer(version));
    expect(findProblem(nodes)).toBeUndefined();
    const text = renderTree(nodes, { style: createStyle(false), full: false }).join('\n');
    expect(text).toMatch(/legacy_version: TLSv1/);
    expect(text.includes('supported_versions')).toBe(version === 'TLSv1.3');
    expect(text.includes('signature_algorithms')).toBe(version === 'TLSv1.3' || version === 'TLSv1.2');
  });
});

describe('an answer', () => {
  const read = (hex: string, size = 1000): Answer | undefined => {
    const reader = new AnswerReader();
    const bytes = fromHex(hex);
    let answer: Answer | undefined;
    for (let at = 0; at < bytes.length && answer === undefined; at += size) answer = reader.read(bytes.subarray(at, at + size));
    return answer;
  };

  it.each([1, 7, 1000])('is read in parts of %i bytes', (size) => {
    expect(read(HELLO, size)).toEqual({
      kind: 'hello',
      version: 'TLSv1.2',
      suite: 0xc02f,
      suiteName: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      group: undefined,
    });
    expect(read(RETRY, size)).toEqual({
      kind: 'hello',
      version: 'TLSv1.3',
      suite: 0x1302,
      suiteName: 'TLS_AES_256_GCM_SHA384',
      group: 'x25519',
    });
    expect(read('15 0303 0002 0228', size)).toEqual({ kind: 'alert', description: 'handshake_failure' });
  });

  it.each([Buffer.from('HTTP/1.1 400 Bad Request\r\n').toString('hex'), '16 0303 0004 0e000000', '17 0303 0001 00', '16 05'])(
    'is no TLS: %s',
    (hex) => {
      expect(read(hex)?.kind).toBe('not-tls');
    },
  );

  it('is waited for while it may still come', () => {
    expect(read(HELLO.replace(/\s/g, '').slice(0, 60))).toBeUndefined();
  });

  it('is read whatever bytes come, and from no more than 64 KiB', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.constantFrom(fromHex(HELLO).subarray(0, 40), fromHex('160303ffff')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const reader = new AnswerReader();
        for (const bytes of parts) reader.read(bytes);
      }),
    );
    const reader = new AnswerReader();
    let answer: Answer | undefined;
    for (let i = 0; i < 70 && answer === undefined; i++)
      answer = reader.read(i === 0 ? fromHex('16030340000200ffff') : new Uint8Array(1000));
    expect(answer?.kind).toBe('not-tls');
  });
});

/** A server of these suites and groups, in its own order. */
function serverOf(version: Version, suites: readonly string[], groups: readonly string[]): Ask {
  return async (asked) => {
    const suite = suites.find((name) => asked.cipherSuites.includes(CIPHER_SUITES[name as keyof typeof CIPHER_SUITES]));
    const group = groups.find((name) => asked.groups.includes(NAMED_GROUPS[name as keyof typeof NAMED_GROUPS]));
    if (suite === undefined || group === undefined || asked.version !== version)
      return { kind: 'alert', description: 'handshake_failure' };
    return { kind: 'hello', version, suite: CIPHER_SUITES[suite as keyof typeof CIPHER_SUITES], suiteName: suite, group };
  };
}

describe('what a server has', () => {
  it('is listed in its order', async () => {
    const suites = ['TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'];
    const ask = serverOf('TLSv1.3', suites, ['secp384r1', 'x25519']);
    expect(await listSuites('TLSv1.3', ask)).toEqual(suites);
    expect(await listGroups(ask)).toEqual(['secp384r1', 'x25519']);
    const old = serverOf('TLSv1.2', ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], ['secp256r1', 'x448']);
    expect(await listOldGroups(old)).toEqual(expect.arrayContaining(['secp256r1', 'x448']));
  });

  it('is not asked for without end of a server that chooses what was not offered, or the same again', async () => {
    let asked = 0;
    const stubborn: Ask = async () => {
      asked++;
      return { kind: 'hello', version: 'TLSv1.3', suite: 0x1301, suiteName: 'TLS_AES_128_GCM_SHA256', group: 'x25519' };
    };
    expect(await listSuites('TLSv1.3', stubborn)).toEqual(['TLS_AES_128_GCM_SHA256']);
    expect(await listGroups(stubborn)).toEqual(['x25519']);
    expect(asked).toBe(4);
  });
});

describe('versions and suites', () => {
  const hello = (version: Version): Answer => ({ kind: 'hello', version, suite: 0, suiteName: '', group: undefined });
  const refused: Answer = { kind: 'alert', description: 'protocol_version' };
  const levels = (...answers: Answer[]) =>
    judgeVersions(new Map(VERSIONS.map((version, i) => [version, answers[i] ?? refused])), undefined).map(({ level }) => level);

  it('are judged', () => {
    expect(levels(hello('TLSv1.3'), hello('TLSv1.2'))).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(levels(hello('TLSv1.3'))).toEqual(['ok', 'note', 'ok', 'ok']);
    expect(levels(refused, hello('TLSv1.2'), hello('TLSv1.1'))).toEqual(['warning', 'ok', 'warning', 'ok']);
    // A server that answers every hello with an older version does not speak the newer ones.
    expect(levels(hello('TLSv1'), hello('TLSv1'), hello('TLSv1'), hello('TLSv1'))).toEqual([
      'warning',
      'warning',
      'ok',
      'warning',
      'failure',
    ]);
    expect(levels()).toEqual(['failure']);
    expect(judgeSuites({ 'TLSv1.3': ['TLS_AES_128_GCM_SHA256'] }).map(({ level }) => level)).toEqual(['ok']);
    expect(judgeSuites({ 'TLSv1.2': ['TLS_RSA_WITH_3DES_EDE_CBC_SHA'] }).map(({ level }) => level)).toEqual([
      'note',
      'warning',
      'failure',
    ]);
  });

  it.each([
    ['TLS_AES_128_GCM_SHA256', undefined],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', undefined],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'dated'],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'weak'],
    ['TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256', 'weak'],
    ['TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA', 'weak'],
    ['TLS_RSA_WITH_RC4_128_MD5', 'broken'],
    ['TLS_DHE_RSA_WITH_DES_CBC_SHA', 'broken'],
    ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'broken'],
    ['TLS_ECDHE_RSA_WITH_NULL_SHA', 'broken'],
    ['TLS_DH_anon_WITH_AES_128_GCM_SHA256', 'broken'],
  ])('%s is %s', (suite, grade) => {
    expect(weaknessOf(suite).grade).toBe(grade);
  });
});
