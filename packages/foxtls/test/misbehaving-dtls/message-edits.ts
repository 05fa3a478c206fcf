/**
 * A peer over datagrams, as the cases over streams speak to one: for those that change what messages say, leave them out or send more of them.
 *
 * A ClientHello is shown without its cookie, as it is over streams. What a case asks for beyond that is not to be had: `OverStreamsAlone`.
 */

import { concat } from '../../src/core/bytes/bytes.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import * as tls13 from '../../src/protocol/messages/messages.ts';
import * as tls12 from '../../src/protocol/messages/tls12/messages.ts';
import type { Version } from './case.ts';
import type { DatagramPeer, Outgoing } from './peer.ts';

/** A case needs what a peer over datagrams does not have. */
export class OverStreamsAlone extends Error {}

const HELLOS = { client_hello: tls13.ClientHello, server_hello: tls13.ServerHello, finished: tls13.Finished } as const;
const KINDS = {
  'TLSv1.3': {
    ...HELLOS,
    encrypted_extensions: tls13.EncryptedExtensions,
    certificate_request: tls13.CertificateRequest,
    certificate: tls13.Certificate,
    certificate_verify: tls13.CertificateVerify,
  },
  'TLSv1.2': {
    ...HELLOS,
    certificate: tls12.Certificate,
    certificate_request: tls12.CertificateRequest,
    certificate_verify: tls12.CertificateVerify,
    server_key_exchange: tls12.ServerKeyExchange,
    server_hello_done: tls12.ServerHelloDone,
    client_key_exchange: tls12.ClientKeyExchange,
  },
} as const;

type Place = keyof (typeof KINDS)[Version];
type Kind = tls13.MessageKind<string, unknown>;
type Edit = (message: Uint8Array) => Uint8Array;
type EditList = (list: readonly RawExtension[]) => readonly RawExtension[];
interface WithExtensions {
  readonly extensions: { readonly list: readonly RawExtension[] };
}

/** Speaks to `peer`, whose handshake is of `version`. */
export function messageEdits(peer: DatagramPeer, version: Version): never {
  const kindAt = (place: string): Kind => {
    const kind = (KINDS[version] as Readonly<Record<string, unknown>>)[place];
    if (kind === undefined) throw new OverStreamsAlone(place);
    return kind as Kind;
  };
  const edits = new Map<string, Edit[]>();
  const editing = (place: string, edit: Edit) => {
    const list = edits.get(place);
    if (list !== undefined) {
      list.push(edit);
      return;
    }
    const all = [edit];
    edits.set(place, all);
    kindAt(place);
    peer.instead(place as Place, (message) => sendEdited(peer, message, place === 'client_hello', all));
  };
  const change = (place: string, edit: (value: unknown) => unknown) => {
    const kind = kindAt(place);
    editing(place, (bytes) => tls13.writeMessage(kind, edit(read(kind, bytes))));
  };
  const methods = {
    change,
    changeMessage: editing,
    changeExtensions: (place: string, edit: EditList) =>
      change(place, (value) => {
        const { extensions } = value as WithExtensions;
        return { ...(value as WithExtensions), extensions: { ...extensions, list: edit(extensions.list), values: {} } };
      }),
    skip: (place: string) => editing(place, () => new Uint8Array(0)),
  };
  return new Proxy(methods, {
    get: (target, key) => {
      if (key in target) return target[key as keyof typeof target];
      throw new OverStreamsAlone(String(key));
    },
    set: (_target, key) => {
      throw new OverStreamsAlone(String(key));
    },
  }) as never;
}

/** Key exchanges have no form of their own. */
function read(kind: Kind, bytes: Uint8Array): unknown {
  const body = bytes.subarray(4);
  const { server_key_exchange: server, client_key_exchange: client } = HANDSHAKE_TYPES;
  if (bytes[0] === server || bytes[0] === client) return { body };
  return tls13.readMessage(kind, { type: bytes[0] as number, body, bytes, sequence: 0 });
}

function sendEdited(peer: DatagramPeer, { bytes, sequence }: Outgoing, isClientHello: boolean, edits: readonly Edit[]): void {
  const edited = edits.reduce((message, edit) => edit(message), isClientHello ? withoutCookie(bytes) : bytes);
  const [first, ...more] = messagesIn(edited).map((message) => (isClientHello ? withCookie(message) : message));
  // What is left out has no number.
  if (first === undefined) peer.sequence--;
  else peer.sendMessage({ bytes: first, sequence });
  for (const message of more) peer.sendMessage({ bytes: message, sequence: peer.sequence++ });
}

/** One message after another; what is no whole message is left as it is. */
function messagesIn(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length === 0) return [];
  const length = 4 + (((bytes[1] as number) << 16) | ((bytes[2] as number) << 8) | (bytes[3] as number));
  return length >= bytes.length ? [bytes] : [bytes.subarray(0, length), ...messagesIn(bytes.subarray(length))];
}

/** Behind header, version, random and session id. */
const cookieAt = (hello: Uint8Array) => 4 + 2 + 32 + 1 + (hello[4 + 2 + 32] as number);
const message = (type: number, body: Uint8Array) => concat(Uint8Array.of(type, 0, body.length >> 8, body.length & 0xff), body);

/** The peer has none to say: its cookie is empty. */
function withoutCookie(hello: Uint8Array): Uint8Array {
  const at = cookieAt(hello);
  return message(hello[0] as number, concat(hello.subarray(4, at), hello.subarray(at + 1)));
}

function withCookie(hello: Uint8Array): Uint8Array {
  if (hello[0] !== HANDSHAKE_TYPES.client_hello || hello.length <= 4 + 2 + 32) return hello;
  const at = cookieAt(hello);
  return message(hello[0] as number, concat(hello.subarray(4, at), Uint8Array.of(0), hello.subarray(at)));
}
