/** `foxtls wwep-server`: WWEP on two ports, in clear and over TLS, from one database. */

import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'foxtls/tls';
import { defineCommand } from '../command/command.ts';
import { describeFailure } from '../command/failure.ts';
import { parseCount } from '../command/numbers.ts';
import { printable } from '../command/printable.ts';
import { createReport, JSON_OPTION, type Report } from '../command/report.ts';
import { stopped } from '../command/stopping.ts';
import { formatAddress, listenAddress, listenOptions, parsePort } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { listenTcp } from '../network/tcp.ts';
import { loadTlsPlan, serverOptions, TLS_OPTIONS, type TlsPlan } from '../network/tls-options.ts';
import { type TrackedServer, trackConnections } from '../network/tracked-server.ts';
import { answerConnection, type Exchange, REQUEST_TIME } from './answering.ts';
import { WwepDatabase } from './database.ts';
import { PLAIN_PORT, SECURE_PORT } from './ports.ts';

const HANDSHAKE_TIMEOUT = 10_000;
/** At once, on each port: each keeps a timer and some bytes. */
const MAX_CONNECTIONS = 1000;
/** Milliseconds for the connections that are open when the server stops. */
const STOPPING_TIME = 500;

export const wwepServerCommand = defineCommand({
  name: 'wwep-server',
  summary: 'keep registers of devices (the example protocol of WICED), in clear and over TLS',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('TCP', PLAIN_PORT),
    'secure-port': { type: 'string', value: 'PORT', help: `the TCP port of TLS; 0 takes a free one (${SECURE_PORT})` },
    secure: { type: 'boolean', help: 'TLS only (both)' },
    plain: { type: 'boolean', help: 'in clear only (both)' },
    'request-time': {
      type: 'string',
      value: 'MILLISECONDS',
      help: `how long to wait for a request, for clients far away (${REQUEST_TIME})`,
    },
    'require-client-cert': { type: 'boolean', help: 'over TLS, serve only who shows a certificate of --ca' },
    ...TLS_OPTIONS,
    ...JSON_OPTION,
  },
  notes: [
    'A request is what comes within 100 ms, 13 bytes at most: R, a device (4 hexadecimal digits) and a register (2) to read, W with a value (4) behind them to write. ' +
      'The reply begins with A and repeats all of it, or with X and a reason; then the connection ends. 401 registers are kept, in memory.',
  ],
  examples: [
    { purpose: 'both ports, for this machine', line: 'foxtls wwep-server' },
    {
      purpose: 'TLS alone, for all, with a certificate of yours',
      line: 'foxtls wwep-server --secure --any -c server.pem -k server-key.pem',
    },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const where = listenAddress(options, PLAIN_PORT);
    const securePort = parsePort(options['secure-port'], SECURE_PORT, '--secure-port');
    const isBoth = options.secure === options.plain;
    const database = new WwepDatabase();
    const requestTime = parseCount(options['request-time'] ?? String(REQUEST_TIME), '--request-time', { min: 1, max: 60_000 });
    const log = createLog(report);
    const serve = async (socket: Socket, isSecure: boolean) => {
      const exchange = await answerConnection(socket, database, requestTime);
      if (exchange !== undefined) log(socket, isSecure, exchange);
    };
    const servers: TrackedServer[] = [];
    const listen = async (server: Server, port: number, secure: boolean) => {
      server.maxConnections = MAX_CONNECTIONS;
      servers.push(trackConnections(server));
      const { address, port: taken } = await listenTcp(server, { ...where, port });
      const protocol = secure ? 'TLS' : 'TCP';
      report.say(`${protocol} ${formatAddress({ address, port: taken })}`, {
        event: 'listening',
        protocol,
        address,
        port: taken,
      });
    };
    report.say('Starting WWEP Server', { event: 'starting' });
    try {
      if (isBoth || options.plain) {
        const server = createTcpServer({ allowHalfOpen: true }, (socket) => serve(socket, false));
        await listen(server, where.port, false);
      }
      if (isBoth || options.secure) {
        const plan = await loadTlsPlan('server', options, terminal);
        const server = createSecureServer(plan, options['require-client-cert'] ?? false, report);
        server.on('secureConnection', (socket: TLSSocket) => serve(socket, true));
        await listen(server, securePort, true);
      }
      if (!options.json) terminal.write('#\t# Secure\tIP\t\tPort\tMessage\n');
      await stopped(terminal, report);
    } finally {
      await Promise.all(servers.map((server) => server.stop(STOPPING_TIME)));
    }
  },
});

function createSecureServer(plan: TlsPlan, requireClientCertificate: boolean, report: Report): Server {
  const server = createTlsServer({
    ...serverOptions(plan),
    requestCert: requireClientCertificate,
    rejectUnauthorized: requireClientCertificate,
    allowHalfOpen: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  });
  server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    const { remoteAddress = '?', remotePort = 0 } = socket;
    report.explain(
      `${formatAddress({ address: remoteAddress, port: remotePort })}: no TLS with this client: ${describeFailure(error)}`,
    );
  });
  const { keylog } = plan;
  if (keylog !== undefined) server.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
  return server;
}

type Log = (socket: Socket, isSecure: boolean, exchange: Exchange) => void;

/** A row for each request, numbered; those over TLS are counted besides. */
function createLog(report: Report): Log {
  let count = 0;
  let secureCount = 0;
  return ({ remoteAddress = '?', remotePort: port = 0 }, secure, { request, reply }) => {
    count++;
    if (secure) secureCount++;
    const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '');
    const message = printable(Buffer.from(request).toString('latin1').replace(/\n$/, ''));
    const gap = address.length < 8 ? '\t\t' : '\t';
    const facts = { event: 'request', number: count, secure, address, port, message, reply };
    report.say(`${count}\t${secureCount}\t\t${address}${gap}${port}\t${message}`, facts);
    report.explain(`${count}: ${reply}`);
  };
}
