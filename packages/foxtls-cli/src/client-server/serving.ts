/**
 * What the server does with its clients: how many, how many at once, and what each is told.
 *
 * One that fails harms no other with `--keep-running`; without it the server ends, as wolfSSL's does.
 */

import { CommandFailure } from '../command/failure.ts';
import { printable } from '../command/printable.ts';
import type { Report } from '../command/report.ts';
import { type Acceptor, type AcceptPlan, type Arrival, accept } from './accepting.ts';
import { figure, megabytes } from './benchmark.ts';
import type { Channel } from './channel.ts';
import { describeTlsFailure } from './describe-failure.ts';
import { describeSessionOf, saySession } from './session-lines.ts';
import type { Alpn } from './shared-options.ts';

export interface ServePlan {
  /** Clients to serve before it quits; Infinity for as long as it is not stopped. */
  readonly clients: number;
  readonly keepsRunning: boolean;
  readonly reply: Reply;
  readonly updatesKeys: boolean;
  readonly waitsForShutdown: boolean;
  readonly seconds: number;
  readonly alpn: Alpn | undefined;
}

export type Reply = { readonly kind: 'hello' | 'get' | 'echo' } | { readonly kind: 'throughput'; readonly bytes: number };

/** Clients at once. */
const MAX_AT_ONCE = 1000;
/** Clients that wait for their turn. */
const MAX_WAITING = 64;

export class Serving {
  readonly #plan: ServePlan;
  readonly #report: Report;
  #acceptor: Acceptor | undefined;
  #left: number;
  readonly #waiting: Arrival[] = [];
  readonly #opening = new Set<Arrival>();
  readonly #channels = new Set<Channel>();
  #running = 0;
  #failure: Error | undefined;
  #isOver = false;
  readonly #over: Promise<void>;
  #end = () => {};

