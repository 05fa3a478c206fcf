/**
 * Serial numbers as the contents octets of their INTEGER, which is how CRLs and OCSP compare them (RFC 5280 §4.1.2.2).
 */

import { readElement } from '../../../core/asn1/der.ts';
import { readAs } from '../../../core/asn1/schema.ts';
import { integer, integerContent } from '../../../core/asn1/types.ts';
import { ApiMisuse } from '../../../core/errors/errors.ts';
import type { Certificate } from '../certificate.ts';

const VERSION_TAG = 0xa0;

/** The serial number of a certificate. */
export function serialNumberOf({ tbsCertificate }: Certificate): Uint8Array {
  const cursor = readElement(tbsCertificate, 'tbs_certificate').children();
  if (cursor.peek() === VERSION_TAG) cursor.next('version');
  return readAs(integerContent, cursor.next('serial_number'));
}

/** The serial number that `Certificate.serialNumber` shows as `text`. Throws `ApiMisuse` when it is not hexadecimal. */
export function serialNumberContent(text: string): Uint8Array {
  const [, sign, digits] = /^(-?)([0-9A-Fa-f]{1,128})$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new ApiMisuse('ERR_TLS_INVALID_ARGUMENT', `${JSON.stringify(text)} is not a serial number in hexadecimal`);
  }
  const magnitude = BigInt(`0x${digits}`);
  return readElement(integer.write(sign === '-' ? -magnitude : magnitude), 'serial_number').content;
}
