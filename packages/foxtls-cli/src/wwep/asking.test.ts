import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { askConnection } from './asking.ts';

/** A connection whose server does this with its end. What is written is not looked at. */
function connection(serve: (server: PassThrough) => void): PassThrough {
  const server = new PassThrough();
  server.write = ((chunk: unknown) => chunk !== undefined) as typeof server.write;
  serve(server);
  return server;
}
const say = (server: PassThrough, text: string) => void setImmediate(() => server.push(text));
const end = (server: PassThrough) => void setImmediate(() => server.push(null));

it('takes a whole reply although the server does not close', async () => {
  expect(
    await askConnection(
      connection((server) => say(server, 'A0FAC0B1234')),
      'R0FAC0B',
    ),
  ).toBe('A0FAC0B1234');
});

it('puts a reply of parts together', async () => {
  const parts = connection((server) => {
    say(server, 'X Not ');
    say(server, 'Found');
    end(server);
  });
  expect(await askConnection(parts, 'R0FAC0B')).toBe('X Not Found');
});

it('gives half a reply when no more comes', async () => {
  expect(
    await askConnection(
      connection((server) => say(server, 'A0FAC')),
      'R0FAC0B',
    ),
  ).toBe('A0FAC');
});

it('takes no more than 64 characters', async () => {
  expect(
    await askConnection(
      connection((server) => say(server, 'z'.repeat(1000))),
      'R0FAC0B',
    ),
  ).toBe('z'.repeat(64));
});

it('fails when nothing comes', async () => {
  await expect(
    askConnection(
      connection(() => undefined),
      'R0FAC0B',
    ),
  ).rejects.toThrow('the server gave no reply in 500 ms');
  await expect(askConnection(connection(end), 'R0FAC0B')).rejects.toThrow('closed the connection without a reply');
});
