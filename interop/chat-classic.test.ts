/**
 * The rules of the tutorial, byte by byte: `foxtls chat-server --classic` beside a script that does what the tutorial's C client does on its two
 * sockets, and `foxtls chat --classic` beside one that does what its server does. TLS is OpenSSL's (node:tls), and wolfSSL's.
 */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createSecureContext, connect as secure, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeWithPeer } from '../packages/foxtls/test/peers.ts';
import { type ChatServerProcess, startChatServer, startChatter } from './harness/chat.ts';
import { startPeer } from './harness/peer-process.ts';
import { foxtlsPrograms } from './harness/programs.ts';
import { waitUntil } from './harness/wait.ts';

const programs = foxtlsPrograms();
const ours = (name: string) => readFileSync(join(programs.home, '.foxtls', name), 'utf8');

/** What comes, read by read. */
function readsOf(socket: Socket): string[] {
  const reads: string[] = [];
  socket.on('data', (chunk) => reads.push(chunk.toString()));
  socket.on('error', () => undefined);
  return reads;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

/** The steps of the C client: a socket, another one, the handshake on the first, the name. */
async function joinAsTheTutorial({ port, publicPort }: ChatServerProcess, name: string) {
  const first = await open(port);
  const plain = await open(publicPort);
  const heard = readsOf(plain);
  const socket = secure({
    socket: first,
    ca: ours('ca.pem'),
    servername: 'localhost',
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  // One SSL_read is one record, and Node hands on what each one brings.
  const records = readsOf(socket);
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  socket.write(name);
  return { plain, socket, heard, records };
}

function becomes(what: () => unknown, expected: unknown): Promise<void> {
  const shown = () => JSON.stringify(what());
  return waitUntil(
    () => shown() === JSON.stringify(expected),
    () => `${shown()} should become ${JSON.stringify(expected)}`,
  );
}

describe('foxtls chat-server --classic beside the client of the tutorial', () => {
  it('carries public lines on the plain sockets, and the others as records', async () => {
    const server = await startChatServer(programs, '--classic');
    const luca = await joinAsTheTutorial(server, 'Luca');
    await server.process.prints(/Client connected successfully\n/);
    const maria = await joinAsTheTutorial(server, 'Maria');
    await server.process.prints(/(Client connected successfully\n.*){2}/s);
    const carlos = await startChatter(programs, server, 'Carlos', '--classic');

    luca.plain.write('Hi');
    await becomes(() => maria.heard, ['Luca`Hi']);
    await carlos.sees('[Luca] Hi');
    maria.plain.write('Hi Luca!');
    await becomes(() => luca.heard, ['Maria`Hi Luca!']);
    carlos.say('Hi everyone!');
    await becomes(() => luca.heard, ['Maria`Hi Luca!', 'Carlos`Hi everyone!']);

    luca.socket.write('list');
    await becomes(() => luca.records, ['Server', 'Connected clients:', '1', 'Maria', '2', 'Carlos']);
    luca.socket.write('#1 only for you');
    await becomes(() => maria.records, ['private-Luca', ' only for you']);
    maria.socket.write('#2x');
    await carlos.sees('[private-Maria] x');
    carlos.say('#0 thank you');
    await becomes(() => luca.records.slice(6), ['private-Carlos', ' thank you']);
    expect([luca.heard, maria.heard]).toEqual([
      ['Maria`Hi Luca!', 'Carlos`Hi everyone!'],
      ['Luca`Hi', 'Carlos`Hi everyone!'],
    ]);
    // A quit from one ends all.
    maria.plain.write('quit');
    expect((await server.process.exited()).code).toBe(0);
    expect(server.lines()).toEqual([
      ...Array(3).fill('[System] Client connected successfully'),
      ...['[Luca] Hi', '[Maria] Hi Luca!', '[Carlos] Hi everyone!', '[Maria] quit', 'Shutdown complete'],
    ]);
  });

  it('has room for ten, and goes on when some die', async () => {
    const server = await startChatServer(programs, '--classic');
    const clients = [];
    for (let i = 0; i < 10; i++) clients.push(await joinAsTheTutorial(server, `client${i}`));
    await server.process.prints(/(Client connected successfully\n.*){10}/s);
    const eleventh = await joinAsTheTutorial(server, 'eleventh');
    await becomes(() => eleventh.records, ['Server', 'the room is full']);
    clients[3]?.plain.resetAndDestroy();
    clients[7]?.socket.destroy();
    await becomes(() => eleventh.socket.destroyed || eleventh.socket.readableEnded, true);
    const rest = clients.filter((_, i) => i !== 3 && i !== 7);
    const [first] = rest;
    const listed = async (...ids: string[]) => {
      const records = first?.records ?? [];
      const last = () => records.slice(records.lastIndexOf('Connected clients:') + 1).filter((_, i) => i % 2 === 0);
      await waitUntil(
        () => {
          if (last().join() === ids.join()) return true;
          first?.socket.write('list');
          return false;
        },
        () => `the list should be ${ids}; it is ${last()}`,
        20_000,
        200,
      );
    };
    await listed('1', '2', '4', '5', '6', '8', '9');
    // An id of one digit is free again.
    await joinAsTheTutorial(server, 'twelfth');
    await server.process.prints(/(Client connected successfully\n.*){11}/s);
    first?.plain.write('Hi');
    for (const { heard } of rest.slice(1)) await becomes(() => heard, ['client0`Hi']);
    await listed('1', '2', '3', '4', '5', '6', '8', '9');
  });
});

/** The C server: accepts on one port, then on the other, and only then makes the handshake; its broadcast keeps what it sent before. */
class TutorialServer {
  readonly events: string[] = [];
  readonly clients: { readonly plain: Socket; readonly socket: TLSSocket; name: string }[] = [];
  readonly #tls = createServer();
  readonly #plain = createServer();

  async start(): Promise<{ readonly port: number; readonly publicPort: number }> {
    const listen = (server: Server) =>
      new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
    const [port, publicPort] = [await listen(this.#tls), await listen(this.#plain)];
    onTestFinished(() => this.stop());
    void this.#acceptAll();
    return { port, publicPort };
  }

  stop(): void {
    for (const { plain, socket } of this.clients) for (const one of [plain, socket]) one.destroy();
    for (const server of [this.#tls, this.#plain]) server.close();
  }

  async #acceptAll(): Promise<void> {
    const accept = (server: Server) => new Promise<Socket>((resolve) => server.once('connection', resolve));
    for (;;) {
      const [tls, other] = [accept(this.#tls), accept(this.#plain)];
      const transport = await tls;
      this.events.push('first socket');
      const plain = await other;
      this.events.push('second socket');
      const secureContext = createSecureContext({ key: ours('server-key.pem'), cert: ours('server.pem'), maxVersion: 'TLSv1.2' });
      await once(transport, 'readable');
      this.events.push('client hello');
      this.#serve(new TLSSocket(transport, { isServer: true, secureContext }), plain);
    }
  }

  #serve(socket: TLSSocket, plain: Socket): void {
    const client = { socket, plain, name: '' };
    this.clients.push(client);
    socket.on('error', () => undefined);
    plain.on('error', () => undefined);
    socket.on('data', (record) => {
      const text = record.toString();
      this.events.push(`record ${text}`);
      if (client.name === '') client.name = text;
      else if (text === 'list') {
        const others = [...this.clients.entries()].filter(([, other]) => other !== client);
        const words = ['Server', 'Connected clients:', ...others.flatMap(([id, { name }]) => [String(id), name])];
        void writeAll(socket, words);
      } else if (text.startsWith('#')) {
        const to = this.clients[text.charCodeAt(1) - 48];
        if (to !== undefined) void writeAll(to.socket, [`private-${client.name}`, text.slice(2)]);
      }
    });
    plain.on('data', (chunk) => {
      this.events.push(`read ${chunk}`);
      let output = '';
      for (const other of this.clients) {
        if (other === client) continue;
        output += `${client.name}\`${chunk}`;
        other.plain.write(output);
      }
    });
  }
}

/** An SSL_write for each: writes of one tick would share one. */
async function writeAll(socket: TLSSocket, words: readonly string[]): Promise<void> {
  for (const word of words) await new Promise((resolve) => socket.write(word, resolve));
}

describe('foxtls chat --classic beside the server of the tutorial', () => {
  it('comes by two sockets and then the handshake, and sends bytes without ends', async () => {
    // Makes the certificates.
    await startChatServer(programs);
    const server = new TutorialServer();
    const { port, publicPort } = await server.start();
    const start = async (name: string) => {
      const before = server.events.length;
      const client = programs.foxtls(
        'chat',
        '--classic',
        '--public-port',
        String(publicPort),
        '--name',
        name,
        `localhost:${port}`,
      );
      await becomes(() => server.events.slice(before), ['first socket', 'second socket', 'client hello', `record ${name}`]);
      return client;
    };
    const [luca, maria, carlos] = [await start('Luca'), await start('Maria'), await start('Carlos')];
    luca.write('Hi\n');
    await becomes(() => server.events.at(-1), 'read Hi');
    // The third gets it twice, as that server is, and shows it once.
    for (const one of [maria, carlos]) await one.prints(/^\[Luca\] Hi\n$/);
    luca.write('list\n');
    await luca.prints(/\[Server\] Connected clients:\n\[1\] Maria\n\[2\] Carlos\n/);
    luca.write('#1 only for you\n');
    await maria.prints(/\[private-Luca\] only for you\n/);
    // Lines that begin like the command go over TLS, as the tutorial has it.
    luca.write('listen\none\ntwo\nquit\n');
    expect((await luca.exited()).code).toBe(0);
    await becomes(
      () => server.events.filter((event) => event.startsWith('read ')),
      ['read Hi', 'read one', 'read two', 'read quit'],
    );
    const records = server.events.filter((event) => event.startsWith('record ')).slice(3);
    expect(records).toEqual(['record list', 'record #1 only for you', 'record listen']);
    await carlos.prints(/^\[Luca\] Hi\n\[Luca\] one\n\[Luca\] two\n/);
    server.stop();
    expect((await maria.exited()).code).not.toBeNull();
    expect(maria.output).not.toMatch(/at .*\.js/);
  });
});

/** The C client's steps with wolfSSL: lines of standard input go out, what each read brings is a line on standard output. */
const WOLFSSL_CLIENT = String.raw`
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int dial(const char *port) {
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) { perror("connect"); exit(1); }
  return fd;
}

int main(int argc, char **argv) {
  char buffer[256];
  wolfSSL_Init();
  WOLFSSL_CTX *ctx = wolfSSL_CTX_new(wolfTLSv1_2_client_method());
  if (wolfSSL_CTX_load_verify_locations(ctx, argv[3], NULL) != SSL_SUCCESS) return 2;
  int secret = dial(argv[1]), plain = dial(argv[2]);
  WOLFSSL *ssl = wolfSSL_new(ctx);
  wolfSSL_set_fd(ssl, secret);
  if (wolfSSL_connect(ssl) != SSL_SUCCESS) return 3;
  wolfSSL_write(ssl, argv[4], strlen(argv[4]));
  struct pollfd fds[3] = { { 0, POLLIN }, { secret, POLLIN }, { plain, POLLIN } };
  for (;;) {
    if (wolfSSL_pending(ssl) == 0) poll(fds, 3, -1);
    if (wolfSSL_pending(ssl) || fds[1].revents) {
      int n = wolfSSL_read(ssl, buffer, sizeof buffer - 1);
      if (n <= 0) break;
      printf("tls %.*s\n", n, buffer);
    }
    if (fds[2].revents) {
      ssize_t n = read(plain, buffer, sizeof buffer - 1);
      if (n <= 0) break;
      printf("tcp %.*s\n", (int)n, buffer);
    }
    if (fds[0].revents) {
      if (fgets(buffer, sizeof buffer, stdin) == NULL) break;
      size_t n = strcspn(buffer, "\n");
      if (strncmp(buffer, "list", 4) == 0 || buffer[0] == '#') wolfSSL_write(ssl, buffer, n);
      else if (write(plain, buffer, n) != (ssize_t)n) break;
    }
    fflush(stdout);
    memset(fds, 0, sizeof fds);
    fds[0] = (struct pollfd){ 0, POLLIN }; fds[1] = (struct pollfd){ secret, POLLIN }; fds[2] = (struct pollfd){ plain, POLLIN };
  }
  return 0;
}
`;

describeWithPeer('foxtls chat-server --classic beside a client of wolfSSL', 'wolfssl', () => {
  it('speaks with it as with our own', async () => {
    const server = await startChatServer(programs, '--classic');
    const [source, program] = [join(programs.home, 'chat.c'), join(programs.home, 'chat')];
    writeFileSync(source, WOLFSSL_CLIENT);
    const built = spawnSync('gcc', ['-o', program, source, '-lwolfssl'], { encoding: 'utf8' });
    expect(built.status, built.stderr).toBe(0);
    const ca = join(programs.home, '.foxtls/ca.pem');
    const luca = startPeer(program, [String(server.port), String(server.publicPort), ca, 'Luca']);
    await server.process.prints(/Client connected successfully\n/);
    const maria = await startChatter(programs, server, 'Maria', '--classic');
    maria.say('Hi Luca!');
    await luca.prints(/^tcp Maria`Hi Luca!\n/);
    luca.write('Hi\n');
    await maria.sees('[Luca] Hi');
    luca.write('list\n');
    await luca.prints(/tls Server\ntls Connected clients:\ntls 1\ntls Maria\n/);
    luca.write('#1 for you\n');
    await maria.sees('[private-Luca] for you');
    maria.say('#0 thank you');
    await luca.prints(/tls private-Maria\ntls {2}thank you\n/);
    luca.write('quit\n');
    expect((await server.process.exited()).code).toBe(0);
    expect((await luca.exited()).code).toBe(0);
  });
});
