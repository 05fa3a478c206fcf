/**
 * Asking for the status of a certificate where it says: OCSP responders (RFC 6960 Appendix A.1) and CRLs (RFC 5280 §4.2.1.13), by a fetcher
 * that somebody passed in, and through a cache.
 *
 * What cannot be had is a problem like any other; only what was judged to be right is kept.
 */

import { encodeDer } from '../../../core/asn1/schema.ts';
import { toHex } from '../../../core/bytes/bytes.ts';
import { DecodeError } from '../../../core/errors/errors.ts';
import { type Flow, settle } from '../../../core/flow/flow.ts';
import type { Hash } from '../../../crypto/hash.ts';
import type { RandomSource } from '../../../crypto/key-exchange.ts';
import type { Fetcher, FetchRequest } from '../fetcher.ts';
import { certIdOf } from './cert-id.ts';
import { type CertificateRevocationList, parseCertificateRevocationList } from './certificate-list.ts';
import { type DistributionPoint, httpUrisOf } from './distribution-points.ts';
import { type CertificateStatus, problem, type RevocationProblem, unknown } from './findings.ts';
import { judgeOcspResponse } from './judge-ocsp.ts';
import type { Judge, Subject } from './judgement.ts';
import { certIdType } from './ocsp-messages.ts';
import { writeRequest } from './ocsp-request.ts';
import { parseOcspResponse } from './ocsp-response.ts';
import { ocspUrisOf } from './pointers.ts';
import type { RevocationCache } from './revocation-cache.ts';

export interface Sources {
  readonly fetcher: Fetcher | undefined;
  readonly cache: RevocationCache;
  readonly certIdHash: Hash;
  readonly nonce: 'none' | 'offered' | 'required';
  readonly random: RandomSource;
  /** What failed lately, by address: a search that tries several paths, or a busy client, does not ask again and again. */
  readonly failures: Map<string, Failure>;
  /** For how long after a failure an address is left alone; milliseconds. */
  readonly retryDelay: number;
  /** CRLs that were read, by the bytes that the cache gave: a large one is indexed once. */
  readonly parsed: WeakMap<Uint8Array, CertificateRevocationList>;
}

interface Failure {
  readonly problem: RevocationProblem;
  readonly at: number;
}

/** More failures are forgotten, the oldest first. */
const MAX_FAILURES = 1000;
/** More addresses of one kind in one certificate are not asked. */
const MAX_URIS = 3;
const NONCE_SIZE = 32;
/** Of a fetched CRL. */
const MAX_LIST_SIZE = 1 << 25;

/** Asks the responders that a certificate names, one after the other, until one gives a status. */
export function* askResponders(subject: Subject, sources: Sources, judge: Judge): Flow<CertificateStatus> {
  const { fetcher, cache, certIdHash } = sources;
  const [issuer] = subject.issuerPath;
  if (fetcher === undefined || issuer === undefined) return unknown();
  const certId = certIdOf(subject.certificate, issuer, certIdHash);
  const problems: RevocationProblem[] = [];
  for (const uri of ocspUrisOf(subject.certificate).slice(0, MAX_URIS)) {
    const key = `ocsp ${uri} ${toHex(encodeDer(certIdType, certId))}`;
    const kept = yield* settle(cache.find(key));
    // What is kept has answered another nonce; its times say whether it is still good.
    const known = kept && (yield* judgeOcspResponse(kept, subject, { source: 'ocsp' }, judge));
    if (known !== undefined && known.status !== 'unknown') return known;
    const nonce = sources.nonce === 'none' ? undefined : sources.random(NONCE_SIZE);
    const body = writeRequest([certId], nonce);
    const request = { uri, method: 'POST', body, contentType: 'application/ocsp-request' } as const;
    const response = yield* fetchFrom(fetcher, request, key, sources, judge);
    if (!(response instanceof Uint8Array)) {
      problems.push(response);
      continue;
    }
    const expectation = { source: 'ocsp', nonce, isNonceRequired: sources.nonce === 'required' } as const;
    const status = yield* judgeOcspResponse(response, subject, expectation, judge);
    if (status.status === 'unknown') problems.push(...status.problems);
    else {
      const until = nextUpdateOf(response);
      if (until !== undefined) yield* settle(cache.keep(key, response, until));
      return status;
    }
  }
  return unknown(...problems);
}

