/** The OCSP response that a server staples, in short, between the lines that openssl draws around it. */

import { parseOcspResponse } from 'foxtls/x509';
import { formatTime } from '../cert/text/value-text.ts';

const RULE = '======================================';

export function statusLines(response: Uint8Array | null): string[] {
  if (response === null) return ['OCSP response: no response sent'];
  return ['OCSP response: ', RULE, ...describe(response), RULE];
}

function describe(response: Uint8Array): string[] {
  try {
    const parsed = parseOcspResponse(response);
    const head = ['OCSP Response Data:', `    OCSP Response Status: ${parsed.status}`];
    if (parsed.status !== 'successful') return head;
    const { producedAt, responses } = parsed.basic;
    return [
      ...head,
      `    Produced At: ${formatTime(producedAt)}`,
      ...responses.flatMap(({ certStatus, thisUpdate, nextUpdate }) => [
        `    Cert Status: ${certStatus.kind}`,
        `    This Update: ${formatTime(thisUpdate)}`,
        ...(nextUpdate === undefined ? [] : [`    Next Update: ${formatTime(nextUpdate)}`]),
      ]),
    ];
  } catch (error) {
    return [`    it cannot be read: ${(error as Error).message}`];
  }
}
