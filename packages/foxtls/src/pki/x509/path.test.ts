import { describe, expect, it } from 'vitest';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { concat, fromHex, utf8 } from '../../core/bytes/bytes.ts';
import type { CertificateReason } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { PrivateKey } from '../../crypto/signature.ts';
import { entity, issueCa, issueLeaf, NOW, type Overrides, unknownExtension } from './certificates.fixture.ts';
import {
  ECDSA_SHA256,
  EXPIRED,
  ed25519,
  FUTURE,
  ipAsDnsName,
  leafOfLower,
  leafOfMiddle,
  leafOfRoot,
  lower,
  lowerCert,
  middle,
  middleCert,
  NO_KEY_IDS,
  offCurve,
  PSS_MGF_SHA256,
  PSS_MGF_UNKNOWN,
  pssLeaf,
  refusal,
  request,
  root,
  rootCert,
  rsa1024,
  rsa2048,
  type Situation,
  selfSigned,
  server,
  stranger,
  strangerCert,
  subjects,
  tamper,
  verifierFor,
  verify,
  X25519_SPKI,
} from './chains.fixture.ts';
import { createName, Name } from './name.ts';
import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  extKeyUsageExtension,
  keyUsageExtension,
} from './write-certificate.ts';

const PSS_WITH_SHA1_MASK = { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha1', saltLength: 32 } as const;

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
    [
      'with the issuer tried first whose key identifier fits',
      ['Server', 'Middle', 'Root'],
      { chain: [leafOfMiddle, issueCa(root, middleAgain), middleCert], options: { maxSignatures: 2 } },
    ],
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
      {
        chain: [issueLeaf(rsa1024, server)],
        anchors: [issueCa(rsa1024, rsa1024)],
        options: { algorithmPolicy: { dangerouslyAllowRsaBits: 1024 } },
      },
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
  const noName = { ...middle, name: new Name(fromHex('3000')) };
  const loop = [leafOfLower, lowerCert, issueCa(lower, middle)];
  const isForClients = extKeyUsageExtension([OID.clientAuth]);
  const sha1 = { kind: 'ecdsa', hash: 'sha1' } as const;

  // Node cannot make such signatures; the algorithm is refused before the signature is looked at.
  const blindSigner = {
    ...rsa2048,
    key: { ...rsa2048.key, type: rsa2048.key.type, sign: () => new Uint8Array(256) } as PrivateKey,
  };

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
    [
      'when two certificates lead to the same stranger, whose signature is checked once',
      'self_signed_in_chain',
      3,
      {
        chain: [
          leafOfLower,
          lowerCert,
          issueCa(middle, lower, { serialNumber: fromHex('06') }),
          issueCa(stranger, middle),
          strangerCert,
        ],
        options: { maxSignatures: 5 },
      },
    ],
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
      'when it is signed with PSS and SHA-1 in the mask only',
      'signature_algorithm_weak',
      0,
      { chain: [issueLeaf(blindSigner, server, { algorithm: PSS_WITH_SHA1_MASK })], anchors: [issueCa(rsa2048, rsa2048)] },
    ],
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
      'when the key of the leaf is no point of its curve',
      'key_unsupported',
      0,
      { chain: leafWith({ publicKey: offCurve(server.key.publicKey.spki) }) },
    ],
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
