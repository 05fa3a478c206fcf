import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { TlsError } from '../../core/errors/errors.ts';
import { seededChooser } from '../../core/wire/chooser.fixture.ts';
import { type Codec, encode, rest } from '../../core/wire/codec.ts';
import {
  expectMutationsHarmless,
  expectRoundTrip,
  expectTruncationsRefused,
  type Subject,
} from '../../core/wire/round-trip.fixture.ts';
import { EXTENSION_TABLE } from './extensions/table.ts';
import * as messages from './messages.ts';
import * as beforeTls12 from './tls12/before-tls12.ts';
import * as tls12 from './tls12/messages.ts';

/**
 * Prefixes of these are valid: a hello without extensions is one of an older version, verify_data is whatever there is, and bodies of
 * key exchanges are read elsewhere.
 */
const MAY_END_EARLY: readonly string[] = [
  ...['client_hello', 'server_hello', 'finished'],
  ...['server_key_exchange', 'client_key_exchange'],
];

type Kind = messages.MessageKind<string, unknown>;

const ofTls12 = Object.entries<unknown>(tls12).map(([name, kind]) => [`TLS 1.2: ${name}`, kind] as const);
const ofOlder = Object.entries<unknown>(beforeTls12).map(([name, kind]) => [`TLS 1.1: ${name}`, kind] as const);
const kinds = [...Object.entries<unknown>(messages), ...ofTls12, ...ofOlder].filter(
  (entry): entry is [string, Kind] => typeof entry[1] === 'object' && entry[1] !== null && 'codec' in entry[1],
);
const messageSubjects: readonly Subject[] = kinds.map(([name, { name: wireName, codec }]) => ({
  name,
  codec,
  mayEndEarly: MAY_END_EARLY.includes(wireName),
}));
const extensionSubjects: readonly Subject[] = Object.entries(EXTENSION_TABLE).flatMap(([context, row]) =>
  Object.entries(row as Record<string, Codec<unknown>>).map(([name, codec]) => ({
    name: `${name} in ${context}`,
    codec,
    mayEndEarly: codec === rest,
  })),
);

it('are all there', () => {
  expect(messageSubjects).toHaveLength(26);
  expect(extensionSubjects.length).toBeGreaterThan(40);
});

describe.each([...messageSubjects, ...extensionSubjects])('$name', (subject) => {
  it('is read back as it was written', () => {
    for (let seed = 1; seed <= rounds(25, 2000); seed++) expectRoundTrip(subject, seed);
  });

  it('is refused with a typed error when it is cut short anywhere', () => {
    for (let seed = 1; seed <= rounds(4, 100); seed++) expectTruncationsRefused(subject, seed);
  });

  it('is read as it stands, or refused with a typed error, when a byte is changed', () => {
    for (let seed = 1; seed <= rounds(4, 200); seed++) expectMutationsHarmless(subject, seed);
  });
});

describe('random bytes', () => {
  it.each(messageSubjects)('are read, or refused with a typed error, as $name', ({ codec, name }) => {
    for (let seed = 1; seed <= rounds(50, 5000); seed++) {
      const choose = seededChooser(seed);
      const body = Uint8Array.from({ length: choose(120) }, () => (choose(3) === 0 ? choose(256) : 0));
      const raw = { type: 0, body, bytes: body, sequence: 0 };
      try {
        messages.readMessage({ type: 0, name, codec }, raw);
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(TlsError);
      }
    }
  });
});

describe('a whole message', () => {
  it.each(kinds)('%s has its type and its length in the header', (_name, kind) => {
    const value = kind.codec.invent(seededChooser(7));
    const bytes = messages.writeMessage(kind, value);
    const body = encode(kind.codec, value);
    expect([...bytes.subarray(0, messages.HEADER_SIZE)]).toEqual([
      kind.type,
      body.length >> 16,
      (body.length >> 8) & 0xff,
      body.length & 0xff,
    ]);
    expect(bytes.subarray(messages.HEADER_SIZE)).toEqual(body);
  });
});
