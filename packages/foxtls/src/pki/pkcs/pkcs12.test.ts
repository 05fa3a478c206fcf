import { createHmac, pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../test/tiers.ts';
import { isConstructed, readElement, TAG, writeElement } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { decodeDer, encodeDer } from '../../core/asn1/schema.ts';
import { nullValue, objectIdentifier, octetString, smallInteger } from '../../core/asn1/types.ts';
import { concat, copyOf, fromHex, utf8 } from '../../core/bytes/bytes.ts';
import { ApiMisuse, CryptoFailure, DecodeError, LimitExceeded, TlsError } from '../../core/errors/errors.ts';
import { runSync } from '../../core/flow/flow.ts';
import { nodeProvider } from '../../crypto/node/provider.ts';
import { portablePkcsProvider } from '../../crypto/portable/pkcs-provider.ts';
import { createCertificateAuthoritySync, createCertificateSync } from '../x509/create-certificate.ts';
import { type CreatePkcs12Options, createPkcs12, createPkcs12Sync } from './create-pkcs12.ts';
import { mutations } from './mutations.fixture.ts';
import { PasswordWork, passwordForms, synchronously } from './password.ts';
import { sealWithScheme } from './password-scheme.ts';
import { newPbes2 } from './pbes2.ts';
import type { Pkcs12Key } from './pkcs12.ts';
import { makeMac } from './pkcs12-mac.ts';
import { authenticatedSafe, encryptedData, type MacData, pfx, type SafeBag, safeContents, typedBag } from './pkcs12-types.ts';
import { readPkcs12, readPkcs12Sync } from './read-pkcs12.ts';

const provider = nodeProvider;
const password = 'geheim';
const options = { provider, password };

const validFrom = new Date('2026-01-01');
const validTo = new Date('2027-01-01');
const root = createCertificateAuthoritySync({ provider, subject: { commonName: 'Root' }, validFrom, validTo });
const below = createCertificateAuthoritySync({ provider, subject: { commonName: 'CA' }, issuer: root, validFrom, validTo });
const leaf = createCertificateSync({ provider, issuer: below, dnsNames: ['leaf.example'], validFrom, validTo });
const other = createCertificateSync({ provider, issuer: root, dnsNames: ['other.example'], validFrom, validTo });

const leafKey: Pkcs12Key = { pkcs8: leaf.key.exportPkcs8(), certificate: leaf.certificate };
const otherKey: Pkcs12Key = { pkcs8: other.key.exportPkcs8(), certificate: other.certificate };

const wrongPassword = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_WRONG' });
const unsupported = expect.objectContaining({ code: 'ERR_TLS_PROTECTION_UNSUPPORTED' });

describe('createPkcs12', () => {
  it.each(['aes-256', 'aes-256-pbmac1', 'legacy-3des'] as const)('with %s is undone by readPkcs12', async (protection) => {
    const file = await createPkcs12({
      ...options,
      protection,
      iterations: 10,
      keys: [{ ...leafKey, friendlyName: 'leaf' }, otherKey],
      certificates: [below.certificate, { certificate: root.certificate, friendlyName: 'root' }, leaf.certificate],
      crls: [fromHex('3000'), { crl: fromHex('30020500'), friendlyName: 'crl' }],
    });
    const read = await readPkcs12(file, options);
    expect(read.integrity).toBe('mac');
    expect(read.keys.map(({ pkcs8 }) => pkcs8)).toEqual([leafKey.pkcs8, otherKey.pkcs8]);
    expect(read.keys.map(({ certificate }) => certificate)).toEqual([leaf.certificate, other.certificate]);
    expect(read.keys[0]?.chain).toEqual([leaf.certificate, below.certificate]);
    expect(read.keys[1]?.chain).toEqual([other.certificate]);
    const named = read.certificates.map(({ certificate, friendlyName }) => [certificate, friendlyName]);
    expect(named).toEqual([
      [leaf.certificate, 'leaf'],
      [other.certificate, undefined],
      [below.certificate, undefined],
      [root.certificate, 'root'],
    ]);
    expect(read.crls.map(({ crl, friendlyName }) => [crl, friendlyName])).toEqual([
      [fromHex('3000'), undefined],
      [fromHex('30020500'), 'crl'],
    ]);
    expect([read.secrets, read.unknown]).toEqual([[], []]);
  });

  it('keeps what it is given: names, identifiers, other attributes', () => {
    const attributes = [{ type: '1.3.6.1.4.1.311.17.1', values: [encodeDer(octetString, utf8('x'))] }];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 40 }), (friendlyName, localKeyId) => {
        const key = { ...leafKey, friendlyName, localKeyId: new Uint8Array(localKeyId), attributes };
        const [read] = readPkcs12Sync(make({ keys: [key] }), options).keys;
        expect(read).toEqual({ ...key, chain: [leaf.certificate] });
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for all providers, where they have the ciphers', async () => {
    const file = await createPkcs12({ provider: portablePkcsProvider, password, iterations: 2, keys: [leafKey] });
    expect(await readPkcs12(file, options)).toEqual(await readPkcs12(file, { ...options, provider: portablePkcsProvider }));
    const legacy = { provider: portablePkcsProvider, password, protection: 'legacy-3des', keys: [leafKey] } as const;
    await expect(createPkcs12(legacy)).rejects.toThrow(unsupported);
  });

  it('refuses iterations that cannot be, and keys that are none', () => {
    for (const iterations of [0, 1.5, 2 ** 31, Number.NaN])
      expect(() => make({ iterations, keys: [leafKey] })).toThrow(ApiMisuse);
    expect(() => make({ keys: [{ pkcs8: utf8('x') }] })).toThrow(DecodeError);
  });

  it('makes a file of nothing', () => {
    expect(readPkcs12Sync(make({}), options)).toMatchObject({ keys: [], certificates: [], integrity: 'mac' });
  });
});

