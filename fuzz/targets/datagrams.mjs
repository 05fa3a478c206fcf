// Datagrams: both ends of a connection in its handshake, and a pair that is connected, fed with changed recordings. As all that is random comes
// from a seed, a recording fits every connection that is made like the one that was recorded. An input is a list of datagrams, each after its
// length in two bytes.
import { createDtlsClient, createDtlsServer } from 'foxtls';
import { clientConfig, serverConfig, VERSIONS } from '../configs.mjs';
import { blamesInput } from '../fuzz-target.mjs';

const SAID = 3;
const IDS = { client: Uint8Array.of(1, 2, 3), server: Uint8Array.of(4, 5) };

function makeServer(version, onEvent) {
  const options = { connectionId: IDS.server, newConnectionId: () => Uint8Array.of(6, 7), onEvent };
  return createDtlsServer(serverConfig(version), options);
}

function makeClient(version, onEvent) {
  const options = { serverName: 'www.example.com', connectionId: IDS.client, mtu: 600, onEvent };
  return createDtlsClient(clientConfig(version), options);
}

/** Both ends, connected; what each sent; and the defects and data that they report. */
function connect(version) {
  const sent = { client: [], server: [] };
  const seen = { data: 0, defect: undefined, error: undefined };
  const onEvent = (event) => {
    if (event.type === 'data') seen.data++;
    if (event.type !== 'error') return;
    seen.error = event.error;
    if (!blamesInput(event.error)) seen.defect = event.error;
  };
  const ends = { client: makeClient(version, onEvent), server: makeServer(version, onEvent) };
  ends.server.start();
  ends.client.start();
  carry(ends, sent);
  if (ends.client.state !== 'connected' || ends.server.state !== 'connected') throw new Error(`no connection: ${seen.error}`);
  return { ends, sent, seen };
}

function carry({ client, server }, sent) {
  for (;;) {
    const [toServer, toClient] = [client.takeOutput(), server.takeOutput()];
    if (toServer.length + toClient.length === 0) return;
    sent?.client.push(...toServer.map((datagram) => datagram.slice()));
    sent?.server.push(...toClient.map((datagram) => datagram.slice()));
    for (const datagram of toServer) server.receive(datagram);
    for (const datagram of toClient) client.receive(datagram);
  }
}

function join(datagrams) {
  return Uint8Array.from(datagrams.flatMap((datagram) => [datagram.length >> 8, datagram.length & 0xff, ...datagram]));
}

function split(bytes) {
  const datagrams = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes[at] * 256 + bytes[at + 1];
    datagrams.push(bytes.slice(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return datagrams;
}

/** Feeds an end, and lets its timers run out once: accepted when its handshake is done. */
function feed(make, version, bytes) {
  let outcome = 'refused';
  let defect;
  const connection = make(version, (event) => {
    if (event.type === 'connected') outcome = 'accepted';
    if (event.type === 'error' && !blamesInput(event.error)) defect = event.error;
  });
  connection.start();
  for (const datagram of split(bytes)) {
    connection.receive(datagram);
    connection.takeOutput();
  }
  connection.handleTimeout();
  if (defect !== undefined) throw defect;
  return outcome;
}

/** Feeds both ends of a connection in turn. They stay connected whatever comes, for what is changed opens under no keys; accepted when it was data. */
function disturb(version, bytes) {
  const { ends, seen } = connect(version);
  for (const datagram of split(bytes)) {
    ends.server.receive(datagram.slice());
    ends.client.receive(datagram);
  }
  carry(ends);
  if (seen.defect !== undefined) throw seen.defect;
  const { data } = seen;
  // What was recorded has the numbers of the first of these, which are replays then.
  for (let i = 0; i <= SAID; i++) {
    ends.client.send(Uint8Array.of(1));
    ends.server.send(Uint8Array.of(2));
  }
  carry(ends);
  if (seen.error !== undefined || seen.data < data + 2) throw new Error(`a connection was disturbed: ${seen.error}`);
  return data > 0 ? 'accepted' : 'refused';
}

const recorded = Object.fromEntries(VERSIONS.map((version) => [version, connect(version).sent]));

/** What either end says when it is connected: so many datagrams at most. */
function talk(version) {
  const { ends, sent } = connect(version);
  for (let i = 0; i < SAID; i++) ends.client.send(Uint8Array.of(1, 2, 3, i));
  ends.server.send(Uint8Array.of(4));
  return [ends.client, ends.server].map((end) => join([...end.takeOutput(), ...sent.client.slice(0, 1)]));
}

export const targets = VERSIONS.flatMap((version) => [
  {
    name: `datagrams-server-${version}`,
    corpus: () => [join(recorded[version].client)],
    run: (bytes) => feed(makeServer, version, bytes),
  },
  {
    name: `datagrams-client-${version}`,
    corpus: () => [join(recorded[version].server)],
    run: (bytes) => feed(makeClient, version, bytes),
  },
  {
    name: `datagrams-connected-${version}`,
    corpus: () => talk(version),
    run: (bytes) => disturb(version, bytes),
  },
]);
