/**
 * Two clients, foxtls and openssl's s_client, get the same altered ServerHellos: each refuses them with the alert that is due, or s_client has
 * another one, which `differential/server-hellos.ts` names.
 */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { defineClientConfig } from '../packages/foxtls/src/connection/config.ts';
import { createTlsClient } from '../packages/foxtls/src/connection/create.ts';
import { concat, EMPTY } from '../packages/foxtls/src/core/bytes/bytes.ts';
import { alertName } from '../packages/foxtls/src/core/registry/alerts.ts';
import { nodeProvider as provider } from '../packages/foxtls/src/crypto/node/provider.ts';
import { trustWithoutVerification } from '../packages/foxtls/src/pki/x509/verifier.ts';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import {
  ALTERATIONS,
  type Alteration,
  type ClientOutcome,
  type FlightVersion,
  writeServerHello,
} from './differential/server-hellos.ts';
import { PeerProcess } from './harness/peer-process.ts';
import { pause } from './harness/wait.ts';

const config = defineClientConfig({
  provider,
  verifier: trustWithoutVerification('no certificate is ever seen'),
  versions: ['TLSv1.3', 'TLSv1.2'],
  alpnProtocols: ['h2'],
});
/** For a client that goes on, and so says nothing. */
const PATIENCE = 400;

let listener: Server;
let port: number;
beforeAll(async () => {
  listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  port = (listener.address() as { port: number }).port;
});
afterAll(() => void listener.close());

const CASES = Object.entries<Alteration>(ALTERATIONS).flatMap(([title, alteration]) =>
  (Object.keys(alteration.ours) as FlightVersion[]).map((version) => [title, version, alteration] as const),
);

describeWithPeer('a ServerHello', 'openssl', () => {
  it.each(CASES)('with %s, %s', async (_what, version, alteration) => {
    const due = alteration.ours[version];
    const [ours, theirs] = [askFoxtls(alteration, version), await askOpenSsl(alteration, version)];
    expect({ ours, theirs }).toEqual({ ours: due, theirs: alteration.theirs?.[version] ?? due });
  });
});

/** The alert among what a client sent in answer. */
function outcomeOf(records: Uint8Array): ClientOutcome {
  for (let at = 0; at + 5 <= records.length; ) {
    const length = ((records[at + 3] ?? 0) << 8) | (records[at + 4] ?? 0);
    if (records[at] === 21) return (alertName(records[at + 6] ?? 0) ?? 'unknown') as ClientOutcome;
    at += 5 + length;
  }
  return 'goes on';
}

function askFoxtls(alteration: Alteration, version: FlightVersion): ClientOutcome {
  const client = createTlsClient(config, { serverName: 'localhost', onEvent: () => {} });
  client.start();
  const hello = concat(...client.takeOutput());
  client.receive(writeServerHello(alteration, version, hello));
  const outcome = outcomeOf(concat(...client.takeOutput()));
  client.abort();
  return outcome;
}

async function askOpenSsl(alteration: Alteration, version: FlightVersion): Promise<ClientOutcome> {
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const peer = new PeerProcess(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${port}`, '-alpn', 'h2', '-servername', 'localhost'],
    {
      environment: { OPENSSL_CONF: '/dev/null' },
    },
  );
  try {
    const [socket] = await accepted;
    socket.on('error', () => {});
    const [hello] = (await once(socket, 'data')) as [Uint8Array];
    socket.write(writeServerHello(alteration, version, hello));
    let answer: Uint8Array = EMPTY;
    socket.on('data', (chunk: Uint8Array) => {
      answer = concat(answer, chunk);
    });
    await Promise.race([once(socket, 'end'), pause(PATIENCE)]);
    socket.destroy();
    return outcomeOf(answer);
  } finally {
    await peer.stop();
  }
}
