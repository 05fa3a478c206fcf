import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { encodeDer } from '../../core/asn1/schema.ts';
import { concat, fromHex, toHex, utf8 } from '../../core/bytes/bytes.ts';
import { CertificateInvalid, type CertificateReason, CryptoFailure } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { PeerPresented, PeerVerified, VerifyRequest } from '../../crypto/peer-verifier.ts';
import type { KeyProvider } from '../../crypto/signature.ts';
import { parseCertificate } from './certificate.ts';
import { entity, issueCa, issueLeaf, NOW, type Overrides, unknownExtension } from './certificates.fixture.ts';
import type { Extension } from './extensions.ts';
import { generalNames } from './general-name.ts';
import { createName, Name } from './name.ts';
import { createX509Verifier, reportOnly, trustWithoutVerification, type X509VerifierOptions } from './verifier.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  extKeyUsageExtension,
  keyUsageExtension,
} from './write-certificate.ts';

const root = entity('Root');
const middle = entity('Middle');
const lower = entity('Lower');
const server = entity('Server');
const stranger = entity('Stranger');
const rsa2048 = entity('RSA 2048', { kind: 'rsa', bits: 2048 });
const rsa1024 = entity('RSA 1024', { kind: 'rsa', bits: 1024 });
const ed25519 = entity('Ed25519', { kind: 'ed25519' });

const rootCert = issueCa(root, root);
const middleCert = issueCa(root, middle);
const lowerCert = issueCa(middle, lower);
const leafOfRoot = issueLeaf(root, server);
const leafOfMiddle = issueLeaf(middle, server);
const leafOfLower = issueLeaf(lower, server);
const strangerCert = issueCa(stranger, stranger);
const pssLeaf = issueLeaf(rsa2048, server, { algorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } });
const selfSigned = issueLeaf(server, server);

const EXPIRED = { validTo: new Date('2026-05-31T00:00:00Z') };
const FUTURE = { validFrom: new Date('2026-06-02T00:00:00Z') };
const NO_KEY_IDS = { without: ['subjectKeyIdentifier', 'authorityKeyIdentifier'] } as const satisfies Overrides;

interface Situation {
  readonly chain: readonly Uint8Array[];
  readonly anchors?: readonly Uint8Array[];
  readonly peerRole?: 'client' | 'server';
  readonly serverName?: string | undefined;
  readonly options?: Partial<X509VerifierOptions>;
}

function request(situation: Situation): VerifyRequest {
  const { chain, peerRole = 'server' } = situation;
  const serverName = 'serverName' in situation ? situation.serverName : 'example.com';
  const presented: PeerPresented = { kind: 'x509', certificates: chain };
  return { presented, peerRole, serverName, now: NOW, signal: new AbortController().signal };
}

function verifierFor({ anchors = [rootCert], options = {} }: Situation) {
  return createX509Verifier({ provider: { keys }, trustAnchors: anchors, ...options });
}

/** Verifies with a synchronous provider, so the result is there at once. */
function verify(situation: Situation): PeerVerified {
  return verifierFor(situation).verify(request(situation)) as PeerVerified;
}

function refusal(situation: Situation): CertificateInvalid {
  try {
    verify(situation);
  } catch (error) {
    if (error instanceof CertificateInvalid) return error;
    throw error;
  }
  throw new Error('the chain was accepted');
}

const subjects = ({ path }: PeerVerified) => path.map((der) => parseCertificate(der).subject.last(OID.commonName));

const ECDSA_SHA256 = fromHex('2a8648ce3d040302');
const X25519_SPKI = concat(fromHex('302a300506032b656e032100'), new Uint8Array(32).fill(9));
/** The MGF1 identifier with SHA-256 in it, and with a hash that does not exist. */
const PSS_MGF_SHA256 = fromHex('06092a864886f70d010108300d06096086480165030402010500');
const PSS_MGF_UNKNOWN = fromHex('06092a864886f70d010108300d06096086480165030402090500');

/** The certificate with the `which`th occurrence of some bytes replaced, or all of them. */
function tamper(certificate: Uint8Array, from: Uint8Array, to: Uint8Array, which?: number): Uint8Array {
  const pieces = toHex(certificate).split(toHex(from));
  expect(pieces.length).toBeGreaterThan(which ?? 1);
  const text = pieces.reduce((whole, piece, i) => whole + toHex(which === undefined || which === i - 1 ? to : from) + piece);
  return fromHex(text);
}

