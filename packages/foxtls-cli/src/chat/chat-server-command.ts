/** `foxtls chat-server`: a room for many clients. */

import { defineCommand } from '../command/command.ts';
import { UsageError } from '../command/failure.ts';
import { parseCount } from '../command/numbers.ts';
import { createReport } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import { formatAddress, listenAddress, listenOptions, parsePort } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { loadTlsPlan, serverOptions, TLS_OPTIONS } from '../network/tls-options.ts';
import { VIEW_OPTIONS } from './person.ts';
import { pingPongAsServer } from './ping-pong.ts';
import { openRedisBus, REDIS_OPTIONS } from './redis-options.ts';
import { RULE_OPTIONS, rulesOf } from './rule-options.ts';
import { ChatServer } from './serving.ts';
import { PUBLIC_PORT } from './wire.ts';

const DEFAULT_CLIENTS = 1000;

export const chatServerCommand = defineCommand({
  name: 'chat-server',
  summary: 'a chat room for many clients, on one server or several',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('TCP'),
    ...RULE_OPTIONS,
    'max-clients': { type: 'string', value: 'N', help: `how many there may be at once (${DEFAULT_CLIENTS}; by --classic ten)` },
    'require-certificate': { type: 'boolean', help: 'speak only to clients with a certificate of --ca' },
    ...REDIS_OPTIONS,
    ...VIEW_OPTIONS,
    ...TLS_OPTIONS,
  },
  notes: [
    'It prints who comes and goes, and public lines. With --redis all servers of one Redis and one --room are one room; clients name them all (foxtls chat HOST1 HOST2), and move on when one is lost.',
    'By --classic, which the C programs of the tutorial speak, a client connects to both ports before its handshake; public lines are in clear, and quit from one stops all.',
    'Without --cert and --key it has a certificate that foxtls has made for this machine in ~/.foxtls, which foxtls chat trusts.',
  ],
  examples: [
    { purpose: 'a room on port 11111 of this machine', line: 'foxtls chat-server' },
    { purpose: 'one of several servers of a room', line: 'foxtls chat-server --port 11113 --redis redis://localhost' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const rules = rulesOf(options);
    const where = listenAddress(options);
    const publicPort = parsePort(options['public-port'], PUBLIC_PORT, '--public-port');
    const maxClients = parseCount(options['max-clients'] ?? String(DEFAULT_CLIENTS), '--max-clients', { min: 1, max: 100_000 });
    if (options.redis !== undefined && (rules === 'classic' || options['ping-pong']))
      throw new UsageError('a room of several servers needs tokens: leave --classic and --ping-pong out');
    const plan = await loadTlsPlan('server', options, terminal);
    if (plan.psk !== undefined && options['require-certificate']) throw new UsageError('with --psk nobody has a certificate');
    const { keylog } = plan;
    const tls = { ...serverOptions(plan), requestCert: options['require-certificate'] ?? false };
    const onKeyLog = keylog === undefined ? {} : { onKeyLog: (line: Uint8Array) => appendKeyLog(keylog, line) };
    if (options['ping-pong']) return pingPongAsServer({ tls, where, options, report, terminal, ...onKeyLog });
    let quit = () => {};
    const ended = new Promise<void>((resolve) => {
      quit = resolve;
      terminal.onStop((signal) => {
        sayStopped(signal, report);
        resolve();
      });
    });
    const bus = await openRedisBus(options, report, terminal);
    try {
      const server = await ChatServer.start({
        rules,
        tls,
        where,
        publicPort,
        maxClients,
        report,
        onQuit: quit,
        ...onKeyLog,
        ...(bus && { bus }),
      });
      const { address } = server;
      const { port } = address;
      const also = server.publicPort === undefined ? '' : ` and ${server.publicPort}`;
      report.say(`Listening on ${formatAddress(address)}${also}`, {
        event: 'listening',
        address: address.address,
        port,
        publicPort: server.publicPort,
      });
      report.say('Waiting for a connection...', { event: 'waiting', port });
      await ended;
      await server.close();
    } finally {
      await bus?.close();
    }
    report.say('Shutdown complete', { event: 'shutdown' });
    return 0;
  },
});
