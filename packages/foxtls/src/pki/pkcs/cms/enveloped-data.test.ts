import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../../test/tiers.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { equal, fromHex, toHex, utf8 } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import type { Decrypter, KeyEncryptionProvider, RsaDecrypter } from '../../../crypto/key-encryption.ts';
import { sha1, sha256 } from '../../../crypto/node/hash.ts';
import { aes128Wrap, aes256Wrap } from '../../../crypto/node/key-wrap.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { portablePkcsProvider } from '../../../crypto/portable/pkcs-provider.ts';
import type { ContentEncryption } from './content-encryption.ts';
import { createEnvelopedData, createEnvelopedDataSync } from './create-enveloped-data.ts';
import { createSignedDataSync } from './create-signed-data.ts';
import { type EnvelopedData, parseEnvelopedData, type RecipientInfo } from './enveloped-data.ts';
import { deriveKeyEncryptionKey } from './key-agreement.ts';
import { type RsaEncryption, readRsaEncryption, writeRsaEncryption } from './key-transport.ts';
import { openEnvelopedData, openEnvelopedDataSync } from './open-enveloped-data.ts';
import { KINDS, type Person, person } from './people.fixture.ts';

const CONTENT = utf8('what nobody else shall read');
const alice = person('Alice', KINDS.rsa, ['keyEncipherment']);
const bob = person('Bob', KINDS['P-256'], ['keyAgreement']);
const carol = person('Carol', KINDS['P-521']);
const CIPHERS: readonly ContentEncryption[] = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'aes-128-gcm', 'aes-256-gcm'];

const decrypterOf = ({ key }: Person) => provider.keyEncryption.importDecrypter(key.exportPkcs8()) as Decrypter;
const opening = (who: Person) => ({ provider, certificate: who.certificate, decrypter: decrypterOf(who) });
const sealed = (options: Partial<Parameters<typeof createEnvelopedDataSync>[0]> = {}) =>
  parseEnvelopedData(createEnvelopedDataSync({ provider, content: CONTENT, recipients: [alice], ...options }));
const refusal = (reason: string) => expect.objectContaining({ code: 'ERR_TLS_PKCS_INVALID', reason });

