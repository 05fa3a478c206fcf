import { expect, it } from 'vitest';
import { HANDSHAKE_TYPES } from '../../core/registry/handshake-types.ts';
import { LARGEST_CLIENT_HELLO, messageTooLong } from './message-length.ts';

it.each([
  ['client_hello', LARGEST_CLIENT_HELLO + 1, 'decode_error'],
  ['client_hello', 2 ** 24 - 1, 'decode_error'],
  ['finished', LARGEST_CLIENT_HELLO + 1, 'decode_error'],
  ['client_hello', LARGEST_CLIENT_HELLO, 'illegal_parameter'],
  ['certificate', LARGEST_CLIENT_HELLO + 1, 'illegal_parameter'],
  ['certificate_status', 2 ** 24 - 1, 'illegal_parameter'],
] as const)('answers a %s of %i bytes, where fewer are taken, with %s', (type, length, alert) => {
  expect(messageTooLong(HANDSHAKE_TYPES[type], length, 1024)).toMatchObject({
    name: 'LimitExceeded',
    limit: 'maxHandshakeMessage',
    alert,
  });
});
