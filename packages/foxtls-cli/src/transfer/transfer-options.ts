/** Options and lines that `send` and `receive` have in common. */

import type { OptionTable } from '../command/command.ts';
import { JSON_OPTION } from '../command/report.ts';
import { TLS_OPTIONS } from '../network/tls-options.ts';

export const DEFAULT_TIMEOUT = 60;

export const TRANSFER_OPTIONS = {
  ...TLS_OPTIONS,
  timeout: { type: 'string', value: 'SECONDS', help: `give up when nothing moves for so long (${DEFAULT_TIMEOUT})` },
  plain: { type: 'boolean', help: 'do as other programs do: name, content, close_notify, and nothing that proves the content' },
  ...JSON_OPTION,
} as const satisfies OptionTable;

/** As the tutorial's programs print it, the blank at the end included. */
export function secondsLine(seconds: number, direction: 'send' | 'receive'): string {
  return `${seconds.toFixed(6)} seconds to ${direction} data `;
}
