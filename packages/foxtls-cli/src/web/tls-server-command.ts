/** `foxtls tls-server`: a small HTTPS server for bank32.com, which has a page for everybody. */

import { defineCommand, type OptionTable } from '../command/command.ts';
import { createReport } from '../command/report.ts';
import { stopped } from '../command/stopping.ts';
import { formatAddress, listenAddress, listenOptions } from '../network/addresses.ts';
import { appendKeyLog } from '../network/credential-options.ts';
import { listenTcp } from '../network/tcp.ts';
import { loadTlsPlan, serverOptions } from '../network/tls-options.ts';
import { createWebServer } from './serving.ts';
import { WEB_TLS_OPTIONS } from './web-options.ts';

const PORT = 4433;
const { ca: _, ...SERVER_TLS_OPTIONS } = WEB_TLS_OPTIONS;

export const tlsServerCommand = defineCommand({
  name: 'tls-server',
  summary: 'an HTTPS server with one page, for browsers and for tls-client',
  operands: '',
  maxOperands: 0,
  options: {
    ...listenOptions('TCP', PORT),
    ...SERVER_TLS_OPTIONS,
    json: { type: 'boolean', help: 'an object for each event, instead of lines' },
  } satisfies OptionTable,
  notes: [
    'Without --cert it is bank32.com (and localhost), by a certificate of its own CA in ~/.foxtls: import ca.pem from there as an authority of your browser, and the page is shown without a warning.',
    'A reply goes to whatever a client says. Connections are kept for further requests where the client wants it. Ctrl-C ends the server.',
  ],
  examples: [
    { purpose: 'serve on https://localhost:4433/', line: 'foxtls tls-server' },
    { purpose: 'for all of the network, over TLS 1.2 only', line: 'foxtls tls-server --any --tls 1.2' },
  ],
  async run({ options }, terminal) {
    const report = createReport(options, terminal);
    const where = listenAddress(options, PORT);
    const { ca: __, ...plan } = await loadTlsPlan('server', options, terminal);
    const web = createWebServer(serverOptions(plan), report);
    const { keylog } = plan;
    if (keylog !== undefined) web.server.on('keylog', (line: Buffer) => appendKeyLog(keylog, line));
    const bound = await listenTcp(web.server, where);
    const at = formatAddress(bound);
    report.say(`Waiting for browsers on https://${at}/`, { event: 'waiting', address: bound.address, port: bound.port });
    await stopped(terminal, report);
    await web.close();
  },
});
