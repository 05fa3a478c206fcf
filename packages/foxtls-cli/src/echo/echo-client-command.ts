/** `foxtls echo-client`: sends each line over TLS, and prints what comes back. */

import type { Channel } from '../client-server/channel.ts';
import { describeTlsFailure } from '../client-server/describe-failure.ts';
import { Dialler } from '../client-server/dialling.ts';
import { describeSessionOf } from '../client-server/session-lines.ts';
import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import { parseSeconds } from '../command/numbers.ts';
import { printableLines } from '../command/printable.ts';
import { createReport, JSON_OPTION, type Report } from '../command/report.ts';
import { resolveTarget, targetOptions } from '../network/addresses.ts';
import { loadTlsPlan, TLS_OPTIONS } from '../network/tls-options.ts';
import { commandOf } from './echo-lines.ts';

const DEFAULT_SECONDS = 10;

export const echoClientCommand = defineCommand({
  name: 'echo-client',
  summary: 'send lines over TLS and print the echo',
  operands: '[HOST]',
  maxOperands: 1,
  options: {
    ...targetOptions('TCP'),
    ...TLS_OPTIONS,
    'server-name': { type: 'string', short: 'S', value: 'NAME', help: 'the name to ask for and to verify, if it is not HOST' },
    'insecure-no-verify': { type: 'boolean', short: 'd', help: 'speak to a server whoever it is' },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      help: `how long to wait for the handshake and for each echo (${DEFAULT_SECONDS})`,
    },
    ...JSON_OPTION,
  },
  notes: [
    'Reads lines from standard input. The line quit stops the server, break ends this session alone; so does the end of the input.',
    'Without --ca and --psk-key it trusts what foxtls has made for this machine in ~/.foxtls, which foxtls echo-server shows.',
  ],
  examples: [
    { purpose: 'to foxtls echo-server on this machine, lines as they are typed', line: 'foxtls echo-client' },
    {
      purpose: 'two lines over TLS 1.2, then stop the server',
      line: "printf 'one\\ntwo\\nquit\\n' | foxtls echo-client -v 3 localhost",
    },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    const seconds = parseSeconds(options.timeout, '--timeout', DEFAULT_SECONDS);
    const plan = await loadTlsPlan('client', options, terminal);
    const target = await resolveTarget(operands, options);
    const dialler = new Dialler(
      {
        ...{ target, plan, seconds, isDatagram: false, alpn: undefined, smtp: false, nonblocking: false, extras: {} },
        serverName: options['server-name'] ?? target.name,
        rejectUnauthorized: !options['insecure-no-verify'],
      },
      report,
    );
    const lines = terminal.readLines();
    let isStopped = false;
    let peer = target.name;
    const undo = terminal.onStop(() => {
      isStopped = true;
      lines.close();
      void dialler.stop();
    });
    try {
      const channel = await dialler.dial();
      peer = channel.peer;
      report.explain(describeSessionOf(channel));
      for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
        if (!(await exchange(channel, line, seconds, report))) break;
      }
    } catch (error) {
      if (isStopped) return;
      throw error instanceof CommandFailure ? error : new CommandFailure(`${peer}: ${describeTlsFailure(error)}`);
    } finally {
      undo();
      lines.close();
      await dialler.stop();
    }
  },
});

/** Whether there is more to be said. */
async function exchange(channel: Channel, line: Uint8Array, seconds: number, report: Report): Promise<boolean> {
  const command = commandOf(line);
  const message = Buffer.concat([line, Buffer.from('\n')]);
  await channel.send(message);
  if (command !== undefined) {
    const what = command === 'quit' ? 'sending server shutdown command: quit!' : 'sending server session close: break!';
    report.say(what, { event: command });
    return false;
  }
  const parts: Uint8Array[] = [];
  for (let size = 0; size < message.length; ) {
    const part = await channel.receive(seconds);
    if (part === undefined) throw new CommandFailure(`${channel.peer} has closed the connection`);
    parts.push(part);
    size += part.length;
  }
  const text = printableLines(Buffer.concat(parts).toString()).replace(/\n$/, '');
  report.say(text, { event: 'echo', bytes: message.length, text });
  return true;
}
