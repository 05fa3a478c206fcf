import { assert, integer, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rounds } from '../../../../test/tiers.ts';
import { OID } from '../../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../../core/asn1/schema.ts';
import { utf8String } from '../../../core/asn1/strings.ts';
import { concat, fromHex, utf8 } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { portablePkcsProvider } from '../../../crypto/portable/pkcs-provider.ts';
import type { SignatureAlgorithm, Signer } from '../../../crypto/signature.ts';
import { attributes, createAttribute } from '../attributes.ts';
import { createCertificatesOnly, parseCertificatesOnly } from './certificates-only.ts';
import { formatCmsPem, parseCmsPem, writeContent } from './content-info.ts';
import { createEnvelopedDataSync } from './create-enveloped-data.ts';
import { createSignedData, createSignedDataSync } from './create-signed-data.ts';
import { ca, KINDS, type Person, person } from './people.fixture.ts';
import { parseSignedData, signedData } from './signed-data.ts';
import { verifySignedData, verifySignedDataSync } from './verify-signed-data.ts';

const CONTENT = utf8('what is signed');
const people = Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [name, person(name, kind)])) as Record<
  keyof typeof KINDS,
  Person
>;
const ec = people['P-256'];
const signed = (options: Partial<Parameters<typeof createSignedDataSync>[0]> = {}) =>
  parseSignedData(createSignedDataSync({ provider, content: CONTENT, signers: [ec], ...options }));
const refusal = (reason: string) => expect.objectContaining({ code: 'ERR_TLS_PKCS_INVALID', reason });

describe('a signed message', () => {
  const algorithms: readonly (readonly [keyof typeof KINDS, SignatureAlgorithm | undefined])[] = [
    ['rsa', undefined],
    ['rsa', { kind: 'rsa-pkcs1', hash: 'sha512' }],
    ['rsa', { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 }],
    ['rsa', { kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 20 }],
    ['P-256', undefined],
    ['P-256', { kind: 'ecdsa', hash: 'sha512' }],
    ['P-384', undefined],
    ['P-521', undefined],
    ['Ed25519', undefined],
  ];
  it.each(algorithms)(
    'by a key %s with %o is verified, inside and detached, with and without attributes',
    async (name, algorithm) => {
      for (const detached of [false, true]) {
        for (const signedAttributes of [[], false] as const) {
          const signer = { ...people[name], signedAttributes, ...(algorithm && { signatureAlgorithm: algorithm }) };
          const message = signed({ detached, signers: [signer] });
          expect(message.content).toEqual(detached ? undefined : CONTENT);
          const verified = await verifySignedData(message, detached ? { provider, content: CONTENT } : { provider });
          expect(verified.content).toEqual(CONTENT);
          expect(verified.signers.map(({ certificate }) => certificate.raw)).toEqual([people[name].certificate]);
          expect(verified.signers[0]?.signedAttributes === undefined).toBe(signedAttributes === false);
          if (algorithm !== undefined) expect(verified.signers[0]?.signatureAlgorithm).toEqual(algorithm);
          const other = utf8('what is not signed');
          const wrong = () => verifySignedDataSync({ ...message, content: other }, { provider });
          expect(wrong).toThrow(refusal(signedAttributes === false ? 'signature_invalid' : 'digest_mismatch'));
        }
      }
    },
  );

  it('has several signers, their certificates, others, and CRLs', () => {
    const signers = [people.rsa, { ...ec, identifiedBy: 'subjectKeyIdentifier' as const }, people.Ed25519];
    const crl = fromHex('3000');
    const message = signed({ signers, certificates: [ca.certificate, ec.certificate], crls: [crl] });
    const verified = verifySignedDataSync(message, { provider });
    expect(new Set(verified.signers.map(({ certificate }) => certificate.subject.toString()))).toEqual(
      new Set(['CN=rsa', 'CN=P-256', 'CN=Ed25519']),
    );
    expect(verified.certificates.length).toBe(4);
    expect(verified.crls).toEqual([crl]);
    expect(verified.refused).toEqual([]);
  });

  it('carries what signers say beside the content', () => {
    const note = createAttribute('1.2.3.4', utf8String, 'signed');
    const stamp = createAttribute('1.2.3.5', utf8String, 'unsigned');
    const signingTime = new Date('2026-06-01T12:00:00Z');
    const message = signed({ signers: [{ ...ec, signingTime, signedAttributes: [note], unsignedAttributes: [stamp] }] });
    const [signer] = verifySignedDataSync(message, { provider }).signers;
    expect(signer?.signingTime).toEqual(signingTime);
    expect(signer?.signedAttributes?.find(({ type }) => type === '1.2.3.4')).toEqual(note);
    expect(signer?.unsignedAttributes).toEqual([stamp]);
  });

  it('has a content of any type, which is then signed with attributes', () => {
    const contentType = '1.2.840.113549.1.9.16.1.4';
    expect(verifySignedDataSync(signed({ contentType }), { provider }).contentType).toBe(contentType);
    expect(() => signed({ contentType, signers: [{ ...ec, signedAttributes: false }] })).toThrow('signed with attributes');
    const message = signed({ contentType });
    expect(() => verifySignedDataSync({ ...message, contentType: OID['id-data'] }, { provider })).toThrow(
      refusal('attributes_invalid'),
    );
    const bare = signed({ signers: [{ ...ec, signedAttributes: false }] });
    expect(() => verifySignedDataSync({ ...bare, contentType }, { provider })).toThrow(refusal('attributes_invalid'));
  });

  it('is signed by a signer that lives elsewhere', async () => {
    const key: Signer = { type: ec.key.type, sign: async (algorithm, bytes) => ec.key.sign(algorithm, bytes) };
    const options = { provider, content: CONTENT, signers: [{ ...ec, key }] };
    const verified = await verifySignedData(parseSignedData(await createSignedData(options)), { provider });
    expect(verified.signers.length).toBe(1);
    expect(() => createSignedDataSync(options)).toThrow(expect.objectContaining({ code: 'ERR_TLS_ASYNC_REQUIRED' }));
  });

  it('is made and verified by the portable provider', () => {
    const message = createSignedDataSync({ provider: portablePkcsProvider, content: CONTENT, signers: [ec, people.rsa] });
    expect(verifySignedDataSync(parseSignedData(message), { provider: portablePkcsProvider }).signers.length).toBe(2);
  });

  it('is not made without a signer, by the key of another, or by Ed448', () => {
    const invalid = expect.objectContaining({ code: 'ERR_TLS_INVALID_ARGUMENT' });
    expect(() => signed({ signers: [] })).toThrow(invalid);
    expect(() => signed({ signers: [{ ...ec, key: people['P-384'].key }] })).toThrow(invalid);
    expect(() => signed({ signers: [person('Ed448', { kind: 'ed448' })] })).toThrow(invalid);
  });
});

