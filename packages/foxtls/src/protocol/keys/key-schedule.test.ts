import { describe, expect, it } from 'vitest';
import { describeWithVectors, readJsonVectors } from '../../../test/vectors.ts';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import type { HashName } from '../../crypto/hash.ts';
import { hashNamed, providers } from '../../crypto/providers.fixture.ts';
import { deriveSecret, expandLabel, type LabelledHash } from './hkdf.ts';
import { EarlySecret, exportKeyingMaterial, handshakeSecretWithoutPsk, nextTrafficSecret } from './key-schedule.ts';

// ---- ACVP "TLS-v1.3 KDF RFC8446": the messages are random strings, the secrets are what is asked for ----

interface Question {
  readonly tcId: number;
  readonly psk?: string;
  readonly dhe?: string;
  readonly helloClientRandom: string;
  readonly helloServerRandom: string;
  readonly finishedServerRandom: string;
  readonly finishedClientRandom: string;
}
interface Answer {
  readonly tcId: number;
  readonly [secret: string]: string | number;
}
interface Group<T> {
  readonly tgId: number;
  readonly hmacAlg: 'SHA2-256' | 'SHA2-384';
  readonly runningMode: 'DHE' | 'PSK' | 'PSK-DHE';
  readonly tests: readonly T[];
}
/** Behind a header that says where the set comes from. */
type Sets<T> = readonly [unknown, { readonly testGroups: readonly Group<T>[] }];

const HASHES = { 'SHA2-256': 'sha256', 'SHA2-384': 'sha384' } as const satisfies Record<string, HashName>;

/** What the schedule makes of a question, under ACVP's names. */
function derivedSecrets(labelled: LabelledHash, question: Question): Answer {
  const transcript = (...messages: string[]) => labelled.hash.digest(concat(...messages.map((message) => fromHex(message))));
  const { helloClientRandom, helloServerRandom, finishedServerRandom, finishedClientRandom } = question;
  const clientHello = transcript(helloClientRandom);
  const serverHello = transcript(helloClientRandom, helloServerRandom);
  const serverFinished = transcript(helloClientRandom, helloServerRandom, finishedServerRandom);
  const clientFinished = transcript(helloClientRandom, helloServerRandom, finishedServerRandom, finishedClientRandom);
  const early = new EarlySecret(labelled, question.psk === undefined ? undefined : fromHex(question.psk));
  const handshake = early.handshakeSecret(question.dhe === undefined ? undefined : fromHex(question.dhe));
  const main = handshake.mainSecret();
  return {
    tcId: question.tcId,
    clientEarlyTrafficSecret: toHex(early.clientEarlyTraffic(clientHello)),
    earlyExporterMasterSecret: toHex(early.earlyExporter(clientHello)),
    clientHandshakeTrafficSecret: toHex(handshake.clientTraffic(serverHello)),
    serverHandshakeTrafficSecret: toHex(handshake.serverTraffic(serverHello)),
    clientApplicationTrafficSecret: toHex(main.clientTraffic(serverFinished)),
    serverApplicationTrafficSecret: toHex(main.serverTraffic(serverFinished)),
    exporterMasterSecret: toHex(main.exporter(serverFinished)),
    resumptionMasterSecret: toHex(main.resumption(clientFinished)),
  };
}

describeWithVectors('the key schedule of TLS 1.3 meets ACVP', 'acvp/TLS13.vectors.json', (path) => {
  const questions = readJsonVectors<Sets<Question>>(path)[1].testGroups;
  const answers = readJsonVectors<Sets<Answer>>(path.replace('vectors.json', 'expected.json'))[1].testGroups;
  const answersOf = (tgId: number) => answers.find((group) => group.tgId === tgId)?.tests;
  const cases = questions.flatMap((group) => providers.map((provider) => ({ ...group, provider, name: provider.name })));

  it('has groups of each mode and each hash', () => {
    const kinds = questions.map(({ runningMode, hmacAlg }) => `${runningMode} ${hmacAlg}`);
    expect(new Set(kinds)).toEqual(
      new Set(['DHE', 'PSK', 'PSK-DHE'].flatMap((mode) => [`${mode} SHA2-256`, `${mode} SHA2-384`])),
    );
  });

  it.each(cases)('group $tgId: $runningMode with $hmacAlg ($name provider)', ({ tgId, hmacAlg, tests, provider }) => {
    const labelled = { hash: hashNamed(provider, HASHES[hmacAlg]), labelPrefix: 'tls13 ' } as const;
    expect(tests.length).toBeGreaterThan(0);
    expect(tests.map((question) => derivedSecrets(labelled, question))).toEqual(answersOf(tgId));
  });
});

