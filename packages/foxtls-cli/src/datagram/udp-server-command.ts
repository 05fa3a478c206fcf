/** `foxtls udp-server`: answers datagrams, unprotected, to compare with `foxtls dtls-server`. */

import { defineCommand } from '../command/command.ts';
import { describeFailure } from '../command/failure.ts';
import { createReport, JSON_OPTION, shownText } from '../command/report.ts';
import { stopped } from '../command/stopping.ts';
import { formatAddress, listenAddress, listenOptions } from '../network/addresses.ts';
import { bindServer } from '../network/udp.ts';

export const udpServerCommand = defineCommand({
  name: 'udp-server',
  summary: 'answer datagrams, without protection',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('UDP'),
    ...JSON_OPTION,
  },
  notes: [
    'UDP has no connections: whoever sends a datagram is answered, and everybody on the way reads and changes what he likes. foxtls dtls-server is the same with DTLS.',
  ],
  examples: [
    { purpose: 'the server of the tutorial', line: 'foxtls udp-server' },
    { purpose: 'for other machines, on a port of its own', line: 'foxtls udp-server --any --port 5000' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const socket = await bindServer(listenAddress(options));
    const { address, port } = socket.address();
    report.say(`created socket: ${formatAddress({ address, port })}`, { event: 'listening', address, port });
    const wait = () => report.say(`waiting for client message on port ${port}`, { event: 'waiting', port });
    wait();
    let received = 0;
    socket.on('message', (message, from) => {
      const client = formatAddress(from);
      const text = shownText(message);
      report.say(`heard ${message.length} bytes`, { event: 'heard', client, bytes: message.length });
      report.say(`I heard this: "${text}"`, { event: 'message', client, text });
      const reply = `Message # ${received++} received`;
      socket.send(`${reply}\n`, from.port, from.address, (error) => {
        if (error !== null) report.complain(`lost the connection to client: ${client}: ${describeFailure(error)}`);
      });
      report.say(`reply sent "${reply}"`, { event: 'reply', client, text: reply });
      wait();
    });
    socket.on('error', (error) => report.complain(`lost the connection to client: ${describeFailure(error)}`));
    await stopped(terminal, report);
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  },
});
