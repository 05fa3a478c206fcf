/**
 * A relay that looks at the records which a client sends: their lengths, as they stand in the headers.
 *
 * ```
 *   struct { ContentType type; ProtocolVersion legacy_record_version; uint16 length; opaque fragment[length]; }     RFC 8446 §5.1, RFC 5246 §6.2.1
 * ```
 */

import { type AddressInfo, connect, createServer } from 'node:net';

const HEADER = 5;
const APPLICATION_DATA = 23;

export interface RecordCounter {
  /** Where clients are to connect. */
  readonly port: number;
  /** The length that most records of application data have, without the header. */
  commonLength(): number;
  close(): void;
}

export async function startRecordCounter(serverPort: number): Promise<RecordCounter> {
  const counts = new Map<number, number>();
  const relay = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
    const count = recordLengths((type, length) => {
      if (type === APPLICATION_DATA) counts.set(length, (counts.get(length) ?? 0) + 1);
    });
    client.on('data', count);
  });
  await new Promise<void>((resolve) => {
    relay.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (relay.address() as AddressInfo).port,
    commonLength: () => [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), [0, 0])[0],
    close: () => void relay.close(),
  };
}

/** Calls back for each header in a stream that comes in pieces. */
export function recordLengths(found: (type: number, length: number) => void): (piece: Uint8Array) => void {
  const header: number[] = [];
  let skip = 0;
  return (piece) => {
    for (let at = 0; at < piece.length; ) {
      const skipped = Math.min(skip, piece.length - at);
      skip -= skipped;
      at += skipped;
      if (at >= piece.length) return;
      header.push(piece[at++] as number);
      if (header.length < HEADER) continue;
      const [type = 0, , , high = 0, low = 0] = header;
      skip = high * 256 + low;
      found(type, skip);
      header.length = 0;
    }
  };
}
