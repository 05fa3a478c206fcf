/**
 * A room over several servers, by publish and subscribe of Redis: one channel a room, and a counter for ids. Nothing is kept in Redis but that counter.
 *
 * `rediss://` goes through foxtls/tls: ioredis lets a connector of ours make the connection. While Redis is away, each server goes on by itself,
 * lets nobody new in, and looks for it again.
 */

import { randomUUID } from 'node:crypto';
import { connect, type TLSSocket } from 'foxtls/tls';
import { AbstractConnector, Redis, type RedisOptions } from 'ioredis';
import { CommandFailure, describeFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import { formatRoomMessage, type RoomMessage, readRoomMessage } from './room.ts';
import type { RoomBus } from './room-bus.ts';
import { NameRefused } from './words.ts';

export interface RedisBusOptions {
  /** `redis://` or `rediss://`. */
  readonly url: string;
  readonly room: string;
  /** PEM: whom to trust for `rediss://`; the roots of Node otherwise. */
  readonly ca: string | undefined;
  readonly report: Report;
}

/** Milliseconds. */
const CONNECT_PATIENCE = 5000;
const LONGEST_WAIT = 2000;
/** For connections to be closed, which may be closed already. */
const FAREWELL = 200;
/** A message of thousands of members; more is nothing of ours. */
const MAX_MESSAGE = 16 * 1024 * 1024;

/** Throws `CommandFailure` when Redis cannot be reached. */
export async function connectRedisBus({ url, room, ca, report }: RedisBusOptions): Promise<RoomBus> {
  const server = randomUUID();
  const channel = `foxtls-chat:${room}`;
  const options = optionsFor(url, ca);
  const commands = new Redis(url, options);
  const subscriber = new Redis(url, options);
  let why: Error | undefined;
  for (const client of [commands, subscriber]) {
    client.on('error', (error: Error) => {
      why = error;
      report.explain(`Redis: ${describeFailure(error)}`);
    });
  }
  try {
    await Promise.all([commands.connect(), subscriber.connect()]);
    await subscriber.subscribe(channel);
  } catch (error) {
    for (const client of [commands, subscriber]) client.disconnect();
    throw new CommandFailure(`Redis at ${withoutPassword(url)}: ${describeFailure(why ?? error)}`);
  }
  const unwatch = watch(subscriber, report);
  return {
    server,
    // The other servers hear all of it a little later by what is announced.
    publish: (message) => void commands.publish(channel, formatRoomMessage(server, message)).catch(() => {}),
    async nextId() {
      try {
        return (await commands.incr(`${channel}:ids`)) - 1;
      } catch {
        throw new NameRefused('the room cannot be reached now');
      }
    },
    onMessage(listener: (server: string, message: RoomMessage) => void) {
      subscriber.on('message', (_channel: string, text: string) => {
        const read = text.length > MAX_MESSAGE ? undefined : readRoomMessage(text);
        if (read !== undefined) listener(read.server, read.message);
      });
    },
    onOpen(listener) {
      subscriber.on('ready', listener);
    },
    async close() {
      unwatch();
      // What was published last, a farewell, is still to get there.
      await Promise.race([commands.quit().catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500).unref())]);
      for (const client of [commands, subscriber]) client.disconnect();
    },
  };
}

/** Says when Redis goes and comes. Returns what ends it. */
function watch(subscriber: Redis, report: Report): () => void {
  let isAway = false;
  const onClose = () => {
    if (!isAway) report.say('[System] Redis is away: this server goes on by itself', { event: 'redis-away' });
    isAway = true;
  };
  const onReady = () => {
    if (isAway) report.say('[System] Redis is there again', { event: 'redis-back' });
    isAway = false;
  };
  subscriber.on('close', onClose);
  subscriber.on('ready', onReady);
  return () => {
    subscriber.off('close', onClose);
    subscriber.off('ready', onReady);
  };
}

function optionsFor(url: string, ca: string | undefined) {
  const common = {
    lazyConnect: true,
    connectTimeout: CONNECT_PATIENCE,
    disconnectTimeout: FAREWELL,
    // What cannot be said now is out of date later.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(100 * times, LONGEST_WAIT),
  } satisfies RedisOptions;
  if (!url.startsWith('rediss:')) return common;
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  class FoxtlsConnector extends AbstractConnector {
    constructor() {
      super(FAREWELL);
    }

    override async connect(): Promise<TLSSocket> {
      const socket = connect({ host, port: Number(port || 6379), servername: host, ...(ca !== undefined && { ca }) });
      this.connecting = true;
      this.stream = socket as unknown as AbstractConnector['stream'];
      return socket;
    }
  }
  return { ...common, Connector: FoxtlsConnector as unknown as NonNullable<RedisOptions['Connector']> };
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.host}`;
}
