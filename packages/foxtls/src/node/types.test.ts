import nodeHttps from 'node:https';
import type nodeTls from 'node:tls';
import { expect, it } from 'vitest';
import https from './https.ts';
import tls from './tls.ts';

// The compiler is the one that checks here.
it('fits where the types of node:tls and node:https are asked for', () => {
  const socket: nodeTls.TLSSocket = new tls.TLSSocket();
  const connect: typeof nodeTls.connect = tls.connect;
  const createServer: typeof nodeTls.createServer = tls.createServer;
  const agent: nodeHttps.Agent = new https.Agent();
  const request: typeof nodeHttps.request = https.request;
  const createHttpsServer: typeof nodeHttps.createServer = https.createServer;
  expect([connect, createServer, request, createHttpsServer]).not.toContain(undefined);
  expect(agent).toBeInstanceOf(nodeHttps.Agent);
  socket.destroy();
});

it('takes the options of node:tls by their types', () => {
  const clientOptions: nodeTls.ConnectionOptions = { port: 1, rejectUnauthorized: true };
  const serverOptions: nodeTls.TlsOptions = { requestCert: false };
  const socket = tls.connect(clientOptions);
  socket.on('error', () => {}).destroy();
  expect(tls.createServer(serverOptions)).toBeInstanceOf(tls.Server);
});