describe('readPkcs12', () => {
  const file = make({ keys: [leafKey], certificates: [below.certificate] });

  it('verifies the MAC before it decrypts anything', () => {
    let decrypted = 0;
    const ciphers = provider.ciphers.map((cipher) => ({
      ...cipher,
      decrypt: (...parts: Parameters<typeof cipher.decrypt>) => {
        decrypted++;
        return cipher.decrypt(...parts);
      },
    }));
    const counting = { ...provider, ciphers };
    expect(() => readPkcs12Sync(file, { password: 'falsch', provider: counting })).toThrow(wrongPassword);
    expect(decrypted).toBe(0);
    readPkcs12Sync(file, { password, provider: counting });
    expect(decrypted).toBe(2);
  });

  it('notices every change of what the MAC covers', () => {
    const { authSafe, macData } = decodeDer(pfx, file, 'pfx');
    const content = decodeDer(octetString, authSafe.content ?? new Uint8Array(0), 'content');
    for (let at = 0; at < content.length; at += 7) {
      const changed = copyOf(content);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => readPkcs12Sync(wrap(changed, macData), options)).toThrow(wrongPassword);
    }
  });

  it('says that a password is missing when none is given', () => {
    const missing = expect.objectContaining({ code: 'ERR_TLS_PASSWORD_MISSING' });
    expect(() => readPkcs12Sync(file, { provider })).toThrow(missing);
    expect(() => readPkcs12Sync(file, { provider, password: '' })).toThrow(wrongPassword);
  });

  it.each(['', 'x', 'ü€', '🦊', utf8('ü'), new Uint8Array([0xfc])])('takes the password %o', (each) => {
    for (const protection of ['aes-256', 'legacy-3des'] as const) {
      const made = createPkcs12Sync({ provider, password: each, protection, iterations: 2, keys: [leafKey] });
      expect(readPkcs12Sync(made, { provider, password: each }).keys).toHaveLength(1);
    }
  });

  it('takes text and its UTF-8 for the same password', () => {
    expect(readPkcs12Sync(file, { provider, password: utf8(password) }).keys).toHaveLength(1);
  });

  it('reads BER with indefinite lengths and strings in pieces, on every level', () => {
    const ber = toBer(file);
    expect(ber).not.toEqual(file);
    expect(readPkcs12Sync(ber, options)).toEqual(readPkcs12Sync(file, options));
    const inner = wrapSafe([{ contentType: OID['id-data'], content: encodeDer(octetString, toBer(bagsOf(keyBag()))) }], true);
    expect(readPkcs12Sync(inner, options).keys).toHaveLength(1);
  });

  it('reads what was encrypted in pieces', () => {
    const content = sealed(bagsOf(keyBag()));
    const inPieces = copyOf(toBer(content));
    const safe = wrapSafe([{ contentType: OID['id-encryptedData'], content: inPieces }], true);
    expect(readPkcs12Sync(safe, options).keys.map(({ pkcs8 }) => pkcs8)).toEqual([leafKey.pkcs8]);
  });

  it('believes nothing without a MAC that has not its form', () => {
    const withoutMac = encodeDer(pfx, { ...decodeDer(pfx, file, 'pfx'), macData: undefined });
    expect(readPkcs12Sync(withoutMac, options)).toMatchObject({ integrity: 'none', keys: [{ pkcs8: leafKey.pkcs8 }] });
    expect(() => readPkcs12Sync(withoutMac, { provider, password: 'falsch' })).toThrow(wrongPassword);
    const nonsense = wrapSafe([{ contentType: OID['id-encryptedData'], content: sealed(utf8('no bags')) }], false);
    expect(() => readPkcs12Sync(nonsense, options)).toThrow(wrongPassword);
  });

  it('finds bags in bags, to a limit', () => {
    const nested = (depth: number): Uint8Array =>
      depth === 0 ? bagsOf(keyBag()) : bagsOf({ bagId: OID.safeContentsBag, bagValue: nested(depth - 1) });
    const read = (depth: number) =>
      readPkcs12Sync(wrapSafe([{ contentType: OID['id-data'], content: encodeDer(octetString, nested(depth)) }], true), options);
    expect(read(7).keys).toHaveLength(1);
    expect(() => read(8)).toThrow(/nest deeper than 8/);
    expect(() => read(40)).toThrow(DecodeError);
  });

  it('gives secrets, and lists what it does not know', () => {
    const file = fileOf(
      { bagId: OID.secretBag, bagValue: typed('1.2.3', '0500') },
      { bagId: OID.certBag, bagValue: typed('1.2.840.113549.1.9.22.2', '1600') },
      { bagId: OID.crlBag, bagValue: typed('1.2.4', '0500') },
      { bagId: '1.2.5', bagValue: fromHex('0500') },
    );
    const { secrets, unknown } = readPkcs12Sync(file, options);
    expect(secrets).toEqual([{ type: '1.2.3', value: fromHex('0500'), attributes: [] }]);
    expect(unknown).toEqual(['1.2.840.113549.1.9.22.2', '1.2.4', '1.2.5']);
  });

  it('matches keys and certificates by localKeyId alone, and hands out the others as they are', () => {
    const [one, two] = [utf8('1'), utf8('2')];
    const certificates = [
      { certificate: other.certificate, localKeyId: two },
      { certificate: fromHex('3000'), localKeyId: utf8('3') },
      { certificate: leaf.certificate, localKeyId: one },
    ];
    const keys = [
      { pkcs8: leafKey.pkcs8, localKeyId: one },
      { pkcs8: otherKey.pkcs8, localKeyId: two },
      { pkcs8: leafKey.pkcs8 },
      { pkcs8: leafKey.pkcs8, localKeyId: utf8('3') },
    ];
    const read = readPkcs12Sync(make({ keys, certificates }), options);
    expect(read.keys.map(({ certificate }) => certificate)).toEqual([
      leaf.certificate,
      other.certificate,
      undefined,
      fromHex('3000'),
    ]);
    expect(read.keys.map(({ chain }) => chain?.length)).toEqual([1, 1, 0, 1]);
  });

  it('reads attributes in whatever order, and names that are no BMPString', () => {
    const bagAttributes = [
      { attrId: OID.localKeyId, attrValues: [encodeDer(octetString, utf8('id'))] },
      { attrId: OID.friendlyName, attrValues: [fromHex('0c02c3bc')] },
    ];
    const bag = encodeDer(safeContents, [{ ...keyBag(), bagAttributes }]);
    const [read] = readPkcs12Sync(
      wrapSafe([{ contentType: OID['id-data'], content: encodeDer(octetString, swapLastTwo(bag)) }], true),
      options,
    ).keys;
    expect(read).toMatchObject({ friendlyName: 'ü', localKeyId: utf8('id') });
  });

  it.each([
    [
      'public-key integrity',
      encodeDer(pfx, { version: 3, authSafe: { contentType: '1.2.840.113549.1.7.2', content: fromHex('3000') } }),
    ],
    ['public-key privacy', wrapSafe([{ contentType: '1.2.840.113549.1.7.3', content: fromHex('3000') }], true)],
    ['a MAC with MD5', withMac(OID['id-md5'])],
    ['a MAC with GOST', withMac('1.2.643.7.1.1.2.2')],
  ])('refuses %s, saying that it is not supported', (_title, der) => {
    expect(() => readPkcs12Sync(der, options)).toThrow(unsupported);
    expect(() => readPkcs12Sync(der, options)).toThrow(CryptoFailure);
  });

  const bags = 'authenticated_safe[0][0]';
  it.each([
    ['another version', encodeDer(pfx, { ...decodeDer(pfx, file, 'pfx'), version: 1 }), 'pfx.version'],
    ['something else', utf8('garbage'), 'pfx'],
    ['nothing', new Uint8Array(0), 'pfx'],
    ['no content', encodeDer(pfx, { version: 3, authSafe: { contentType: OID['id-data'] } }), 'pfx.auth_safe.content'],
    ['no iterations', withMac(OID['id-sha1'], 0), 'pfx.mac_data.iterations'],
    [
      'a certificate that is no octets',
      fileOf({ bagId: OID.certBag, bagValue: typed(OID.x509Certificate, '0500') }),
      `${bags}.bag_value.value`,
    ],
    ['a key that is none', fileOf({ bagId: OID.keyBag, bagValue: fromHex('0500') }), 'private_key_info'],
    ['a shrouded key that is none', fileOf({ bagId: OID.pkcs8ShroudedKeyBag, bagValue: fromHex('0500') }), `${bags}.bag_value`],
    [
      'a localKeyId that is no octets',
      fileOf({ ...keyBag(), bagAttributes: [{ attrId: OID.localKeyId, attrValues: [fromHex('0500')] }] }),
      `${bags}.bag_attributes.local_key_id`,
    ],
    [
      'a name of half a character',
      fileOf({ ...keyBag(), bagAttributes: [{ attrId: OID.friendlyName, attrValues: [fromHex('1e0100')] }] }),
      `${bags}.bag_attributes.friendly_name`,
    ],
  ])('refuses %s by its path', (_title, der, path) => {
    expect(() => readPkcs12Sync(der, options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_DECODE', path }));
  });

  it('counts the iterations of the whole file', () => {
    const keys = Array.from({ length: 10 }, () => ({ pkcs8: leafKey.pkcs8 }));
    const many = make({ keys, iterations: 100 });
    // Ten keys and a MAC.
    expect(readPkcs12Sync(many, { ...options, limits: { maxIterations: 1100 } }).keys).toHaveLength(10);
    expect(() => readPkcs12Sync(many, { ...options, limits: { maxIterations: 1099 } })).toThrow(LimitExceeded);
  });

  it('counts the objects of the whole file', () => {
    const bags = Array.from({ length: 10 }, keyBag);
    const nested = { bagId: OID.safeContentsBag, bagValue: bagsOf(...bags) };
    // Twenty keys, the bag around ten of them, the contents.
    expect(readPkcs12Sync(fileOf(...bags, nested), { ...options, limits: { maxObjects: 22 } }).keys).toHaveLength(20);
    const refused = expect.objectContaining({ code: 'ERR_TLS_LIMIT_EXCEEDED', limit: 'maxObjects' });
    expect(() => readPkcs12Sync(fileOf(...bags, nested), { ...options, limits: { maxObjects: 21 } })).toThrow(refused);
    const many = fileOf(...Array.from({ length: 10_000 }, () => ({ bagId: '1.2.5', bagValue: fromHex('0500') })));
    expect(() => readPkcs12Sync(many, options)).toThrow(refused);
  });

  it('does not start what would take hours', async () => {
    await expect(readPkcs12(withMac(OID['id-sha512'], 0x7fffffff), options)).rejects.toThrow(LimitExceeded);
  });
});

describe('PBMAC1', () => {
  /** As RFC 9579 has it, computed by OpenSSL's PBKDF2 and HMAC. */
  function pbmac1(keyLength: number | undefined, prf: string = OID['id-hmacWithSHA512']): Uint8Array {
    const safe = encodeDer(authenticatedSafe, [
      { contentType: OID['id-data'], content: encodeDer(octetString, bagsOf(keyBag())) },
    ]);
    const key = pbkdf2Sync(password, 'saltsalt', 3, keyLength ?? 0, 'sha512');
    const digest = new Uint8Array(createHmac('sha256', key).update(safe).digest());
    const lengthField = keyLength === undefined ? new Uint8Array(0) : encodeDer(smallInteger, keyLength);
    const derivation = sequence(
      encodeDer(objectIdentifier, OID['id-PBKDF2']),
      sequence(encodeDer(octetString, utf8('saltsalt')), encodeDer(smallInteger, 3), lengthField, algorithm(prf)),
    );
    const parameters = sequence(derivation, algorithm(OID['id-hmacWithSHA256']));
    const mac = { digestAlgorithm: { algorithm: OID['id-PBMAC1'], parameters }, digest };
    return wrap(safe, { mac, macSalt: utf8('NOT USED'), iterations: 1 });
  }

  it('with another hash for the key is verified', () => {
    expect(readPkcs12Sync(pbmac1(32), options)).toMatchObject({ integrity: 'mac', keys: [{ pkcs8: leafKey.pkcs8 }] });
    expect(() => readPkcs12Sync(pbmac1(32), { provider, password: 'falsch' })).toThrow(wrongPassword);
  });

  it.each([undefined, 0, 19, 1025])('with a key of %s octets is refused', (keyLength) => {
    expect(() => readPkcs12Sync(pbmac1(keyLength), options)).toThrow(
      expect.objectContaining({ code: 'ERR_TLS_DECODE', path: expect.stringContaining('key_length') }),
    );
  });

  it('with an unknown function is refused', () => {
    expect(() => readPkcs12Sync(pbmac1(32, '1.2.3'), options)).toThrow(unsupported);
  });
});

describe('hostile files', () => {
  const limits = { maxIterations: 10_000, maxMemory: 1 << 20 };
  const whole = make({ keys: [leafKey], certificates: [below.certificate] });
  const plainFile = wrapSafe([{ contentType: OID['id-data'], content: encodeDer(octetString, bagsOf(keyBag())) }], false);

  it('make nothing but typed errors, however they are mutated', () => {
    fc.assert(
      fc.property(fc.constantFrom(whole, plainFile, toBer(whole), toBer(plainFile)), mutations(), (original, mutate) => {
        expectTypedErrors(mutate(original));
      }),
      { numRuns: rounds(2000, 200_000) },
    );
  });

  it('make nothing but typed errors when the damage is behind the MAC', () => {
    const safe = encodeDer(authenticatedSafe, [
      { contentType: OID['id-data'], content: encodeDer(octetString, bagsOf(keyBag())) },
    ]);
    fc.assert(
      fc.property(mutations(), (mutate) => expectTypedErrors(wrap(mutate(safe), undefined))),
      { numRuns: rounds(2000, 200_000) },
    );
  });

  it('make nothing but typed errors when they are random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectTypedErrors(new Uint8Array(bytes))),
      { numRuns: rounds(1000, 100_000) },
    );
  });

  function expectTypedErrors(der: Uint8Array): void {
    try {
      readPkcs12Sync(der, { ...options, limits });
    } catch (error) {
      expect(error).toBeInstanceOf(TlsError);
      expect(error).not.toBeInstanceOf(ApiMisuse);
    }
  }
});

