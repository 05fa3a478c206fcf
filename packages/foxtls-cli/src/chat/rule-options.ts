/** What both ends of a chat have to agree on, as options. */

import type { OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { PUBLIC_PORT, type Rules } from './wire.ts';

export const RULE_OPTIONS = {
  'all-tls': { type: 'boolean', help: 'everything under TLS, over one connection: so it is unless told otherwise' },
  'public-in-clear': { type: 'boolean', help: 'public lines unprotected over a second connection, to see the difference' },
  classic: { type: 'boolean', help: "as the tutorial's programs speak: public lines in clear, no tokens, ids of one digit" },
  'ping-pong': { type: 'boolean', help: 'one client and the server, who writes first, in turns' },
  'public-port': { type: 'string', value: 'PORT', help: `the port of plain connections (${PUBLIC_PORT})` },
} as const;

/** Throws `UsageError` for two at once. */
export function rulesOf(options: OptionValues<typeof RULE_OPTIONS>): Rules {
  const given = (['all-tls', 'public-in-clear', 'classic', 'ping-pong'] as const).filter((name) => options[name]);
  if (given.length > 1) throw new UsageError(`--${given[0]} and --${given[1]} are two ways: choose one`);
  const rules = options.classic ? 'classic' : options['public-in-clear'] ? 'in-clear' : 'all-tls';
  if (options['public-port'] !== undefined && rules === 'all-tls')
    throw new UsageError('--public-port needs --public-in-clear or --classic');
  return rules;
}