describe('verifySignedData', () => {
  it('looks for the certificate in the message and beside it', () => {
    const message = { ...signed(), certificates: [people.rsa.certificate, fromHex('3000')] };
    expect(() => verifySignedDataSync(message, { provider })).toThrow(refusal('signer_unknown'));
    expect(verifySignedDataSync(message, { provider, certificates: [ec.certificate] }).signers.length).toBe(1);
  });

  it('refuses a message that nobody signed, or whose content is missing or doubtful', () => {
    expect(() => verifySignedDataSync({ ...signed(), signerInfos: [] }, { provider })).toThrow(refusal('signer_unknown'));
    expect(() => verifySignedDataSync(signed({ detached: true }), { provider })).toThrow(refusal('content_missing'));
    expect(() => verifySignedDataSync(signed(), { provider, content: utf8('other') })).toThrow('a content of its own');
    expect(verifySignedDataSync(signed(), { provider, content: CONTENT.slice() }).content).toEqual(CONTENT);
  });

  it('refuses a signature that is changed, and attributes that are changed', () => {
    const message = signed();
    const [info] = message.signerInfos;
    if (info?.signedAttrs === undefined) return expect.unreachable();
    const signature = info.signature.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    expect(() => verifySignedDataSync({ ...message, signerInfos: [{ ...info, signature }] }, { provider })).toThrow(
      refusal('signature_invalid'),
    );
    const time = createAttribute('1.2.3', utf8String, 'x');
    const value = [...info.signedAttrs.value, time];
    const encoded = concat(Uint8Array.of(0xa0), encodeDer(attributes, value).subarray(1));
    const added = { ...info, signedAttrs: { value, encoded } };
    expect(() => verifySignedDataSync({ ...message, signerInfos: [added] }, { provider })).toThrow(refusal('signature_invalid'));
    const empty = { ...info, signedAttrs: { value: [], encoded: fromHex('a000') } };
    expect(() => verifySignedDataSync({ ...message, signerInfos: [empty] }, { provider })).toThrow(refusal('attributes_invalid'));
  });

  it('refuses the signed attributes of a message as the content of another', () => {
    const message = signed();
    const [info] = message.signerInfos;
    if (info?.signedAttrs === undefined) return expect.unreachable();
    // The signature is right: it covers exactly these bytes.
    const content = concat(Uint8Array.of(0x31), info.signedAttrs.encoded.subarray(1));
    const forged = { ...message, content, signerInfos: [{ ...info, signedAttrs: undefined }] };
    expect(() => verifySignedDataSync(forged, { provider })).toThrow(refusal('attributes_invalid'));
  });

  it('refuses SHA-1 unless it is asked for, and MD5 that the provider has not', () => {
    const signatureAlgorithm = { kind: 'rsa-pkcs1', hash: 'sha1' } as const;
    const message = signed({ signers: [{ ...people.rsa, signatureAlgorithm }] });
    expect(() => verifySignedDataSync(message, { provider })).toThrow(refusal('algorithm_unsupported'));
    expect(verifySignedDataSync(message, { provider, hashes: ['sha1'] }).signers.length).toBe(1);
    const [info] = message.signerInfos;
    if (info === undefined) return expect.unreachable();
    const md5 = { ...message, signerInfos: [{ ...info, digestAlgorithm: { algorithm: OID['id-md5'] } }] };
    expect(() => verifySignedDataSync(md5, { provider, hashes: ['md5'] })).toThrow(refusal('algorithm_unsupported'));
  });

  it('refuses a digest that does not go with the signature, and algorithms that nobody knows', () => {
    const message = signed();
    const [info] = message.signerInfos;
    if (info === undefined) return expect.unreachable();
    const with_ = (change: object) => () =>
      verifySignedDataSync({ ...message, signerInfos: [{ ...info, ...change }] }, { provider });
    expect(with_({ digestAlgorithm: { algorithm: OID['id-sha512'] } })).toThrow(refusal('algorithm_unsupported'));
    expect(with_({ digestAlgorithm: { algorithm: '1.2.3' } })).toThrow(refusal('algorithm_unsupported'));
    expect(with_({ signatureAlgorithm: { algorithm: '1.2.3' } })).toThrow(refusal('algorithm_unsupported'));
  });

  it('refuses a certificate that is not for signing', () => {
    const encrypting = person('Encrypting', KINDS['P-256'], ['keyAgreement']);
    expect(() => verifySignedDataSync(signed({ signers: [encrypting] }), { provider })).toThrow(
      refusal('certificate_unsuitable'),
    );
    const notary = person('Notary', KINDS['P-256'], ['nonRepudiation']);
    expect(verifySignedDataSync(signed({ signers: [notary] }), { provider }).signers.length).toBe(1);
  });

  it('goes on without those who are wrong only when one is enough', () => {
    const message = signed({ signers: [ec, people.rsa] });
    const certificates = [people.rsa.certificate];
    expect(() => verifySignedDataSync({ ...message, certificates }, { provider })).toThrow(refusal('signer_unknown'));
    const { signers, refused } = verifySignedDataSync({ ...message, certificates }, { provider, signers: 'any' });
    expect(signers.map(({ certificate }) => certificate.raw)).toEqual([people.rsa.certificate]);
    expect(refused.map(({ problem }) => problem.reason)).toEqual(['signer_unknown']);
    expect(() => verifySignedDataSync({ ...message, certificates: [] }, { provider, signers: 'any' })).toThrow(
      refusal('signer_unknown'),
    );
  });

  it('refuses more signers, and more certificates, than any message has', () => {
    const message = signed();
    const [info] = message.signerInfos;
    if (info === undefined) return expect.unreachable();
    const limit = expect.objectContaining({ code: 'ERR_TLS_LIMIT_EXCEEDED' });
    expect(() => verifySignedDataSync({ ...message, signerInfos: new Array(65).fill(info) }, { provider })).toThrow(limit);
    const certificates = new Array(1001).fill(ec.certificate);
    expect(() => verifySignedDataSync({ ...message, certificates }, { provider })).toThrow(limit);
  });

  it('takes linear time for megabytes of certificates, signers and attributes that lead nowhere', () => {
    const [info] = signed().signerInfos;
    if (info === undefined) return expect.unreachable();
    const nothing = new Array<Uint8Array>(50_000).fill(fromHex('3000'));
    const attribute = { type: '1.2.3', values: nothing };
    const whole = writeContent('id-signedData', signedData, {
      version: 1,
      digestAlgorithms: new Array(20_000).fill({ algorithm: OID['id-sha256'] }),
      encapContentInfo: { eContentType: OID['id-data'], eContent: CONTENT },
      certificates: nothing,
      crls: nothing,
      signerInfos: new Array(60).fill({ ...info, signedAttrs: undefined, unsignedAttrs: [attribute] }),
    });
    const message = parseSignedData(whole);
    expect(() => verifySignedDataSync(message, { provider })).toThrow('at most are read');
  });
});