function make(more: Partial<CreatePkcs12Options>): Uint8Array {
  return createPkcs12Sync({ ...options, iterations: 2, ...more });
}

function keyBag(): SafeBag {
  return { bagId: OID.keyBag, bagValue: leafKey.pkcs8 };
}

function bagsOf(...bags: readonly SafeBag[]): Uint8Array {
  return encodeDer(safeContents, bags);
}

/** A file of bags that are not encrypted, under a MAC. */
function fileOf(...bags: readonly SafeBag[]): Uint8Array {
  return wrapSafe([{ contentType: OID['id-data'], content: encodeDer(octetString, bagsOf(...bags)) }], true);
}

function wrapSafe(contents: Parameters<typeof authenticatedSafe.write>[0], withMacData: boolean): Uint8Array {
  const safe = encodeDer(authenticatedSafe, contents);
  const work = new PasswordWork(synchronously(provider));
  const macData = runSync(makeMac({ hash: 'sha256', iterations: 2 }, safe, passwordForms(password), work));
  return wrap(safe, withMacData ? macData : undefined);
}

function wrap(safe: Uint8Array, macData: MacData | undefined): Uint8Array {
  const authSafe = { contentType: OID['id-data'], content: encodeDer(octetString, safe) };
  return encodeDer(pfx, { version: 3, authSafe, macData });
}

