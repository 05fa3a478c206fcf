import { expect, it } from 'vitest';
import { CommandFailure } from '../command/failure.ts';
import { resolveWwepHost } from './connecting.ts';
import { DEFAULT_HOST } from './ports.ts';
import { createPinVerifier, parsePin } from './trust.ts';

const unknown = async () => {
  throw new CommandFailure('there is no host of that name');
};

it('the host of the course is found by its address where its name is not known, and no other is', async () => {
  expect(await resolveWwepHost(DEFAULT_HOST, false, unknown)).toEqual({ name: DEFAULT_HOST, address: '198.51.100.3', family: 4 });
  await expect(resolveWwepHost('other.example', false, unknown)).rejects.toThrow('there is no host of that name');
  const known = async () => ({ address: '192.0.2.7', family: 4 }) as const;
  expect(await resolveWwepHost(DEFAULT_HOST, false, known)).toEqual({ name: DEFAULT_HOST, address: '192.0.2.7', family: 4 });
});

it('a pin is read in both forms, and nothing else is one', () => {
  const pin = Uint8Array.from({ length: 32 }, (_, i) => i);
  expect(parsePin(`sha256//${Buffer.from(pin).toString('base64')}`)).toEqual(pin);
  expect(parsePin(Buffer.from(pin).toString('hex'))).toEqual(pin);
  for (const text of ['', 'sha256//', `sha1//${'A'.repeat(27)}=`, 'ab'.repeat(31)])
    expect(() => parsePin(text)).toThrow('--pin is');
});

it('a server without a certificate has no key that could be pinned', () => {
  const { verify } = createPinVerifier([new Uint8Array(32)]);
  const request = { peerRole: 'server', serverName: undefined, now: new Date(), signal: new AbortController().signal } as const;
  expect(() => verify({ ...request, presented: { kind: 'x509', certificates: [] } })).toThrow('presented no certificate');
});
