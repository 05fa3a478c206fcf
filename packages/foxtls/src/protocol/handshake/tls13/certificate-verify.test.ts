import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { defineClientConfig } from '../../../connection/config.ts';
import { ConnectionLost, CryptoFailure, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { runSync } from '../../../core/flow/flow.ts';
import { SIGNATURE_SCHEMES } from '../../../core/registry/signature-schemes.ts';
import { decode } from '../../../core/wire/codec.ts';
import { nodeProvider as provider } from '../../../crypto/node/provider.ts';
import { peerVerified } from '../../../crypto/peer-verifier.ts';
import type { PrivateKey, PublicKey } from '../../../crypto/signature.ts';
import { certificateVerify, signedContent } from '../../messages/certificate-verify.ts';
import { HEADER_SIZE } from '../../messages/messages.ts';
import { TLS13_SIGNATURE_SCHEMES } from '../../negotiate/signature-schemes.ts';
import { certificateKeyOf } from '../peer-signature.ts';
import { certificateVerifyMessage, verifyCertificateVerify } from './certificate-verify.ts';

const neverAsked = {
  verify() {
    throw new Error('not asked here');
  },
};
const config = defineClientConfig({ provider, verifier: neverAsked });
const { signal } = new AbortController();
const HASH = new Uint8Array(32).fill(4);
const P256 = provider.keys.generateKey({ kind: 'ec', curve: 'secp256r1' }) as PrivateKey;
const RSA = provider.keys.generateKey({ kind: 'rsa', bits: 2048 }) as PrivateKey;

const schemeNamed = (name: string) => TLS13_SIGNATURE_SCHEMES.find((scheme) => scheme.name === name) ?? expect.fail(name);
const peer = (key: PrivateKey, mayDigitallySign = true) =>
  peerVerified({ publicKey: key.publicKey.spki, mayDigitallySign, path: [] });

/** The server's message, as the client decodes it. */
function signed(key: PrivateKey, scheme: string, hash = HASH, role: 'client' | 'server' = 'server') {
  const bytes = runSync(certificateVerifyMessage(role, key, schemeNamed(scheme), hash, signal) as never) as Uint8Array;
  return decode(certificateVerify, bytes.subarray(HEADER_SIZE), 'certificate_verify');
}

type Message = ReturnType<typeof signed>;

/** The reason of the refusal; undefined when the message is proof. */
function refusal(message: Message, from = peer(P256)): string | undefined {
  try {
    const publicKey = runSync(certificateKeyOf(config, from, 'signs') as never) as PublicKey;
    runSync(verifyCertificateVerify(config, 'server', message, publicKey, HASH) as never);
    return undefined;
  } catch (error) {
    if (error instanceof PeerMisbehaved) return `${error.reason} ${error.alert}`;
    throw error;
  }
}

describe('CertificateVerify', () => {
  it.each([
    ['ecdsa_secp256r1_sha256', P256],
    ['rsa_pss_rsae_sha256', RSA],
    ['rsa_pss_rsae_sha512', RSA],
  ] as const)('is proof by %s', (scheme, key) => {
    expect(refusal(signed(key, scheme), peer(key))).toBeUndefined();
  });

  it('is none over another transcript, for another role, or by another key', () => {
    const wrong = 'signature_invalid decrypt_error';
    expect(refusal(signed(P256, 'ecdsa_secp256r1_sha256', new Uint8Array(32)))).toBe(wrong);
    expect(refusal(signed(P256, 'ecdsa_secp256r1_sha256', HASH, 'client'))).toBe(wrong);
    const other = provider.keys.generateKey({ kind: 'ec', curve: 'secp256r1' }) as PrivateKey;
    expect(refusal(signed(other, 'ecdsa_secp256r1_sha256'))).toBe(wrong);
  });

  it('is none with a signature that is empty, cut short or changed', () => {
    const right = signed(P256, 'ecdsa_secp256r1_sha256');
    const wrong = 'signature_invalid decrypt_error';
    expect(refusal({ ...right, signature: new Uint8Array(0) })).toBe(wrong);
    expect(refusal({ ...right, signature: right.signature.subarray(0, -1) })).toBe(wrong);
    const changed = right.signature.slice();
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    expect(refusal({ ...right, signature: changed })).toBe(wrong);
  });

  it('is none by RSASSA-PKCS1-v1_5, which we offer for certificates', () => {
    const algorithm = schemeNamed('rsa_pkcs1_sha256').algorithm;
    const signature = RSA.sign(algorithm, signedContent('server', HASH)) as Uint8Array;
    const message = { algorithm: SIGNATURE_SCHEMES.rsa_pkcs1_sha256, signature };
    expect(refusal(message, peer(RSA))).toBe('signature_scheme_not_offered illegal_parameter');
  });

  it('is none by a scheme that we did not offer, or that is not for the key', () => {
    const notOffered = 'signature_scheme_not_offered illegal_parameter';
    const right = signed(P256, 'ecdsa_secp256r1_sha256');
    expect(refusal({ ...right, algorithm: 0xfefe })).toBe(notOffered);
    expect(refusal({ ...right, algorithm: SIGNATURE_SCHEMES.ecdsa_secp384r1_sha384 })).toBe(notOffered);
    expect(refusal(right, peer(RSA))).toBe(notOffered);
  });

  it('is none by a key that may not sign', () => {
    expect(refusal(signed(P256, 'ecdsa_secp256r1_sha256'), peer(P256, false))).toBe('certificate_unsuitable bad_certificate');
  });

  it.each([
    ['on a curve that we do not have', generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey],
    ['that agrees, and does not sign', generateKeyPairSync('x25519').publicKey],
  ])('is none by a key %s: its certificate is of an unsupported type', (_title, key) => {
    const publicKey = new Uint8Array(key.export({ type: 'spki', format: 'der' }));
    const from = peerVerified({ publicKey, mayDigitallySign: true, path: [] });
    const unsupported = { name: 'CertificateInvalid', reason: 'key_unsupported', alert: 'unsupported_certificate' };
    expect(() => refusal(signed(P256, 'ecdsa_secp256r1_sha256'), from)).toThrow(expect.objectContaining(unsupported));
  });

  it('is not sent when our key cannot sign', () => {
    const lost = new ConnectionLost('aborted', 'the HSM is gone');
    const broken = {
      type: P256.type,
      sign() {
        throw lost;
      },
    };
    const flow = certificateVerifyMessage('server', broken, schemeNamed('ecdsa_secp256r1_sha256'), HASH, signal);
    expect(() => flow.next()).toThrow(CryptoFailure);
  });
});
