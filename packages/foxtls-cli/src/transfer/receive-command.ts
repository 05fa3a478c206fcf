/** `foxtls receive`: waits for a file, and keeps it when it is whole. */

import { statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'foxtls/tls';
import { defineCommand } from '../command/command.ts';
import { CommandFailure, describeFailure, UsageError } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import { type Progress, startProgress } from '../command/progress.ts';
import { createReport, type Report } from '../command/report.ts';
import { parseSize } from '../command/sizes.ts';
import { stopped } from '../command/stopping.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, listenAddress, listenOptions } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { describeSession } from '../network/session-text.ts';
import { listenTcp } from '../network/tcp.ts';
import { loadTlsPlan, serverOptions, type TlsPlan } from '../network/tls-options.ts';
import { sweep } from './partial-file.ts';
import { type Received, receiveFile } from './receive-file.ts';
import { OpeningClock } from './tls-clock.ts';
import { DEFAULT_PORT, TRANSFER_PROTOCOL } from './trailer.ts';
import { DEFAULT_TIMEOUT, secondsLine, TRANSFER_OPTIONS } from './transfer-options.ts';

/** Senders at a time; further ones are cut off. */
const MAX_SENDERS = 64;
/** Seconds that a handshake may take. */
const HANDSHAKE_TIMEOUT = 15;

export const receiveCommand = defineCommand({
  name: 'receive',
  summary: 'wait for a file from foxtls send, and keep it when it is whole',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('TCP', DEFAULT_PORT),
    into: { type: 'string', value: 'FOLDER', help: 'where it goes (the current folder)' },
    loop: { type: 'boolean', short: 'i', help: 'go on with the next, until it is stopped' },
    overwrite: { type: 'boolean', help: 'replace a file of that name' },
    'max-size': { type: 'string', value: 'BYTES', help: 'take no more than that, as in 100MB (what the disk holds)' },
    'require-certificate': { type: 'boolean', help: 'from senders with a certificate of --ca only' },
    ...TRANSFER_OPTIONS,
  },
  notes: [
    'The sender names the file: a name that leads out of the folder, is hidden, or would surprise a shell or a terminal is refused.',
    'A file is there when the sender has ended with close_notify, and from another foxtls when length and SHA-256 fit too; before, it has a name that ends in .part, and what a killed receiver leaves of those the next one removes.',
  ],
  examples: [
    { purpose: 'one file, from this machine', line: 'foxtls receive' },
    { purpose: 'from other machines, until Ctrl-C', line: 'foxtls receive --any --loop --into . --max-size 1GB' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const folder = folderOf(options.into);
    const seconds = parseSeconds(options.timeout, '--timeout', DEFAULT_TIMEOUT);
    const maxSize = options['max-size'] === undefined ? Number.MAX_SAFE_INTEGER : parseSize(options['max-size'], '--max-size');
    const where = listenAddress(options, DEFAULT_PORT);
    if (options.psk && options['require-certificate']) throw new UsageError('with --psk nobody has a certificate');
    const plan = await loadTlsPlan('server', options, terminal);
    const swept = await sweep(folder);
    if (swept > 0)
      report.complain(`${swept === 1 ? 'a piece' : `${swept} pieces`} of what an earlier receiver had begun: removed`);
    const requestCert = options['require-certificate'] ?? false;
    const receiver = new FileReceiver({
      plan,
      folder,
      seconds,
      maxSize,
      requestCert,
      overwrite: options.overwrite ?? false,
      isPlain: options.plain ?? false,
      isLoop: options.loop ?? false,
      report,
      terminal,
    });
    const address = await listenTcp(receiver.server, where);
    report.say(`waiting for a file on ${formatAddress(address)}`, {
      event: 'listening',
      address: address.address,
      port: address.port,
    });
    const stop = stopped(terminal, report).then(() => receiver.stop());
    return Promise.race([receiver.exitCode, stop]);
  },
});

function folderOf(into = '.'): string {
  if (statSync(into).isDirectory()) return into;
  throw new CommandFailure(`${into} is a file: --into is the folder that files go into`);
}

interface ReceiverOptions {
  readonly plan: TlsPlan;
  readonly folder: string;
  /** Of silence that are too many. */
  readonly seconds: number;
  readonly maxSize: number;
  readonly requestCert: boolean;
  readonly overwrite: boolean;
  readonly isPlain: boolean;
  readonly isLoop: boolean;
  readonly report: Report;
  readonly terminal: Terminal;
}

/** Takes senders, each for itself: what one of them does wrong ends its own transfer. */
class FileReceiver {
  readonly server: Server;
  /** Of the one transfer, without `--loop`. */
  readonly exitCode: Promise<number>;
  readonly #given: ReceiverOptions;
  /** Those of all connections, by the sender's address. */
  readonly #transports = new Map<string, Socket>();
  readonly #senders = new Set<TLSSocket>();
  /** There is one line for it: whoever comes while it is taken goes without. */
  #progress: Progress | undefined;
  #finish: (exitCode: number) => void = () => {};

  constructor(given: ReceiverOptions) {
    this.#given = given;
    this.exitCode = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const { plan, requestCert, isPlain } = given;
    this.server = createServer({
      ...serverOptions(plan),
      requestCert,
      ...(!isPlain && { ALPNProtocols: [TRANSFER_PROTOCOL] }),
      handshakeTimeout: HANDSHAKE_TIMEOUT * 1000,
      rejectTruncation: true,
      allowHalfOpen: true,
    });
    this.server.maxConnections = MAX_SENDERS;
    const { keylog } = plan;
    if (keylog !== undefined) this.server.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
    this.server.on('connection', (transport: Socket) => this.#watch(transport));
    this.server.on('secureConnection', (socket: TLSSocket) => void this.#serve(socket));
    this.server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const { remoteAddress: address = '', remotePort: port = 0 } = socket;
      given.report.explain(`${formatAddress({ address, port })}: no handshake: ${describeFailure(error)}`);
    });
  }

  /** Cuts off who is sending. The exit code: 1 if that was in the midst of a file. */
  stop(): number {
    const exitCode = this.#senders.size > 0 ? 1 : 0;
    this.server.close();
    for (const socket of this.#senders) socket.destroy(new CommandFailure('stopped: nothing was kept'));
    for (const transport of this.#transports.values()) transport.destroy();
    return exitCode;
  }

  #watch(transport: Socket): void {
    const address = addressOf(transport);
    this.#transports.set(address, transport);
    transport.once('close', () => this.#transports.delete(address));
  }

  async #serve(socket: TLSSocket): Promise<void> {
    const { isLoop, report, seconds } = this.#given;
    if (!isLoop) this.#closeTo(socket);
    this.#senders.add(socket);
    socket.setTimeout(seconds * 1000, () => {
      if (!socket.isPaused()) socket.destroy(new CommandFailure(`nothing came for ${seconds} s: nothing was kept`));
    });
    const from = addressOf(socket);
    report.explain(`${from}: ${describeSession(socket)}`);
    try {
      this.#told(await this.#receive(socket, from));
      if (!isLoop) this.#finish(0);
    } catch (error) {
      report.complain(`foxtls receive: ${from}: ${describeFailure(error)}`);
      if (!isLoop) this.#finish(1);
    } finally {
      this.#senders.delete(socket);
    }
  }

  /** One file was asked for, and here it comes: nobody else is taken. */
  #closeTo(socket: TLSSocket): void {
    this.server.close();
    for (const [address, transport] of this.#transports) {
      if (address !== addressOf(socket)) transport.destroy();
    }
  }

  async #receive(socket: TLSSocket, from: string): Promise<Received> {
    const { report, terminal, folder, overwrite, maxSize } = this.#given;
    let mine: Progress | undefined;
    try {
      return await receiveFile(socket, {
        folder,
        overwrite,
        maxSize,
        clock: new OpeningClock(this.#transports.get(from) as Socket),
        onName: (name) => {
          report.say(`receiving ${name} from ${from}`, { event: 'receiving', name, from });
          if (this.#progress !== undefined) return;
          mine = startProgress({ title: name }, terminal);
          this.#progress = mine;
        },
        onProgress: (bytes) => mine?.advance(bytes),
      });
    } finally {
      mine?.end();
      if (this.#progress === mine) this.#progress = undefined;
    }
  }

  #told({ name, path, bytes, tlsSeconds, sha256, session, usage }: Received): void {
    const { report } = this.#given;
    report.say(secondsLine(tlsSeconds, 'receive'), { event: 'time', seconds: tlsSeconds });
    report.say(`${bytes} bytes in ${path}`, {
      event: 'received',
      name,
      path,
      bytes,
      sha256,
      tlsSeconds,
      ...session,
      ...usage,
    });
  }
}

function addressOf({ remoteAddress: address = '', remotePort: port = 0 }: Socket): string {
  return formatAddress({ address, port });
}
