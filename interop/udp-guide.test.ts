/** The guide from UDP to DTLS, run. */

import { findFreeUdpPort } from './harness/datagram-endpoint.ts';
import { testTerminalGuide } from './harness/guide-terminals.ts';

testTerminalGuide({
  path: 'docs/guide/from-udp-to-dtls.md',
  sections: 7,
  isServer: /^(foxtls (udp|dtls)-server|node \w+-server\.mjs)/,
  findPort: findFreeUdpPort,
  isReady: (server) => server.prints(/waiting|Awaiting/),
  // How often a handshake has to wait is up to the machine.
  normalise: (printed) => printed.replace(/^(\.\.\. .* block\.?\n)\1+/gm, '$1'),
});
