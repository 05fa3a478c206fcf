/**
 * A fetcher over HTTP and HTTPS for what certificates point to: issuers, CRLs, OCSP responses (RFC 5280 §4.2.2.1, RFC 6960 Appendix A).
 *
 * The addresses come from certificates that nobody has verified yet, so whoever sends a certificate makes this machine ask wherever it
 * likes. Therefore all is bounded: time, size, redirects; and addresses of private networks are refused, after names have been looked up,
 * unless the caller lets them pass. Nothing is sent along: no cookies, no credentials, no proxy of the environment.
 */

import { lookup } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { concatAll } from '../core/bytes/bytes.ts';
import { ApiMisuse, LimitExceeded, TlsError } from '../core/errors/errors.ts';
import type { Fetcher, FetchRequest } from '../pki/x509/fetcher.ts';

export interface HttpFetcherOptions {
  /** Milliseconds for one request with all its redirects; 10,000 unless set. */
  readonly timeout?: number;
  /** Bytes of an answer; 16 MiB unless set (CRLs are large). */
  readonly maxSize?: number;
  /** 3 unless set. From HTTPS none leads back to HTTP. */
  readonly maxRedirects?: number;
  /** Whether addresses of this machine and of private networks are asked, too: for authorities of one's own. False unless set. */
  readonly allowPrivateAddresses?: boolean;
  /** Whether a URL may be asked: for those who know beforehand which ones. Asked for redirects, too. */
  readonly isAllowed?: ((url: URL) => boolean) | undefined;
}

type Limits = Required<HttpFetcherOptions>;

/**
 * A fetcher for `issuerFetcher` of a verifier and `fetcher` of a revocation checker. It keeps nothing; share it.
 *
 * Its `fetch` rejects with `TlsError` (`ERR_TLS_FETCH_FAILED`) for an answer other than 200, an address that is refused, or a connection
 * that fails, with `LimitExceeded` (`maxSize`, `timeout`, `maxRedirects`), and with the signal's reason when it is aborted. Throws
 * `ApiMisuse` (`ERR_TLS_INVALID_ARGUMENT`) for limits that are no positive numbers.
 *
 * ```ts
 * const verifier = createX509Verifier({ provider, trustAnchors, issuerFetcher: createHttpFetcher({ timeout: 2000 }) });
 * ```
 */
export function createHttpFetcher(options: HttpFetcherOptions = {}): Fetcher {
  const { timeout = 10_000, maxSize = 1 << 24, maxRedirects = 3, allowPrivateAddresses = false, isAllowed } = options;
  for (const limit of [timeout, maxSize, maxRedirects + 1]) {
    if (!(Number.isFinite(limit) && limit > 0)) {
      throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', 'timeout, maxSize and maxRedirects are positive numbers');
    }
  }
  const limits: Limits = { timeout, maxSize, maxRedirects, allowPrivateAddresses, isAllowed };
  return { fetch: (request, signal) => fetchWithin(request, limits, signal) };
}

async function fetchWithin(request: FetchRequest, limits: Limits, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const timer = AbortSignal.timeout(limits.timeout);
  const either = signal === undefined ? timer : AbortSignal.any([signal, timer]);
  try {
    return await fetchFollowing(request, limits, either);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (timer.aborted) throw new LimitExceeded('timeout', `${request.uri} gave no answer in ${limits.timeout} ms`);
    throw error instanceof TlsError ? error : failed(request.uri, (error as Error).message, error);
  }
}

async function fetchFollowing(request: FetchRequest, limits: Limits, signal: AbortSignal): Promise<Uint8Array> {
  let url = parseUrl(request.uri, undefined);
  for (let redirects = 0; redirects <= limits.maxRedirects; redirects++) {
    checkUrl(url, limits);
    const response = await send(url, request, limits, signal);
    const next = redirectOf(response, request, url);
    if (next === undefined) return readBody(response, url, limits);
    response.destroy();
    url = next;
  }
  throw new LimitExceeded('maxRedirects', `${request.uri} redirects more than ${limits.maxRedirects} times`);
}

function send(
  url: URL,
  { method, body, contentType }: FetchRequest,
  limits: Limits,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      signal,
      agent: false,
      ...(limits.allowPrivateAddresses ? {} : { lookup: publicLookup }),
      headers: {
        'accept-encoding': 'identity',
        ...(body === undefined ? {} : { 'content-length': body.length }),
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
    });
    request.once('response', resolve);
    request.once('error', reject);
    request.end(body);
  });
}

async function readBody(response: IncomingMessage, url: URL, { maxSize }: Limits): Promise<Uint8Array> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw failed(url.href, `the answer is ${response.statusCode} ${response.statusMessage ?? ''}, 200 is expected`);
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by an error destroys the response.
  for await (const part of response as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > maxSize) throw new LimitExceeded('maxSize', `${url.href} sends more than ${maxSize} bytes`);
    parts.push(part);
  }
  if (!response.complete) throw failed(url.href, 'the answer is cut off');
  return concatAll(parts);
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** With the others a POST would become a GET, which asks something else. */
const KEEPING_METHOD: ReadonlySet<number> = new Set([307, 308]);

function redirectOf(
  { statusCode = 0, headers: { location } }: IncomingMessage,
  { method }: FetchRequest,
  from: URL,
): URL | undefined {
  if (location === undefined || !(method === 'POST' ? KEEPING_METHOD : REDIRECTS).has(statusCode)) return undefined;
  const url = parseUrl(location, from);
  if (from.protocol === 'https:' && url.protocol !== 'https:') throw failed(from.href, 'it redirects from HTTPS to HTTP');
  return url;
}

function parseUrl(text: string, base: URL | undefined): URL {
  try {
    return new URL(text, base);
  } catch (cause) {
    throw failed(text, 'it is no URL', cause);
  }
}

/** Names are looked up later, and checked then. */
function checkUrl(url: URL, { isAllowed, allowPrivateAddresses }: Limits): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw failed(url.href, 'only http and https are fetched');
  if (url.username !== '' || url.password !== '') throw failed(url.href, 'it has a user name');
  if (isAllowed !== undefined && !isAllowed(url)) throw failed(url.href, 'it is not allowed');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivateAddresses && isIP(host) !== 0 && isPrivate(host)) throw privateAddress(host);
}

/** Refuses a name one of whose addresses is private: the check is made on the address that is connected to, not on another look-up. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const refused = error ?? addresses.map(({ address }) => address).find(isPrivate);
    const [first] = addresses ?? [];
    if (error !== null) callback(error, '', 4);
    else if (typeof refused === 'string') callback(privateAddress(`${hostname} (${refused})`), '', 4);
    else if (options.all) callback(null, addresses);
    else callback(null, first?.address ?? '', first?.family);
  });
};

const PRIVATE_SUBNETS: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
  ['::', 127],
  // NAT64 and 6to4 carry IPv4 addresses inside, private ones, too.
  ['64:ff9b::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
];

const PRIVATE: BlockList = blockListOf(PRIVATE_SUBNETS);

/** Also of IPv4 addresses that are written as IPv6 ones (`::ffff:127.0.0.1`), which BlockList knows. */
function isPrivate(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function blockListOf(subnets: typeof PRIVATE_SUBNETS): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of subnets) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

function privateAddress(host: string): TlsError {
  return new TlsError(
    'ERR_TLS_FETCH_FAILED',
    `${host} is an address of a private network, and these are not allowed to be asked`,
  );
}

function failed(uri: string, problem: string, cause?: unknown): TlsError {
  return new TlsError('ERR_TLS_FETCH_FAILED', `${uri}: ${problem}`, { cause });
}
