/**
 * ROBOT (Return Of Bleichenbacher's Oracle Threat, 2017): a server that decrypts by RSA must not show whether it could (RFC 5246 §7.4.7.1).
 *
 * Whatever is in EncryptedPreMasterSecret, the server takes the same steps, asks for as many random bytes, and answers with the same bytes
 * as it does to a premaster secret that is only another one. Time is not asserted.
 */

import { constants, publicEncrypt } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { formatPem } from '../../src/core/asn1/pem.ts';
import { concat, toHex } from '../../src/core/bytes/bytes.ts';
import type { RsaDecrypter } from '../../src/crypto/key-encryption.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { legacyCipherSuites } from '../../src/legacy.ts';
import type { X509Credential } from '../../src/protocol/handshake/credential.ts';
import type { Tls12CipherSuiteParts } from '../../src/protocol/handshake/tls12/cipher-suites.ts';
import { startEnds } from '../matrix/ends.ts';
import { createLegacyWorld, type LegacyWorld, optionsFor } from '../matrix/legacy-world.ts';
import { changeMessages, replace } from './flight.ts';

let world: LegacyWorld;
beforeAll(() => {
  world = createLegacyWorld();
}, 60_000);

const SIZE = 256;
const random = (length: number) => new Uint8Array(length).fill(0xa5);

/** What the client encrypts, given the premaster secret: all 256 bytes of it. */
type Encoding = (secret: Uint8Array) => Uint8Array;
const encoded = (secret: Uint8Array, head = [0, 2], separator = 0) =>
  concat(Uint8Array.from(head), random(SIZE - secret.length - 3), Uint8Array.of(separator), secret);
const changedAt =
  (at: number, value: number): Encoding =>
  (secret) => {
    const block = encoded(secret);
    block[at] = value;
    return block;
  };

/** Who attacks does not know the secret that is in a message of others. */
const another = (secret: Uint8Array, ...version: number[]) => secret.map((byte, i) => version[i] ?? byte ^ 0xff);

const WRONG: Readonly<Record<string, Encoding>> = {
  'another secret, rightly encrypted': (secret) => encoded(another(secret, 3, 3)),
  'a first byte that is not 0': changedAt(0, 1),
  'a block type that is not 2': changedAt(1, 1),
  'a zero at the beginning of the padding': changedAt(2, 0),
  'a zero in the padding': changedAt(100, 0),
  'no zero behind the padding': (secret) => encoded(secret, [0, 2], 0xa5),
  'a secret of 47 bytes': (secret) => encoded(secret.subarray(1)),
  'a secret of 49 bytes': (secret) => encoded(concat(secret, Uint8Array.of(1))),
  'an empty secret': () => encoded(new Uint8Array(0)),
  'another secret with the version of TLS 1.0': (secret) => encoded(another(secret, 3, 1)),
  'another secret with the version of SSL 2': (secret) => encoded(another(secret, 2, 0)),
  'nothing but zeros': () => new Uint8Array(SIZE),
  'nothing but padding': () => concat(Uint8Array.of(0, 2), random(SIZE - 2)),
};

/** Ciphertexts that come of no encryption. */
const CIPHERTEXTS: Readonly<Record<string, Uint8Array>> = {
  'a ciphertext of zeros': new Uint8Array(SIZE),
  'a ciphertext above the modulus': new Uint8Array(SIZE).fill(0xff),
  'a ciphertext that is too short': new Uint8Array(SIZE - 1).fill(0x11),
  'a ciphertext that is too long': new Uint8Array(SIZE + 1).fill(0x11),
  'an empty ciphertext': new Uint8Array(0),
};

const suiteNamed = (name: string) => legacyCipherSuites.find((suite) => suite.name === name) as Tls12CipherSuiteParts;

interface Seen {
  readonly answer: string;
  readonly error: string;
  readonly randomBytes: readonly number[];
  readonly decryptions: number;
}

