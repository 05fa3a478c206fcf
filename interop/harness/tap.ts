/**
 * A relay of datagrams that keeps what passes, and writes it as a capture: what Wireshark would have seen between a client and a server.
 *
 * ```
 *   client ──▶ a port for each server ──▶ server          pcap: link type 101 (raw IP), each datagram under an IPv4 and a UDP header
 * ```
 */

import { createSocket, type Socket } from 'node:dgram';
import { onTestFinished } from 'vitest';

export interface Tapped {
  readonly data: Buffer;
  readonly from: number;
  readonly to: number;
}

export interface TapOptions {
  /** Carry so many datagrams of clients, and lose the others. */
  readonly clientDatagrams?: number;
}

export interface Tap {
  /** What passed, in its order; ports are those of the client and the server themselves. */
  readonly datagrams: readonly Tapped[];
  /** A port of 127.0.0.1 that leads to that one. For one client at a time. */
  to(server: number): Promise<number>;
  /** A file of libpcap. */
  capture(): Buffer;
}

export async function startTap({ clientDatagrams = Number.POSITIVE_INFINITY }: TapOptions = {}): Promise<Tap> {
  const datagrams: Tapped[] = [];
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.close();
  });
  const open = () =>
    new Promise<Socket>((resolve) => {
      const socket = createSocket('udp4');
      sockets.push(socket);
      socket.bind(0, '127.0.0.1', () => resolve(socket));
    });
  return {
    datagrams,
    async to(server) {
      const [front, back] = [await open(), await open()];
      let client = 0;
      let left = clientDatagrams;
      front.on('message', (data, { port }) => {
        client = port;
        if (left-- <= 0) return;
        datagrams.push({ data, from: client, to: server });
        back.send(data, server, '127.0.0.1');
      });
      back.on('message', (data) => {
        datagrams.push({ data, from: server, to: client });
        front.send(data, client, '127.0.0.1');
      });
      return front.address().port;
    },
    capture: () => writePcap(datagrams),
  };
}

const RAW_IP = 101;
const UDP = 17;
const HEADERS = 28;

function writePcap(datagrams: readonly Tapped[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(RAW_IP, 20);
  const packets = datagrams.map(({ data, from, to }, i) => {
    const packet = Buffer.alloc(16 + HEADERS);
    const length = HEADERS + data.length;
    packet.writeUInt32LE(i, 0);
    packet.writeUInt32LE(length, 8);
    packet.writeUInt32LE(length, 12);
    const ip = packet.subarray(16);
    ip.writeUInt8(0x45, 0);
    ip.writeUInt16BE(length, 2);
    ip.writeUInt8(64, 8);
    ip.writeUInt8(UDP, 9);
    ip.set([127, 0, 0, 1, 127, 0, 0, 1], 12);
    ip.writeUInt16BE(from, 20);
    ip.writeUInt16BE(to, 22);
    ip.writeUInt16BE(8 + data.length, 24);
    return Buffer.concat([packet, data]);
  });
  return Buffer.concat([header, ...packets]);
}
