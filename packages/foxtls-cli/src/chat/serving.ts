/**
 * A chat server: listens, brings together which connections belong to one client, and serves each client in the room.
 *
 * ```
 *   all-tls    11111: TLS
 *   in-clear   11111: TLS, and for those who ask 11112: a token, then public lines
 *   classic    11111 and 11112 from the same address, and only then TLS on the first
 * ```
 */

import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'foxtls/tls';
import { describeFailure } from '../command/failure.ts';
import { readLines } from '../command/lines.ts';
import type { Report } from '../command/report.ts';
import { formatAddress, type ListenAddress } from '../network/addresses.ts';
import { listenTcp } from '../network/tcp.ts';
import { AddressPairing, type Half, TokenPairing } from './pairing.ts';
import { plainByLines, plainByReads } from './plain-connection.ts';
import { ANNOUNCE_EVERY, Room } from './room.ts';
import type { RoomBus } from './room-bus.ts';
import { type House, ServedClient } from './served-client.ts';
import { CLASSIC_CLIENTS, PROTOCOL, type Rules, SILENCE } from './wire.ts';

export interface ChatServerOptions {
  readonly rules: Rules;
  /** Of `tls.createServer`. */
  readonly tls: TlsOptions;
  readonly where: ListenAddress;
  /** The port of plain connections. */
  readonly publicPort: number;
  readonly maxClients: number;
  readonly report: Report;
  /** Where several servers make one room. */
  readonly bus?: RoomBus;
  /** Each line of a key log. */
  readonly onKeyLog?: (line: Uint8Array) => void;
  /** A client's `quit`, under the rules of the tutorial. */
  readonly onQuit: () => void;
}

/** Milliseconds. */
const HANDSHAKE_PATIENCE = 10_000;
const TOKEN_PATIENCE = 10_000;
const KEEP_ALIVE = 30_000;
const TICK = 1000;
/** Connections beyond those that are in the room: such as are still on their way in. */
const ON_THEIR_WAY = 256;

export class ChatServer {
  readonly room: Room;
  readonly #options: ChatServerOptions;
  readonly #house: House;
  readonly #tls: Server;
  /** In `classic` this one listens in place of that for TLS. */
  readonly #front: TcpServer;
  readonly #back: TcpServer | undefined;
  readonly #pairing = new AddressPairing<Socket>();
  /** Under the rules of the tutorial: the plain connections, by the address of the other of the pair. */
  readonly #plainOf = new Map<string, Socket>();
  readonly #clients = new Map<ServedClient, Promise<void>>();
  readonly #connections = new Set<Socket>();
  readonly #timers: NodeJS.Timeout[] = [];
  #nextId = 0;

