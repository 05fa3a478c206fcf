/** `foxtls client`: wolfSSL's example client. Says hello to a server and prints the reply, and what was negotiated. */

import { defineCommand } from '../command/command.ts';
import { parseCount } from '../command/numbers.ts';
import { createReport, type Report } from '../command/report.ts';
import type { Terminal } from '../command/terminal.ts';
import { resolveTarget } from '../network/addresses.ts';
import { timeConnections, timeThroughput } from './benchmark.ts';
import { CLIENT_OPTIONS, type ClientOptions, checkClient } from './client-options.ts';
import { Dialler, type DialPlan } from './dialling.ts';
import { revocationOptions } from './revocation.ts';
import { contextExtras, loadPlan, maxFragmentOf, parseAlpn, patienceOf } from './shared-options.ts';
import { type TalkPlan, talk, talkTwice } from './talking.ts';
import { hasShortName, KNOWN_SUITES, wolfSslShortName } from './wolfssl-names.ts';

export const clientCommand = defineCommand({
  name: 'client',
  summary: "say hello over TLS: wolfSSL's example client",
  operands: '[HOST]',
  maxOperands: 1,
  options: CLIENT_OPTIONS,
  notes: [
    'Connects, prints what was negotiated, sends one message, prints the reply, and ends. Letters and lines are those of the client that comes with wolfSSL; TLS 1.3 is spoken, or 1.2 if the server has no other.',
    'Without --ca it trusts what foxtls has made for this machine in ~/.foxtls, which foxtls server shows, and shows the certificate that it has there.',
    'With --psk the key is that of ~/.foxtls unless --psk-key gives another. Short keys can be guessed: the one of wolfSSL is taken by --insecure-wolfssl-psk alone.',
  ],
  examples: [
    { purpose: 'to foxtls server on this machine', line: 'foxtls client' },
    { purpose: 'twice, over TLS 1.2, the second time by resuming', line: 'foxtls client -h localhost -p 11111 -v 3 -r' },
  ],
  async run({ options, operands }, terminal) {
    checkClient(options);
    const report = createReport(options, terminal);
    if (options['list-versions']) return report.say('1:2:3:4:d(downgrade):', { event: 'versions', list: '1:2:3:4:d' });
    if (options['list-suites']) return report.say(await listSuites(options.legacy === true), { event: 'suites' });
    const dialler = new Dialler(await dialPlan(options, operands, terminal, report), report);
    const stopping = { isDone: Promise.resolve() };
    const undo = terminal.onStop(() => {
      stopping.isDone = dialler.stop();
    });
    try {
      await perform(options, dialler, report);
    } catch (error) {
      if (!dialler.isStopped) throw error;
    } finally {
      undo();
      await stopping.isDone;
      await dialler.stop();
    }
  },
});

async function perform(options: ClientOptions, dialler: Dialler, report: Report): Promise<void> {
  const seconds = patienceOf(options);
  if (options.connections !== undefined) {
    const count = parseCount(options.connections, '--connections', { min: 1, max: 1_000_000 });
    await timeConnections(dialler, { count, resumes: options.resume ?? false }, report);
  } else if (options.throughput !== undefined) {
    const bytes = parseCount(options.throughput, '--throughput', { min: 1, max: 2 ** 36 });
    await timeThroughput(dialler, { bytes, seconds }, report);
  } else if (options.resume) await talkTwice(dialler, talkPlan(options, seconds), report);
  else await talk(await dialler.dial(), talkPlan(options, seconds), report);
}

function talkPlan(options: ClientOptions, seconds: number): TalkPlan {
  return {
    seconds,
    speaks: options.starttls ? 'quit' : options.get ? 'get' : 'hello',
    updatesKeys: options['update-keys'] ?? false,
    renegotiates: options.renegotiate ?? false,
    waitsForShutdown: options['bidirectional-shutdown'] ?? false,
    saysWhatIsWrong: options['insecure-verify-override'] ?? false,
    maxFragment: maxFragmentOf(options),
    alpn: options.alpn === undefined ? undefined : parseAlpn(options.alpn),
  };
}

async function dialPlan(
  options: ClientOptions,
  operands: readonly string[],
  terminal: Terminal,
  report: Report,
): Promise<DialPlan> {
  const loaded = await loadPlan('client', options, terminal);
  const { cert, key, ...anonymous } = loaded;
  const isAnonymous = options['no-certificate'] === true;
  const plan = isAnonymous ? anonymous : loaded;
  const staple = options.staple === undefined ? 'no' : options.staple === '1m' ? 'must' : 'wanted';
  const maxFragmentLength = maxFragmentOf(options);
  const target = await resolveTarget(operands, options);
  return {
    target,
    plan,
    isDatagram: options.udp ?? false,
    serverName: options['server-name'] ?? target.name,
    alpn: options.alpn === undefined ? undefined : parseAlpn(options.alpn),
    rejectUnauthorized: !options['insecure-no-verify'] && !options['insecure-verify-override'],
    smtp: options.starttls !== undefined,
    nonblocking: options.nonblocking ?? false,
    seconds: patienceOf(options),
    extras: {
      ...contextExtras(options, report),
      ...revocationOptions(
        {
          crl: options['no-crl'] ? undefined : options.crl,
          ocsp: options.ocsp ?? false,
          staple,
          allowsPrivate: options['allow-private'] ?? false,
        },
        plan,
        report,
      ),
      ...(options['retry-request'] && { keyShareGroups: '' }),
      ...(maxFragmentLength !== undefined && { maxFragmentLength }),
    },
  };
}

async function listSuites(withLegacy: boolean): Promise<string> {
  const old = withLegacy ? (await import('foxtls/legacy')).legacy.cipherSuites.map(({ name }) => name) : [];
  return [...KNOWN_SUITES, ...old].filter(hasShortName).map(wolfSslShortName).join(':');
}