describe('an encrypted message', () => {
  it.each(CIPHERS)('with %s is opened by each of its recipients', async (contentEncryption) => {
    const recipients = [alice, bob, carol, { ...person('Dora', KINDS['P-384']), identifiedBy: 'subjectKeyIdentifier' as const }];
    const message = parseEnvelopedData(await createEnvelopedData({ provider, content: CONTENT, recipients, contentEncryption }));
    for (const who of [alice, bob, carol]) {
      const opened = await openEnvelopedData(message, opening(who));
      expect(opened).toEqual({
        contentType: OID['id-data'],
        content: CONTENT,
        isAuthenticated: contentEncryption.endsWith('gcm'),
      });
    }
  });

  const paddings: readonly RsaEncryption[] = [
    { kind: 'rsa-pkcs1' },
    { kind: 'rsa-oaep', hash: 'sha1', mgfHash: 'sha1' },
    { kind: 'rsa-oaep', hash: 'sha256', mgfHash: 'sha1' },
    { kind: 'rsa-oaep', hash: 'sha512', mgfHash: 'sha512', label: utf8('a label') },
  ];
  it.each(paddings)('is encrypted to an RSA key by %o', (rsaEncryption) => {
    for (const identifiedBy of ['issuerAndSerialNumber', 'subjectKeyIdentifier'] as const) {
      const message = sealed({ recipients: [{ ...alice, rsaEncryption, identifiedBy }] });
      expect(openEnvelopedDataSync(message, opening(alice)).content).toEqual(CONTENT);
    }
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)('is encrypted to an EC key on %s, found by both identifiers', (name) => {
    const who = person(name, KINDS[name]);
    for (const identifiedBy of ['issuerAndSerialNumber', 'subjectKeyIdentifier'] as const) {
      expect(openEnvelopedDataSync(sealed({ recipients: [{ ...who, identifiedBy }] }), opening(who)).content).toEqual(CONTENT);
    }
  });

  it.each([16, 24, 32])('is encrypted under a shared key of %i bytes', (size) => {
    const shared = { keyEncryptionKey: provider.random(size), keyIdentifier: utf8('ours') };
    for (const contentEncryption of CIPHERS) {
      const message = sealed({ recipients: [alice, shared], contentEncryption });
      expect(openEnvelopedDataSync(message, { provider, ...shared }).content).toEqual(CONTENT);
      expect(openEnvelopedDataSync(message, opening(alice)).content).toEqual(CONTENT);
      const other = { provider, ...shared, keyEncryptionKey: provider.random(size) };
      if (contentEncryption.endsWith('gcm')) {
        expect(() => openEnvelopedDataSync(message, other)).toThrow(refusal('decryption_failed'));
      }
      const unknown = { provider, ...shared, keyIdentifier: utf8('theirs') };
      expect(() => openEnvelopedDataSync(message, unknown)).toThrow(refusal('recipient_unknown'));
      const short = { provider, ...shared, keyEncryptionKey: provider.random(size - 8) };
      expect(() => openEnvelopedDataSync(message, short)).toThrow('takes a shared key of');
    }
    expect(() => sealed({ recipients: [{ ...shared, keyEncryptionKey: provider.random(17) }] })).toThrow('not 17');
  });

  it('has contents of any length, and of any type', () => {
    for (const contentEncryption of CIPHERS) {
      for (const size of [0, 1, 15, 16, 17, 100_000]) {
        const content = provider.random(size);
        const message = sealed({ content, contentEncryption, recipients: [bob] });
        expect(equal(openEnvelopedDataSync(message, opening(bob)).content, content)).toBe(true);
      }
      const inner = createSignedDataSync({ provider, content: CONTENT, signers: [person('Eve', KINDS['P-256'])] });
      const message = sealed({ content: inner, contentType: OID['id-signedData'], contentEncryption });
      expect(openEnvelopedDataSync(message, opening(alice)).contentType).toBe(OID['id-signedData']);
    }
  });

  it('goes from one provider to the other', () => {
    const portable = portablePkcsProvider;
    const message = createEnvelopedDataSync({ provider: portable, content: CONTENT, recipients: [alice, bob] });
    expect(openEnvelopedDataSync(parseEnvelopedData(message), opening(alice)).content).toEqual(CONTENT);
    const decrypter = portable.keyEncryption.importDecrypter(bob.key.exportPkcs8()) as Decrypter;
    const opened = openEnvelopedDataSync(sealed({ recipients: [bob], contentEncryption: 'aes-192-cbc' }), {
      provider: portable,
      certificate: bob.certificate,
      decrypter,
    });
    expect(opened.content).toEqual(CONTENT);
  });

  it('is not made for nobody, and for no certificate that cannot, or is not to, be encrypted to', () => {
    const invalid = expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' });
    expect(() => sealed({ recipients: [] })).toThrow(invalid);
    expect(() => sealed({ recipients: [person('Ed', KINDS.Ed25519)] })).toThrow(invalid);
    expect(() => sealed({ recipients: [person('Rita', KINDS.rsa, ['digitalSignature'])] })).toThrow('lacks keyEncipherment');
    expect(() => sealed({ recipients: [person('Erik', KINDS['P-256'], ['digitalSignature'])] })).toThrow('lacks keyAgreement');
  });
});

describe('openEnvelopedData', () => {
  it('refuses a message that is for others, and a key of another kind', () => {
    expect(() => openEnvelopedDataSync(sealed(), opening(bob))).toThrow(refusal('recipient_unknown'));
    expect(() => openEnvelopedDataSync(sealed(), { ...opening(alice), decrypter: decrypterOf(bob) })).toThrow('RSA key');
    const forBob = sealed({ recipients: [bob] });
    expect(() => openEnvelopedDataSync(forBob, { ...opening(bob), decrypter: decrypterOf(alice) })).toThrow('EC key');
  });

  it('says the same of every message that does not open: another key, changed keys, changed content', () => {
    // In CBC mode a wrong key gives a right padding once in 256 times: these draws do not.
    let draws = 0;
    const random = (length: number) => new Uint8Array(length).map((_, i) => (i * 31 + draws++ * 7 + 1) & 0xff);
    const replayed = { ...provider, random };
    const failures = new Set<string>();
    const fail = (message: EnvelopedData, who: Person) => {
      try {
        openEnvelopedDataSync(message, { ...opening(who), provider: replayed });
        expect.unreachable('it opened');
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_TLS_PKCS_INVALID', reason: 'decryption_failed' });
        expect((error as Error).cause).toBeUndefined();
        failures.add((error as Error).message);
      }
    };
    const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
    for (const contentEncryption of ['aes-256-cbc', 'aes-256-gcm'] as const) {
      for (const rsaEncryption of [{ kind: 'rsa-pkcs1' }, { kind: 'rsa-oaep', hash: 'sha256', mgfHash: 'sha256' }] as const) {
        const message = sealed({ provider: replayed, recipients: [{ ...alice, rsaEncryption }], contentEncryption });
        fail(
          withKey(message, (key) => flip(key, 255)),
          alice,
        );
        fail(
          withKey(message, (key) => key.subarray(1)),
          alice,
        );
        fail(
          withKey(message, () => new Uint8Array(256)),
          alice,
        );
        fail({ ...message, encryptedContent: (message.encryptedContent as Uint8Array).subarray(1) }, alice);
        fail({ ...message, encryptedContent: new Uint8Array(0) }, alice);
        // In CBC mode a changed last byte of the next to last block is a wrong padding.
        const { encryptedContent = CONTENT } = message;
        fail({ ...message, encryptedContent: flip(encryptedContent, encryptedContent.length - 17) }, alice);
      }
      const message = sealed({ provider: replayed, recipients: [bob], contentEncryption });
      fail(
        withKey(message, (key) => flip(key, 3)),
        bob,
      );
      fail(
        withKey(message, (key) => key.subarray(8)),
        bob,
      );
      fail(
        withPoint(message, (point) => flip(point, 64)),
        bob,
      );
    }
    expect([...failures]).toEqual(['the message could not be decrypted']);
  });

  it('authenticates the content, its type and its tag with AES-GCM', () => {
    const message = sealed({ contentType: OID['id-signedData'] });
    const { authentication } = message;
    if (authentication === undefined) return expect.unreachable();
    const mac = authentication.mac.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    for (const changed of [{ mac }, { additionalData: new Uint8Array(0) }, { additionalData: fromHex('3100') }]) {
      const forged = { ...message, authentication: { ...authentication, ...changed } };
      expect(() => openEnvelopedDataSync(forged, opening(alice))).toThrow(refusal('decryption_failed'));
    }
    expect(() => openEnvelopedDataSync({ ...message, authentication: undefined }, opening(alice))).toThrow(
      refusal('algorithm_unsupported'),
    );
  });

  it('waits for a decrypter, and for a provider, that lives elsewhere', async () => {
    const local = decrypterOf(alice) as RsaDecrypter;
    const decrypter: RsaDecrypter = {
      type: local.type,
      decryptPkcs1: async (ciphertext, substitute) => local.decryptPkcs1(ciphertext, substitute),
      decryptOaep: async (ciphertext, parameters) => local.decryptOaep(ciphertext, parameters),
    };
    const { encryptOaep } = provider.keyEncryption;
    const keyEncryption: KeyEncryptionProvider = {
      ...provider.keyEncryption,
      encryptOaep: async (...parameters) => encryptOaep(...parameters),
    };
    const options = { provider: { ...provider, keyEncryption }, content: CONTENT, recipients: [alice] };
    const message = parseEnvelopedData(await createEnvelopedData(options));
    expect((await openEnvelopedData(message, { ...opening(alice), decrypter })).content).toEqual(CONTENT);
    const waits = expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' });
    expect(() => openEnvelopedDataSync(message, { ...opening(alice), decrypter })).toThrow(waits);
    expect(() => createEnvelopedDataSync(options)).toThrow(waits);
  });

  it('takes a content that is detached', () => {
    const { encryptedContent = CONTENT, ...rest } = sealed();
    const detached = { ...rest, encryptedContent: undefined };
    expect(openEnvelopedDataSync(detached, { ...opening(alice), encryptedContent }).content).toEqual(CONTENT);
    expect(() => openEnvelopedDataSync(detached, opening(alice))).toThrow(refusal('content_missing'));
  });

  it('refuses algorithms that nobody here knows', () => {
    const message = sealed();
    const open = (changed: EnvelopedData) => () => openEnvelopedDataSync(changed, opening(alice));
    expect(open({ ...message, contentEncryptionAlgorithm: { algorithm: '1.2.3' } })).toThrow(refusal('algorithm_unsupported'));
    const parameters = fromHex('3012040c000000000000000000000000020110');
    const short = { algorithm: OID['id-aes256-GCM'], parameters: fromHex('300e040c000000000000000000000000') };
    expect(open({ ...message, contentEncryptionAlgorithm: short })).toThrow(refusal('algorithm_unsupported'));
    expect(open({ ...message, contentEncryptionAlgorithm: { algorithm: OID['id-aes256-GCM'], parameters } })).toThrow(
      DecodeError,
    );
    const [info] = message.recipientInfos;
    if (info?.kind !== 'ktri') return expect.unreachable();
    const unknown: RecipientInfo = { kind: 'ktri', value: { ...info.value, keyEncryptionAlgorithm: { algorithm: '1.2.3' } } };
    expect(open({ ...message, recipientInfos: [unknown] })).toThrow(refusal('algorithm_unsupported'));
    const others: RecipientInfo = { kind: 'pwri', value: fromHex('a3020500') };
    expect(openEnvelopedDataSync({ ...message, recipientInfos: [others, info] }, opening(alice)).content).toEqual(CONTENT);
  });

  it('throws nothing but typed errors, whatever bytes are changed, and never opens to another content with AES-GCM', () => {
    const whole = createEnvelopedDataSync({ provider, content: CONTENT, recipients: [bob] });
    const change = tuple(integer({ min: 0, max: whole.length - 1 }), integer({ min: 1, max: 255 }));
    assert(
      property(change, change, ([at, by], [at2, by2]) => {
        const changed = whole.slice();
        changed[at] = (changed[at] as number) ^ by;
        changed[at2] = (changed[at2] as number) ^ by2;
        try {
          expect(openEnvelopedDataSync(parseEnvelopedData(changed), opening(bob)).content).toEqual(CONTENT);
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_TLS_(DECODE|PKCS_INVALID)$/);
        }
      }),
      { numRuns: rounds(500, 50_000), seed: 4 },
    );
    for (let size = 0; size < whole.length; size += 3) {
      expect(() => parseEnvelopedData(whole.subarray(0, size))).toThrow(DecodeError);
    }
  });
});

