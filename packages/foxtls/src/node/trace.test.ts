import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TracedMessage } from '../connection/connection.ts';
import { next, open, openPair, PAIRINGS } from './endpoints.fixture.ts';
import { formatTrace } from './trace-text.ts';

const [, , OURS] = PAIRINGS;
let closeAll = async () => {};
afterEach(async () => {
  vi.restoreAllMocks();
  await closeAll();
});

/** What is written to standard error from now on: the titles of messages. */
function traced(): () => string[] {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  return () => write.mock.calls.map(([text]) => String(text).split('\n')[0] as string);
}

describe('enableTrace', () => {
  it('writes the messages of a connection to standard error', async () => {
    const titles = traced();
    const { close } = await openPair(OURS, {}, { enableTrace: true });
    closeAll = close;
    expect(titles().slice(0, 3)).toEqual([
      expect.stringMatching(/^client sent handshake: client_hello, \d+ bytes$/),
      expect.stringMatching(/^client received handshake: server_hello, \d+ bytes$/),
      'client sent TLSv1.3 change_cipher_spec, 1 byte',
    ]);
  });

  it('does so for all connections of a server', async () => {
    const titles = traced();
    const { close } = await openPair(OURS, { enableTrace: true });
    closeAll = close;
    expect(titles()[0]).toMatch(/^server received handshake: client_hello, \d+ bytes$/);
  });

  it('gives them to who listens, in place of that', async () => {
    const titles = traced();
    const messages: TracedMessage[] = [];
    const opened = await open(OURS);
    closeAll = opened.close;
    const socket = opened.connect({ enableTrace: true });
    socket.on('trace', (message: TracedMessage) => messages.push(message));
    await next(socket, 'secureConnect');
    expect(messages.slice(0, 2).map(({ direction, bytes }) => [direction, bytes[0]])).toEqual([
      ['sent', 1],
      ['received', 2],
    ]);
    expect(titles()).toEqual([]);
  });

  it('begins when it is called', async () => {
    const titles = traced();
    const { close, clientSocket, serverSocket } = await openPair(OURS);
    closeAll = close;
    expect(titles()).toEqual([]);
    clientSocket.enableTrace();
    clientSocket.resume();
    serverSocket.end();
    await vi.waitFor(() => expect(titles()).toContain('client received TLSv1.3 alert: warning close_notify, 2 bytes'));
  });
});

it('a message is shown with its bytes', () => {
  const bytes = Uint8Array.from({ length: 18 }, (_, i) => i + 1);
  const text = formatTrace('client', { direction: 'sent', contentType: 'handshake', version: undefined, bytes });
  expect(text).toBe(`client sent handshake: client_hello, 18 bytes
  0000  01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10
  0010  11 12
`);
});
