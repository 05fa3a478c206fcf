/**
 * A client's session as the Buffer that node:tls hands out in `'session'` and takes back in `session`.
 *
 * ```
 * magic "foxtls1\n", then fields: uint32 length and that many bytes each, in this order:
 *   suite, ticketAgeAdd, lifetime, receivedAt, flags (numbers in decimal), psk (before TLS 1.3 the master secret), ticket, serverName,
 *   alpnProtocol, before TLS 1.3 the session id,
 *   reason, depth and message of the certificate's refusal (when it was refused), certificates… (or the identity of a PSK, or a raw key)
 * ```
 * The bytes hold a secret. Foreign bytes, such as a session of node:tls, read as undefined: then the handshake is a full
 * one, as in Node for a session that cannot be used.
 */

import { EMPTY, fromUtf8, utf8 } from '../core/bytes/bytes.ts';
import { CertificateInvalid, type CertificateReason, certificateAlertFor } from '../core/errors/errors.ts';
import type { VersionName } from '../core/registry/protocol-versions.ts';
import { type PeerIdentity, presentedCertificates, presentedRawPublicKey } from '../protocol/handshake/peer-identity.ts';
import type { ClientSession } from '../protocol/session/client-session.ts';

const MAGIC = 'foxtls1\n';
const FIXED_FIELDS = 12;
const NAMED = 1;
const HAS_ALPN = 2;
const VERIFIED = 4;
const REFUSED = 8;
/** The server held an external PSK; its identity stands in place of certificates. */
const BY_PSK = 16;
/** The server showed a bare key, which stands in place of certificates. */
const RAW_KEY = 32;
/** It is of DTLS. */
const OF_DTLS = 512;
/** Which version it is of. */
const VERSIONS: Readonly<Record<VersionName, number>> = { 'TLSv1.3': 0, 'TLSv1.2': 64, 'TLSv1.1': 128, TLSv1: 256 };

/** Writes a session. */
export function writeSession(session: ClientSession): Buffer<ArrayBuffer> {
  const { peer } = session;
  const flags =
    (session.serverName === undefined ? 0 : NAMED) |
    (session.alpnProtocol === undefined ? 0 : HAS_ALPN) |
    (peer.kind === 'verified' ? VERIFIED : 0) |
    (peer.kind === 'unverified' ? REFUSED : 0) |
    (peer.kind === 'psk' ? BY_PSK : 0) |
    (presentedRawPublicKey(peer) === undefined ? 0 : RAW_KEY) |
    (session.protocol === 'DTLS' ? OF_DTLS : 0) |
    VERSIONS[session.version];
  const ticketAgeAdd = session.version === 'TLSv1.3' ? session.ticketAgeAdd : 0;
  const numbers = [session.suite, ticketAgeAdd, session.lifetime, session.receivedAt, flags];
  const fields = [
    ...numbers.map((number) => utf8(String(number))),
    session.version === 'TLSv1.3' ? session.psk : session.masterSecret,
    session.ticket ?? EMPTY,
    utf8(session.serverName ?? ''),
    utf8(session.alpnProtocol ?? ''),
    ...(session.version === 'TLSv1.3' ? [] : [session.sessionId]),
    ...describeRefusal(peer).map(utf8),
    ...(peer.kind === 'psk' ? [peer.identity] : [presentedRawPublicKey(peer) ?? presentedCertificates(peer)].flat()),
  ];
  return Buffer.concat([utf8(MAGIC), ...fields.flatMap((field) => [uint32(field.length), field])]);
}

/** Reads a session; undefined when the bytes are not one of ours. */
export function readSession(bytes: Uint8Array): ClientSession | undefined {
  const fields = splitFields(Buffer.from(bytes));
  if (fields === undefined || fields.length < FIXED_FIELDS) return undefined;
  const numbers = fields.slice(0, 5).map((field) => Number(field.toString('latin1')));
  if (!numbers.every(Number.isSafeInteger)) return undefined;
  const [suite, ticketAgeAdd, lifetime, receivedAt, flags] = numbers as [number, number, number, number, number];
  const [secret, ticket, serverName, alpnProtocol] = fields.slice(5).map(plain) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  try {
    const common = {
      ...{ suite, lifetime, receivedAt },
      protocol: flags & OF_DTLS ? ('DTLS' as const) : undefined,
      serverName: flags & NAMED ? fromUtf8(serverName) : undefined,
      alpnProtocol: flags & HAS_ALPN ? fromUtf8(alpnProtocol) : undefined,
    };
    const version = versionOf(flags);
    if (version === 'TLSv1.3') {
      return { version, ...common, psk: secret, ticket, ticketAgeAdd, peer: readPeer(flags, fields.slice(9)) };
    }
    return {
      version,
      ...common,
      masterSecret: secret,
      // Without it, nothing is handed out.
      extendedMasterSecret: true,
      sessionId: plain(fields[9] as Buffer),
      ticket: ticket.length === 0 ? undefined : ticket,
      peer: readPeer(flags, fields.slice(10)),
    };
  } catch {
    return undefined;
  }
}

function versionOf(flags: number): VersionName {
  const [version] = Object.entries(VERSIONS).find(([, flag]) => (flags & flag) !== 0) ?? ['TLSv1.3'];
  return version as VersionName;
}

function describeRefusal(peer: PeerIdentity): [reason: string, depth: string, message: string] {
  if (peer.kind !== 'unverified') return ['', '', ''];
  const { error } = peer;
  const isCertificate = error instanceof CertificateInvalid;
  return [isCertificate ? error.reason : 'rejected_by_application', String(isCertificate ? error.depth : 0), error.message];
}

function readPeer(flags: number, [reason, depth, message, ...certificates]: readonly Buffer[]): PeerIdentity {
  const chain = certificates.map(plain);
  const presented = flags & RAW_KEY && chain[0] ? { certificates: [], rawPublicKey: chain[0] } : { certificates: chain };
  if (flags & VERIFIED) return { kind: 'verified', ...presented, path: [] };
  if (flags & BY_PSK && chain[0] !== undefined) return { kind: 'psk', identity: chain[0] };
  if (!(flags & REFUSED) || reason === undefined || depth === undefined || message === undefined) return { kind: 'anonymous' };
  const word = fromUtf8(reason);
  const known = Object.hasOwn(certificateAlertFor, word) ? (word as CertificateReason) : 'rejected_by_application';
  const error = new CertificateInvalid(known, fromUtf8(message), { depth: Number(fromUtf8(depth)) });
  return { kind: 'unverified', ...presented, error };
}

function splitFields(bytes: Buffer): Buffer[] | undefined {
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return undefined;
  const fields: Buffer[] = [];
  for (let at = MAGIC.length; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A copy that is not a Buffer: below this folder there are none. */
function plain(bytes: Buffer): Uint8Array {
  return Uint8Array.from(bytes);
}