/** The same key with its point moved off the curve. */
function offCurve(spki: Uint8Array): Uint8Array {
  const moved = Uint8Array.from(spki);
  moved[moved.length - 1] = (moved.at(-1) as number) ^ 1;
  return moved;
}

function ipAsDnsName(): Extension {
  const value = encodeDer(generalNames, [{ kind: 'dNSName', value: '192.0.2.1' }]);
  return { extnID: OID.subjectAltName, critical: false, extnValue: value };
}

function asynchronous(from: KeyProvider): KeyProvider {
  return {
    ...from,
    async importPublicKey(spki) {
      const key = await from.importPublicKey(spki);
      return { type: key.type, spki, verify: async (...rest) => key.verify(...rest) };
    },
  };
}

describe('a chain is accepted', () => {
  const otherRoot = entity('Other Root');
  const middleAgain = { ...middle, key: keys.generateKey({ kind: 'ec', curve: 'secp256r1' }) };
  const shoutingRoot = { ...root, name: createName({ commonName: ' ROOT  ' }) };
  const v1Root = issueCa(root, root, { version: 1, extensions: [] });
  const cases: readonly [title: string, path: readonly string[], situation: Situation][] = [
    ['from a leaf that the anchor issued', ['Server', 'Root'], { chain: [leafOfRoot] }],
    ['over one intermediate', ['Server', 'Middle', 'Root'], { chain: [leafOfMiddle, middleCert] }],
    ['over two intermediates', ['Server', 'Lower', 'Middle', 'Root'], { chain: [leafOfLower, lowerCert, middleCert] }],
    ['in the wrong order', ['Server', 'Lower', 'Middle', 'Root'], { chain: [leafOfLower, middleCert, lowerCert] }],
    ['with the root sent along', ['Server', 'Middle', 'Root'], { chain: [leafOfMiddle, middleCert, rootCert] }],
    [
      'with unrelated and repeated certificates',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, strangerCert, leafOfMiddle, leafOfRoot, middleCert, middleCert, issueCa(stranger, lower)] },
    ],
    ['with a malformed certificate beside', ['Server', 'Middle', 'Root'], { chain: [leafOfMiddle, fromHex('3000'), middleCert] }],
    [
      'when an intermediate is cross-signed and only the second root is trusted',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, issueCa(otherRoot, middle), issueCa(otherRoot, otherRoot), middleCert] },
    ],
    [
      'when the trusted root is also there as cross-signed by an unknown one',
      ['Server', 'Root'],
      { chain: [leafOfRoot, issueCa(stranger, root)] },
    ],
    [
      'around an expired intermediate of the same name and key',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, issueCa(root, middle, EXPIRED), middleCert] },
    ],
    [
      'around an intermediate that is no CA',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, issueCa(root, middle, { add: [basicConstraintsExtension(false)] }), middleCert] },
    ],
    [
      'around an anchor that has expired, when its successor has the same name and key',
      ['Server', 'Root'],
      { chain: [leafOfRoot], anchors: [issueCa(root, root, EXPIRED), rootCert] },
    ],
    [
      'around intermediates of the same name and another key, without key identifiers',
      ['Server', 'Middle', 'Root'],
      {
        chain: [
          issueLeaf(middle, server, NO_KEY_IDS),
          issueCa(root, middleAgain, NO_KEY_IDS),
          issueCa(root, { ...middle, key: stranger.key }, NO_KEY_IDS),
          issueCa(root, middle, NO_KEY_IDS),
        ],
      },
    ],
    [
      'although its key identifiers disagree, since the signature decides',
      ['Server', 'Middle', 'Root'],
      { chain: [issueLeaf(middle, server, { add: [authorityKeyIdentifierExtension(new Uint8Array(20))] }), middleCert] },
    ],
    [
      'over a self-issued certificate, which does not count for pathLen',
      ['Server', 'Middle', 'Middle', 'Root'],
      {
        chain: [
          issueLeaf(middleAgain, server),
          issueCa(middle, middleAgain),
          issueCa(root, middle, { add: [basicConstraintsExtension(true, 0)] }),
        ],
      },
    ],
    [
      'with pathLen exactly used up',
      ['Server', 'Lower', 'Middle', 'Root'],
      {
        chain: [leafOfLower, lowerCert, middleCert],
        anchors: [issueCa(root, root, { add: [basicConstraintsExtension(true, 2)] })],
      },
    ],
    ['to an anchor that is not self-signed', ['Server', 'Middle'], { chain: [leafOfMiddle, middleCert], anchors: [middleCert] }],
    ['when the leaf itself is the anchor', ['Server'], { chain: [leafOfMiddle], anchors: [rootCert, leafOfMiddle] }],
    ['when a self-signed server is the anchor', ['Server'], { chain: [selfSigned], anchors: [rootCert, selfSigned] }],
    ['to a version 1 anchor', ['Server', 'Root'], { chain: [leafOfRoot], anchors: [v1Root] }],
    [
      'when names differ in case and white space only',
      ['Server', ' ROOT  '],
      { chain: [leafOfRoot], anchors: [issueCa(shoutingRoot, shoutingRoot)] },
    ],
    [
      'with anyExtendedKeyUsage at an intermediate',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, issueCa(root, middle, { add: [extKeyUsageExtension([OID.anyExtendedKeyUsage])] })] },
    ],
    ['without an extended key usage', ['Server', 'Root'], { chain: [issueLeaf(root, server, { without: ['extKeyUsage'] })] }],
    [
      'for a client with clientAuth, whatever its name',
      ['Server', 'Root'],
      {
        chain: [issueLeaf(root, server, { add: [extKeyUsageExtension([OID.clientAuth])] })],
        peerRole: 'client',
        serverName: undefined,
      },
    ],
    [
      'with an unknown extension that is not critical',
      ['Server', 'Root'],
      { chain: [issueLeaf(root, server, { add: [unknownExtension(false)] })] },
    ],
    [
      'without a name when none is asked for',
      ['Server', 'Root'],
      { chain: [issueLeaf(root, server, { without: ['subjectAltName'] })], serverName: undefined },
    ],
    ['over RSA', ['Server', 'RSA 2048'], { chain: [issueLeaf(rsa2048, server)], anchors: [issueCa(rsa2048, rsa2048)] }],
    [
      'over RSA-PSS',
      ['Server', 'RSA 2048'],
      {
        chain: [
          issueLeaf(rsa2048, server, { algorithm: { kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 } }),
        ],
        anchors: [issueCa(rsa2048, rsa2048)],
      },
    ],
    ['over Ed25519', ['Server', 'Ed25519'], { chain: [issueLeaf(ed25519, server)], anchors: [issueCa(ed25519, ed25519)] }],
    [
      'over RSA-1024 when that is allowed',
      ['Server', 'RSA 1024'],
      { chain: [issueLeaf(rsa1024, server)], anchors: [issueCa(rsa1024, rsa1024)], options: { minimumRsaBits: 1024 } },
    ],
    ['in the last second of its validity', ['Server', 'Root'], { chain: [issueLeaf(root, server, { validTo: NOW })] }],
    ['in the first second of its validity', ['Server', 'Root'], { chain: [issueLeaf(root, server, { validFrom: NOW })] }],
  ];
  it.each(cases)('%s', (_title, path, situation) => {
    expect(subjects(verify(situation))).toEqual(path);
  });
});

