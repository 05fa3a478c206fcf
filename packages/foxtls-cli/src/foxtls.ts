/** The `foxtls` command. */

import { certGroup } from './cert/cert-group.ts';
import type { CommandGroup } from './command/command.ts';
import { runCommandLine } from './command/run.ts';
import { processTerminal } from './command/terminal.ts';
import { dtlsClientCommand } from './datagram/dtls-client-command.ts';
import { dtlsServerCommand } from './datagram/dtls-server-command.ts';
import { udpClientCommand } from './datagram/udp-client-command.ts';
import { udpServerCommand } from './datagram/udp-server-command.ts';

const root: CommandGroup = {
  kind: 'group',
  name: 'foxtls',
  summary: 'TLS for TypeScript, on the command line',
  sections: [
    { title: 'speak datagrams', commands: [udpServerCommand, udpClientCommand, dtlsServerCommand, dtlsClientCommand] },
    { title: 'make and read certificates', commands: [certGroup] },
  ],
};

process.exitCode = await runCommandLine(root, process.argv.slice(2), processTerminal());
