/**
 * The rules of max_fragment_length and record_size_limit, each broken once, in TLS 1.3 and TLS 1.2.
 */

import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import type { RawExtension } from '../../src/protocol/messages/extensions/block.ts';
import { type Case, misbehaved, undecodable } from './case.ts';
import { adding, extension, two } from './edits.ts';
import type { SharedCase } from './outcome.ts';
import type { Peer } from './peer.ts';
import type { ScriptedPeer } from './scripted-peer.ts';

const { application_data } = CONTENT_TYPES;
const options = { maxFragmentLength: 1024 } as const;
const filled = (length: number) => new Uint8Array(length).fill(0x61);
const INVALID = {
  client:
    'RFC 6066 §4: “that differs from the length it requested, it MUST also abort the handshake with an "illegal_parameter" alert”',
  server: 'RFC 6066 §4: “a value other than the allowed values, it MUST abort the handshake with an "illegal_parameter" alert”',
} as const;
const invalid = {
  alert: 'illegal_parameter',
  error: misbehaved('max_fragment_length_invalid'),
} as const;
const overflows = {
  rfc: 'RFC 6066 §4: “MUST discard the message and send a "record_overflow" alert”',
  alert: 'record_overflow',
  error: misbehaved('record_overflow'),
} as const;

/** Where the peer of a victim says what it wants, or answers: its hello, or what stands for it. */
type Say<P> = (peer: P, victim: 'client' | 'server', ...list: RawExtension[]) => void;
const CODE_OF_1024 = 2;

/** `answer` is the message that a server answers in. */
export function recordSizes<P extends Pick<ScriptedPeer<unknown>, 'whenConnected' | 'sendRecord'>>(
  answer: string,
  say: Say<P>,
): readonly SharedCase<P>[] {
  const agree: Say<P> = (peer, victim) => say(peer, victim, extension('max_fragment_length', CODE_OF_1024));
  return [
    ...[1, 0, 5, 255].map(
      (code): SharedCase<P> => ({
        ...invalid,
        name: `answers another max_fragment_length than the client asked for: ${code}`,
        rfc: INVALID.client,
        victim: 'client',
        options,
        break: (peer) => say(peer, 'client', extension('max_fragment_length', code)),
      }),
    ),
    {
      name: 'answers a max_fragment_length that was not asked for',
      rfc: answer === 'server_hello' ? 'RFC 5246 §7.4.1.4' : 'RFC 8446 §4.2',
      victim: 'client',
      break: (peer) => agree(peer, 'client'),
      alert: 'unsupported_extension',
      error: misbehaved('extension_unsolicited'),
    },
    {
      ...invalid,
      name: 'answers max_fragment_length and record_size_limit',
      rfc: 'RFC 8449 §5: “as a fatal error, and it SHOULD generate an "illegal_parameter" alert”',
      victim: 'client',
      options: { ...options, recordSizeLimit: 2000 },
      break: (peer) =>
        say(peer, 'client', extension('max_fragment_length', CODE_OF_1024), extension('record_size_limit', 0x40, 0)),
    },
    ...[0, 5, 255].map(
      (code): SharedCase<P> => ({
        ...invalid,
        name: `asks for a max_fragment_length that there is not: ${code}`,
        rfc: INVALID.server,
        victim: 'server',
        break: (peer) => say(peer, 'server', extension('max_fragment_length', code)),
      }),
    ),
    ...(['client', 'server'] as const).flatMap((victim): SharedCase<P>[] => [
      {
        ...overflows,
        name: 'sends more data in a record than max_fragment_length',
        victim,
        options,
        break: (peer) => {
          agree(peer, victim);
          peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(1025) }));
        },
      },
      ...[[], [2], [0, 2, 0]].map(
        (data): SharedCase<P> => ({
          name: `sends a record_size_limit of ${data.length} bytes`,
          rfc: 'RFC 8449 §4',
          victim,
          options: { recordSizeLimit: 2000 },
          break: (peer) => say(peer, victim, extension('record_size_limit', ...data)),
          alert: 'decode_error',
          error: undecodable(`${victim === 'server' ? 'client_hello' : answer}.extensions.record_size_limit`),
        }),
      ),
      ...[0, 1, 63].map(
        (limit): SharedCase<P> => ({
          name: `sets record_size_limit to ${limit}`,
          rfc: 'RFC 8449 §4: “receipt of a smaller value as a fatal error and generate an "illegal_parameter" alert”',
          victim,
          options: { recordSizeLimit: 2000 },
          break: (peer) => say(peer, victim, extension('record_size_limit', ...two(limit))),
          alert: 'illegal_parameter',
          error: misbehaved('record_size_limit_invalid'),
        }),
      ),
    ]),
  ];
}

const PLACES = { client: 'encrypted_extensions', server: 'client_hello' } as const;

/** Adds to the message, in place of what is there already. */
const say: Say<Peer> = (peer, victim, ...list) =>
  peer.changeExtensions(PLACES[victim], (others) =>
    adding(...list)(others.filter(({ type }) => !list.some((one) => one.type === type))),
  );

export const RECORD_SIZES: readonly Case[] = [
  ...recordSizes<Peer>('encrypted_extensions', say),
  ...(['client', 'server'] as const).map(
    (victim): Case => ({
      ...overflows,
      name: 'pads a record to more than max_fragment_length',
      rfc: 'RFC 8446 §5.4',
      victim,
      options,
      break: (peer) => {
        say(peer, victim, extension('max_fragment_length', CODE_OF_1024));
        peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(1), padding: 1024 }));
      },
    }),
  ),
];