/** A file whose MAC has this algorithm. */
function withMac(oid: string, iterations = 1): Uint8Array {
  const mac = { digestAlgorithm: { algorithm: oid, parameters: encodeDer(nullValue, null) }, digest: new Uint8Array(20) };
  return wrap(encodeDer(authenticatedSafe, []), { mac, macSalt: utf8('salt'), iterations });
}

/** EncryptedData of these contents. */
function sealed(contents: Uint8Array): Uint8Array {
  const { scheme, algorithm: contentEncryptionAlgorithm } = newPbes2(
    { keyDerivation: { kind: 'pbkdf2', iterations: 2 } },
    provider.random,
  );
  const work = new PasswordWork(synchronously(provider));
  const encryptedContent = runSync(sealWithScheme(scheme, contents, passwordForms(password), work));
  const encryptedContentInfo = { contentType: OID['id-data'], contentEncryptionAlgorithm, encryptedContent };
  return encodeDer(encryptedData, { version: 0, encryptedContentInfo });
}

function typed(id: string, valueHex: string): Uint8Array {
  return encodeDer(typedBag, { id, value: fromHex(valueHex) });
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return writeElement(TAG.SEQUENCE, ...parts);
}

function algorithm(oid: string): Uint8Array {
  return sequence(encodeDer(objectIdentifier, oid), encodeDer(nullValue, null));
}

