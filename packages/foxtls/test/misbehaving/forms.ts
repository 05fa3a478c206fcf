/**
 * What is not of the form that it has to be, in the same way in TLS 1.3 and TLS 1.2: messages, extensions, signatures.
 *
 * decode_error is for "errors where the message does not conform to the formal protocol syntax", illegal_parameter for those "which conform to
 * the formal protocol syntax but are otherwise incorrect" (RFC 8446 §6.2).
 */

import { concat, EMPTY, fromHex } from '../../src/core/bytes/bytes.ts';
import { misbehaved, undecodable } from './case.ts';
import { cutShort, type ExtensionName, filled, two, withTrailingByte } from './edits.ts';
import type { Misbehaviour } from './outcome.ts';

// ---- Messages ----

/** A message of the peer's; its name in errors, and the path of what its codec stumbles over when the last byte is not there. */
export interface MessageForm<Place, Setting> {
  readonly place: Place;
  readonly victim: Misbehaviour['victim'];
  readonly name: string;
  readonly cut: string;
  /** Where there is nothing behind the last field, its path. */
  readonly tooLong?: string;
  /** The right handshake that it is broken in. */
  readonly setting?: Setting;
}

interface Changing<Place> {
  changeMessage(place: Place, edit: (message: Uint8Array) => Uint8Array): void;
}

/** Every message: a byte too long, a byte too short, and with the type of another. */
export function messageForms<Place extends string, P extends Changing<Place>, Setting extends object>(
  forms: readonly MessageForm<Place, Setting>[],
): readonly (Misbehaviour & Setting & { readonly break: (peer: P) => void })[] {
  return forms.flatMap(({ place, victim, name, cut, tooLong = name, setting }) => {
    const common = { ...(setting as Setting), victim };
    const wrong = {
      ...common,
      rfc: 'RFC 8446 §6.2: “decode_error: A message could not be decoded because … the length of the message was incorrect”',
      alert: 'decode_error',
    } as const;
    return [
      {
        ...wrong,
        name: `lets its ${place} be a byte too long`,
        break: (peer: P) => peer.changeMessage(place, withTrailingByte),
        error: undecodable(tooLong),
      },
      {
        ...wrong,
        name: `lets its ${place} be a byte too short`,
        break: (peer: P) => peer.changeMessage(place, cutShort),
        error: undecodable(cut),
      },
      {
        ...common,
        name: `gives its ${place} a type that there is not`,
        rfc: 'RFC 8446 §6.2: “unexpected_message: An inappropriate message (e.g., the wrong handshake message”',
        break: (peer: P) => peer.changeMessage(place, (message) => message.with(0, 42)),
        alert: 'unexpected_message' as const,
        error: misbehaved('message_unexpected'),
      },
    ];
  });
}

// ---- Extensions ----

/** An extension whose content is not of its form: what is said of it, its content, and the rest of the path to where reading ends. */
type Malformed = readonly [name: ExtensionName, what: string, data: readonly number[], path: string];

