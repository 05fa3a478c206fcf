/**
 * What differs by nature between TLS and DTLS in the handshake, as data (RFC 6347 §4.2, RFC 9147 §5), so that no flow asks which one it is.
 */

import { PeerIncompatible } from '../../core/errors/errors.ts';
import { CIPHER_SUITES } from '../../core/registry/cipher-suites.ts';
import {
  PROTOCOL_VERSIONS,
  type ProtocolVersionName,
  protocolVersionName,
  type VersionName,
} from '../../core/registry/protocol-versions.ts';
import type { LabelPrefix } from '../keys/hkdf.ts';
import { type TranscriptForm, unfragmented } from '../keys/transcript.ts';
import type { ClientHello as ClientHelloMessage } from '../messages/client-hello.ts';
import { ClientHello, DatagramClientHello, HelloVerifyRequest, type MessageKind } from '../messages/messages.ts';
import type { CipherSuite } from '../negotiate/cipher-suites.ts';
import type { Tls12CipherSuite } from '../negotiate/tls12-cipher-suites.ts';

export interface ProtocolVariant {
  readonly name: 'TLSv1.3' | 'DTLSv1.3';
  /** The number of version 1.3. */
  readonly version: number;
  /** The numbers of those versions that this transport can speak. */
  readonly versions: { readonly [name in VersionName]?: number };
  /** legacy_version of both hellos of version 1.3, and the newest version that it can name. */
  readonly legacyVersion: number;
  /** Whether a number stands for the version of the other, or for a newer one. */
  readonly isAtLeast: (version: number, other: number) => boolean;
  /** Of these, sessions know that they are none of the other protocol; undefined for TLS. */
  readonly sessionProtocol: 'DTLS' | undefined;
  /** Whether a suite of version 1.3, or of one before it, can be used. */
  readonly hasSuite: (suite: CipherSuite) => boolean;
  readonly hasTls12Suite: (suite: Tls12CipherSuite) => boolean;
  /** Whether use_srtp can be spoken of: "This extension MUST only be used when the data being transported is RTP or RTCP" (RFC 5764 §4.1), in datagrams. */
  readonly carriesSrtp: boolean;
  readonly labelPrefix: LabelPrefix;
  readonly clientHello: MessageKind<'client_hello', ClientHelloMessage>;
  /** With what a server of a version before 1.3 asks for a cookie (RFC 6347 §4.2.1); undefined where it cannot. */
  readonly helloVerifyRequest: typeof HelloVerifyRequest | undefined;
  /** How messages of the versions before 1.3 stand in the transcript; undefined for as they are. */
  readonly tls12TranscriptForm: TranscriptForm | undefined;
  /** Whether legacy_session_id and change_cipher_spec may be used to please middleboxes (RFC 8446 §D.4; not in RFC 9147 §5). */
  readonly middleboxCompatibility: boolean;
}

export const TLS: ProtocolVariant = {
  name: 'TLSv1.3',
  version: PROTOCOL_VERSIONS['TLSv1.3'],
  versions: {
    'TLSv1.3': PROTOCOL_VERSIONS['TLSv1.3'],
    'TLSv1.2': PROTOCOL_VERSIONS['TLSv1.2'],
    'TLSv1.1': PROTOCOL_VERSIONS['TLSv1.1'],
    TLSv1: PROTOCOL_VERSIONS.TLSv1,
  },
  legacyVersion: PROTOCOL_VERSIONS['TLSv1.2'],
  isAtLeast: (version, other) => version >= other,
  sessionProtocol: undefined,
  hasSuite: () => true,
  hasTls12Suite: () => true,
  carriesSrtp: false,
  labelPrefix: 'tls13 ',
  clientHello: ClientHello,
  helloVerifyRequest: undefined,
  tls12TranscriptForm: undefined,
  middleboxCompatibility: true,
};

/** DTLS 1.0 is what was made of TLS 1.1 (RFC 4347); nothing was made of TLS 1.0. */
export const DTLS: ProtocolVariant = {
  name: 'DTLSv1.3',
  version: PROTOCOL_VERSIONS['DTLSv1.3'],
  versions: {
    'TLSv1.3': PROTOCOL_VERSIONS['DTLSv1.3'],
    'TLSv1.2': PROTOCOL_VERSIONS['DTLSv1.2'],
    'TLSv1.1': PROTOCOL_VERSIONS.DTLSv1,
  },
  legacyVersion: PROTOCOL_VERSIONS['DTLSv1.2'],
  // It counts downward; what does not begin as its numbers do is none of its versions.
  isAtLeast: (version, other) => version >> 8 === DTLS_MAJOR && version <= other,
  sessionProtocol: 'DTLS',
  // "TLS_AES_128_CCM_8_SHA256 MUST NOT be used in DTLS without additional safeguards against forgery." (RFC 9147 §4.5.3) There are none here;
  // and without a cipher for its numbers no record can be sent.
  hasSuite: ({ id, aead }) => id !== CIPHER_SUITES.TLS_AES_128_CCM_8_SHA256 && aead.createRecordNumberCipher !== undefined,
  // "RC4 MUST NOT be used with DTLS." (RFC 6347 §4.1.2.2)
  hasTls12Suite: ({ cipher }) => cipher.needsOrder !== true,
  carriesSrtp: true,
  labelPrefix: 'dtls13',
  clientHello: DatagramClientHello,
  helloVerifyRequest: HelloVerifyRequest,
  tls12TranscriptForm: unfragmented,
  middleboxCompatibility: false,
};

const DTLS_MAJOR = 0xfe;

/** The number of a version that the variant speaks. */
export function versionNumber({ versions }: ProtocolVariant, name: VersionName): number {
  return versions[name] as number;
}

/** What people call a version that the variant speaks: over datagrams `TLSv1.2` of a config is `DTLSv1.2`. */
export function versionTitle(variant: ProtocolVariant, name: VersionName): ProtocolVersionName {
  return protocolVersionName(versionNumber(variant, name)) ?? name;
}

/**
 * "Any endpoint receiving a Hello message with ClientHello.legacy_version or ServerHello.legacy_version set to 0x0300 MUST abort the
 * handshake with a "protocol_version" alert." (RFC 8446 §D.5) What is less than that may not be sent either, and gets the same.
 */
export function refuseSsl3(variant: ProtocolVariant, legacyVersion: number): void {
  if (legacyVersion > PROTOCOL_VERSIONS.SSLv3) return;
  throw new PeerIncompatible(
    'version',
    [variant.name],
    [protocolVersionName(legacyVersion) ?? `0x${legacyVersion.toString(16)}`],
  );
}
