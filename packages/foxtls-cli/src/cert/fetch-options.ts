/** Asking what certificates point to, as options. */

import { createHttpFetcher } from 'foxtls/node';
import type { Fetcher } from 'foxtls/x509';
import type { OptionTable, OptionValues } from '../command/command.ts';
import { parseCount } from '../command/numbers.ts';

export const FETCH_OPTIONS = {
  'allow-private': { type: 'boolean', help: 'ask addresses of this machine and of private networks, too' },
  timeout: { type: 'string', value: 'SECONDS', help: 'for each question (10)' },
} as const satisfies OptionTable;

export function fetcherOf({
  'allow-private': allowPrivateAddresses = false,
  timeout,
}: OptionValues<typeof FETCH_OPTIONS>): Fetcher {
  return createHttpFetcher({
    allowPrivateAddresses,
    ...(timeout === undefined ? {} : { timeout: parseCount(timeout, '--timeout') * 1000 }),
  });
}