/** In a ClientHello of any version. */
const IN_CLIENT_HELLO: readonly Malformed[] = [
  ['server_name', 'an empty list', [0, 0], ''],
  ['server_name', 'a list longer than the extension', [0, 6, 0, 0, 2, 0x61, 0x62], ''],
  ['server_name', 'a list shorter than the extension', [0, 5, 0, 0, 2, 0x61, 0x62, 0], ''],
  ['server_name', 'an empty name', [0, 3, 0, 0, 0], '[0].name'],
  ['server_name', 'a name longer than the list', [0, 5, 0, 0, 3, 0x61, 0x62], '[0].name'],
  ['max_fragment_length', 'no content', [], ''],
  ['max_fragment_length', 'two values', [1, 1], ''],
  ['status_request', 'a byte too many', [1, 0, 0, 0, 0, 0], ''],
  ['supported_groups', 'no content', [], ''],
  ['supported_groups', 'an empty list', [0, 0], ''],
  ['supported_groups', 'half a group', [0, 3, 0, 0x17, 0], '[1]'],
  ['supported_groups', 'a list longer than the extension', [0, 4, 0, 0x17], ''],
  ['supported_groups', 'a byte too many', [0, 2, 0, 0x17, 0], ''],
  ['ec_point_formats', 'no content', [], ''],
  ['ec_point_formats', 'a list longer than the extension', [2, 0], ''],
  ['ec_point_formats', 'a byte too many', [1, 0, 0], ''],
  ['signature_algorithms', 'no content', [], ''],
  ['signature_algorithms', 'an empty list', [0, 0], ''],
  ['signature_algorithms', 'half a scheme', [0, 3, 4, 3, 4], '[1]'],
  ['signature_algorithms', 'a list longer than the extension', [0, 4, 4, 3], ''],
  ['signature_algorithms', 'a byte too many', [0, 2, 4, 3, 0], ''],
  ['signature_algorithms_cert', 'half a scheme', [0, 1, 4], ''],
  ['heartbeat', 'no content', [], ''],
  ['heartbeat', 'two modes', [1, 1], ''],
  ['application_layer_protocol_negotiation', 'no content', [], ''],
  ['application_layer_protocol_negotiation', 'an empty list', [0, 0], ''],
  ['application_layer_protocol_negotiation', 'an empty name at the end', [0, 4, 2, 0x68, 0x32, 0], '[1]'],
  ['application_layer_protocol_negotiation', 'a name longer than the list', [0, 3, 3, 0x68, 0x32], '[0]'],
  ['application_layer_protocol_negotiation', 'a list longer than the extension', [0, 4, 2, 0x68, 0x32], ''],
  ['application_layer_protocol_negotiation', 'a byte too many', [0, 3, 2, 0x68, 0x32, 0], ''],
  ['signed_certificate_timestamp', 'content', [0], ''],
  ['encrypt_then_mac', 'content', [0], ''],
  ['extended_master_secret', 'content', [0], ''],
  ['renegotiation_info', 'no content', [], ''],
  ['renegotiation_info', 'less than it says', [1], ''],
  ['renegotiation_info', 'more than it says', [0, 0], ''],
  ['server_certificate_type', 'no content', [], ''],
  ['client_certificate_type', 'more than it says', [1, 0, 2], ''],
];

/** In a ClientHello of TLS 1.3. */
const IN_TLS13_CLIENT_HELLO: readonly Malformed[] = [
  ['key_share', 'no content', [], ''],
  ['key_share', 'half an entry', [0, 1, 0], '[0].group'],
  ['key_share', 'a share longer than the list', [0, 5, 0, 0x1d, 0, 2, 1], '[0].keyExchange'],
  ['key_share', 'a list longer than the extension', [0, 6, 0, 0x1d, 0, 1, 1], ''],
  ['key_share', 'a byte too many', [0, 5, 0, 0x1d, 0, 1, 1, 0], ''],
  ['psk_key_exchange_modes', 'no content', [], ''],
  ['psk_key_exchange_modes', 'a list longer than the extension', [2, 1], ''],
  ['psk_key_exchange_modes', 'a byte too many', [1, 1, 0], ''],
  ['early_data', 'content', [0], ''],
  ['post_handshake_auth', 'content', [0], ''],
  ['cookie', 'no content', [], ''],
  ['cookie', 'an empty cookie', [0, 0], ''],
  ['cookie', 'a cookie longer than the extension', [0, 2, 1], ''],
  ['cookie', 'a byte too many', [0, 1, 1, 1], ''],
  ['supported_versions', 'no content', [], ''],
  ['supported_versions', 'an empty list', [0], ''],
  ['supported_versions', 'half a version', [3, 3, 4, 3], '[1]'],
  ['supported_versions', 'a list longer than the extension', [4, 3, 4], ''],
  ['supported_versions', 'a byte too many', [2, 3, 4, 0], ''],
  ['certificate_authorities', 'an empty name', [0, 5, 0, 0, 0, 1, 1], '[0]'],
  ['certificate_authorities', 'a byte too many', [0, 3, 0, 1, 1, 1], ''],
  ['pre_shared_key', 'no content', [], '.identities'],
  ['pre_shared_key', 'no identity', [0, 0, 0, 0], '.identities'],
  ['pre_shared_key', 'half an identity', [0, 7, 0, 3, 1, 1, 1, 0, 0], '.identities[0].obfuscatedTicketAge'],
  ['pre_shared_key', 'no binders', [0, 7, 0, 1, 1, 0, 0, 0, 0], '.binders'],
  ['pre_shared_key', 'an empty list of binders', [0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 0], '.binders'],
  ['pre_shared_key', 'an empty binder', [0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 33, 0, ...filled(32)], '.binders[0]'],
  ['pre_shared_key', 'a byte too many', [0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 33, 32, ...filled(32), 0], ''],
];

