/** Options of a room that several servers make, by Redis. */

import { readFileSync } from 'node:fs';
import type { OptionValues } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { readPassword } from '../command/password.ts';
import type { Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import type { RoomBus } from './room-bus.ts';

const DEFAULT_ROOM = 'chat';

export const REDIS_OPTIONS = {
  redis: {
    type: 'string',
    value: 'URL',
    help: 'make one room with other servers: redis://… or rediss://…, or where the URL is: env:NAME, file:PATH',
  },
  'redis-ca': { type: 'string', value: 'FILE', help: 'whom to trust for rediss://' },
  room: { type: 'string', value: 'NAME', help: `which room of that Redis (${DEFAULT_ROOM})` },
} as const;

/** Undefined for a server that is alone. Throws `UsageError` and `CommandFailure`. */
export async function openRedisBus(
  options: OptionValues<typeof REDIS_OPTIONS>,
  report: Report,
  terminal: Terminal,
): Promise<RoomBus | undefined> {
  const { redis, room = DEFAULT_ROOM, 'redis-ca': ca } = options;
  if (redis === undefined) {
    if (options.room !== undefined || ca !== undefined) throw new UsageError('--room and --redis-ca need --redis');
    return undefined;
  }
  // A URL has a password in it, often enough.
  const isElsewhere = /^(env|file):/.test(redis);
  const url = isElsewhere ? ((await readPassword({ source: redis, subject: 'Redis' }, terminal)) ?? '').trim() : redis;
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError('--redis is a URL: redis://HOST:PORT or rediss://HOST:PORT');
  const isSecure = url.startsWith('rediss:');
  if (ca !== undefined && !isSecure) throw new UsageError('--redis-ca is for rediss://');
  // Only for those who have it: alone, a server needs nothing.
  const { connectRedisBus } = await import('./redis-bus.ts');
  return connectRedisBus({ url, room, ca: ca === undefined ? undefined : readFileSync(ca, 'utf8'), report });
}