/** The same in BER: lengths indefinite, strings of octets in two pieces, also behind the tag [0] that encryptedContent has. */
function toBer(der: Uint8Array): Uint8Array {
  const element = readElement(der, 'x');
  const end = new Uint8Array(2);
  if (element.tag === TAG.OCTET_STRING || element.tag === 0x80) {
    const { content } = element;
    const half = content.length >> 1;
    const pieces = [content.subarray(0, half), content.subarray(half)].map((piece) => writeElement(TAG.OCTET_STRING, piece));
    return concat(Uint8Array.of(element.tag | 0x20, 0x80), ...pieces, end);
  }
  if (!isConstructed(element.tag)) return copyOf(der);
  const children: Uint8Array[] = [];
  for (const cursor = element.children(); cursor.peek() !== undefined; ) children.push(toBer(cursor.next('x').encoded));
  return concat(Uint8Array.of(element.tag, 0x80), ...children, end);
}

/** SafeContents of one bag with two attributes, which change places. */
function swapLastTwo(contents: Uint8Array): Uint8Array {
  const bag = readElement(contents, 'x').children().next('bag');
  const parts: Uint8Array[] = [];
  for (const cursor = bag.children(); cursor.peek() !== undefined; ) parts.push(cursor.next('part').encoded);
  const attributes: Uint8Array[] = [];
  for (const cursor = readElement(parts.at(-1) as Uint8Array, 'x').children(); cursor.peek() !== undefined; ) {
    attributes.push(cursor.next('attribute').encoded);
  }
  return sequence(sequence(...parts.slice(0, -1), writeElement(TAG.SET, ...attributes.reverse())));
}
