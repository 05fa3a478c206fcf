/**
 * The rules of max_fragment_length in TLS 1.2, each broken once.
 */

import { misbehaved } from '../misbehaving/case.ts';
import { adding, extension } from '../misbehaving/edits.ts';
import { illegal, type Tls12Case } from './case.ts';
import type { Tls12Peer } from './peer.ts';

const asked = { versions: ['TLSv1.2'], maxFragmentLength: 1024 } as const;
const agree = (peer: Tls12Peer) => peer.changeExtensions('server_hello', adding(extension('max_fragment_length', 2)));
const ask = (peer: Tls12Peer) => peer.changeExtensions('client_hello', adding(extension('max_fragment_length', 2)));
const filled = (length: number) => new Uint8Array(length).fill(0x61);
const overflows = { rfc: 'RFC 6066 §4', alert: 'record_overflow', error: misbehaved('record_overflow') } as const;
const invalid = { rfc: 'RFC 6066 §4', ...illegal, error: misbehaved('max_fragment_length_invalid') } as const;

export const RECORD_SIZES: readonly Tls12Case[] = [
  ...[1, 0, 5, 255].map(
    (code): Tls12Case => ({
      ...invalid,
      name: `answers another max_fragment_length than the client asked for: ${code}`,
      victim: 'client',
      options: asked,
      break: (peer) => peer.changeExtensions('server_hello', adding(extension('max_fragment_length', code))),
    }),
  ),
  {
    name: 'answers a max_fragment_length that was not asked for',
    rfc: 'RFC 5246 §7.4.1.4',
    victim: 'client',
    break: agree,
    alert: 'unsupported_extension',
    error: misbehaved('extension_unsolicited'),
  },
  {
    ...invalid,
    name: 'answers max_fragment_length and record_size_limit',
    rfc: 'RFC 8449 §5',
    victim: 'client',
    options: { ...asked, recordSizeLimit: 1000 },
    break: (peer) =>
      peer.changeExtensions('server_hello', adding(extension('max_fragment_length', 2), extension('record_size_limit', 0x40, 0))),
  },
  ...[0, 5, 255].map(
    (code): Tls12Case => ({
      ...invalid,
      name: `asks for a max_fragment_length that there is not: ${code}`,
      victim: 'server',
      break: (peer) => peer.changeExtensions('client_hello', adding(extension('max_fragment_length', code))),
    }),
  ),
  {
    ...overflows,
    name: 'sends more than max_fragment_length in the clear, which it has just agreed to',
    victim: 'client',
    options: asked,
    break: (peer) => {
      agree(peer);
      peer.before('certificate', () => peer.sendRecord({ type: 22, content: filled(1025), inTheClear: true }));
    },
  },
  {
    ...overflows,
    name: 'sends more than max_fragment_length in the clear, which it has asked for',
    victim: 'server',
    break: (peer) => {
      ask(peer);
      peer.before('client_key_exchange', () => peer.sendRecord({ type: 22, content: filled(1025), inTheClear: true }));
    },
  },
  {
    ...overflows,
    name: 'sends more data in a record than max_fragment_length',
    victim: 'client',
    options: asked,
    break: (peer) => {
      agree(peer);
      peer.whenConnected(() => peer.sendRecord({ type: 23, content: filled(1025) }));
    },
  },
  {
    ...overflows,
    name: 'sends more data in a record than max_fragment_length',
    victim: 'server',
    break: (peer) => {
      ask(peer);
      peer.whenConnected(() => peer.sendRecord({ type: 23, content: filled(1025) }));
    },
  },
];
