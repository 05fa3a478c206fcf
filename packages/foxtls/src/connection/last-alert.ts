/**
 * The alert that a connection ends with, over a stream or over datagrams (RFC 8446 §6).
 */

import { AlertReceived, type TlsError } from '../core/errors/errors.ts';
import { ALERTS, type AlertName } from '../core/registry/alerts.ts';

const WARNING = 1;
const FATAL = 2;

/** Whether a connection that ends with `error` ends by a fatal alert, ours or the peer's. */
export function isFatal(error: TlsError | undefined): boolean {
  if (error instanceof AlertReceived) return error.alert === undefined;
  return error?.alert !== undefined && error.alert !== 'user_canceled';
}

export function sendLastAlert(transport: { sendAlert(level: number, description: number): void }, name: AlertName): void {
  const closes = name === 'close_notify' || name === 'user_canceled';
  if (!closes) {
    transport.sendAlert(FATAL, ALERTS[name]);
    return;
  }
  // "This alert SHOULD be followed by a "close_notify". This alert generally has AlertLevel=warning." (RFC 8446 §6.1)
  if (name === 'user_canceled') transport.sendAlert(WARNING, ALERTS.user_canceled);
  transport.sendAlert(WARNING, ALERTS.close_notify);
}
