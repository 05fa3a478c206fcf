/**
 * Certificates, signatures and Finished that prove nothing, and messages out of their order (RFC 8446 §4.3, §4.4).
 */

import { concat, EMPTY } from '../../src/core/bytes/bytes.ts';
import type { MisbehaviourReason } from '../../src/core/errors/errors.ts';
import { signedContent } from '../../src/protocol/messages/certificate-verify.ts';
import { type Case, misbehaved, refused, undecodable } from './case.ts';
import { doubled, dropped, extension, filled, flipping, messageOf, two, without } from './edits.ts';
import { now, type Place } from './peer.ts';

const REQUIRE = { clientCertificates: 'require' } as const;
const unexpected = misbehaved('message_unexpected');

/** Cases that are the same for a server's Certificate and for a client's. */
function bothRoles(victim: 'client' | 'server'): Case[] {
  const common = { victim, ...(victim === 'server' && { options: REQUIRE }) } as const;
  const isServer = victim === 'client';
  return [
    {
      ...common,
      name: 'sends a Certificate with a context',
      rfc: 'RFC 8446 §4.4.2',
      break: (peer) => peer.change('certificate', (message) => ({ ...message, certificateRequestContext: Uint8Array.of(1) })),
      alert: 'illegal_parameter',
      why: 'no alert is named; the field has one right value',
      error: misbehaved('certificate_context_invalid'),
    },
    {
      ...common,
      name: 'presents bytes that are no certificate',
      rfc: 'RFC 8446 §6.2: “bad_certificate: A certificate was corrupt, contained signatures that did not verify correctly”',
      break: (peer) =>
        peer.change('certificate', (message) => ({
          ...message,
          certificateList: message.certificateList.map((entry) => ({ ...entry, certData: filled(40, 0x30) })),
        })),
      alert: 'bad_certificate',
      error: refused('malformed'),
    },
    {
      ...common,
      name: 'presents a certificate of an unknown authority',
      rfc: 'RFC 8446 §6.2: “unknown_ca: … the certificate was not accepted because the CA certificate could not be located”',
      situation: { credential: isServer ? 'strangerServer' : 'strangerClient' },
      break: () => {},
      alert: 'unknown_ca',
      error: refused('issuer_unknown'),
    },
    {
      ...common,
      name: 'presents a certificate of an unknown authority, and no CertificateVerify',
      rfc: 'RFC 8446 §6.2',
      situation: { credential: isServer ? 'strangerServer' : 'strangerClient' },
      break: (peer) => peer.changeMessage('certificate_verify', dropped),
      alert: 'unknown_ca',
      why: 'two rules are broken: this is the first',
      error: refused('issuer_unknown'),
    },
    {
      ...common,
      name: 'presents a certificate that is for the other role',
      rfc: 'RFC 8446 §6.2: “unsupported_certificate: A certificate was of an unsupported type”',
      situation: { credential: isServer ? 'client' : 'server' },
      break: () => {},
      alert: 'unsupported_certificate',
      why: 'the certificate is not of a kind that we take',
      error: refused('extended_key_usage_missing'),
    },
    {
      ...common,
      name: 'presents a certificate whose keyUsage does not have digitalSignature',
      rfc: 'RFC 8446 §4.4.2.2',
      situation: { credential: isServer ? 'encipherOnly' : 'encipherOnlyClient' },
      break: () => {},
      alert: 'bad_certificate',
      why: 'no alert is named; the certificate is wrong for what it is used for',
      error: misbehaved('certificate_unsuitable'),
    },
    ...signatures(common),
    ...finisheds(common),
    ...orders(common),
  ];
}

type Common = Pick<Case, 'victim' | 'options'>;

function signatures(common: Common): Case[] {
  const scheme = (name: string, algorithm: number): Case => ({
    ...common,
    name: `says that its CertificateVerify is by ${name}`,
    rfc: 'RFC 8446 §4.4.3',
    break: (peer) => peer.change('certificate_verify', (message) => ({ ...message, algorithm })),
    alert: 'illegal_parameter',
    why: 'no alert is named; the value is not one of those offered, or not one for this key',
    error: misbehaved('signature_scheme_not_offered'),
  });
  const wrong = {
    ...common,
    rfc: 'RFC 8446 §4.4.3: “If the verification fails, the receiver MUST terminate the handshake with a "decrypt_error" alert”',
    alert: 'decrypt_error',
    error: misbehaved('signature_invalid'),
  } as const;
  return [
    scheme('RSASSA-PKCS1-v1_5', 0x0401),
    scheme('SHA-1 and ECDSA', 0x0203),
    scheme('RSA-PSS, with a key for ECDSA', 0x0804),
    scheme('ECDSA on P-384, with a key on P-256', 0x0503),
    scheme('an unknown scheme', 0xfe01),
    {
      ...wrong,
      name: 'signs wrongly',
      break: (peer) =>
        peer.change('certificate_verify', (message) => ({ ...message, signature: flipping(-1)(message.signature) })),
    },
    {
      ...wrong,
      name: 'sends an empty signature',
      break: (peer) => peer.change('certificate_verify', (message) => ({ ...message, signature: EMPTY })),
    },
    {
      ...wrong,
      name: 'sends bytes after its signature',
      break: (peer) =>
        peer.change('certificate_verify', (message) => ({ ...message, signature: concat(message.signature, Uint8Array.of(0)) })),
    },
    {
      ...wrong,
      name: 'signs for the other role',
      break: (peer, { credentials, provider }) => {
        const sha256 = provider.hashes.find(({ name }) => name === 'sha256');
        if (sha256 === undefined) throw new Error('no SHA-256');
        const { signer } = credentials[peer.role];
        peer.change('certificate_verify', (message) => {
          const otherRole = peer.role === 'client' ? 'server' : 'client';
          const content = signedContent(otherRole, peer.transcriptHash(sha256));
          return { ...message, signature: now(signer.sign({ kind: 'ecdsa', hash: 'sha256' }, content)) };
        });
      },
    },
    {
      ...wrong,
      name: 'signs another transcript',
      break: (peer, { credentials }) => {
        const { signer } = credentials[peer.role];
        peer.change('certificate_verify', (message) => {
          const content = signedContent(peer.role, filled(32));
          return { ...message, signature: now(signer.sign({ kind: 'ecdsa', hash: 'sha256' }, content)) };
        });
      },
    },
  ];
}