describe('parseSignedData', () => {
  it('names the field that is malformed, and the kind of another message', () => {
    expect(() => parseSignedData(fromHex('3080'))).toThrow(DecodeError);
    const envelope = createEnvelopedDataSync({ provider, content: CONTENT, recipients: [people.rsa] });
    expect(() => parseSignedData(envelope)).toThrow(
      'content_info.content_type: id-signedData is expected, id-ct-authEnvelopedData is there',
    );
    expect(() => parseSignedData(fromHex('3010 06092a864886f70d010702 a003 020101'.replaceAll(' ', '')))).toThrow(
      expect.objectContaining({ path: 'signed_data' }),
    );
  });

  it('throws nothing but typed errors, and verifies nothing, whatever bytes of the signed part are changed', () => {
    const whole = createSignedDataSync({ provider, content: CONTENT, signers: [{ ...ec, signingTime: new Date(0) }] });
    const { content = CONTENT } = parseSignedData(whole);
    const change = tuple(integer({ min: 0, max: whole.length - 1 }), integer({ min: 1, max: 255 }));
    let verified = 0;
    assert(
      property(change, change, ([at, by], [at2, by2]) => {
        const changed = whole.slice();
        changed[at] = (changed[at] as number) ^ by;
        changed[at2] = (changed[at2] as number) ^ by2;
        try {
          const result = verifySignedDataSync(parseSignedData(changed), { provider });
          // Versions, algorithm parameters, and extensions of the certificate are not signed by this signature.
          expect(result.content).toEqual(content);
          expect(result.signers[0]?.certificate.publicKey).toEqual(ec.key.publicKey.spki);
          verified++;
        } catch (error) {
          expect((error as { code: string }).code).toMatch(/^ERR_TLS_(DECODE|PKCS_INVALID)$/);
        }
      }),
      { numRuns: rounds(1000, 100_000), seed: 3 },
    );
    expect(verified).toBeGreaterThan(0);
    for (let size = 0; size < whole.length; size += 3) {
      expect(() => parseSignedData(whole.subarray(0, size))).toThrow(DecodeError);
    }
  });
});

