/** `foxtls echo-server`: sends every line back, of many clients at once, until one of them says `quit`. */

import { type Acceptor, type Arrival, accept } from '../client-server/accepting.ts';
import type { Channel } from '../client-server/channel.ts';
import { describeTlsFailure } from '../client-server/describe-failure.ts';
import { describeSessionOf } from '../client-server/session-lines.ts';
import { defineCommand } from '../command/command.ts';
import { parseSeconds } from '../command/numbers.ts';
import { printable } from '../command/printable.ts';
import { createReport, JSON_OPTION, type Report } from '../command/report.ts';
import { formatAddress, listenAddress, listenOptions } from '../network/addresses.ts';
import { loadTlsPlan, TLS_OPTIONS } from '../network/tls-options.ts';
import { EchoLines } from './echo-lines.ts';

const DEFAULT_IDLE = 300;
const HANDSHAKE_SECONDS = 30;
const MAX_CLIENTS = 1000;

export const echoServerCommand = defineCommand({
  name: 'echo-server',
  summary: 'send lines back over TLS',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('TCP'),
    ...TLS_OPTIONS,
    'require-certificate': { type: 'boolean', help: 'speak only to clients with a certificate of --ca' },
    idle: { type: 'string', value: 'SECONDS', help: `end the session of a client that is silent for so long (${DEFAULT_IDLE})` },
    ...JSON_OPTION,
  },
  notes: [
    'Prints each line, too. A client that says break ends its session; one that says quit ends the server: it is for machines whose users trust each other.',
    'Without --cert, --key or --psk-key it has certificates and a key that foxtls has made for this machine in ~/.foxtls, which foxtls echo-client trusts.',
  ],
  examples: [
    { purpose: 'on port 11111 of this machine', line: 'foxtls echo-server' },
    { purpose: 'over TLS 1.2, and end sessions that say nothing for a minute', line: 'foxtls echo-server -v 3 --idle 60' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const seconds = parseSeconds(options.idle, '--idle', DEFAULT_IDLE);
    const plan = await loadTlsPlan('server', options, terminal);
    const where = listenAddress(options);
    const echo = new EchoService(seconds, report);
    const undo = terminal.onStop(() => echo.stop());
    try {
      const acceptor = await accept(
        {
          ...{
            plan,
            where,
            isDatagram: false,
            serverName: undefined,
            alpn: undefined,
            maxSendFragment: undefined,
            staple: undefined,
          },
          ...{ requireCookie: false, allowsRenegotiation: false, pskHint: true, takesIdentityPrefix: false, nonblocking: false },
          asksForCertificate: options['require-certificate'] ?? false,
          seconds: HANDSHAKE_SECONDS,
          extras: {},
        },
        (arrival) => void echo.serve(arrival),
        report,
      );
      const at = formatAddress(acceptor);
      if (options.json || where.port === 0) report.say(`listening on ${at}`, { event: 'listening', ...addressOf(acceptor) });
      else report.explain(`listening on ${at}`);
      await echo.stopped;
      acceptor.stop();
      await echo.farewell();
      await acceptor.close();
    } finally {
      undo();
    }
  },
});

function addressOf({ address, port }: Acceptor) {
  return { address, port };
}

class EchoService {
  readonly stopped: Promise<void>;
  readonly #seconds: number;
  readonly #report: Report;
  readonly #opening = new Set<Arrival>();
  readonly #channels = new Set<Channel>();
  #isOver = false;
  #resolve = () => {};

  constructor(seconds: number, report: Report) {
    this.#seconds = seconds;
    this.#report = report;
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  stop(): void {
    this.#isOver = true;
    this.#resolve();
  }

  /** Each gets a close_notify. */
  async farewell(): Promise<void> {
    for (const arrival of this.#opening) arrival.refuse();
    await Promise.all([...this.#channels].map((channel) => channel.close()));
  }

  /** To its end. One client's failure is its own. */
  async serve(arrival: Arrival): Promise<void> {
    if (this.#isOver || this.#opening.size + this.#channels.size >= MAX_CLIENTS) {
      arrival.refuse();
      return;
    }
    this.#opening.add(arrival);
    let channel: Channel | undefined;
    try {
      channel = await arrival.open();
      this.#channels.add(channel);
      this.#opening.delete(arrival);
      this.#report.explain(describeSessionOf(channel));
      await this.#echo(channel);
    } catch (error) {
      if (!this.#isOver) this.#report.complain(`${arrival.name}: ${describeTlsFailure(error)}`);
    } finally {
      this.#opening.delete(arrival);
      await channel?.close();
      if (channel !== undefined) this.#channels.delete(channel);
    }
  }

  async #echo(channel: Channel): Promise<void> {
    const lines = new EchoLines();
    const show = (line: string) => {
      const text = printable(line);
      this.#report.say(text, { event: 'line', client: channel.peer, text });
    };
    for (;;) {
      const message = await channel.receive(this.#seconds);
      const step = message === undefined ? undefined : lines.receive(message);
      for (const line of step?.lines ?? []) show(line);
      if (step !== undefined && step.echo.length > 0) await channel.send(step.echo);
      if (step !== undefined && step.command === undefined) continue;
      const rest = lines.end();
      if (rest !== undefined) show(rest);
      if (step?.command !== undefined) this.#obey(step.command, channel);
      return;
    }
  }

  #obey(command: 'quit' | 'break', { peer: client }: Channel): void {
    if (command === 'break') {
      this.#report.say('client sent break command: closing session!', { event: 'break', client });
      return;
    }
    this.#report.say('client sent quit command: shutting down!', { event: 'quit', client });
    this.stop();
  }
}
