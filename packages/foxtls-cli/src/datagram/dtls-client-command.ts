/** `foxtls dtls-client`: sends each line over DTLS, and prints the replies; resumes its session as often as it is told. */

import type { Socket } from 'node:dgram';
import { connect, type DatagramSocket, type DTLSSession } from 'foxtls/dtls';
import { defineCommand, type OptionValues } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { createReport, type Report } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import { formatAddress, resolveTarget, type Target, targetOptions } from '../network/addresses.ts';
import { describeSession } from '../network/session-text.ts';
import { bindClient } from '../network/udp.ts';
import { Conversation, patienceOf, TALK_OPTIONS } from './conversation.ts';
import { DTLS_OPTIONS, type DtlsPlan, loadPlan, logKeys } from './dtls-options.ts';
import { watchSteps } from './watched-socket.ts';

const OPTIONS = {
  ...targetOptions('UDP'),
  ...DTLS_OPTIONS,
  'server-name': { type: 'string', short: 'S', value: 'NAME', help: 'the name to ask for and to verify, if it is not HOST' },
  'insecure-no-verify': { type: 'boolean', short: 'd', help: 'speak to a server whoever it is' },
  resume: {
    type: 'boolean',
    short: 'r',
    help: 'a connection for each line, which resumes the session of the one before; at least one is resumed',
  },
  ...TALK_OPTIONS,
} as const;

export const dtlsClientCommand = defineCommand({
  name: 'dtls-client',
  summary: 'send lines under DTLS and print the replies',
  operands: '[HOST]',
  maxOperands: 1,
  options: OPTIONS,
  notes: [
    'Reads lines from standard input: each is a datagram, and waits for its reply. DTLS protects datagrams, and repeats those of its handshake; those of the application may be lost as with UDP: then the line has no reply in time, and the exit code is 1.',
    'Without --ca and --psk-key it trusts what foxtls has made for this machine in ~/.foxtls, which foxtls dtls-server shows.',
  ],
  examples: [
    { purpose: 'to foxtls dtls-server on this machine, lines as they are typed', line: 'foxtls dtls-client' },
    {
      purpose: 'two lines over two connections, the second of which resumes the first',
      line: "printf 'one\\ntwo\\n' | foxtls dtls-client --resume localhost",
    },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    const seconds = patienceOf(options);
    if (options.psk && options['insecure-no-verify'])
      throw new UsageError('with --psk the key itself shows who the server is: leave --insecure-no-verify out');
    const plan = await loadPlan('client', options, terminal);
    const target = await resolveTarget(operands, options);
    const conversation = new Conversation({ lines: terminal.readLines(), json: options.json, terminal, seconds });
    const caller = new Caller({ target, plan, options, seconds, conversation, report });
    const undo = terminal.onStop((signal) => {
      sayStopped(signal, report);
      conversation.stop();
      void caller.abort();
    });
    try {
      const unanswered = options.resume ? await caller.talkResuming() : await caller.talk();
      if (unanswered === 0) return 0;
      report.say('Connection Timed Out.', { event: 'timeout' });
      throw new CommandFailure(
        `${formatAddress(target)} left ${unanswered} of our lines without a reply for ${seconds} s: a datagram was lost, or the server is gone`,
      );
    } finally {
      undo();
      conversation.stop();
      await caller.abort();
    }
  },
});

interface CallerOptions {
  readonly target: Target;
  readonly plan: DtlsPlan;
  readonly options: OptionValues<typeof OPTIONS>;
  readonly seconds: number;
  readonly conversation: Conversation;
  readonly report: Report;
}

/** Makes connections to one server, one after the other. */
class Caller {
  readonly #given: CallerOptions;
  #current: DTLSSession | undefined;

  constructor(given: CallerOptions) {
    this.#given = given;
  }

  /** Ends what is under way; close_notify is sent where there is a connection. */
  async abort(): Promise<void> {
    await this.#current?.close();
  }

  /** All lines over one connection. Resolves with how many had no reply. */
  async talk(): Promise<number> {
    const { conversation } = this.#given;
    const session = await this.#connect(undefined);
    if (session === undefined) return 0;
    const unanswered = await conversation.run((line) => send(session, line));
    await session.close();
    return unanswered;
  }

