import { describe, expect, it } from 'vitest';
import { equal, fromHex, utf8 } from '../../core/bytes/bytes.ts';
import { CryptoFailure } from '../../core/errors/errors.ts';
import { keys } from '../../crypto/node/keys.ts';
import type { PeerVerified } from '../../crypto/peer-verifier.ts';
import type { KeyProvider } from '../../crypto/signature.ts';
import { parseCertificate } from './certificate.ts';
import { issueCa, issueLeaf, NOW } from './certificates.fixture.ts';
import {
  asynchronous,
  EXPIRED,
  leafOfLower,
  leafOfMiddle,
  leafOfRoot,
  lowerCert,
  middle,
  middleCert,
  request,
  root,
  rootCert,
  selfSigned,
  server,
  stranger,
  subjects,
  tamper,
  verifierFor,
  verify,
} from './chains.fixture.ts';
import { createX509Verifier, reportOnly, trustWithoutVerification } from './verifier.ts';
import { keyUsageExtension } from './write-certificate.ts';

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

  it('takes a certificate through the whole last second of its validity', () => {
    const chain = [issueLeaf(root, server, { validTo: NOW })];
    const at = (milliseconds: number) => ({ ...request({ chain }), now: new Date(NOW.getTime() + milliseconds) });
    expect(verifierFor({ chain }).verify(at(999))).toMatchObject({ kind: 'verified' });
    expect(() => verifierFor({ chain }).verify(at(1000))).toThrow(expect.objectContaining({ reason: 'expired' }));
  });

  it('imports the key of an anchor once', () => {
    const { keys: counting, imported } = countingKeys();
    const verifier = createX509Verifier({ provider: { keys: counting }, trustAnchors: [rootCert] });
    verifier.verify(request({ chain: [leafOfRoot] }));
    verifier.verify(request({ chain: [issueLeaf(root, stranger)] }));
    expect(imported.filter((spki) => equal(spki, parseCertificate(rootCert).publicKey))).toHaveLength(1);
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

describe('a verifier that meets a chain again', () => {
  const chain = [leafOfMiddle, middleCert];

  it('recognises it without another signature or import', () => {
    const { keys: counting, imported } = countingKeys();
    const verifier = createX509Verifier({ provider: { keys: counting }, trustAnchors: [rootCert] });
    const first = verifier.verify(request({ chain })) as PeerVerified;
    const before = imported.length;
    const again = verifier.verify(request({ chain: chain.map((der) => der.slice()) })) as PeerVerified;
    expect(imported).toHaveLength(before);
    expect(again).toEqual(first);
    expect(again.importedKey?.spki).toEqual(parseCertificate(leafOfMiddle).publicKey);
  });

  it('checks the name every time', () => {
    const verifier = verifierFor({ chain });
    verifier.verify(request({ chain }));
    expect(() => verifier.verify({ ...request({ chain }), serverName: 'other.example' })).toThrow(
      expect.objectContaining({ reason: 'name_mismatch' }),
    );
  });

  it('checks the dates every time, of every certificate of the path', () => {
    const shortLived = [leafOfMiddle, issueCa(root, middle, { validTo: NOW })];
    const verifier = verifierFor({ chain: shortLived });
    verifier.verify(request({ chain: shortLived }));
    const later = { ...request({ chain: shortLived }), now: new Date(NOW.getTime() + 1000) };
    expect(() => verifier.verify(later)).toThrow(expect.objectContaining({ reason: 'expired', depth: 1 }));
  });

  it('does not take a chain for another that differs in a byte, nor a server for a client', () => {
    const verifier = verifierFor({ chain });
    verifier.verify(request({ chain }));
    const tampered = [tamper(leafOfMiddle, utf8('example.com'), utf8('example.org')), middleCert];
    expect(() => verifier.verify(request({ chain: tampered }))).toThrow(expect.objectContaining({ reason: 'signature_invalid' }));
    expect(() => verifier.verify({ ...request({ chain }), peerRole: 'client' })).toThrow(
      expect.objectContaining({ reason: 'extended_key_usage_missing' }),
    );
  });

  it('does not remember a refusal', () => {
    const verifier = verifierFor({ chain });
    const early = { ...request({ chain }), now: new Date('2000-01-01') };
    expect(() => verifier.verify(early)).toThrow(expect.objectContaining({ reason: 'not_yet_valid' }));
    expect(verifier.verify(request({ chain }))).toMatchObject({ kind: 'verified' });
  });

  it('remembers no more than 256 of them', () => {
    const { keys: counting, imported } = countingKeys();
    const verifier = createX509Verifier({ provider: { keys: counting }, trustAnchors: [rootCert] });
    const leaves = Array.from({ length: 257 }, () => issueLeaf(root, server));
    for (const leaf of leaves) verifier.verify(request({ chain: [leaf] }));
    const before = imported.length;
    verifier.verify(request({ chain: [leaves[256] as Uint8Array] }));
    expect(imported).toHaveLength(before);
    verifier.verify(request({ chain: [leaves[0] as Uint8Array] }));
    expect(imported.length).toBeGreaterThan(before);
  });
});

/** Keys that say which of them were imported. */
function countingKeys(): { keys: KeyProvider; imported: Uint8Array[] } {
  const imported: Uint8Array[] = [];
  const importPublicKey = (spki: Uint8Array) => {
    imported.push(spki);
    return keys.importPublicKey(spki);
  };
  return { keys: { ...keys, importPublicKey }, imported };
}

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