describe('the key schedule', () => {
  const labelled = { hash: hashNamed(providers[0] as (typeof providers)[0], 'sha256'), labelPrefix: 'tls13 ' } as const;
  const secret = new Uint8Array(32).fill(7);

  it('gives external PSKs and PSKs of resumptions different binder keys', () => {
    const early = new EarlySecret(labelled, secret);
    expect(toHex(early.binderKey('external'))).not.toBe(toHex(early.binderKey('resumption')));
  });

  it('takes a missing PSK as zeros', () => {
    const missing = new EarlySecret(labelled, undefined).binderKey('external');
    expect(toHex(missing)).toBe(toHex(new EarlySecret(labelled, new Uint8Array(32)).binderKey('external')));
  });

  it('forgets a stage that was wiped', () => {
    const early = new EarlySecret(labelled, secret);
    const before = toHex(early.binderKey('external'));
    early.wipe();
    expect(toHex(early.binderKey('external'))).not.toBe(before);
  });

  it('has a next traffic secret that is neither the last one nor that of DTLS', () => {
    const next = toHex(nextTrafficSecret(labelled, secret));
    expect(next).not.toBe(toHex(secret));
    expect(next).not.toBe(toHex(nextTrafficSecret({ ...labelled, labelPrefix: 'dtls13' }, secret)));
  });

  it('hashes the context of an export, also an empty one', () => {
    // RFC 8446 §7.5: HKDF-Expand-Label(Derive-Secret(Secret, label, ""), "exporter", Hash(context_value), key_length)
    const { hash } = labelled;
    const derived = deriveSecret(labelled, secret, 'label', hash.digest(utf8('')));
    for (const context of ['', 'context']) {
      const expected = expandLabel(labelled, derived, 'exporter', hash.digest(utf8(context)), 40);
      expect(toHex(exportKeyingMaterial(labelled, secret, 'label', utf8(context), 40))).toBe(toHex(expected));
    }
  });

  it('exports other bytes for another label, another context and another length of the same', () => {
    const exported = (label: string, context: string, length: number) =>
      toHex(exportKeyingMaterial(labelled, secret, label, utf8(context), length));
    const seen = [exported('a', '', 32), exported('b', '', 32), exported('a', 'c', 32), exported('a', '', 31)];
    expect(new Set(seen).size).toBe(4);
    expect(seen.map((bytes) => bytes.length / 2)).toEqual([32, 32, 32, 31]);
    // The length is in the label (RFC 8446 §7.1), so that a shorter export is no prefix of a longer one.
    expect(seen[0]?.startsWith(seen[3] as string)).toBe(false);
  });

  it('exports by an empty label, as others do', () => {
    const { hash } = labelled;
    const derived = deriveSecret(labelled, secret, '', hash.digest(utf8('')));
    const expected = expandLabel(labelled, derived, 'exporter', hash.digest(utf8('')), 32);
    expect(toHex(exportKeyingMaterial(labelled, secret, '', utf8(''), 32))).toBe(toHex(expected));
  });

  it('exports by a label of any text, and refuses one that HKDF cannot carry', () => {
    const { hash } = labelled;
    const text = utf8('é');
    const derived = deriveSecret(labelled, secret, String.fromCharCode(...text), hash.digest(utf8('')));
    const expected = expandLabel(labelled, derived, 'exporter', hash.digest(utf8('')), 32);
    expect(toHex(exportKeyingMaterial(labelled, secret, 'é', utf8(''), 32))).toBe(toHex(expected));
    for (const [label, length] of [
      ['x'.repeat(250), 32],
      ['a', 0],
      ['a', 255 * hash.size + 1],
      ['a', 1.5],
    ] as const) {
      expect(() => exportKeyingMaterial(labelled, secret, label, utf8(''), length)).toThrow(
        expect.objectContaining({ code: 'ERR_TLS_OPTION_RANGE' }),
      );
    }
  });
});

describe.each(providers)('The Handshake Secret without a PSK by the $name provider', (provider) => {
  it.each(
    (['sha256', 'sha384'] as const).flatMap((name) =>
      (['tls13 ', 'dtls13'] as const).map((labelPrefix) => ({ name, labelPrefix })),
    ),
  )('is that of an Early Secret of zeros ($name, $labelPrefix)', ({ name, labelPrefix }) => {
    const hash = hashNamed(provider, name);
    const labelled = { hash, labelPrefix };
    const transcriptHash = hash.digest(utf8('hello'));
    for (const shared of [utf8('a shared secret'), undefined]) {
      const long = new EarlySecret(labelled, undefined).handshakeSecret(shared).clientTraffic(transcriptHash);
      expect(toHex(handshakeSecretWithoutPsk(labelled, shared).clientTraffic(transcriptHash))).toBe(toHex(long));
    }
  });
});