  /** A line for each connection, and at least one that resumes. */
  async talkResuming(): Promise<number> {
    const { conversation, report } = this.#given;
    let unanswered = 0;
    let ticket: Buffer | undefined;
    for (let count = 0; ; count++) {
      const line = await conversation.nextLine();
      if (conversation.isOver || (line === undefined && count >= 2)) return unanswered;
      const session = await this.#connect(ticket);
      if (session === undefined) return unanswered;
      if (count > 0) {
        const { reused } = session;
        report.say(reused ? 'Reused session ID' : 'Did not reuse session ID', { event: 'resumption', reused });
      }
      if (line !== undefined && !(await conversation.exchange(line, (bytes) => send(session, bytes)))) unanswered++;
      ticket = await ticketOf(session);
      await session.close();
    }
  }

  /** Undefined when we were told to stop meanwhile. */
  async #connect(ticket: Buffer | undefined): Promise<DTLSSession | undefined> {
    const { target, plan, options, conversation, report } = this.#given;
    const own = await bindClient(target);
    let isWaiting = true;
    const watched = watchSteps(own, (wouldWrite) => {
      if (!isWaiting) return;
      if (wouldWrite) report.say('... client would write block.', { event: 'would-write' });
      else report.say('... client would read block.', { event: 'would-read' });
    });
    const socket = options.nonblocking ? watched : own;
    const session = this.#begin(own, socket, ticket);
    this.#current = session;
    logKeys(session, plan);
    session.onmessage = (message) => conversation.hear(message);
    try {
      await session.opened;
    } catch (error) {
      if (conversation.isOver) return undefined;
      throw sayFailed(error as NodeJS.ErrnoException, this.#given);
    } finally {
      isWaiting = false;
    }
    report.explain(`${formatAddress(target)}: ${describeSession(session)}`);
    if (options.json) {
      const { protocol, reused: resumed, cipher } = session;
      report.say('', { event: 'connected', protocol, suite: cipher?.standardName, resumed });
    }
    session.closed.then(
      () => this.#onServerLeft(session),
      (error: Error) => conversation.stop(new CommandFailure(`${formatAddress(target)}: ${describeFailure(error)}`)),
    );
    return session;
  }

  #begin(own: Socket, socket: DatagramSocket, ticket: Buffer | undefined): DTLSSession {
    const { target, plan, options, seconds } = this.#given;
    const { psk, minVersion, maxVersion, cert, key, ca, ciphers } = plan;
    try {
      return connect(target.address, target.port, {
        ...{ minVersion, maxVersion, ciphers, socket, psk },
        ...(psk === undefined && { cert, key, ca, rejectUnauthorized: !options['insecure-no-verify'] }),
        servername: options['server-name'] ?? target.name,
        session: ticket,
        handshakeTimeout: seconds * 1000,
      });
    } catch (error) {
      // It would keep the process alive.
      own.close();
      throw error;
    }
  }

  #onServerLeft(session: DTLSSession): void {
    const { conversation, report, options } = this.#given;
    if (session !== this.#current || conversation.isOver || session.stats.closingAt !== 0n || options.resume) return;
    const what = 'the server has closed the connection';
    if (conversation.isWaiting) {
      conversation.stop(new CommandFailure(`${what}, and left a line without a reply`));
      return;
    }
    report.complain(what);
    conversation.stop();
  }
}

function send(session: DTLSSession, line: Uint8Array): void {
  if (session.destroyed) throw new CommandFailure('the server has closed the connection');
  if (line.length > session.maxMessageSize)
    throw new CommandFailure(
      `a line of ${line.length} bytes does not fit into a datagram, which takes ${session.maxMessageSize}`,
    );
  session.send(line);
}

/** Tickets come after the handshake: some time for one that is late. */
const TICKET_PATIENCE = 1000;

async function ticketOf(session: DTLSSession): Promise<Buffer | undefined> {
  if (session.session !== undefined || session.destroyed) return session.session;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, TICKET_PATIENCE);
    session.once('session', () => {
      clearTimeout(timer);
      resolve();
    });
  });
  return session.session;
}

function sayFailed(error: NodeJS.ErrnoException, { target, seconds, options, report }: CallerOptions): CommandFailure {
  const isTimeout = error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT';
  const address = formatAddress(target);
  if (isTimeout) report.say('Connection Timed Out.', { event: 'timeout' });
  if (options.nonblocking) report.say('SSL_connect failed with -1', { event: 'connect-failed', code: error.code });
  if (isTimeout)
    return new CommandFailure(`${address} gave no answer in ${seconds} s: is a server of DTLS there, and does UDP get through?`);
  return new CommandFailure(`SSL_connect failed: error = -1, ${describeFailure(error)}`);
}
