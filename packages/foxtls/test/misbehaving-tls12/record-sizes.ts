/**
 * The rules of max_fragment_length and record_size_limit in TLS 1.2, each broken once.
 */

import { misbehaved } from '../misbehaving/case.ts';
import { adding, extension } from '../misbehaving/edits.ts';
import { recordSizes } from '../misbehaving/record-sizes.ts';
import { only12, type Tls12Case } from './case.ts';
import type { Tls12Peer } from './peer.ts';

const PLACES = { client: 'server_hello', server: 'client_hello' } as const;
const agree = (peer: Tls12Peer, victim: 'client' | 'server') =>
  peer.changeExtensions(PLACES[victim], adding(extension('max_fragment_length', 2)));
const filled = (length: number) => new Uint8Array(length).fill(0x61);
const overflows = {
  rfc: 'RFC 6066 §4: “MUST discard the message and send a "record_overflow" alert”',
  alert: 'record_overflow',
  error: misbehaved('record_overflow'),
} as const;

export const RECORD_SIZES: readonly Tls12Case[] = [
  ...recordSizes<Tls12Peer>('server_hello', (peer, victim, ...list) =>
    peer.changeExtensions(PLACES[victim], (others) =>
      adding(...list)(others.filter(({ type }) => !list.some((one) => one.type === type))),
    ),
  ).map((shared) => ({ ...shared, ...(shared.victim === 'client' && { options: { ...shared.options, ...only12 } }) })),
  {
    ...overflows,
    name: 'sends more than max_fragment_length in the clear, which it has just agreed to',
    victim: 'client',
    options: { ...only12, maxFragmentLength: 1024 },
    break: (peer) => {
      agree(peer, 'client');
      peer.before('certificate', () => peer.sendRecord({ type: 22, content: filled(1025), inTheClear: true }));
    },
  },
  {
    ...overflows,
    name: 'sends more than max_fragment_length in the clear, which it has asked for',
    victim: 'server',
    break: (peer) => {
      agree(peer, 'server');
      peer.before('client_key_exchange', () => peer.sendRecord({ type: 22, content: filled(1025), inTheClear: true }));
    },
  },
];