type PutExtension<P> = (peer: P, name: ExtensionName, data: readonly number[]) => void;

/** `put` replaces or adds an extension of the first ClientHello. */
export function clientHelloExtensionForms<P>(
  version: 'TLSv1.3' | 'TLSv1.2',
  put: PutExtension<P>,
): readonly (Misbehaviour & { readonly break: (peer: P) => void })[] {
  const rows = version === 'TLSv1.3' ? [...IN_CLIENT_HELLO, ...IN_TLS13_CLIENT_HELLO] : IN_CLIENT_HELLO;
  return rows.map(([name, what, data, path]) => ({
    name: `has in ${name} ${what}`,
    rfc: 'RFC 8446 §6.2',
    victim: 'server',
    break: (peer) => put(peer, name, data),
    alert: 'decode_error',
    error: undecodable(`client_hello.extensions.${name}${path}`),
  }));
}

/** Names that are vectors of bytes, but no names (RFC 6066 §3). */
const WRONG_NAMES: readonly (readonly [what: string, data: readonly number[]])[] = [
  ['two host names', [0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62]],
  ['one host name twice', [0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x61]],
  ['a name that ends with a dot', [0, 5, 0, 0, 2, 0x61, 0x2e]],
  ['a name with a zero byte', [0, 5, 0, 0, 2, 0x61, 0]],
  ['a name with a space', [0, 6, 0, 0, 3, 0x61, 0x20, 0x62]],
  ['a name that is not ASCII', [0, 5, 0, 0, 2, 0xc3, 0xa4]],
  ['a name of 256 bytes', [...two(259), 0, ...two(256), ...filled(256, 0x61)]],
];

export function serverNameForms<P>(put: PutExtension<P>): readonly (Misbehaviour & { readonly break: (peer: P) => void })[] {
  return WRONG_NAMES.map(([what, data]) => ({
    name: `asks by server_name for ${what}`,
    rfc: 'RFC 6066 §3',
    victim: 'server',
    break: (peer) => put(peer, 'server_name', data),
    alert: 'illegal_parameter',
    why: 'no alert is named; the list is well formed, what it says is not allowed',
    error: misbehaved('server_name_invalid'),
  }));
}

// ---- Signatures ----

const ORDER = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const integer = (...bytes: readonly number[]) => Uint8Array.of(2, bytes.length, ...bytes);
const sequence = (...parts: readonly Uint8Array[]) => {
  const content = concat(...parts);
  return Uint8Array.of(0x30, content.length, ...content);
};

/** What can stand where an ECDSA-Sig-Value of P-256 has to (RFC 8422 §5.4). */
const ECDSA_SIGNATURES: readonly (readonly [what: string, signature: Uint8Array])[] = [
  ['of no bytes', EMPTY],
  ['that is no DER', filled(70, 0x55)],
  ['of zeros', sequence(integer(0), integer(0))],
  ['whose r is zero', sequence(integer(0), integer(1))],
  ['whose s is zero', sequence(integer(1), integer(0))],
  ['whose r is the order of the curve', sequence(integer(0, ...ORDER), integer(1))],
  ['whose s is the order of the curve', sequence(integer(1), integer(0, ...ORDER))],
  ['whose r is negative', sequence(integer(0xff), integer(1))],
  ['of one number', sequence(integer(1))],
  ['of three numbers', sequence(integer(1), integer(1), integer(1))],
  ['of the two numbers, without DER', filled(64, 1)],
];

/** `put` replaces the signature of the peer; it is made by a key on P-256. */
export function signatureForms<P>(
  victim: Misbehaviour['victim'],
  rfc: string,
  put: (peer: P, signature: Uint8Array) => void,
): readonly (Misbehaviour & { readonly break: (peer: P) => void })[] {
  return ECDSA_SIGNATURES.map(([what, signature]) => ({
    name: `sends an ECDSA signature ${what}`,
    rfc,
    victim,
    break: (peer) => put(peer, signature),
    alert: 'decrypt_error',
    why: 'the message is well formed: its signature is bytes that "[fail] to correctly verify"',
    error: misbehaved('signature_invalid'),
  }));
}