describe('a chain is refused', () => {
  const leafWith = (overrides: Overrides) => [issueLeaf(root, server, overrides)];
  const middleWith = (overrides: Overrides) => [leafOfMiddle, issueCa(root, middle, overrides)];
  const rootWith = (overrides: Overrides): Situation => ({ chain: [leafOfRoot], anchors: [issueCa(root, root, overrides)] });
  const decoys = Array.from({ length: 6 }, () => issueCa(root, { ...entity('Middle') }, NO_KEY_IDS));
  const manyDecoys = { chain: [issueLeaf(middle, server, NO_KEY_IDS), ...decoys, issueCa(root, middle, NO_KEY_IDS)] };
  const nameConstraints = { extnID: OID.nameConstraints, critical: true, extnValue: fromHex('3000') };
  const noName = { ...middle, name: new Name(fromHex('3000')) };
  const loop = [leafOfLower, lowerCert, issueCa(lower, middle)];
  const isForClients = extKeyUsageExtension([OID.clientAuth]);
  const sha1 = { kind: 'ecdsa', hash: 'sha1' } as const;

  const cases: readonly [title: string, reason: CertificateReason, depth: number, situation: Situation][] = [
    // Trust
    ['when its intermediate is missing', 'issuer_unknown', 0, { chain: [leafOfMiddle] }],
    [
      'when its root is unknown and not sent',
      'issuer_unknown',
      1,
      { chain: [leafOfMiddle, middleCert], anchors: [strangerCert] },
    ],
    ['when nothing is trusted', 'issuer_unknown', 0, { chain: [leafOfRoot], anchors: [] }],
    ['when its root is sent but unknown', 'self_signed_in_chain', 1, { chain: [leafOfRoot, rootCert], anchors: [strangerCert] }],
    [
      'when its root is sent behind an intermediate',
      'self_signed_in_chain',
      2,
      { chain: [leafOfMiddle, middleCert, rootCert], anchors: [] },
    ],
    ['when the leaf is self-signed', 'self_signed_leaf', 0, { chain: [selfSigned] }],
    ['when the leaf is self-signed and expired', 'self_signed_leaf', 0, { chain: [issueLeaf(server, server, EXPIRED)] }],
    [
      'when the leaf is self-signed and the anchor is an older one of its name',
      'self_signed_leaf',
      0,
      { chain: [selfSigned], anchors: [issueCa({ ...server, key: stranger.key }, { ...server, key: stranger.key })] },
    ],
    ['when intermediates certify each other', 'issuer_unknown', 2, { chain: loop }],
    ['when an intermediate certifies itself only', 'self_signed_in_chain', 1, { chain: [leafOfMiddle, issueCa(middle, middle)] }],
    // Signatures
    [
      'when the signature is of another key',
      'signature_invalid',
      0,
      { chain: [issueLeaf({ ...root, key: stranger.key }, server, NO_KEY_IDS)] },
    ],
    [
      'when an intermediate is of another key',
      'signature_invalid',
      1,
      { chain: [leafOfMiddle, issueCa({ ...root, key: stranger.key }, middle, { without: ['authorityKeyIdentifier'] })] },
    ],
    [
      'when a signed byte was changed',
      'signature_invalid',
      0,
      { chain: [tamper(leafOfRoot, utf8('example.com'), utf8('example.org'))] },
    ],
    ['when it is signed with SHA-1', 'signature_algorithm_weak', 0, { chain: leafWith({ algorithm: sha1 }) }],
    ['when an intermediate is signed with SHA-1', 'signature_algorithm_weak', 1, { chain: middleWith({ algorithm: sha1 }) }],
    [
      'when it is signed with MD5',
      'signature_algorithm_weak',
      0,
      {
        chain: [issueLeaf(rsa2048, server, { algorithm: { kind: 'rsa-pkcs1', hash: 'md5' } })],
        anchors: [issueCa(rsa2048, rsa2048)],
      },
    ],
    [
      'when it is signed with PSS and an unknown hash in the mask',
      'signature_algorithm_unsupported',
      0,
      { chain: [tamper(pssLeaf, PSS_MGF_SHA256, PSS_MGF_UNKNOWN)], anchors: [issueCa(rsa2048, rsa2048)] },
    ],
    [
      'when its signature algorithm is unknown',
      'signature_algorithm_unsupported',
      0,
      { chain: [tamper(leafOfRoot, ECDSA_SHA256, fromHex('2a8648ce3d040309'))] },
    ],
    // Dates
    ['when the leaf has expired', 'expired', 0, { chain: leafWith(EXPIRED) }],
    ['when the leaf has expired one second ago', 'expired', 0, { chain: leafWith({ validTo: new Date(NOW.getTime() - 1000) }) }],
    ['when the leaf is not valid yet', 'not_yet_valid', 0, { chain: leafWith(FUTURE) }],
    ['when the only intermediate has expired', 'expired', 1, { chain: middleWith(EXPIRED) }],
    ['when the only intermediate is not valid yet', 'not_yet_valid', 1, { chain: middleWith(FUTURE) }],
    ['when the anchor has expired', 'expired', 1, rootWith(EXPIRED)],
    [
      'when one way ends nowhere and the other at an expired certificate',
      'expired',
      1,
      { chain: [leafOfMiddle, issueCa(stranger, middle), issueCa(root, middle, EXPIRED)] },
    ],
    // Authorities
    ['when its issuer is an end entity', 'issuer_not_ca', 1, { chain: [issueLeaf(server, lower), issueLeaf(root, server)] }],
    ['when its issuer has no basicConstraints', 'issuer_not_ca', 1, { chain: middleWith({ without: ['basicConstraints'] }) }],
    ['when its issuer is of version 1', 'issuer_not_ca', 1, { chain: middleWith({ version: 1, extensions: [] }) }],
    ['when the anchor is no CA', 'issuer_not_ca', 1, rootWith({ add: [basicConstraintsExtension(false)] })],
    ['when its issuer has no name', 'malformed', 1, { chain: [issueLeaf(noName, server), issueCa(root, noName)] }],
    [
      'when its issuer may not sign certificates',
      'key_usage_missing',
      1,
      { chain: middleWith({ add: [keyUsageExtension(['cRLSign', 'digitalSignature'])] }) },
    ],
    ['when the anchor may not sign certificates', 'key_usage_missing', 1, rootWith({ add: [keyUsageExtension(['cRLSign'])] })],
    [
      'when pathLen 0 is followed by an intermediate',
      'path_too_long',
      2,
      { chain: [leafOfLower, lowerCert, issueCa(root, middle, { add: [basicConstraintsExtension(true, 0)] })] },
    ],
    [
      "when the anchor's pathLen is exceeded",
      'path_too_long',
      3,
      {
        chain: [leafOfLower, lowerCert, middleCert],
        anchors: [issueCa(root, root, { add: [basicConstraintsExtension(true, 1)] })],
      },
    ],
    [
      'when it is longer than the limit',
      'path_too_long',
      2,
      { chain: [leafOfLower, lowerCert, middleCert], options: { maxIntermediates: 1 } },
    ],
    // Purposes and extensions
    ['when the leaf is for clients', 'extended_key_usage_missing', 0, { chain: leafWith({ add: [isForClients] }) }],
    ['when the leaf of a client is for servers', 'extended_key_usage_missing', 0, { chain: [leafOfRoot], peerRole: 'client' }],
    [
      'when the leaf is for anything, but not for servers',
      'extended_key_usage_missing',
      0,
      { chain: leafWith({ add: [extKeyUsageExtension([OID.anyExtendedKeyUsage])] }) },
    ],
    ['when an intermediate is for clients', 'extended_key_usage_missing', 1, { chain: middleWith({ add: [isForClients] }) }],
    [
      'when the leaf has an unknown critical extension',
      'critical_extension_unknown',
      0,
      { chain: leafWith({ add: [unknownExtension(true)] }) },
    ],
    [
      'when an intermediate has an unknown critical extension',
      'critical_extension_unknown',
      1,
      { chain: middleWith({ add: [unknownExtension(true)] }) },
    ],
    [
      'when an intermediate has critical name constraints, which are not supported',
      'critical_extension_unknown',
      1,
      { chain: middleWith({ add: [nameConstraints] }) },
    ],
    // Keys
    ['when the RSA key of the leaf is small', 'key_too_small', 0, { chain: [issueLeaf(root, rsa1024)] }],
    [
      'when the RSA key of the anchor is small',
      'key_too_small',
      1,
      { chain: [issueLeaf(rsa1024, server)], anchors: [issueCa(rsa1024, rsa1024)] },
    ],
    ['when the key of the leaf is of an unknown kind', 'key_unsupported', 0, { chain: leafWith({ publicKey: X25519_SPKI }) }],
    [
      'when the key of an issuer is no point of its curve',
      'key_unsupported',
      1,
      { chain: middleWith({ publicKey: offCurve(middle.key.publicKey.spki) }) },
    ],
    // Names
    ['when it has another name', 'name_mismatch', 0, { chain: [leafOfRoot], serverName: 'www.example.com' }],
    [
      'when only the common name fits',
      'name_mismatch',
      0,
      { chain: [issueLeaf(root, entity('example.com'), { without: ['subjectAltName'] })] },
    ],
    [
      'when an IP address stands among its DNS names',
      'name_mismatch',
      0,
      { chain: leafWith({ add: [ipAsDnsName()] }), serverName: '192.0.2.1' },
    ],
    // Work
    ['when the signatures are too many', 'budget_exceeded', 0, { ...manyDecoys, options: { maxSignatures: 5 } }],
    ['when the candidates are too many', 'budget_exceeded', 0, { ...manyDecoys, options: { maxCandidates: 6 } }],
    [
      'when it has more than 100 certificates',
      'budget_exceeded',
      0,
      { chain: [leafOfRoot, ...new Array<Uint8Array>(100).fill(middleCert)] },
    ],
    // Form
    ['when it is empty', 'none_presented', 0, { chain: [] }],
    ['when the leaf is malformed', 'malformed', 0, { chain: [fromHex('3000')] }],
    ['when the leaf has bytes behind it', 'malformed', 0, { chain: [concat(leafOfRoot, fromHex('00'))] }],
    ['when the only intermediate is malformed', 'malformed', 2, { chain: [leafOfMiddle, strangerCert, middleCert.slice(0, -1)] }],
    [
      'when the outer signature algorithm is not the inner one',
      'malformed',
      0,
      { chain: [tamper(leafOfRoot, ECDSA_SHA256, fromHex('2a8648ce3d040303'), 1)] },
    ],
    [
      'when an extension is there twice',
      'malformed',
      0,
      { chain: leafWith({ add: [unknownExtension(false), unknownExtension(false)] }) },
    ],
  ];
  it.each(cases)('%s: %s at depth %i', (_title, reason, depth, situation) => {
    const error = refusal(situation);
    expect(`${error.reason} ${error.depth}: ${error.message}`).toMatch(new RegExp(`^${reason} ${depth}: `));
  });

  it('with the certificate that is to blame, and its name in the message', () => {
    const chain = middleWith(EXPIRED);
    const error = refusal({ chain });
    expect(error.certificate).toEqual(chain[1]);
    expect(error.message).toBe('certificate at depth 1 (CN=Middle): it expired at 2026-05-31T00:00:00.000Z');
    expect(error.alert).toBe('certificate_expired');
  });

  it('when it is a raw public key', () => {
    const presented = { kind: 'raw-public-key', spki: server.key.publicKey.spki } as const;
    expect(() => verifierFor({ chain: [] }).verify({ ...request({ chain: [] }), presented })).toThrow(
      expect.objectContaining({ reason: 'key_unsupported' }),
    );
  });
});

