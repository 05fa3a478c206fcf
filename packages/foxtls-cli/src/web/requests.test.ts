import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helloReply } from './hello-page.ts';
import { Requests } from './requests.ts';

const GET = 'GET / HTTP/1.1\r\nHost: bank32.com:4433\r\n\r\n';
const bytes = (text: string) => Buffer.from(text, 'latin1');
const read = (text: string) => new Requests().push(bytes(text));

describe('requests', () => {
  it('are the same however they are cut', () => {
    const text = `${GET}HEAD /a HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n`;
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 10 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const requests = new Requests();
        const found = places.slice(1).flatMap((place, i) => requests.push(bytes(text.slice(places[i], place))));
        expect(found.map(({ isHead, keepsAlive }) => [isHead, keepsAlive])).toEqual([
          [false, true],
          [true, true],
          [false, false],
        ]);
      }),
    );
  });

  it.each([
    ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', false],
    ['GET / HTTP/1.1\r\nconnection: Keep-Alive\r\n\r\n', true],
    ['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', true],
    ['GET / HTTP/1.0\r\n\r\n', false],
    ['GET / HTTP/1.1\n\n', true],
    ['POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc', false],
    ['POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', false],
  ])('say whether another may follow: %j', (text, keepsAlive) => {
    expect(read(text).map((request) => request.keepsAlive)).toEqual([keepsAlive]);
  });

  it('that are no HTTP are answered, too', () => {
    expect(read('hello\n')).toEqual([{ text: 'hello\n', isHead: false, keepsAlive: false }]);
    expect(read('\x00\x01')).toHaveLength(1);
    expect(read('GET / without end\r\n\r\n')).toEqual([{ text: 'GET / without end', isHead: false, keepsAlive: false }]);
  });

  it('that do not end are given up', () => {
    const requests = new Requests();
    expect(requests.push(bytes(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`))).toEqual([]);
    expect(requests.isTooLong).toBe(true);
    expect(requests.push(bytes(GET))).toEqual([]);
  });
});

it('the reply says how long the page is', () => {
  const [head = '', page = ''] = helloReply({ isHead: false, keepsAlive: true }).split('\r\n\r\n');
  expect(head).toContain(`Content-Length: ${Buffer.byteLength(page)}`);
  expect(page).toContain('<title>Hello World</title>');
  expect(helloReply({ isHead: true, keepsAlive: false })).toMatch(/Connection: close\r\n\r\n$/);
});
