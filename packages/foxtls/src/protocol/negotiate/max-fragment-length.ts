/**
 * max_fragment_length (RFC 6066 §4): the same length for both directions, by the wish of the client; record_size_limit goes before it.
 */

import { PeerMisbehaved } from '../../core/errors/errors.ts';
import { MAX_FRAGMENT_LENGTHS, type MaxFragmentLength } from '../../core/registry/hello-codes.ts';

export type { MaxFragmentLength } from '../../core/registry/hello-codes.ts';

/** "The allowed values for this field are: 2^9, 2^10, 2^11, and 2^12." (RFC 6066 §4) */
const LENGTHS: readonly MaxFragmentLength[] = [512, 1024, 2048, 4096];

/** The code of a length on the wire. */
export function maxFragmentLengthCode(length: MaxFragmentLength): number {
  return MAX_FRAGMENT_LENGTHS[length];
}

/** The length that a code stands for; undefined for one that stands for none. */
export function maxFragmentLengthOf(code: number): MaxFragmentLength | undefined {
  return LENGTHS.find((length) => MAX_FRAGMENT_LENGTHS[length] === code);
}

/** What both hellos, or ClientHello and EncryptedExtensions, say of the sizes of records. */
interface RecordSizeValues {
  readonly max_fragment_length?: number | undefined;
  readonly record_size_limit?: number | undefined;
}

/** What a server agrees to: what the client asks for; undefined when it does not ask. */
export function acceptedMaxFragmentLength({
  max_fragment_length: code,
  record_size_limit: limit,
}: RecordSizeValues): MaxFragmentLength | undefined {
  // "A server that supports the "record_size_limit" extension MUST ignore a "max_fragment_length" that appears in a ClientHello if both
  // extensions appear." (RFC 8449 §5)
  if (code === undefined || limit !== undefined) return undefined;
  const length = maxFragmentLengthOf(code);
  // "If a server receives a maximum fragment length negotiation request for a value other than the allowed values, it MUST abort the
  // handshake with an "illegal_parameter" alert." (RFC 6066 §4)
  if (length === undefined) throw invalid(`the client asks for the max_fragment_length of code ${code}, which there is not`);
  return length;
}

/** What a server's answer agrees to; undefined when it does not answer. */
export function answeredMaxFragmentLength(
  asked: MaxFragmentLength | undefined,
  { max_fragment_length: code, record_size_limit: limit }: RecordSizeValues,
): MaxFragmentLength | undefined {
  if (code === undefined) return undefined;
  // "A client MUST treat receipt of both "max_fragment_length" and "record_size_limit" as a fatal error, and it SHOULD generate an
  // "illegal_parameter" alert." (RFC 8449 §5)
  if (limit !== undefined) throw invalid('the server answers max_fragment_length and record_size_limit');
  // "Similarly, if a client receives a maximum fragment length negotiation response that differs from the length it requested, it MUST
  // also abort the handshake with an "illegal_parameter" alert." (RFC 6066 §4)
  if (asked === undefined || maxFragmentLengthOf(code) !== asked) {
    throw invalid(`the server answers max_fragment_length with code ${code}, ${asked ?? 'nothing'} was asked for`);
  }
  return asked;
}

function invalid(problem: string): PeerMisbehaved {
  return new PeerMisbehaved('max_fragment_length_invalid', problem);
}
