import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../core/bytes/bytes.ts';
import { createHttpFetcher, type HttpFetcherOptions } from './http-fetcher.ts';

const seen: { method: string | undefined; headers: IncomingMessage['headers']; body: string }[] = [];

const PAGES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/crl': (response) => response.end('crl'),
  '/missing': (response) => response.writeHead(404).end('no'),
  '/large': (response) => response.end('x'.repeat(1000)),
  '/endless': (response) => {
    const timer = setInterval(() => response.write('x'.repeat(1000)), 1);
    response.on('close', () => clearInterval(timer));
  },
  '/silent': () => {},
  '/half': (response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half', () => response.destroy());
  },
  '/moved': (response) => response.writeHead(302, { location: '/crl' }).end(),
  '/kept': (response) => response.writeHead(307, { location: '/crl' }).end(),
  '/round': (response) => response.writeHead(301, { location: '/round' }).end(),
  '/away': (response) => response.writeHead(301, { location: 'ftp://example.com/' }).end(),
};

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (part: Uint8Array) => {
    body += Buffer.from(part).toString();
  });
  request.on('end', () => {
    seen.push({ method: request.method, headers: request.headers, body });
    PAGES[request.url ?? '']?.(response);
  });
});
let origin = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const get = (path: string, options: HttpFetcherOptions = {}, signal?: AbortSignal) =>
  createHttpFetcher({ allowPrivateAddresses: true, ...options }).fetch(
    { uri: origin + path, method: 'GET' },
    signal,
  ) as Promise<Uint8Array>;

describe('the fetcher over HTTP', () => {
  it('gets and posts, and sends nothing along', async () => {
    seen.length = 0;
    expect(await get('/crl')).toEqual(utf8('crl'));
    const body = utf8('request');
    const fetcher = createHttpFetcher({ allowPrivateAddresses: true });
    const answer = await fetcher.fetch(
      { uri: `${origin}/crl`, method: 'POST', body, contentType: 'application/ocsp-request' },
      undefined,
    );
    expect(answer).toEqual(utf8('crl'));
    expect(seen.map(({ method, body: sent }) => [method, sent])).toEqual([
      ['GET', ''],
      ['POST', 'request'],
    ]);
    expect(Object.keys(seen[0]?.headers ?? {}).sort()).toEqual(['accept-encoding', 'connection', 'host']);
    expect(seen[1]?.headers).toMatchObject({ 'content-type': 'application/ocsp-request', 'content-length': '7' });
  });

  it('wants 200 and the whole of the answer', async () => {
    await expect(get('/missing')).rejects.toMatchObject({
      code: 'ERR_TLS_FETCH_FAILED',
      message: expect.stringContaining('404'),
    });
    await expect(get('/half')).rejects.toMatchObject({ code: 'ERR_TLS_FETCH_FAILED' });
  });

  it('takes no more than a limit, also of an answer that never ends', async () => {
    expect(await get('/large', { maxSize: 1000 })).toHaveLength(1000);
    await expect(get('/large', { maxSize: 999 })).rejects.toMatchObject({ limit: 'maxSize' });
    await expect(get('/endless', { maxSize: 5000 })).rejects.toMatchObject({ limit: 'maxSize' });
  });

  it('waits no longer than a limit', async () => {
    await expect(get('/silent', { timeout: 50 })).rejects.toMatchObject({ limit: 'timeout' });
    await expect(get('/endless', { timeout: 50 })).rejects.toMatchObject({ limit: 'timeout' });
  });

  it('stops when nobody waits any more', async () => {
    const controller = new AbortController();
    const pending = get('/silent', {}, controller.signal);
    controller.abort(new Error('enough'));
    await expect(pending).rejects.toThrow('enough');
  });

  it('follows a few redirects, and none that turns a question into another', async () => {
    expect(await get('/moved')).toEqual(utf8('crl'));
    await expect(get('/moved', { maxRedirects: 0 })).rejects.toMatchObject({ limit: 'maxRedirects' });
    await expect(get('/round')).rejects.toMatchObject({ limit: 'maxRedirects' });
    await expect(get('/away')).rejects.toThrow('only http and https are fetched');
    const post = (path: string) =>
      createHttpFetcher({ allowPrivateAddresses: true }).fetch(
        { uri: origin + path, method: 'POST', body: utf8('again') },
        undefined,
      );
    seen.length = 0;
    expect(await post('/kept')).toEqual(utf8('crl'));
    expect(seen.map(({ body }) => body)).toEqual(['again', 'again']);
    await expect(post('/moved')).rejects.toThrow('302');
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://10.1.2.3/',
    'http://169.254.169.254/latest/meta-data/',
    'http://192.168.0.1/',
    'http://[fe80::1]/',
    'http://[fd00::1]/',
    'http://0.0.0.0/',
    'http://localhost/',
  ])('does not ask %s', async (uri) => {
    await expect(createHttpFetcher().fetch({ uri, method: 'GET' }, undefined)).rejects.toThrow('private network');
  });

  it('asks only what is allowed', async () => {
    const isAllowed = (url: URL) => url.pathname === '/moved';
    await expect(get('/moved', { isAllowed })).rejects.toThrow('/crl: it is not allowed');
    await expect(get('/crl', { isAllowed })).rejects.toThrow('it is not allowed');
  });

  it.each(['ldap://example.com/', 'file:///etc/passwd', 'http://user@example.com/', 'nonsense'])('refuses %s', async (uri) => {
    const { fetch } = createHttpFetcher({ allowPrivateAddresses: true });
    await expect(fetch({ uri, method: 'GET' }, undefined)).rejects.toMatchObject({ code: 'ERR_TLS_FETCH_FAILED' });
  });

  it('refuses limits that are none', () => {
    expect(() => createHttpFetcher({ timeout: 0 })).toThrow('positive numbers');
    expect(() => createHttpFetcher({ maxSize: Number.NaN })).toThrow('positive numbers');
  });
});