describe('certificates without a message', () => {
  const list = [ec.certificate, ca.certificate, people.rsa.certificate];
  const sorted = (certificates: readonly Uint8Array[]) => certificates.map((der) => der.join()).sort();

  it('are written and read, as DER and as PEM', () => {
    const bundle = createCertificatesOnly(list, [fromHex('30020500')]);
    const read = parseCertificatesOnly(parseCmsPem(formatCmsPem(bundle, 'PKCS7')));
    expect(sorted(read.certificates)).toEqual(sorted(list));
    expect(read.crls).toEqual([fromHex('30020500')]);
    expect(parseCertificatesOnly(createCertificatesOnly([]))).toEqual({ certificates: [], crls: [] });
    expect(() => parseCmsPem('')).toThrow(expect.objectContaining({ code: 'ERR_TLS_NO_MESSAGE' }));
  });

  it('are read from a signed message, too, past certificates of other kinds', () => {
    expect(parseCertificatesOnly(createSignedDataSync({ provider, content: CONTENT, signers: [ec] })).certificates).toEqual([
      ec.certificate,
    ]);
    const others = writeContent('id-signedData', signedData, {
      version: 5,
      digestAlgorithms: [],
      encapContentInfo: { eContentType: OID['id-data'] },
      certificates: [ca.certificate, fromHex('a2020500'), fromHex('a3020500')],
      signerInfos: [],
    });
    expect(parseCertificatesOnly(others).certificates).toEqual([ca.certificate]);
  });
});
