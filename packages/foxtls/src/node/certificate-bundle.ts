/**
 * Bundles of certificates, as files have them: PEM with text between the blocks, or one certificate in DER.
 *
 * A bad certificate in a bundle is left out and reported; the others are of use. What a certificate says is not judged here.
 */

import { readElement } from '../core/asn1/der.ts';
import { parsePem } from '../core/asn1/pem.ts';
import { fromLatin1, plain } from '../core/bytes/bytes.ts';
import { DecodeError } from '../core/errors/errors.ts';
import { parseCertificate } from '../pki/x509/certificate.ts';

/** A certificate that was left out, and why. */
export interface BundleProblem {
  /** Where: the name that the bundle was given, and the line of BEGIN. */
  readonly place: string;
  readonly error: DecodeError;
}

export interface CertificateBundle {
  /** DER, in order. */
  readonly certificates: readonly Uint8Array[];
  readonly problems: readonly BundleProblem[];
}

/** Each block is read by itself, so that a broken one ends where the next begins. */
const BEFORE_BLOCK = /^(?=-----BEGIN )/m;
const LABEL = /^-----BEGIN ([^\r\n]*?)-----/;
const LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);
/** DER begins with a SEQUENCE; no text does, for `0` alone could. */
const SEQUENCE_WITH_LONG_LENGTH = /^0[\x80-\x84]/;

/**
 * Reads a bundle. `name` stands in the problems.
 *
 * ```ts
 * const { certificates, problems } = readCertificateBundle(readFileSync('ca.pem'), 'ca.pem');
 * ```
 */
export function readCertificateBundle(data: string | Uint8Array, name = 'bundle'): CertificateBundle {
  const text = typeof data === 'string' ? data : fromLatin1(plain(data));
  if (typeof data !== 'string' && SEQUENCE_WITH_LONG_LENGTH.test(text))
    return collect([{ place: name, read: () => plain(data) }]);
  const blocks = text
    .split(BEFORE_BLOCK)
    .map((block) => ({ block, label: LABEL.exec(block)?.[1] ?? '' }))
    .filter(({ label }) => LABELS.has(label));
  return collect(
    blocks.map(({ block, label }, i) => ({
      place: `${name}: certificate ${i + 1}`,
      read: () => withoutTrustSettings(parsePem(block)[0]?.data ?? new Uint8Array(0), label),
    })),
  );
}

function collect(candidates: readonly { readonly place: string; readonly read: () => Uint8Array }[]): CertificateBundle {
  const certificates: Uint8Array[] = [];
  const problems: BundleProblem[] = [];
  for (const { place, read } of candidates) {
    try {
      certificates.push(parseCertificate(read()).raw);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      problems.push({ place, error });
    }
  }
  return { certificates, problems };
}

/** OpenSSL's TRUSTED CERTIFICATE has settings of its own behind the certificate; nobody else reads them. */
function withoutTrustSettings(der: Uint8Array, label: string): Uint8Array {
  return label === 'TRUSTED CERTIFICATE' ? firstElement(der) : der;
}

function firstElement(der: Uint8Array): Uint8Array {
  const lengthOctets = (der[1] ?? 0) > 0x80 ? (der[1] as number) - 0x80 : 0;
  const length =
    lengthOctets === 0 ? (der[1] ?? 0) : der.subarray(2, 2 + lengthOctets).reduce((sum, octet) => sum * 256 + octet, 0);
  return readElement(der.subarray(0, 2 + lengthOctets + length), 'certificate').encoded;
}
