/**
 * What somebody on the way sees of TCP connections: tshark on the loopback device, and its view of the packets.
 *
 * Capturing takes rights that not everybody has: then a test says so, and skips.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { peerOrSkip } from '../../packages/foxtls/test/peers.ts';
import { startPeer } from './peer-process.ts';
import { pause } from './wait.ts';

export interface TlsRecord {
  /** Which packet it ends in. */
  readonly packet: number;
  readonly from: 'client' | 'server';
  readonly type: 'change_cipher_spec' | 'alert' | 'handshake' | 'application_data';
  /** As its header has it. */
  readonly length: number;
  /** Of a handshake record that can be read: its messages and their lengths with the header, `ServerHelloDone(4)`. */
  readonly messages: readonly string[];
}

export interface Capture {
  /** Waits until what was sent so far has been written down, and ends. */
  stop(): Promise<Captured>;
}

export interface Captured {
  /** How often a text can be read in it. */
  count(text: string): number;
  /** The records of all connections to a port, in their order. */
  records(port: number): readonly TlsRecord[];
}

/** Milliseconds in which the device hands over what it has. */
const SETTLING = 800;

/** Captures all that goes over TCP through 127.0.0.1 and ::1, from when this resolves. */
export async function startCapture(context: TestContext, ports: readonly number[]): Promise<Capture> {
  peerOrSkip(context, 'tshark');
  const folder = mkdtempSync(join(tmpdir(), 'foxtls-capture-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'capture.pcapng');
  const filter = ports.map((port) => `tcp port ${port}`).join(' or ');
  const shark = startPeer('tshark', ['-i', 'lo', '-f', filter, '-w', file]);
  await shark.prints(/Capture started/).catch(() => {
    context.skip(`tshark may not capture on the loopback device: ${shark.errors.trim().split('\n').at(-1)}`);
  });
  return {
    async stop() {
      await pause(SETTLING);
      shark.signal('SIGINT');
      await shark.exited();
      const bytes = readFileSync(file).toString('latin1');
      return {
        count: (text) => bytes.split(text).length - 1,
        records: (port) => readRecords(file, port),
      };
    },
  };
}

const TYPES: Readonly<Record<string, TlsRecord['type']>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
  23: 'application_data',
};

/** tshark's words for messages of the handshake, by their numbers (RFC 5246 §7.4, RFC 8446 §4). */
const MESSAGES: Readonly<Record<string, string>> = {
  1: 'ClientHello',
  2: 'ServerHello',
  4: 'NewSessionTicket',
  11: 'Certificate',
  12: 'ServerKeyExchange',
  13: 'CertificateRequest',
  14: 'ServerHelloDone',
  15: 'CertificateVerify',
  16: 'ClientKeyExchange',
  20: 'Finished',
};

/** Of a handshake message: type and length. */
const HEADER = 4;

/** From tshark's dissection, one element for each record. */
function readRecords(file: string, port: number): TlsRecord[] {
  const options = ['-r', file, '-d', `tcp.port==${port},tls`, '-Y', `tls.record && tcp.port==${port}`, '-T', 'pdml'];
  const pdml = execFileSync('tshark', options, { encoding: 'latin1', maxBuffer: 1e9, stdio: ['ignore', 'pipe', 'ignore'] });
  return pdml
    .split('<packet>')
    .slice(1)
    .flatMap((packet, i) => {
      const from = packet.includes(`name="tcp.dstport" showname="Destination Port: ${port}"`)
        ? ('client' as const)
        : ('server' as const);
      // A record is a field of its own, and what belongs to it follows.
      const parts = packet.split('<field name="tls.record" ').slice(1);
      return parts.map((part) => {
        const value = (name: string) => new RegExp(`name="${name}" [^>]*show="([^"]*)"`).exec(part)?.[1];
        const named = [...part.matchAll(/name="tls\.handshake\.type" [^>]*show="(\d+)"/g)].map(
          ([, number = '']) => MESSAGES[number] ?? number,
        );
        const lengths = [...part.matchAll(/name="tls\.handshake\.length" [^>]*show="(\d+)"/g)].map(
          ([, length]) => Number(length) + HEADER,
        );
        const messages = named.map((name, i) => `${name}(${lengths[i]})`);
        const type = TYPES[value('tls.record.content_type') ?? value('tls.record.opaque_type') ?? ''] as TlsRecord['type'];
        return { packet: i, from, type, length: Number(value('tls.record.length')), messages };
      });
    });
}
