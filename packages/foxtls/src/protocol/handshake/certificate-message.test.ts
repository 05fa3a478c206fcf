import { describe, expect, it } from 'vitest';
import { EMPTY, utf8 } from '../../core/bytes/bytes.ts';
import { runSync } from '../../core/flow/flow.ts';
import type { Credential } from '../../crypto/credential.ts';
import { Certificate, HEADER_SIZE, readMessage } from '../messages/messages.ts';
import { certificateMessageFor, localIdentity, writeCertificate } from './certificate-message.ts';

const signer = { type: { kind: 'ed25519' }, sign: () => EMPTY } as const;
const X509: Credential = { kind: 'x509', chain: [utf8('leaf'), utf8('issuer')], signer };
const RAW: Credential = { kind: 'raw-public-key', spki: utf8('spki'), signer };

function read(bytes: Uint8Array) {
  const { certificateRequestContext, certificateList } = readMessage(Certificate, {
    type: 11,
    body: bytes.subarray(HEADER_SIZE),
    bytes,
    sequence: 0,
  });
  expect(certificateRequestContext).toEqual(EMPTY);
  return certificateList.map(({ certData, extensions }) => [certData, extensions.values]);
}

const messageFor = (credential: Credential, wish = { ocsp: true, timestamps: true }) =>
  runSync(certificateMessageFor({ credential, certificateMessage: writeCertificate(credential) }, wish) as never) as Uint8Array;

describe('our Certificate message', () => {
  it('holds the chain, end entity first', () => {
    expect(read(writeCertificate(X509))).toEqual([
      [utf8('leaf'), {}],
      [utf8('issuer'), {}],
    ]);
  });

  it('holds a raw public key alone', () => {
    expect(read(writeCertificate(RAW))).toEqual([[utf8('spki'), {}]]);
    expect(read(messageFor(RAW))).toEqual([[utf8('spki'), {}]]);
  });

  it('holds what the peer asked for, beside the end entity alone', () => {
    const timestamps = Uint8Array.of(0, 3, 0, 1, 9);
    const stapled = { ...X509, ocspResponse: utf8('response'), signedCertificateTimestamps: timestamps };
    expect(read(messageFor(stapled))).toEqual([
      [utf8('leaf'), { status_request: utf8('response'), signed_certificate_timestamp: timestamps }],
      [utf8('issuer'), {}],
    ]);
    expect(read(messageFor(stapled, { ocsp: false, timestamps: false }))).toEqual(read(writeCertificate(X509)));
  });

  it('is the one that was encoded beforehand when there is nothing to add', () => {
    const certificateMessage = writeCertificate(X509);
    const flow = certificateMessageFor({ credential: X509, certificateMessage }, { ocsp: true, timestamps: true });
    expect(runSync(flow as never)).toBe(certificateMessage);
  });
});

it('a connection tells what was shown: a chain, a key, or nothing', () => {
  expect(localIdentity(X509)).toEqual({ localCertificates: X509.chain, localRawPublicKey: undefined });
  expect(localIdentity(RAW)).toEqual({ localCertificates: [], localRawPublicKey: utf8('spki') });
  expect(localIdentity(undefined)).toEqual({ localCertificates: [], localRawPublicKey: undefined });
});
