/** `foxtls server`: wolfSSL's example server. Hears what a client has to say, and replies. */

import { defineCommand } from '../command/command.ts';
import { parseCount } from '../command/numbers.ts';
import { createReport, type Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { formatAddress, listenAddress } from '../network/addresses.ts';
import type { AcceptPlan } from './accepting.ts';
import { revocationOptions } from './revocation.ts';
import { checkServer, SERVER_OPTIONS, type ServerOptions } from './server-options.ts';
import { type Reply, type ServePlan, Serving } from './serving.ts';
import { contextExtras, loadPlan, maxFragmentOf, parseAlpn, patienceOf } from './shared-options.ts';

export const serverCommand = defineCommand({
  name: 'server',
  summary: "answer a client over TLS: wolfSSL's example server",
  operands: '',
  maxOperands: 0,
  options: SERVER_OPTIONS,
  notes: [
    'Serves one client of this machine and quits: prints what was negotiated and what the client says, replies, and ends the connection. Letters and lines are those of the server that comes with wolfSSL; it says nothing before, but with --port 0 where it listens.',
    'Clients have to show a certificate of --ca, unless -d. Without --cert, --key and --ca it has certificates that foxtls has made for this machine in ~/.foxtls, which foxtls client trusts and shows.',
    'With --psk the key is that of ~/.foxtls unless --psk-key gives another. Short keys can be guessed: the one of wolfSSL is taken by --insecure-wolfssl-psk alone.',
  ],
  examples: [
    { purpose: 'one client of this machine', line: 'foxtls server' },
    { purpose: 'a page for every browser, until ^C, whatever goes wrong', line: 'foxtls server -p 11111 -i -x -g -d' },
  ],
  async run({ options }, terminal) {
    checkServer(options);
    const report = createReport(options, terminal);
    const plan = await acceptPlan(options, terminal, report);
    const serving = new Serving(servePlan(options), report);
    const undo = terminal.onStop(() => serving.stop());
    try {
      await serving.run(plan, ({ address, port }) => {
        const where = formatAddress({ address, port });
        if (options.json || plan.where.port === 0) report.say(`listening on ${where}`, { event: 'listening', address, port });
        else report.explain(`listening on ${where}`);
      });
    } finally {
      undo();
    }
  },
});

function servePlan(options: ServerOptions): ServePlan {
  const { connections, resume, loop } = options;
  const counted = connections === undefined ? 1 : parseCount(connections, '--connections', { min: 1, max: 1_000_000_000 });
  return {
    clients: loop ? Number.POSITIVE_INFINITY : resume ? 2 : counted,
    keepsRunning: options['keep-running'] ?? false,
    reply: replyOf(options),
    updatesKeys: options['update-keys'] ?? false,
    waitsForShutdown: options['bidirectional-shutdown'] ?? false,
    seconds: patienceOf(options),
    alpn: options.alpn === undefined ? undefined : parseAlpn(options.alpn),
  };
}

function replyOf({ get, echo, throughput }: ServerOptions): Reply {
  if (throughput !== undefined)
    return { kind: 'throughput', bytes: parseCount(throughput, '--throughput', { min: 1, max: 2 ** 36 }) };
  return { kind: get ? 'get' : echo ? 'echo' : 'hello' };
}

async function acceptPlan(options: ServerOptions, terminal: Terminal, report: Report): Promise<AcceptPlan> {
  const plan = await loadPlan('server', options, terminal);
  return {
    plan,
    isDatagram: options.udp ?? false,
    where: listenAddress(options),
    asksForCertificate: plan.psk === undefined && !options['no-client-certificate'],
    serverName: options['server-name'],
    alpn: options.alpn === undefined ? undefined : parseAlpn(options.alpn),
    requireCookie: options.cookie ?? false,
    allowsRenegotiation: options['allow-renegotiation'] ?? false,
    maxSendFragment: maxFragmentOf(options),
    staple: options.staple,
    pskHint: !options['no-psk-hint'],
    takesIdentityPrefix: options['insecure-wolfssl-psk'] ?? false,
    nonblocking: options.nonblocking ?? false,
    seconds: patienceOf(options),
    extras: {
      ...contextExtras(options, report),
      ...revocationOptions(
        {
          crl: options['no-crl'] ? undefined : options.crl,
          ocsp: options.ocsp ?? false,
          staple: 'no',
          allowsPrivate: options['allow-private'] ?? false,
        },
        plan,
        report,
      ),
    },
  };
}