describe('the algorithms of recipients', () => {
  it('leave out the defaults of OAEP, and read them written out', () => {
    const sha1Everywhere: RsaEncryption = { kind: 'rsa-oaep', hash: 'sha1', mgfHash: 'sha1', label: new Uint8Array(0) };
    expect(toHex(writeRsaEncryption(sha1Everywhere).parameters ?? CONTENT)).toBe('3000');
    const spelledOut = fromHex(
      `3038 a00b 3009 06052b0e03021a0500 a118 3016 06092a864886f70d010108 3009 06052b0e03021a0500 a20f 300d 06092a864886f70d0101090400`.replaceAll(
        ' ',
        '',
      ),
    );
    expect(readRsaEncryption({ algorithm: OID['id-RSAES-OAEP'], parameters: spelledOut })).toEqual(sha1Everywhere);
    expect(readRsaEncryption({ algorithm: OID['id-RSAES-OAEP'] })).toEqual(sha1Everywhere);
  });

  it('derive keys by X9.63 from the secret, the wrap and the user keying material', () => {
    const secret = fromHex('00'.repeat(32));
    // SHA-256(secret || 00000001 || 3015 300b 0609 608648016503040105 a206 0404 00000080)
    const info = fromHex('3015300b0609608648016503040105a206040400000080');
    const expected = sha256.digest(new Uint8Array([...secret, 0, 0, 0, 1, ...info])).slice(0, 16);
    expect(deriveKeyEncryptionKey({ hash: sha256, keyWrap: aes128Wrap }, secret, undefined)).toEqual(expected);
    const long = deriveKeyEncryptionKey({ hash: sha1, keyWrap: aes256Wrap }, secret, fromHex('aa'));
    expect(long.length).toBe(32);
    expect(long).not.toEqual(deriveKeyEncryptionKey({ hash: sha1, keyWrap: aes256Wrap }, secret, fromHex('ab')));
  });
});

function withKey(message: EnvelopedData, change: (key: Uint8Array) => Uint8Array): EnvelopedData {
  const [info] = message.recipientInfos;
  if (info?.kind === 'ktri') {
    const value = { ...info.value, encryptedKey: change(info.value.encryptedKey) };
    return { ...message, recipientInfos: [{ kind: 'ktri', value }] };
  }
  if (info?.kind !== 'kari') throw new Error('no such recipient');
  const recipientEncryptedKeys = info.value.recipientEncryptedKeys.map((key) => ({
    ...key,
    encryptedKey: change(key.encryptedKey),
  }));
  return { ...message, recipientInfos: [{ kind: 'kari', value: { ...info.value, recipientEncryptedKeys } }] };
}

function withPoint(message: EnvelopedData, change: (point: Uint8Array) => Uint8Array): EnvelopedData {
  const [info] = message.recipientInfos;
  if (info?.kind !== 'kari' || info.value.originator.kind !== 'originatorKey') throw new Error('no such recipient');
  const { value } = info.value.originator;
  const originator = { kind: 'originatorKey' as const, value: { ...value, publicKey: change(value.publicKey) } };
  return { ...message, recipientInfos: [{ kind: 'kari', value: { ...info.value, originator } }] };
}
