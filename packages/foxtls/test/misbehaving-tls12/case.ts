/**
 * What a case of misbehaviour over TLS 1.2 is, and the edits that cases share.
 */

import { concat } from '../../src/core/bytes/bytes.ts';
import { HANDSHAKE_TYPES } from '../../src/core/registry/handshake-types.ts';
import type { Tls12ServerHello } from '../../src/protocol/messages/server-hello.ts';
import type { VictimOptions } from '../misbehaving/case.ts';
import type { Misbehaviour } from '../misbehaving/outcome.ts';
import type { Tls12Peer } from './peer.ts';

export interface Tls12Case extends Misbehaviour {
  readonly situation?: {
    readonly requestsCertificate?: boolean;
    readonly session?: 'ticket' | 'id';
    readonly credential?: 'stranger' | 'rsa' | 'otherName' | 'encipherOnly';
  };
  readonly options?: Pick<
    VictimOptions,
    | 'versions'
    | 'clientCertificates'
    | 'alpnProtocols'
    | 'recordSizeLimit'
    | 'maxFragmentLength'
    | 'heartbeat'
    | 'cipherSuites'
    | 'groups'
    | 'requestOcsp'
    | 'requestSct'
    | 'serverCertificateTypes'
    | 'grease'
  >;
  readonly break: (peer: Tls12Peer) => void;
}

export const message = (type: keyof typeof HANDSHAKE_TYPES, ...body: number[]) =>
  Uint8Array.of(HANDSHAKE_TYPES[type], 0, 0, body.length, ...body);
export const flip = (bytes: Uint8Array, at: number) =>
  bytes.map((byte, i) => (i === (at < 0 ? bytes.length + at : at) ? byte ^ 1 : byte));
export const sentinel = (last: number) => (hello: Tls12ServerHello) => ({
  ...hello,
  random: concat(new Uint8Array(24), Uint8Array.of(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last)),
});
export const only12 = { versions: ['TLSv1.2'] } as const;
export const unexpected = { alert: 'unexpected_message' } as const;
export const illegal = { alert: 'illegal_parameter' } as const;

/** The body of ServerKeyExchange: curve_type, named_curve, length, point, and the rest. */
export const editParams = (edit: (body: Uint8Array) => Uint8Array) => (peer: Tls12Peer) =>
  peer.change('server_key_exchange', ({ body }) => ({ body: edit(body) }));

export const both = (make: (victim: 'client' | 'server') => Tls12Case): readonly Tls12Case[] => [make('client'), make('server')];
