/** How the client comes to a connection: over TCP (with STARTTLS before it, if asked) or UDP, with all that its options say. */

import type { Socket } from 'node:net';
import { connect as connectDtls, type DTLSSession } from 'foxtls/dtls';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'foxtls/tls';
import { CommandFailure } from '../command/failure.ts';
import type { Report } from '../command/report.ts';
import { watchSteps } from '../datagram/watched-socket.ts';
import { formatAddress, type Target } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { connectTcp } from '../network/tcp.ts';
import { clientOptions, logKeys, type TlsPlan } from '../network/tls-options.ts';
import { bindClient } from '../network/udp.ts';
import { upgrade } from '../starttls/upgrade.ts';
import type { Channel } from './channel.ts';
import { describeTlsFailure } from './describe-failure.ts';
import { DtlsChannel } from './dtls-channel.ts';
import { type Alpn, type ContextExtras, dtlsVersions } from './shared-options.ts';
import { TlsChannel } from './tls-channel.ts';
import { watchTransport } from './watched-transport.ts';

export interface DialPlan {
  readonly target: Target;
  readonly plan: TlsPlan;
  readonly isDatagram: boolean;
  /** To ask for, and to verify. */
  readonly serverName: string;
  readonly alpn: Alpn | undefined;
  readonly rejectUnauthorized: boolean;
  readonly smtp: boolean;
  readonly nonblocking: boolean;
  readonly seconds: number;
  /** What else there is: of both transports. */
  readonly extras: ContextExtras;
}

export class Dialler {
  readonly #plan: DialPlan;
  readonly #report: Report;
  #current: { destroy(): unknown } | undefined;
  #channel: Channel | undefined;
  #isStopped = false;

  constructor(plan: DialPlan, report: Report) {
    this.#plan = plan;
    this.#report = report;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** A connection whose handshake is over. Throws `CommandFailure` when there is none, `UsageError` for suites that are none. */
  async dial(session?: Buffer): Promise<Channel> {
    if (this.#isStopped) throw new CommandFailure('stopped');
    const channel = await (this.#plan.isDatagram ? this.#dialDtls(session) : this.#dialTls(session));
    this.#channel = channel;
    return channel;
  }

  /** Ends what there is; close_notify is sent where there is a connection. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#channel !== undefined) await this.#channel.close();
    else this.#current?.destroy();
  }

  async #dialTls(session: Buffer | undefined): Promise<Channel> {
    const { target, seconds, smtp, serverName } = this.#plan;
    const transport = await connectTcp(target, { seconds });
    // What we have to say may be due when the server has said its last.
    transport.allowHalfOpen = true;
    this.#current = transport;
    try {
      if (smtp) await upgrade(transport, 'smtp', { serverName, timeout: seconds * 1000 });
      const socket = this.#secure(transport, session);
      this.#current = socket;
      await this.#isSecure(socket);
      return new TlsChannel(socket);
    } catch (error) {
      transport.destroy();
      throw error;
    }
  }

  #secure(transport: Socket, session: Buffer | undefined): TLSSocket {
    const { target, plan, serverName, alpn, rejectUnauthorized, nonblocking, extras } = this.#plan;
    const options: ConnectionOptions = {
      ...clientOptions(plan),
      ...extras,
      socket: transport,
      host: target.name,
      servername: serverName,
      rejectUnauthorized,
      session,
      ...(alpn !== undefined && { ALPNProtocols: [...alpn.protocols] }),
    };
    const socket = connectTls(options);
    logKeys(socket, plan);
    if (nonblocking) watchTransport(transport, socket, 'client', this.#report);
    return socket;
  }

  #isSecure(socket: TLSSocket): Promise<void> {
    const { target, seconds } = this.#plan;
    return new Promise((resolve, reject) => {
      const late = () => socket.destroy(new Error(`${formatAddress(target)} did not end its handshake in ${seconds} s`));
      const timer = setTimeout(late, seconds * 1000);
      const settle = (error?: Error) => {
        clearTimeout(timer);
        socket.off('error', fail).off('close', fail);
        if (error === undefined) resolve();
        else reject(error);
      };
      const fail = (error?: Error | boolean) =>
        settle(connectFailed(error instanceof Error ? error : new Error('the server has closed the connection')));
      socket.on('error', fail).on('close', fail);
      socket.once('secureConnect', () => settle());
    });
  }

  async #dialDtls(session: Buffer | undefined): Promise<Channel> {
    const { target, plan, serverName, alpn, rejectUnauthorized, nonblocking, seconds, extras } = this.#plan;
    const own = await bindClient(target);
    const report = this.#report;
    let isWaiting = true;
    const watched = watchSteps(own, (wouldWrite) => {
      if (isWaiting && wouldWrite) report.say('... client would write block', { event: 'would-write' });
      else if (isWaiting) report.say('... client would read block', { event: 'would-read' });
    });
    const { psk, cert, key, ca, ciphers, legacy, keylog } = plan;
    let dtls: DTLSSession;
    try {
      dtls = connectDtls(target.address, target.port, {
        ...dtlsVersions(plan),
        ...{ ciphers, legacy, psk, session },
        ...(psk === undefined && { cert, key, ca, rejectUnauthorized }),
        ...extras,
        ...(alpn !== undefined && { alpn: [...alpn.protocols] }),
        servername: serverName,
        handshakeTimeout: seconds * 1000,
        socket: nonblocking ? watched : own,
      });
    } catch (error) {
      // It would keep the process alive.
      own.close();
      throw error;
    }
    this.#current = dtls;
    if (keylog !== undefined) dtls.onkeylog = (line) => appendKeyLog(keylog, line);
    dtls.closed.catch(() => {});
    try {
      await dtls.opened;
    } catch (error) {
      throw connectFailed(error as Error);
    } finally {
      isWaiting = false;
    }
    return new DtlsChannel(dtls);
  }
}

function connectFailed(error: Error): CommandFailure {
  return new CommandFailure(`SSL_connect failed: ${describeTlsFailure(error)}`, { cause: error });
}
