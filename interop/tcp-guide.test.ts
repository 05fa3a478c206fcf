/** The guide from TCP to TLS, run. */

import { isListening, testTerminalGuide } from './harness/guide-terminals.ts';
import { findFreePort } from './harness/ports.ts';
import { waitUntil } from './harness/wait.ts';

testTerminalGuide({
  path: 'docs/guide/from-tcp-to-tls.md',
  sections: 6,
  isServer: /^(foxtls (echo-)?server|node \w+-server\.mjs)/,
  endsByItself: /^foxtls/,
  findPort: findFreePort,
  // A connection to try it would be the one client that some of them have.
  isReady: (server, port) =>
    waitUntil(
      () => isListening(port),
      () => `it should listen on ${port}; it printed:\n${server.output}`,
    ),
  normalise: (printed) => printed.replace(/"client":"127\.0\.0\.1:\d+"/g, '"client":"CLIENT"'),
});
