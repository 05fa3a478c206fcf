/** `foxtls dtls-server`: hears many clients at once over DTLS on one UDP socket, and acknowledges what they say. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount } from '../command/numbers.ts';
import { createReport, JSON_OPTION, type Report } from '../command/report.ts';
import { stopped } from '../command/stopping.ts';
import { listenAddress, listenOptions } from '../network/addresses.ts';
import { bindServer } from '../network/udp.ts';
import { DTLS_OPTIONS, loadPlan } from './dtls-options.ts';
import { type ServerPlan, serveDtls } from './dtls-serving.ts';
import { startWorkers } from './dtls-workers.ts';

const DEFAULT_IDLE = 300;
const DEFAULT_TIMEOUT = 60;
const MAX_WORKERS = 64;
const TICKET_KEYS_BYTES = 48;

export const dtlsServerCommand = defineCommand({
  name: 'dtls-server',
  summary: 'answer datagrams under DTLS, of many clients at once',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('UDP'),
    ...DTLS_OPTIONS,
    'require-certificate': { type: 'boolean', help: 'speak only to clients with a certificate of --ca' },
    workers: { type: 'string', value: 'N', help: 'spread clients over so many threads' },
    timeout: { type: 'string', value: 'SECONDS', help: `how long a handshake may take (${DEFAULT_TIMEOUT})` },
    idle: { type: 'string', value: 'SECONDS', help: `end the session of a client that is silent for so long (${DEFAULT_IDLE})` },
    ...JSON_OPTION,
  },
  notes: [
    'Without --cert, --key, --ca or --psk-key it has certificates and a key that foxtls has made for this machine in ~/.foxtls, which foxtls dtls-client trusts.',
  ],
  examples: [
    { purpose: 'DTLS 1.3 and 1.2 on port 11111 of this machine', line: 'foxtls dtls-server' },
    { purpose: 'for other machines, handshakes in two threads', line: 'foxtls dtls-server --any --workers 2' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const workers = options.workers === undefined ? 0 : parseCount(options.workers, '--workers');
    if (options.workers !== undefined && (workers < 1 || workers > MAX_WORKERS))
      throw new UsageError(`--workers is a number from 1 to ${MAX_WORKERS}`);
    if (workers > 0 && options.nonblocking) throw new UsageError('--workers and --nonblocking are two ways: choose one');
    if (options.psk && options['require-certificate']) throw new UsageError('with --psk nobody has a certificate');
    const plan: ServerPlan = {
      ...(await loadPlan('server', options, terminal)),
      style: workers > 0 ? 'workers' : options.nonblocking ? 'nonblocking' : 'plain',
      requestCert: options['require-certificate'] ?? false,
      ticketKeys: new Uint8Array(randomBytes(TICKET_KEYS_BYTES)),
      idleSeconds: secondsOf(options.idle, '--idle', DEFAULT_IDLE),
      timeoutSeconds: secondsOf(options.timeout, '--timeout', DEFAULT_TIMEOUT),
    };
    const socket = await bindServer(listenAddress(options));
    const { address, port } = socket.address();
    const serving = await start(workers, plan, socket, report);
    report.say('Socket allocated', { event: 'listening', address, port });
    report.say(`Awaiting client connection on port ${port}`, { event: 'waiting', port });
    await stopped(terminal, report);
    await serving.close();
  },
});

async function start(workers: number, plan: ServerPlan, socket: Socket, report: Report): Promise<{ close(): Promise<void> }> {
  if (workers > 0) return startWorkers(workers, plan, socket, report);
  try {
    return serveDtls(plan, socket, report);
  } catch (error) {
    // It would keep the process alive.
    socket.close();
    throw error;
  }
}

function secondsOf(text: string | undefined, option: string, byDefault: number): number {
  const seconds = text === undefined ? byDefault : parseCount(text, option);
  if (seconds === 0) throw new UsageError(`${option} is at least 1`);
  return seconds;
}
