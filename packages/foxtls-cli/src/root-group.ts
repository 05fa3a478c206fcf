/** All programs of the `foxtls` command, by what one wants to do. */

import { certGroup } from './cert/cert-group.ts';
import { chatCommand } from './chat/chat-command.ts';
import { chatServerCommand } from './chat/chat-server-command.ts';
import { chatTcpCommand } from './chat/chat-tcp-command.ts';
import { checkCommand } from './check/check-command.ts';
import { clientCommand } from './client-server/client-command.ts';
import { serverCommand } from './client-server/server-command.ts';
import type { CommandGroup } from './command/command.ts';
import { completionCommand } from './completion/completion-command.ts';
import { dtlsClientCommand } from './datagram/dtls-client-command.ts';
import { dtlsServerCommand } from './datagram/dtls-server-command.ts';
import { udpClientCommand } from './datagram/udp-client-command.ts';
import { udpServerCommand } from './datagram/udp-server-command.ts';
import { demoCommand } from './demo/demo-command.ts';
import { echoClientCommand } from './echo/echo-client-command.ts';
import { echoServerCommand } from './echo/echo-server-command.ts';
import { mimKeyCommand } from './experiments/mim-key-command.ts';
import { mitmCommand } from './experiments/mitm-command.ts';
import { tamperCommand } from './experiments/tamper-command.ts';
import { inspectCommand } from './inspect/inspect-command.ts';
import { sClientCommand } from './s-client/s-client-command.ts';
import { randomCommand } from './transfer/random-command.ts';
import { receiveCommand } from './transfer/receive-command.ts';
import { sendCommand } from './transfer/send-command.ts';
import { transferTableCommand } from './transfer/table/table-command.ts';
import { tlsClientCommand } from './web/tls-client-command.ts';
import { tlsServerCommand } from './web/tls-server-command.ts';
import { wwepClientCommand } from './wwep/client-command.ts';
import { wwepServerCommand } from './wwep/server-command.ts';

export const rootGroup: CommandGroup = {
  kind: 'group',
  name: 'foxtls',
  summary: 'TLS for TypeScript, on the command line',
  sections: [
    { title: 'see it work', commands: [demoCommand] },
    {
      title: 'talk',
      commands: [
        clientCommand,
        serverCommand,
        echoServerCommand,
        echoClientCommand,
        chatServerCommand,
        chatCommand,
        chatTcpCommand,
      ],
    },
    { title: 'move files', commands: [sendCommand, receiveCommand, randomCommand, transferTableCommand] },
    { title: 'the web', commands: [tlsClientCommand, tlsServerCommand] },
    { title: 'speak datagrams', commands: [udpServerCommand, udpClientCommand, dtlsServerCommand, dtlsClientCommand] },
    { title: 'play with devices', commands: [wwepServerCommand, wwepClientCommand] },
    { title: 'try what goes wrong', commands: [mitmCommand, mimKeyCommand, tamperCommand] },
    { title: 'look into it', commands: [sClientCommand, checkCommand, inspectCommand] },
    { title: 'make and read certificates', commands: [certGroup] },
    { title: 'for your shell', commands: [completionCommand(() => rootGroup)] },
  ],
};
