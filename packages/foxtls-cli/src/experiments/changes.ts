/**
 * Changes to a certificate by somebody who is not its authority: bytes of it are replaced, all else stays, the signature too.
 */

import { parseCertificate } from 'foxtls/x509';

export interface Change {
  readonly certificate: Uint8Array;
  /** What stood there, and what stands there now; in hexadecimal where it is no text. */
  readonly before: string;
  readonly after: string;
  /** Where, in the DER. */
  readonly offset: number;
}

/** Another text of the same length, wherever it stands. */
export function replaceText(certificate: Uint8Array, before: string, after: string): Change {
  if (before.length !== after.length) throw new RangeError('the lengths of DER would not fit any more');
  const changed = Buffer.from(certificate);
  const offset = changed.indexOf(before, 0, 'latin1');
  for (let at = offset; at >= 0; at = changed.indexOf(before, at + 1, 'latin1')) changed.write(after, at, 'latin1');
  return { certificate: new Uint8Array(changed), before, after, offset };
}

/** Another public key (SubjectPublicKeyInfo) of the same kind: somebody has the private one. */
export function replaceKey(certificate: Uint8Array, publicKey: Uint8Array): Change {
  const own = parseCertificate(certificate).publicKey;
  if (own.length !== publicKey.length) throw new RangeError('the lengths of DER would not fit any more');
  const changed = certificate.slice();
  const start = Buffer.from(certificate).indexOf(own);
  changed.set(publicKey, start);
  const offset = changed.findIndex((octet, i) => octet !== certificate[i]);
  const shown = (bytes: Uint8Array) => `${Buffer.from(bytes.subarray(offset, offset + 4)).toString('hex')}…`;
  return { certificate: changed, before: shown(certificate), after: shown(changed), offset };
}

/** The last bit of the signature, which stands at the end. */
export function flipSignatureBit(certificate: Uint8Array): Change {
  const offset = certificate.length - 1;
  const changed = certificate.slice();
  const octet = changed[offset] ?? 0;
  changed[offset] = octet ^ 1;
  const shown = (value: number) => value.toString(16).padStart(2, '0');
  return { certificate: changed, before: shown(octet), after: shown(octet ^ 1), offset };
}

/** The end of validity, as UTCTime: `260101000000Z`. */
export function extendValidity(certificate: Uint8Array, years: number): Change {
  const before = utcTime(parseCertificate(certificate).validTo);
  const year = (Number(before.slice(0, 2)) + years) % 50;
  return replaceText(certificate, before, `${String(year).padStart(2, '0')}${before.slice(2)}`);
}

function utcTime(date: Date): string {
  return `${date.toISOString().replace(/[-T:]/g, '').slice(2, 14)}Z`;
}
