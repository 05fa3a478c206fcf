/**
 * The rules of max_fragment_length in TLS 1.3, each broken once.
 */

import { CONTENT_TYPES } from '../../src/core/registry/content-types.ts';
import { type Case, misbehaved } from './case.ts';
import { adding, extension } from './edits.ts';

const { application_data } = CONTENT_TYPES;
const options = { maxFragmentLength: 1024 } as const;
const filled = (length: number) => new Uint8Array(length).fill(0x61);
const invalid = {
  rfc: 'RFC 6066 §4',
  alert: 'illegal_parameter',
  error: misbehaved('max_fragment_length_invalid'),
} as const;
const overflows = { rfc: 'RFC 6066 §4', alert: 'record_overflow', error: misbehaved('record_overflow') } as const;

/** What agrees on 1024 bytes, by either side. */
const PLACES = { client: 'encrypted_extensions', server: 'client_hello' } as const;

export const RECORD_SIZES: readonly Case[] = [
  ...[1, 0, 5, 255].map(
    (code): Case => ({
      ...invalid,
      name: `answers another max_fragment_length than the client asked for: ${code}`,
      victim: 'client',
      options,
      break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('max_fragment_length', code))),
    }),
  ),
  {
    name: 'answers a max_fragment_length that was not asked for',
    rfc: 'RFC 8446 §4.2',
    victim: 'client',
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('max_fragment_length', 2))),
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    ...invalid,
    name: 'answers max_fragment_length and record_size_limit',
    rfc: 'RFC 8449 §5',
    victim: 'client',
    options: { ...options, recordSizeLimit: 2000 },
    break: (peer) => peer.changeExtensions('encrypted_extensions', adding(extension('max_fragment_length', 2))),
  },
  ...[0, 5, 255].map(
    (code): Case => ({
      ...invalid,
      name: `asks for a max_fragment_length that there is not: ${code}`,
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', adding(extension('max_fragment_length', code))),
    }),
  ),
  ...(['client', 'server'] as const).flatMap((victim): Case[] => {
    const agree: Case['break'] = (peer) => peer.changeExtensions(PLACES[victim], adding(extension('max_fragment_length', 2)));
    return [
      {
        ...overflows,
        name: 'sends more data in a record than max_fragment_length',
        victim,
        options,
        break: (peer, world) => {
          agree(peer, world);
          peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(1025) }));
        },
      },
      {
        ...overflows,
        name: 'pads a record to more than max_fragment_length',
        rfc: 'RFC 8446 §5.4',
        victim,
        options,
        break: (peer, world) => {
          agree(peer, world);
          peer.whenConnected(() => peer.sendRecord({ type: application_data, content: filled(1), padding: 1024 }));
        },
      },
    ];
  }),
];