function finisheds(common: Common): Case[] {
  const wrong = {
    ...common,
    rfc: 'RFC 8446 §4.4.4: “if incorrect MUST terminate the connection with a "decrypt_error" alert”',
    alert: 'decrypt_error',
    error: misbehaved('finished_invalid'),
  } as const;
  return [
    { ...wrong, name: 'sends a wrong Finished', break: (peer) => peer.changeMessage('finished', flipping(-1)) },
    {
      ...wrong,
      name: 'sends an empty Finished',
      rfc: 'RFC 8446 §6.2: “decode_error: … the length of the message was incorrect”',
      break: (peer) => peer.changeMessage('finished', () => messageOf('finished')),
      alert: 'decode_error',
      error: undecodable('finished.verifyData'),
    },
    ...[0, 1, 15, 31].map(
      (at): Case => ({
        ...wrong,
        name: `sends a Finished that is wrong in byte ${at}`,
        break: (peer) => peer.changeMessage('finished', flipping(4 + at)),
      }),
    ),
    {
      ...wrong,
      name: 'sends a Finished of zeros',
      break: (peer) => peer.changeMessage('finished', ({ length }) => messageOf('finished', ...filled(length - 4))),
    },
  ];
}

function orders(common: Common): Case[] {
  const wrong = {
    ...common,
    rfc: 'RFC 8446 §4: “in an unexpected order MUST abort the handshake with an "unexpected_message" alert”',
    alert: 'unexpected_message',
  } as const;
  const drop = (place: Place): Case => ({
    ...wrong,
    name: `leaves ${place} out`,
    break: (peer) => peer.changeMessage(place, dropped),
    error: unexpected,
  });
  const twice = (place: Place, reason: MisbehaviourReason = 'message_unexpected'): Case => ({
    ...wrong,
    name: `sends ${place} twice`,
    break: (peer) => peer.changeMessage(place, doubled),
    error: misbehaved(reason),
  });
  return [
    drop('certificate'),
    drop('certificate_verify'),
    twice('certificate'),
    twice('certificate_verify'),
    twice('finished', 'handshake_spans_key_change'),
    {
      ...wrong,
      name: 'sends KeyUpdate in the handshake',
      rfc: 'RFC 8446 §4.6.3: “prior to receiving a Finished message MUST terminate the connection with an "unexpected_message" alert”',
      break: (peer) => peer.before('certificate', () => peer.sendHandshake(messageOf('key_update', 0))),
      error: unexpected,
    },
    {
      ...wrong,
      name: 'sends EndOfEarlyData without early data',
      rfc: 'RFC 8446 §4.5: “clients receiving it MUST terminate the connection with an "unexpected_message" alert”',
      break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('end_of_early_data'))),
      error: unexpected,
    },
  ];
}