describe('a verifier', () => {
  it('says whether the key may sign handshakes, and gives the key', () => {
    const sealing = issueLeaf(root, server, { add: [keyUsageExtension(['keyEncipherment'])] });
    const silent = issueLeaf(root, server, { without: ['keyUsage'] });
    expect(verify({ chain: [leafOfRoot] })).toMatchObject({ kind: 'verified', mayDigitallySign: true });
    expect(verify({ chain: [sealing] }).mayDigitallySign).toBe(false);
    expect(verify({ chain: [silent] }).mayDigitallySign).toBe(true);
    expect(verify({ chain: [silent] }).publicKey).toEqual(server.key.publicKey.spki);
  });

  it('waits for a provider that answers later, and comes to the same results', async () => {
    const verifier = createX509Verifier({ provider: { keys: asynchronous(keys) }, trustAnchors: [rootCert] });
    const accepted = verifier.verify(request({ chain: [leafOfLower, middleCert, lowerCert] }));
    expect(accepted).toBeInstanceOf(Promise);
    expect(subjects((await accepted) as PeerVerified)).toEqual(['Server', 'Lower', 'Middle', 'Root']);
    const tampered = tamper(leafOfRoot, utf8('example.com'), utf8('example.org'));
    await expect(verifier.verify(request({ chain: [tampered] }))).rejects.toMatchObject({ reason: 'signature_invalid' });
  });

  it('lets through errors of the provider that are not about the certificate', () => {
    const broken = {
      ...keys,
      importPublicKey: () => {
        throw new RangeError('the HSM is on fire');
      },
    };
    const verifier = createX509Verifier({ provider: { keys: broken }, trustAnchors: [rootCert] });
    expect(() => verifier.verify(request({ chain: [leafOfRoot] }))).toThrow('the HSM is on fire');
    const refusing = {
      ...keys,
      importPublicKey: () => {
        throw new CryptoFailure('no such curve');
      },
    };
    const choosy = createX509Verifier({ provider: { keys: refusing }, trustAnchors: [rootCert] });
    expect(() => choosy.verify(request({ chain: [leafOfRoot] }))).toThrow(
      expect.objectContaining({ reason: 'key_unsupported', depth: 1 }),
    );
  });

  it('imports the key of an anchor once', () => {
    let imports = 0;
    const counting: KeyProvider = {
      ...keys,
      importPublicKey: (spki) => {
        imports++;
        return keys.importPublicKey(spki);
      },
    };
    const verifier = createX509Verifier({ provider: { keys: counting }, trustAnchors: [rootCert] });
    verifier.verify(request({ chain: [leafOfRoot] }));
    verifier.verify(request({ chain: [leafOfRoot] }));
    expect(imports).toBe(1);
  });

  it('is not made with an unreadable anchor, unless somebody is told', () => {
    const trustAnchors = [fromHex('3000'), rootCert];
    expect(() => createX509Verifier({ provider: { keys }, trustAnchors })).toThrow('trustAnchors[0] cannot be read');
    const told: number[] = [];
    const verifier = createX509Verifier({
      provider: { keys },
      trustAnchors,
      onUnreadableAnchor: (_error, index) => told.push(index),
    });
    expect(verifier.verify(request({ chain: [leafOfRoot] }))).toMatchObject({ kind: 'verified' });
    expect(told).toEqual([0]);
  });
});