  constructor(plan: ServePlan, report: Report) {
    this.#plan = plan;
    this.#report = report;
    this.#left = plan.clients;
    this.#over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when the last client is served, or after `stop`. Rejects with `CommandFailure` when one failed and that ends it. */
  async run(acceptPlan: AcceptPlan, onListening: (acceptor: Acceptor) => void): Promise<void> {
    this.#acceptor = await accept(acceptPlan, (arrival) => this.#arrive(arrival), this.#report);
    onListening(this.#acceptor);
    if (this.#isOver) this.#acceptor.stop();
    await this.#over;
    await Promise.all([...this.#channels].map((channel) => channel.close()));
    await this.#acceptor.close();
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** No more clients; those there are get a close_notify. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#acceptor?.stop();
    for (const arrival of this.#waiting.splice(0)) arrival.refuse();
    for (const arrival of this.#opening) arrival.refuse();
    this.#end();
  }

  #arrive(arrival: Arrival): void {
    if (this.#isOver || this.#waiting.length >= MAX_WAITING) {
      arrival.refuse();
      return;
    }
    this.#waiting.push(arrival);
    this.#admit();
  }

  #admit(): void {
    while (this.#running < Math.min(this.#left, MAX_AT_ONCE)) {
      const arrival = this.#waiting.shift();
      if (arrival === undefined) return;
      this.#running++;
      this.#serve(arrival)
        .then(
          () => true,
          (error: unknown) => this.#onFailure(arrival, error),
        )
        .then((isServed) => this.#onServed(isServed));
    }
  }

  #onServed(isServed: boolean): void {
    this.#running--;
    if (isServed) this.#left--;
    if (this.#left === 0) this.stop();
    else this.#admit();
  }

  /** Whether it was served all the same. */
  #onFailure({ name }: Arrival, error: unknown): boolean {
    if (this.#isOver) return false;
    const reason = describeTlsFailure(error);
    const failure = new CommandFailure(`SSL_accept failed: ${name}: ${reason}`, { cause: error });
    if (this.#plan.keepsRunning) {
      this.#report.complain(failure.message);
      if (error instanceof Error) this.#report.explain(error.stack ?? '');
      return false;
    }
    this.#failure = error instanceof ServedBadly ? error : failure;
    this.stop();
    return false;
  }

  async #serve(arrival: Arrival): Promise<void> {
    this.#opening.add(arrival);
    let channel: Channel;
    try {
      channel = await arrival.open();
    } finally {
      this.#opening.delete(arrival);
    }
    this.#channels.add(channel);
    let isDone = false;
    try {
      await this.#talk(channel);
      const isComplete = await channel.close(this.#plan.waitsForShutdown ? this.#plan.seconds : undefined);
      isDone = true;
      if (this.#plan.waitsForShutdown) this.#sayShutdown(isComplete);
    } catch (error) {
      if (error instanceof ServedBadly || this.#isOver) throw error;
      throw new ServedBadly(`${channel.peer}: ${describeTlsFailure(error)}`, { cause: error });
    } finally {
      if (!isDone) await channel.close(0);
      this.#channels.delete(channel);
    }
  }

  #sayShutdown(isComplete: boolean): void {
    if (!isComplete) throw new ServedBadly('Bidirectional shutdown failed: the other side did not send its close_notify');
    this.#report.say('Bidirectional shutdown complete', { event: 'shutdown', complete: true });
  }

  async #talk(channel: Channel): Promise<void> {
    const { alpn, reply, updatesKeys } = this.#plan;
    this.#report.explain(describeSessionOf(channel));
    saySession(channel, this.#report);
    if (alpn !== undefined) this.#sayProtocol(channel.info.alpnProtocol);
    if (updatesKeys) channel.updateKeys();
    if (reply.kind === 'echo') await this.#echo(channel);
    else if (reply.kind === 'throughput') await this.#measure(channel, reply.bytes);
    else await this.#answer(channel, reply.kind);
  }

  #sayProtocol(chosen: string | undefined): void {
    const line =
      chosen === undefined ? 'No ALPN response sent (no match)' : `Sent ALPN protocol : ${printable(chosen)} (${chosen.length})`;
    this.#report.say(line, { event: 'alpn', protocol: chosen && printable(chosen) });
  }

  async #answer(channel: Channel, kind: 'hello' | 'get'): Promise<void> {
    const message = await channel.receive(this.#plan.seconds);
    // It came to measure, say.
    if (message === undefined) return;
    const text = printable(
      Buffer.from(message)
        .toString()
        .replace(/[\r\n]+$/, ''),
    );
    this.#report.say(`Client message: ${text}`, { event: 'message', client: channel.peer, bytes: message.length, text });
    await channel.send(Buffer.from(kind === 'get' ? PAGE : REPLY));
  }

  async #echo(channel: Channel): Promise<void> {
    for (;;) {
      const message = await channel.receive(this.#plan.seconds);
      if (message === undefined) return;
      await channel.send(message);
    }
  }

  async #measure(channel: Channel, bytes: number): Promise<void> {
    let [done, receiving, sending] = [0, 0, 0];
    while (done < bytes) {
      const begin = performance.now();
      const message = await channel.receive(this.#plan.seconds);
      const received = performance.now();
      if (message === undefined) throw new ServedBadly(`${channel.peer} left after ${done} of ${bytes} bytes`);
      await channel.send(message);
      receiving += received - begin;
      sending += performance.now() - received;
      done += message.length;
    }
    const lines = [
      `wolfSSL Server Benchmark ${done} bytes`,
      `\tRX      ${figure(receiving)} ms (${figure(megabytes(done, receiving))} MBps)`,
      `\tTX      ${figure(sending)} ms (${figure(megabytes(done, sending))} MBps)`,
    ];
    this.#report.say(lines.join('\n'), { event: 'throughput', bytes: done, receiving, sending });
  }
}

/** The connection was there, and something went wrong on it. */
class ServedBadly extends CommandFailure {}

const REPLY = 'I hear you fa shizzle!';

const BODY = `<!doctype html>
<html lang="en">
<head><title>foxtls</title></head>
<body>
<p>I hear you fa shizzle!</p>
</body>
</html>
`.replaceAll('\n', '\r\n');

const PAGE = [
  'HTTP/1.1 200 OK',
  'Content-Type: text/html; charset=utf-8',
  'Connection: close',
  `Content-Length: ${Buffer.byteLength(BODY)}`,
  '',
  BODY,
].join('\r\n');
