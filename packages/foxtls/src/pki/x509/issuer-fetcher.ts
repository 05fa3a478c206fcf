/**
 * Issuers that were not sent, fetched from where a certificate says they are (RFC 5280 §4.2.2.1, id-ad-caIssuers). Only for those who
 * pass a fetcher.
 *
 * What is fetched is a candidate like any other: nothing vouches for it but the signature that it has to have made. URIs come from
 * certificates that nobody has verified yet, so they are few, and where they may lead is the fetcher's affair.
 */

import { contextTag, type DerElement, readElement, TAG } from '../../core/asn1/der.ts';
import { OID } from '../../core/asn1/object-identifiers.ts';
import { DecodeError, TlsError } from '../../core/errors/errors.ts';
import { type Flow, settle } from '../../core/flow/flow.ts';
import { type Certificate, parseCertificate } from './certificate.ts';
import { type SearchState, spend } from './path-search.ts';

/** More addresses in one certificate are not asked. */
const MAX_URIS = 2;
const MAX_FETCHED_SIZE = 1 << 17;
/** More certificates of one message are not read. */
const MAX_FETCHED = 20;

/** The issuers of a certificate that its addresses have, each address asked once in a search. */
export function* fetchIssuers(child: Certificate, depth: number, state: SearchState): Flow<readonly Certificate[]> {
  const found: Certificate[] = [];
  for (const uri of issuerUris(child)) {
    const known = state.fetched.get(uri);
    if (known === undefined && state.purse.fetches > 0) {
      spend(state, 'fetches', child, depth);
      state.fetched.set(uri, yield* fetchFrom(uri, state));
    }
    found.push(...(state.fetched.get(uri) ?? []));
  }
  return found;
}

/** The addresses of a certificate's issuers: those of the web. */
export function issuerUris({ known: { authorityInfoAccess = [] } }: Certificate): readonly string[] {
  return authorityInfoAccess
    .flatMap(({ accessMethod, accessLocation }) =>
      accessMethod === OID['id-ad-caIssuers'] && accessLocation.kind === 'uniformResourceIdentifier'
        ? [accessLocation.value]
        : [],
    )
    .filter((uri) => /^https?:\/\//i.test(uri))
    .slice(0, MAX_URIS);
}

/** A fetch that fails leaves the search without a candidate, and says so in its report. */
function* fetchFrom(uri: string, state: SearchState): Flow<readonly Certificate[]> {
  const { issuerFetcher, purpose } = state.search;
  try {
    const body = issuerFetcher && (yield* settle(issuerFetcher.fetch({ uri, method: 'GET' }, purpose.signal)));
    return body === undefined ? [] : readFetched(body);
  } catch (error) {
    if (purpose.signal?.aborted === true) throw error;
    const what = error instanceof Error ? error.message : String(error);
    const problem =
      error instanceof DecodeError ? error : new TlsError('ERR_TLS_FETCH_FAILED', `${uri}: ${what}`, { cause: error });
    state.skipped.push({ from: 'fetched', index: state.fetched.size, problem });
    return [];
  }
}

/**
 * "Conforming applications that support HTTP or FTP for accessing certificates MUST be able to accept individual DER encoded certificates
 * and SHOULD be able to accept "certs-only" CMS messages." (RFC 5280 §4.2.2.1) Those that cannot be read are left out.
 */
function readFetched(body: Uint8Array): readonly Certificate[] {
  const root = readElement(body, 'fetched', { maxSize: MAX_FETCHED_SIZE });
  if (root.children().peek() !== TAG.OBJECT_IDENTIFIER) return [parseCertificate(body)];
  return readMessage(root).flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof DecodeError) return [];
      throw error;
    }
  });
}

/**
 * The certificates of a CMS message in DER, as far as it takes to find them (RFC 5652 §3, §5.1):
 * `ContentInfo { contentType, content [0] SignedData { …, certificates [0] IMPLICIT SET OF … } }`
 */
function readMessage(root: DerElement): readonly Uint8Array[] {
  const info = root.children();
  info.next('content_type');
  const signed = info.next('content').children().next('signed_data').children();
  while (signed.peek() !== undefined) {
    const field = signed.next('field');
    if (field.tag !== contextTag(0, true)) continue;
    const set = field.children();
    const certificates: Uint8Array[] = [];
    while (set.peek() !== undefined && certificates.length < MAX_FETCHED) certificates.push(set.next('certificate').encoded);
    return certificates;
  }
  return [];
}