describe('without verification', () => {
  it('reportOnly reports the refusal and gives the key', () => {
    const verifier = reportOnly(verifierFor({ chain: [] }));
    expect(verifier.verify(request({ chain: [leafOfRoot] }))).toMatchObject({ kind: 'verified' });
    const refused = verifier.verify(request({ chain: [selfSigned] }));
    expect(refused).toMatchObject({ kind: 'unverified', mayDigitallySign: true, error: { reason: 'self_signed_leaf' } });
    expect(refused).toMatchObject({ publicKey: server.key.publicKey.spki });
  });

  it('reportOnly waits for a verifier that answers later', async () => {
    const slow = createX509Verifier({ provider: { keys: asynchronous(keys) }, trustAnchors: [rootCert] });
    const tampered = tamper(leafOfRoot, utf8('example.com'), utf8('example.org'));
    const refused = await reportOnly(slow).verify(request({ chain: [tampered] }));
    expect(refused).toMatchObject({ kind: 'unverified', error: { reason: 'signature_invalid' } });
  });

  it('reportOnly still refuses a leaf that cannot be read, and a peer without one', () => {
    const verifier = reportOnly(verifierFor({ chain: [] }));
    expect(() => verifier.verify(request({ chain: [fromHex('3000')] }))).toThrow(
      expect.objectContaining({ reason: 'malformed' }),
    );
    expect(() => verifier.verify(request({ chain: [] }))).toThrow(expect.objectContaining({ reason: 'none_presented' }));
  });

  it('trustWithoutVerification takes whoever comes, and says why', () => {
    const verifier = trustWithoutVerification('it is a test');
    const result = verifier.verify(request({ chain: [issueLeaf(stranger, server, EXPIRED)], serverName: 'elsewhere' }));
    expect(result).toMatchObject({ kind: 'unverified', publicKey: server.key.publicKey.spki });
    expect(result).toMatchObject({
      error: { code: 'ERR_TLS_PEER_NOT_VERIFIED', message: expect.stringContaining('it is a test') },
    });
    const presented = { kind: 'raw-public-key', spki: server.key.publicKey.spki } as const;
    expect(verifier.verify({ ...request({ chain: [] }), presented })).toMatchObject({ publicKey: presented.spki });
  });

  it('trustWithoutVerification refuses what cannot be read, and an empty reason', () => {
    const verifier = trustWithoutVerification('it is a test');
    expect(() => verifier.verify(request({ chain: [fromHex('3000')] }))).toThrow(
      expect.objectContaining({ reason: 'malformed' }),
    );
    const presented = { kind: 'raw-public-key', spki: fromHex('3000') } as const;
    expect(() => verifier.verify({ ...request({ chain: [] }), presented })).toThrow(
      expect.objectContaining({ reason: 'malformed' }),
    );
    expect(() => trustWithoutVerification(' ')).toThrow('say why');
  });
});
