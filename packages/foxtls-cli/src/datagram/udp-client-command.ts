/** `foxtls udp-client`: sends each line as a datagram, unprotected, and prints what comes back. */

import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import { createReport } from '../command/report.ts';
import { sayStopped } from '../command/stopping.ts';
import { formatAddress, resolveTarget, targetOptions } from '../network/addresses.ts';
import { bindClient } from '../network/udp.ts';
import { Conversation, patienceOf, TALK_OPTIONS } from './conversation.ts';

export const udpClientCommand = defineCommand({
  name: 'udp-client',
  summary: 'send lines as datagrams, without protection, and print the replies',
  operands: '[HOST]',
  maxOperands: 1,
  options: { ...targetOptions('UDP'), ...TALK_OPTIONS },
  notes: [
    'Reads lines from standard input: each is a datagram, and waits for its reply. A datagram may be lost: then the line has no reply in time, and the exit code is 1.',
  ],
  examples: [
    { purpose: 'to a server on this machine, lines as they are typed', line: 'foxtls udp-client' },
    { purpose: 'one line, by a pipe', line: 'echo hello | foxtls udp-client 127.0.0.1 --port 11111' },
  ],
  async run({ options, operands }, terminal) {
    const report = createReport(options, terminal);
    const seconds = patienceOf(options);
    const target = await resolveTarget(operands, options);
    const socket = await bindClient(target);
    const conversation = new Conversation({ lines: terminal.readLines(), json: options.json, terminal, seconds });
    const undo = terminal.onStop((signal) => {
      sayStopped(signal, report);
      conversation.stop();
    });
    // Others may send to our port, too.
    socket.on('message', (message, from) => {
      if (from.port === target.port && sameAddress(from.address, target.address)) conversation.hear(message);
    });
    socket.on('error', (error) => conversation.stop(error));
    try {
      const unanswered = await conversation.run((line) => {
        socket.send(line, target.port, target.address, (error) => error && conversation.stop(error));
      });
      if (unanswered === 0) return 0;
      throw new CommandFailure(
        `${formatAddress(target)} left ${unanswered} of our lines without a reply for ${seconds} s: does a server listen there? UDP itself tells of no loss`,
      );
    } finally {
      undo();
      socket.close();
    }
  },
});

/** `::1` is written in other ways, too; a scope is no part of it. */
function sameAddress(a: string, b: string): boolean {
  const canonical = (text: string) => (text.includes(':') ? new URL(`http://[${text.split('%')[0]}]`).hostname : text);
  return canonical(a) === canonical(b);
}