/** What can be seen of a server that gets this ClientKeyExchange. */
function attack(
  suite: Tls12CipherSuiteParts,
  encrypt: (spki: Uint8Array, secret: Uint8Array) => Uint8Array,
  edit = sameBody,
): Seen {
  const options = optionsFor(world, suite);
  const { keyEncryption } = nodeProvider;
  if (keyEncryption === undefined) throw new Error('node has keyEncryption');
  const client = defineClientConfig({
    ...options.client,
    provider: { ...nodeProvider, keyEncryption: { ...keyEncryption, encryptPkcs1: encrypt } },
  });
  const randomBytes: number[] = [];
  const counting = (length: number) => {
    randomBytes.push(length);
    return nodeProvider.random(length);
  };
  let decryptions = 0;
  const ours = world.server.rsa.decrypter as RsaDecrypter;
  const decrypter: RsaDecrypter = {
    ...ours,
    type: ours.type,
    decryptPkcs1(ciphertext, substitute) {
      decryptions++;
      return ours.decryptPkcs1(ciphertext, substitute);
    },
  };
  const credential: X509Credential = { ...world.server.rsa, decrypter };
  const server = defineServerConfig({
    ...options.server,
    provider: { ...nodeProvider, random: counting },
    credentials: [credential],
  });
  const ends = startEnds(client, server);
  ends.server.receive(concat(...ends.client.takeOutput()));
  ends.client.receive(concat(...ends.server.takeOutput()));
  ends.server.receive(changeMessages(concat(...ends.client.takeOutput()), replace('client_key_exchange', edit)));
  const answer = toHex(concat(...ends.server.takeOutput()));
  return { answer, error: String(ends.serverSide.error), randomBytes, decryptions };
}

const sameBody = (body: Uint8Array) => body;

function raw(spki: Uint8Array, block: Uint8Array): Uint8Array {
  return Uint8Array.from(publicEncrypt({ key: formatPem('PUBLIC KEY', spki), padding: constants.RSA_NO_PADDING }, block));
}

describe.each([
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_NULL_SHA',
  'TLS_RSA_PSK_WITH_AES_128_GCM_SHA256',
])('ROBOT / Bleichenbacher: %s', (name) => {
  const suite = suiteNamed(name);
  const expected = () =>
    attack(suite, (spki, secret) => raw(spki, (WRONG['another secret, rightly encrypted'] as Encoding)(secret)));

  it('answers a wrong secret by the alert of a wrong Finished', () => {
    // alert, TLS 1.2, two bytes: fatal, bad_record_mac: the first record under the keys does not open.
    expect(expected()).toMatchObject({ answer: '15030300020214', decryptions: 1 });
  });

  it.each(Object.entries(WRONG))('shows no difference for %s', (_what, encoding) => {
    expect(attack(suite, (spki, secret) => raw(spki, encoding(secret)))).toEqual(expected());
  });

  it.each(Object.entries(CIPHERTEXTS))('shows no difference for %s', (_what, ciphertext) => {
    expect(attack(suite, () => ciphertext)).toEqual(expected());
  });

  it.each([
    ['a length that is too long', (body: Uint8Array) => body.map((byte, i) => (i === body.length - SIZE - 1 ? byte + 1 : byte))],
    ['no length', (body: Uint8Array) => body.slice(0, -SIZE - 2)],
    ['something behind it', (body: Uint8Array) => concat(body, Uint8Array.of(0))],
  ])('decrypts nothing that has %s', (_what, edit) => {
    const seen = attack(suite, (spki, secret) => raw(spki, encoded(secret)), edit);
    // fatal, decode_error: everybody could see that.
    expect(seen).toMatchObject({ answer: '15030300020232', decryptions: 0 });
  });
});

it('takes what is right, so that these tests can fail', () => {
  const seen = attack(suiteNamed('TLS_RSA_WITH_AES_128_GCM_SHA256'), (spki, secret) => raw(spki, encoded(secret)));
  expect(seen).toMatchObject({ error: 'undefined', decryptions: 1 });
});