const servers: readonly Case[] = [
  {
    name: 'sends no certificate',
    rfc: 'RFC 8446 §4.4.2.4: “If the server supplies an empty Certificate message, the client MUST abort the handshake with a "decode_error" alert”',
    victim: 'client',
    break: (peer) => peer.change('certificate', (message) => ({ ...message, certificateList: [] })),
    alert: 'decode_error',
    error: misbehaved('certificate_list_empty'),
  },
  {
    name: 'presents a certificate of another name',
    rfc: 'RFC 8446 §6.2',
    victim: 'client',
    situation: { credential: 'otherName' },
    break: () => {},
    alert: 'bad_certificate',
    why: 'no alert is named for a name that does not match; other implementations send this one',
    error: refused('name_mismatch'),
  },
  {
    name: 'signs by RSASSA-PKCS1-v1_5 with its RSA key',
    rfc: 'RFC 8446 §4.2.3',
    victim: 'client',
    situation: { credential: 'rsaServer' },
    break: (peer, { credentials, provider }) => {
      const sha256 = provider.hashes.find(({ name }) => name === 'sha256');
      if (sha256 === undefined) throw new Error('no SHA-256');
      peer.change('certificate_verify', () => {
        const content = signedContent('server', peer.transcriptHash(sha256));
        return {
          algorithm: 0x0401,
          signature: now(credentials.rsaServer.signer.sign({ kind: 'rsa-pkcs1', hash: 'sha256' }, content)),
        };
      });
    },
    alert: 'illegal_parameter',
    why: 'no alert is named; the scheme is offered for certificates only',
    error: misbehaved('signature_scheme_not_offered'),
  },
  ...(['encrypted_extensions'] as const).map(
    (place): Case => ({
      name: `leaves ${place} out`,
      rfc: 'RFC 8446 §4.3.1',
      victim: 'client',
      break: (peer) => peer.changeMessage(place, dropped),
      alert: 'unexpected_message',
      error: unexpected,
    }),
  ),
  {
    name: 'sends encrypted_extensions twice',
    rfc: 'RFC 8446 §4',
    victim: 'client',
    break: (peer) => peer.changeMessage('encrypted_extensions', doubled),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'sends certificate_request twice',
    rfc: 'RFC 8446 §4',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) => peer.changeMessage('certificate_request', doubled),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'sends CertificateRequest after its Certificate',
    rfc: 'RFC 8446 §4',
    victim: 'client',
    break: (peer) =>
      peer.after('certificate', () => peer.sendHandshake(messageOf('certificate_request', 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'asks for a certificate after it took up a PSK',
    rfc: 'RFC 8446 §4.3.2',
    victim: 'client',
    situation: { session: true },
    break: (peer) =>
      peer.before('finished', () => peer.sendHandshake(messageOf('certificate_request', 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'asks for a certificate with a context in the handshake',
    rfc: 'RFC 8446 §4.3.2',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) =>
      peer.change('certificate_request', (message) => ({ ...message, certificateRequestContext: Uint8Array.of(1) })),
    alert: 'illegal_parameter',
    why: 'no alert is named; the field has one right value',
    error: misbehaved('certificate_context_invalid'),
  },
  {
    name: 'asks for a certificate without signature_algorithms',
    rfc: 'RFC 8446 §6.2: “missing_extension: … a handshake message not containing an extension that is mandatory to send”',
    victim: 'client',
    situation: { requestsCertificate: true },
    break: (peer) =>
      peer.changeExtensions('certificate_request', (list) => [
        ...without('signature_algorithms')(list),
        extension('signature_algorithms_cert', 0, 2, ...two(0x0403)),
      ]),
    alert: 'missing_extension',
    error: misbehaved('extension_missing'),
  },
  {
    name: 'presents a certificate after it took up a PSK',
    rfc: 'RFC 8446 §4.4.2',
    victim: 'client',
    situation: { session: true },
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('certificate', 0, 0, 0, 0))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'sends a ticket in the midst of the handshake',
    rfc: 'RFC 8446 §4.6.1',
    victim: 'client',
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('new_session_ticket', ...filled(12)))),
    alert: 'unexpected_message',
    error: unexpected,
  },
];

const clients: readonly Case[] = [
  {
    name: 'sends no certificate where one is required',
    rfc: 'RFC 8446 §4.4.2.4: “or abort the handshake with a "certificate_required" alert”',
    victim: 'server',
    options: REQUIRE,
    break: (peer) => peer.change('certificate', (message) => ({ ...message, certificateList: [] })),
    alert: 'certificate_required',
    error: misbehaved('certificate_required'),
  },
  {
    name: 'sends no certificate, and signs nevertheless',
    rfc: 'RFC 8446 §4.4.3',
    victim: 'server',
    options: { clientCertificates: 'request' },
    break: (peer) => peer.change('certificate', (message) => ({ ...message, certificateList: [] })),
    alert: 'unexpected_message',
    why: 'without a certificate no CertificateVerify may follow',
    error: unexpected,
  },
  {
    name: 'presents a certificate that nobody asked for',
    rfc: 'RFC 8446 §4.4.2',
    victim: 'server',
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('certificate', 0, 0, 0, 0))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'presents a certificate when it resumes a session',
    rfc: 'RFC 8446 §4.4.2',
    victim: 'server',
    situation: { session: true },
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('certificate', 0, 0, 0, 0))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'sends EncryptedExtensions',
    rfc: 'RFC 8446 §4',
    victim: 'server',
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('encrypted_extensions', 0, 0))),
    alert: 'unexpected_message',
    error: unexpected,
  },
  {
    name: 'sends a ticket',
    rfc: 'RFC 8446 §4.6.1',
    victim: 'server',
    break: (peer) => peer.before('finished', () => peer.sendHandshake(messageOf('new_session_ticket', ...filled(12)))),
    alert: 'unexpected_message',
    error: unexpected,
  },
];

export const AUTHENTICATION: readonly Case[] = [...bothRoles('client'), ...servers, ...bothRoles('server'), ...clients];
