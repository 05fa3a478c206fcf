// The acceptor, records, and both ends of a connection, fed with changed recordings: all that is random comes from a seed, so that a
// recording fits every connection that is made like the one that was recorded.
import { createTlsAcceptor, createTlsClient, createTlsServer } from 'foxtls';
import { clientConfig, serverConfig, VERSIONS } from '../configs.mjs';
import { blamesInput } from '../fuzz-target.mjs';
import { inner } from '../inner.mjs';

const makeServer = (version, onEvent) => createTlsServer(serverConfig(version), { onEvent });
const makeClient = (version, onEvent) => createTlsClient(clientConfig(version), { serverName: 'www.example.com', onEvent });

/** What each end of a connection sent. */
function record(version) {
  const sent = { client: [], server: [] };
  const relay = (name, from, to) => (event) => {
    if (event.type === 'error') throw event.error;
    if (event.type === 'connected') from().send(Uint8Array.of(1, 2, 3));
    if (event.type !== 'output') return;
    for (const bytes of from().takeOutput()) {
      sent[name].push(...bytes);
      to().receive(bytes);
    }
  };
  const server = makeServer(
    version,
    relay(
      'server',
      () => server,
      () => client,
    ),
  );
  const client = makeClient(
    version,
    relay(
      'client',
      () => client,
      () => server,
    ),
  );
  server.start();
  client.start();
  return { client: Uint8Array.from(sent.client), server: Uint8Array.from(sent.server) };
}

/** Feeds an end: accepted when its handshake is done. */
function feed(make, version, bytes) {
  let outcome = 'refused';
  let defect;
  const connection = make(version, (event) => {
    if (event.type === 'connected') outcome = 'accepted';
    if (event.type === 'error' && !blamesInput(event.error)) defect = event.error;
    if (event.type === 'output') connection.takeOutput();
  });
  connection.start();
  connection.receive(bytes);
  if (defect !== undefined) throw defect;
  return outcome;
}

function readRecords(bytes) {
  const input = new inner.RecordInput();
  for (let at = 0; at < bytes.length; at += 100) {
    input.push(bytes.subarray(at, at + 100));
    while (input.next() !== undefined);
  }
  return input.available === 0 ? 'accepted' : 'refused';
}

const recorded = Object.fromEntries(VERSIONS.map((version) => [version, record(version)]));
const hellos = () => Object.values(recorded).map(({ client }) => client.slice(0, 5 + client[3] * 256 + client[4]));

export const targets = [
  { name: 'acceptor', corpus: hellos, run: (bytes) => (createTlsAcceptor().receive(bytes) ? 'accepted' : 'refused') },
  { name: 'records', corpus: () => Object.values(recorded).flatMap(({ client, server }) => [client, server]), run: readRecords },
  ...VERSIONS.flatMap((version) => [
    {
      name: `server-${version}`,
      corpus: () => [recorded[version].client],
      run: (bytes) => feed(makeServer, version, bytes),
    },
    {
      name: `client-${version}`,
      corpus: () => [recorded[version].server],
      run: (bytes) => feed(makeClient, version, bytes),
    },
  ]),
];
