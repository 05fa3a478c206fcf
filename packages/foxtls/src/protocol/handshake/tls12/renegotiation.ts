/**
 * Renegotiation: another handshake in the same connection, bound to the one before it (RFC 5746 §3; RFC 7627 §5.4, §6.2; RFC 7366 §3.1).
 *
 * ```
 *   ClientHello  renegotiation_info: client_verify_data                      of the handshake before; empty in the first
 *   ServerHello  renegotiation_info: client_verify_data + server_verify_data
 * ```
 * So nobody can splice a connection of his own before somebody else's (CVE-2009-3555). And the peer stays who it was: the triple
 * handshake attack lives on a server whose certificate changes, and so no certificate does, neither a server's nor a client's. A client
 * that was nobody may become somebody: that is what renegotiation is used for.
 */

import { concat, constantTimeEqual, EMPTY, equal } from '../../../core/bytes/bytes.ts';
import { PeerIncompatible, PeerMisbehaved } from '../../../core/errors/errors.ts';
import { CIPHER_SUITES } from '../../../core/registry/cipher-suites.ts';
import type { VersionName } from '../../../core/registry/protocol-versions.ts';
import type { PeerPresented } from '../../../crypto/peer-verifier.ts';
import type { ClientHello } from '../../messages/client-hello.ts';
import type { ExtensionValues } from '../../messages/extensions/table.ts';
import type { HelloRetryRequest, ServerHello, Tls12ServerHello } from '../../messages/server-hello.ts';
import { type PeerIdentity, presentedCertificates, presentedRawPublicKey } from '../peer-identity.ts';

/** What a renegotiation has to know of the handshakes before it. */
export interface PreviousHandshake {
  readonly version: VersionName;
  /** verify_data of both Finished messages of the last one. */
  readonly clientFinished: Uint8Array;
  readonly serverFinished: Uint8Array;
  /** Who the peer proved to be: in the last handshake in which it did. */
  readonly peer: PeerIdentity;
  readonly serverName: string | undefined;
  readonly macThenEncrypt: boolean;
  /** Server: whether the client may go on with a session. */
  readonly mayResume: boolean;
}

/**
 * A config for a renegotiation. "If a server established a TLS connection with a previous version of TLS and receives a TLS 1.3
 * ClientHello in a renegotiation, it MUST retain the previous protocol version." (RFC 8446 §4.1.2) And "implementations MUST NOT
 * renegotiate a downgrade from encrypt-then-MAC to MAC-then-encrypt." (RFC 7366 §3.1)
 */
export function renegotiationConfig<
  Config extends { readonly versions: readonly VersionName[]; readonly insecureMacThenEncrypt: boolean },
>(config: Config, { version, macThenEncrypt }: PreviousHandshake): Config {
  return { ...config, versions: [version], insecureMacThenEncrypt: config.insecureMacThenEncrypt && macThenEncrypt };
}

/** Client: what renegotiation_info says in the ClientHello. */
export function clientRenegotiationInfo(previous: PreviousHandshake | undefined): Uint8Array {
  return previous?.clientFinished ?? EMPTY;
}

/** Server: what renegotiation_info says in the ServerHello. */
export function serverRenegotiationInfo(previous: PreviousHandshake | undefined): Uint8Array {
  return previous === undefined ? EMPTY : concat(previous.clientFinished, previous.serverFinished);
}