/** Of a response that was judged to be right. */
function nextUpdateOf(response: Uint8Array): Date | undefined {
  const parsed = parseOcspResponse(response);
  return parsed.status === 'successful' ? parsed.basic.responses[0]?.nextUpdate : undefined;
}

/** A CRL that was fetched, and how to keep it once it has proved to be right. */
export interface FetchedList {
  readonly list: CertificateRevocationList;
  readonly key: string;
  readonly isFromCache: boolean;
}

/** The CRLs that distribution points lead to: of each point one, for its addresses are the same CRL at several places. */
export function* fetchLists(
  points: readonly DistributionPoint[],
  sources: Sources,
  judge: Judge,
  problems: RevocationProblem[],
): Flow<readonly FetchedList[]> {
  const found = new Map<string, FetchedList>();
  let attempts = 0;
  for (const { distributionPoint: name } of points) {
    for (const uri of name?.kind === 'fullName' ? httpUrisOf(name.value) : []) {
      if (found.has(uri)) break;
      if (++attempts > MAX_URIS) return [...found.values()];
      const list = yield* fetchList(uri, sources, judge);
      if ('list' in list) {
        found.set(uri, list);
        break;
      }
      problems.push(list);
    }
  }
  return [...found.values()];
}

/** A CRL from the cache, if it is in time, else from where it is. */
function* fetchList(uri: string, sources: Sources, judge: Judge): Flow<FetchedList | RevocationProblem> {
  const { fetcher, cache, parsed } = sources;
  const key = `crl ${uri}`;
  const kept = yield* settle(cache.find(key));
  const known = kept && (parsed.get(kept) ?? readList(kept));
  if (kept !== undefined && known !== undefined && !('reason' in known) && isInTime(known, judge)) {
    parsed.set(kept, known);
    return { list: known, key, isFromCache: true };
  }
  if (fetcher === undefined) return problem('crl', 'not_available', `${uri} is not to be fetched`);
  const body = yield* fetchFrom(fetcher, { uri, method: 'GET' }, key, sources, judge);
  const list = body instanceof Uint8Array ? readList(body) : body;
  return 'reason' in list ? list : { list, key, isFromCache: false };
}

/** Keeps CRLs that settled a status. */
export function* keepLists(fetched: readonly FetchedList[], { cache, parsed }: Sources): Flow<void> {
  for (const { list, key, isFromCache } of fetched) {
    if (isFromCache || list.nextUpdate === undefined) continue;
    parsed.set(list.raw, list);
    yield* settle(cache.keep(key, list.raw, list.nextUpdate));
  }
}

function isInTime({ nextUpdate }: CertificateRevocationList, { freshness: { now } }: Judge): boolean {
  return nextUpdate !== undefined && now <= nextUpdate;
}

function readList(der: Uint8Array): CertificateRevocationList | RevocationProblem {
  try {
    return parseCertificateRevocationList(der, { maxSize: MAX_LIST_SIZE });
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return problem('crl', 'malformed', error.message, error);
  }
}

function* fetchFrom(
  fetcher: Fetcher,
  request: FetchRequest,
  key: string,
  { failures, retryDelay }: Sources,
  { context: { signal, now } }: Judge,
): Flow<Uint8Array | RevocationProblem> {
  const failure = failures.get(key);
  if (failure !== undefined && now.getTime() - failure.at < retryDelay) return failure.problem;
  failures.delete(key);
  try {
    return yield* settle(fetcher.fetch(request, signal));
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const what = error instanceof Error ? error.message : String(error);
    const failed = problem(request.method === 'POST' ? 'ocsp' : 'crl', 'fetch_failed', `${request.uri}: ${what}`, error);
    const [oldest] = failures.size >= MAX_FAILURES ? failures.keys() : [];
    if (oldest !== undefined) failures.delete(oldest);
    failures.set(key, { problem: failed, at: now.getTime() });
    return failed;
  }
}