  /** Listens. Throws `CommandFailure` when it cannot. */
  static async start(options: ChatServerOptions): Promise<ChatServer> {
    const server = new ChatServer(options);
    try {
      await server.#listen();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  private constructor(options: ChatServerOptions) {
    const { rules, report, bus, maxClients } = options;
    this.#options = options;
    const capacity = rules === 'classic' ? CLASSIC_CLIENTS : maxClients;
    this.room = new Room({
      capacity,
      ...(bus !== undefined && { server: bus.server, publish: (message) => bus.publish(message) }),
    });
    this.#house = {
      room: this.room,
      rules,
      report,
      tokens: new TokenPairing(),
      nextId: () => this.#takeId(),
      stop: options.onQuit,
      silence: SILENCE,
    };
    this.#tls = this.#createTlsServer();
    this.#front = rules === 'classic' ? this.#createClassicServer('tls') : this.#tls;
    if (rules === 'classic') this.#back = this.#createClassicServer('plain');
    if (rules === 'in-clear') this.#back = this.#createTokenServer();
    for (const server of [this.#front, this.#back]) if (server !== undefined) server.maxConnections = capacity + ON_THEIR_WAY;
  }

  /** Of connections for TLS. */
  get address(): AddressInfo {
    return this.#front.address() as AddressInfo;
  }

  /** Of plain connections. */
  get publicPort(): number | undefined {
    return (this.#back?.address() as AddressInfo | null | undefined)?.port;
  }

  /** Says goodbye to everybody. */
  async close(): Promise<void> {
    this.room.close();
    for (const timer of this.#timers) clearInterval(timer);
    for (const server of [this.#front, this.#back]) server?.close();
    for (const client of this.#clients.keys()) client.close();
    await Promise.all(this.#clients.values());
    for (const connection of this.#connections) connection.destroy();
  }

  async #takeId(): Promise<number> {
    const { rules, bus } = this.#options;
    if (rules === 'classic') return this.room.freeId;
    if (bus === undefined) return this.#nextId++;
    // A Redis that has forgotten all begins with 0 again.
    for (;;) {
      const id = await bus.nextId();
      if (!this.room.has(id)) return id;
    }
  }

  async #listen(): Promise<void> {
    const { where, publicPort, bus } = this.#options;
    await listenTcp(this.#front, where);
    if (this.#back !== undefined) await listenTcp(this.#back, { ...where, port: publicPort });
    this.#timers.push(setInterval(() => this.#tick(), TICK));
    if (bus === undefined) return;
    bus.onMessage((server, message) => this.room.receive(server, message, performance.now()));
    bus.onOpen(() => this.room.arrive());
    this.#timers.push(setInterval(() => this.room.announce(), ANNOUNCE_EVERY));
    this.room.arrive();
  }

  #tick(): void {
    const now = performance.now();
    for (const late of this.#pairing.expire(now)) late.destroy();
    this.room.expire(now);
  }

  #createTlsServer(): Server {
    const { tls, rules, report, onKeyLog } = this.#options;
    const server = createServer({
      ...tls,
      ...(rules !== 'classic' && { ALPNProtocols: [PROTOCOL] }),
      handshakeTimeout: HANDSHAKE_PATIENCE,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE,
    });
    // Before the socket is made, so that it is known to us even if nothing comes.
    server.prependListener('connection', (connection: Socket) => this.#remember(connection));
    server.on('secureConnection', (socket: TLSSocket) => this.#serve(socket));
    server.on('tlsClientError', (error: Error) => {
      report.say('wolfSSL_accept error = -1', { event: 'accept-failed', why: describeFailure(error) });
      report.explain(describeFailure(error));
    });
    if (onKeyLog !== undefined) server.on('keylog', onKeyLog);
    return server;
  }

  #serve(socket: TLSSocket): void {
    const plain = this.#plainOf.get(addressOf(socket));
    const client = new ServedClient(this.#house, socket, plain && plainByReads(plain));
    this.#clients.set(
      client,
      client.run().then(() => void this.#clients.delete(client)),
    );
  }

  /** Connections that have to find their other half before anything is read from them. */
  #createClassicServer(half: Half): TcpServer {
    return createTcpServer(
      { pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE },
      (socket) => {
        this.#remember(socket);
        const address = socket.remoteAddress ?? '';
        const onGone = () => this.#pairing.remove(half, address, socket);
        socket.on('error', () => {});
        socket.once('close', onGone);
        const pair = this.#pairing.add(half, address, socket, performance.now());
        if (pair === 'refused') socket.destroy();
        if (pair === undefined || pair === 'refused') return;
        const key = addressOf(pair.tls);
        this.#plainOf.set(key, pair.plain);
        pair.tls.once('close', () => {
          this.#plainOf.delete(key);
          pair.plain.destroy();
        });
        this.#tls.emit('connection', pair.tls);
      },
    );
  }

  /** Connections that say first whose they are. */
  #createTokenServer(): TcpServer {
    return createTcpServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE }, (socket) => {
      this.#remember(socket);
      socket.on('error', () => {});
      const timer = setTimeout(() => socket.destroy(), TOKEN_PATIENCE);
      const lines = readLines(socket);
      socket.once('close', () => clearTimeout(timer));
      void lines.next().then(
        (line) => {
          clearTimeout(timer);
          const token = Buffer.from(line ?? []).toString('latin1');
          if (!this.#house.tokens.redeem(token, plainByLines(socket, lines))) socket.destroy();
        },
        () => socket.destroy(),
      );
    });
  }

  #remember(connection: Socket): void {
    if (this.#connections.has(connection)) return;
    this.#connections.add(connection);
    connection.once('close', () => this.#connections.delete(connection));
  }
}

function addressOf(socket: Socket): string {
  return formatAddress({ address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
}