/** Server: what the ClientHello says of renegotiation. Returns whether the client knows the secure kind. */
export function checkClientRenegotiation(
  { cipherSuites, extensions }: ClientHello,
  previous: PreviousHandshake | undefined,
): boolean {
  const { renegotiation_info: info, extended_master_secret: extended } = extensions.values;
  const hasScsv = cipherSuites.includes(CIPHER_SUITES.TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
  if (previous === undefined) {
    // "The server MUST then verify that the length of the "renegotiated_connection" field is zero, and if it is not, MUST abort the
    // handshake." (RFC 5746 §3.6)
    if (info !== undefined && info.length > 0) throw infoInvalid('is not empty in the first handshake');
    return info !== undefined || hasScsv;
  }
  // "When a ClientHello is received, the server MUST verify that it does not contain the TLS_EMPTY_RENEGOTIATION_INFO_SCSV SCSV. If the
  // SCSV is present, the server MUST abort the handshake." (RFC 5746 §3.7)
  if (hasScsv) throw infoInvalid('stands as a cipher suite in a renegotiation');
  // "The server MUST verify that the "renegotiation_info" extension is present; if it is not, the server MUST abort the handshake."
  // (RFC 5746 §3.7)
  if (info === undefined) throw infoMissing();
  // "The server MUST verify that the value of the "renegotiated_connection" field is equal to the saved client_verify_data value; if it is
  // not, the server MUST abort the handshake." (RFC 5746 §3.7)
  if (!constantTimeEqual(info, clientRenegotiationInfo(previous))) throw infoInvalid('is not of this connection');
  if (extended !== true) {
    throw new PeerMisbehaved('extended_master_secret_missing', 'the client left extended_master_secret out in a renegotiation');
  }
  // Whoever asks for another name asks for another server: that takes another connection.
  if (extensions.values.server_name !== previous.serverName) {
    throw new PeerMisbehaved('server_name_changed', 'the client asks for another name in a renegotiation');
  }
  return true;
}

/**
 * Client. "A legacy TLS client performing renegotiation with TLS 1.2 or prior and which receives a TLS 1.3 ServerHello during renegotiation
 * MUST abort the handshake with a "protocol_version" alert." (RFC 8446 §4.1.3)
 */
export function checkVersionKept(
  previous: PreviousHandshake | undefined,
  { kind }: ServerHello | HelloRetryRequest | Tls12ServerHello,
): void {
  if (previous === undefined || kind === 'server_hello_tls12') return;
  throw new PeerIncompatible('version', [previous.version], ['TLSv1.3'], 'A renegotiation keeps the version');
}

/** Client: what the ServerHello says of renegotiation. */
export function checkServerRenegotiation(
  { renegotiation_info: info, extended_master_secret: extended }: ExtensionValues<'server_hello_tls12'>,
  previous: PreviousHandshake | undefined,
): void {
  // "If the server does not acknowledge the extension, the client MUST generate a fatal handshake_failure alert prior to terminating the
  // connection." (RFC 9325 §3.5)
  if (info === undefined) throw infoMissing();
  if (previous === undefined) {
    // "The client MUST then verify that the length of the "renegotiated_connection" field is zero, and if it is not, MUST abort the
    // handshake (by sending a fatal handshake_failure alert)." (RFC 5746 §3.4)
    if (info.length > 0) throw infoInvalid('is not empty in the first handshake');
    return;
  }
  // "The client MUST then verify that the first half of the "renegotiated_connection" field is equal to the saved client_verify_data
  // value, and the second half is equal to the saved server_verify_data value. If they are not, the client MUST abort the handshake."
  // (RFC 5746 §3.5)
  if (!constantTimeEqual(info, serverRenegotiationInfo(previous))) throw infoInvalid('is not of this connection');
  if (extended !== true) {
    throw new PeerMisbehaved('extended_master_secret_changed', 'the server left extended_master_secret out in a renegotiation');
  }
}

/** Client: a server that showed a certificate shows the same again, and before anything is sent to it. */
export function checkServerUnchanged(previous: PreviousHandshake | undefined, presented: PeerPresented | undefined): void {
  if (previous === undefined || previous.peer.kind === 'anonymous') return;
  if (!showed(previous.peer, presented)) throw certificateChanged('server');
}

/** Server: a client that proved who it is does not become somebody else. */
export function checkClientUnchanged(previous: PreviousHandshake | undefined, client: PeerIdentity): void {
  if (!mayBecome(previous, client)) throw certificateChanged('client');
}

/** Whether the peer so far may turn out to be this one: itself; or somebody who was nobody; or nobody. */
export function mayBecome(previous: PreviousHandshake | undefined, peer: PeerIdentity): boolean {
  if (previous === undefined || previous.peer.kind === 'anonymous' || peer.kind === 'anonymous') return true;
  if (previous.peer.kind === 'psk' || peer.kind === 'psk') {
    return previous.peer.kind === 'psk' && peer.kind === 'psk' && equal(previous.peer.identity, peer.identity);
  }
  const spki = presentedRawPublicKey(peer);
  const certificates = presentedCertificates(peer);
  return showed(previous.peer, spki === undefined ? { kind: 'x509', certificates } : { kind: 'raw-public-key', spki });
}

/** Whether these are the certificates, byte by byte, or the bare key, that somebody presented. */
function showed(peer: PeerIdentity, presented: PeerPresented | undefined): boolean {
  const before = [...presentedCertificates(peer), presentedRawPublicKey(peer) ?? EMPTY];
  const now = [
    ...(presented?.kind === 'x509' ? presented.certificates : []),
    presented?.kind === 'raw-public-key' ? presented.spki : EMPTY,
  ];
  return before.length === now.length && before.every((bytes, i) => equal(bytes, now[i] as Uint8Array));
}

function certificateChanged(who: 'client' | 'server'): PeerMisbehaved {
  return new PeerMisbehaved('certificate_changed', `the ${who} shows another certificate in a renegotiation`);
}

function infoInvalid(problem: string): PeerMisbehaved {
  return new PeerMisbehaved('renegotiation_info_invalid', `renegotiation_info ${problem}`);
}

function infoMissing(): PeerMisbehaved {
  return new PeerMisbehaved('renegotiation_info_missing', 'the peer does not say that it knows secure renegotiation (RFC 5746)');
}
