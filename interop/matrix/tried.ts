/**
 * One cell tried with a peer, in either role. Both sides have to agree on version, suite and resumption, who had to show a certificate has
 * to be verified, and data has to go both ways. Throws where something is otherwise.
 */

import { expect } from 'vitest';
import type { ClientOptions, ServerOptions } from '../../packages/foxtls/src/connection/config.ts';
import type { ConnectionInfo } from '../../packages/foxtls/src/connection/connection.ts';
import { equal, fromHex, utf8 } from '../../packages/foxtls/src/core/bytes/bytes.ts';
import { keyEncryption } from '../../packages/foxtls/src/crypto/node/key-encryption.ts';
import { legacy } from '../../packages/foxtls/src/legacy.ts';
import type { X509Credential } from '../../packages/foxtls/src/protocol/handshake/credential.ts';
import type { ClientSession } from '../../packages/foxtls/src/protocol/session/client-session.ts';
import type { PreSharedKey } from '../../packages/foxtls/src/protocol/session/pre-shared-key.ts';
import { createSessionCache } from '../../packages/foxtls/src/protocol/session/session-cache.ts';
import { clientConfig, serverConfig, trusting } from '../harness/configs.ts';
import { connectEndpoint, type Endpoint, listenEndpoints } from '../harness/endpoint.ts';
import { type PeerProcess, startPeer } from '../harness/peer-process.ts';
import type { InteropPki, Leaf } from '../harness/pki.ts';
import { waitUntil } from '../harness/wait.ts';
import type { Cell } from './cells.ts';
import { ANSWER, isResumed, leafOf, type MatrixPeer, REQUEST, type RunningServer, SHARED_KEY, saysAll } from './peer.ts';

/** Milliseconds that a server has for saying what it did: then it is not going to. */
const PATIENCE = 5000;

/** Our client and the peer's server. */
export async function tryOurClient(pki: InteropPki, peer: MatrixPeer, server: RunningServer, cell: Cell): Promise<void> {
  const config = clientConfig(pki, clientOptions(pki, peer, cell));
  const session = isResumed(cell) ? await firstSession(server, config, cell) : undefined;
  const newOutput = outputFromNow(server.process);
  const client = await connectEndpoint(server.port, config, session === undefined ? {} : { session });
  const info = await client.connected();
  expectAgreed(info, cell);
  expect(info.peer.kind).toBe(cell.key === 'psk' ? 'psk' : 'verified');
  if (cell.mode === 'client certificate') expect(info.localCertificates).toHaveLength(1);
  client.send(REQUEST);
  const said = () => Buffer.from(client.data).toString('latin1') + newOutput();
  await waitUntil(
    () => client.data.length > 0 && saysAll(said(), peer.serverSays(cell)),
    () => `${peer.serverSays(cell).join(' ')}; it said:\n${said().slice(-4000)}`,
    PATIENCE,
  );
  client.connection.close();
  await client.until('the end of the transport', () => client.closed);
}

/** What a process prints from now on. */
function outputFromNow(process: PeerProcess): () => string {
  const [bytes, errors] = [process.bytes.length, process.errors.length];
  return () => process.bytes.subarray(bytes).toString('latin1') + process.errors.slice(errors);
}

/** The session that a first connection brings, of the kind that is asked for. */
async function firstSession(server: RunningServer, config: ReturnType<typeof clientConfig>, { mode, version }: Cell) {
  const client = await connectEndpoint(server.port, config);
  await client.connected();
  client.send(REQUEST);
  await client.until('a session', () => client.of('session').length > 0);
  const { session } = client.of('session')[0] as { session: ClientSession };
  if (version !== 'TLSv1.3') {
    expect('ticket' in session && session.ticket !== undefined).toBe(mode === 'resumed by ticket');
  }
  await client.until('an answer', () => client.of('data').length > 0);
  client.connection.close();
  await client.until('the end of the transport', () => client.closed);
  return session;
}

/** Our server and the peer's client. */
export async function tryOurServer(pki: InteropPki, peer: MatrixPeer, cell: Cell): Promise<void> {
  const listener = await listenEndpoints(serverConfig(pki, await serverOptions(pki, peer, cell)), { onAccept: answer });
  let connections = 0;
  let said = '';
  for (const { command, arguments: parameters, connections: more, ...options } of peer.client(cell, listener.port)) {
    const process = startPeer(command, parameters, options);
    connections += more;
    const last = await listener.accepted(connections - 1);
    await last.connected();
    process.write(REQUEST);
    await process.exited();
    said = process.output;
  }
  expect(listener.endpoints).toHaveLength(connections);
  const last = listener.endpoints.at(-1) as Endpoint;
  const info = await last.connected();
  expectAgreed(info, cell);
  expect(info.peer.kind).toBe(cell.key === 'psk' ? 'psk' : cell.mode === 'client certificate' ? 'verified' : 'anonymous');
  expect(Buffer.from(last.data).toString()).toContain('GET /');
  if (!saysAll(said, peer.clientSays(cell)))
    throw new Error(`${peer.clientSays(cell).join(' ')}; it said:\n${said.slice(-4000)}`);
}

/** Answers the first data, and closes. */
async function answer(endpoint: Endpoint): Promise<void> {
  await endpoint.until('a request', () => endpoint.of('data').length > 0).catch(() => undefined);
  if (endpoint.of('data').length === 0) return;
  endpoint.send(ANSWER);
  endpoint.connection.close();
}

/** Both sides need what is old to be handed to them. */
function commonOptions({ version, suite }: Cell) {
  return { legacy, versions: [version], cipherSuites: [suite.name] };
}

/** The pre-shared key; that of wolfSSL's examples is shorter than any should be. */
function keyOf({ sharedKey = SHARED_KEY }: MatrixPeer): PreSharedKey {
  return { identity: utf8(sharedKey.identity), key: fromHex(sharedKey.hex), insecureShortKey: sharedKey.hex.length < 32 };
}

function clientOptions(pki: InteropPki, peer: MatrixPeer, cell: Cell): Partial<ClientOptions> {
  return {
    ...commonOptions(cell),
    credentials: cell.mode === 'client certificate' ? [leafOf(pki.clients, cell).credential] : [],
    preSharedKeys: cell.key === 'psk' ? [keyOf(peer)] : [],
  };
}

/** Key exchanges in which the server's key does not sign need more than a signer. */
async function withDecrypter({ credential, created }: Leaf): Promise<X509Credential> {
  if (created.key.type.kind !== 'rsa' && created.key.type.kind !== 'ec') return credential;
  return { ...credential, decrypter: await keyEncryption.importDecrypter(created.key.exportPkcs8()) };
}

async function serverOptions(pki: InteropPki, peer: MatrixPeer, cell: Cell): Promise<Partial<ServerOptions>> {
  const { identity, ...key } = keyOf(peer);
  return {
    ...commonOptions(cell),
    ...(cell.key === 'psk'
      ? { credentials: [], lookUpPreSharedKey: (name) => (equal(name, identity) ? key : undefined) }
      : { credentials: [await withDecrypter(leafOf(pki.servers, cell))] }),
    ...(cell.mode === 'resumed by id' ? { tickets: 0, sessionCache: createSessionCache() } : {}),
    ...(cell.mode === 'client certificate' ? { clientCertificates: 'require', verifier: trusting(pki.anchors) } : {}),
  };
}

function expectAgreed(info: ConnectionInfo, cell: Cell): void {
  expect(info).toMatchObject({
    version: cell.version,
    suite: { name: cell.suite.name },
    resumed: isResumed(cell),
    extendedMasterSecret: cell.mode !== 'no extended master secret',
  });
}
