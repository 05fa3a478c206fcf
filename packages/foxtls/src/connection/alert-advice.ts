/**
 * What to do about a fatal alert of the peer (RFC 8446 §6.2): the alert says what the peer saw, this says where to look.
 */

import { ALERTS, type AlertName } from '../core/registry/alerts.ts';

const ADVICE: Partial<Record<AlertName, string>> = {
  protocol_version: 'It speaks none of the versions that this side speaks: compare `versions` with what is enabled there',
  handshake_failure: 'It found nothing in common: compare versions, suites, groups and signature schemes',
  certificate_required: 'It insists on a client certificate: put one into credentials',
  unknown_ca:
    'It does not trust whoever issued our certificate: send the intermediate certificates, or have the root added there',
  certificate_expired: 'It considers our certificate expired or not yet valid: check the dates and both clocks',
  no_application_protocol: 'It accepts none of our ALPN protocols',
  unrecognized_name: 'It does not serve the name that we asked for by SNI',
};

/** A sentence, or the empty string where there is nothing to add. */
export function adviceForAlert(name: AlertName | undefined): string {
  return (name === undefined ? undefined : ADVICE[name]) ?? '';
}

/** What a server of TLS 1.2 may say and go on (RFC 5246 §7.2.2; RFC 6066 §3: a name that it does not know). */
export const WARNINGS: readonly number[] = [
  ALERTS.no_renegotiation_RESERVED,
  ALERTS.unrecognized_name,
  ALERTS.bad_certificate,
  ALERTS.unsupported_certificate,
  ALERTS.certificate_revoked,
  ALERTS.certificate_expired,
  ALERTS.certificate_unknown,
];
