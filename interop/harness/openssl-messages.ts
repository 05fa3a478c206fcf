/**
 * Reads what openssl's `-msg` prints.
 *
 * ```
 * >>> TLS 1.3, RecordHeader [length 0005]
 *     16 03 01 01 2c
 * >>> TLS 1.3, Handshake [length 012c], ClientHello
 * ```
 * `>>>` is what openssl sends, `<<<` what it receives.
 */

export type Direction = '>>>' | '<<<';

/** The names of the handshake messages of one direction, in order. */
export function messagesOf(output: string, direction: Direction): string[] {
  const lines = output.matchAll(/^(>>>|<<<) [^\n]*, Handshake \[length [0-9a-f]+\], (\w+)/gm);
  return [...lines].filter(([, side]) => side === direction).map(([, , name]) => name ?? '');
}

/** The lengths of the protected records (type application_data) of one direction. */
export function recordLengths(output: string, direction: Direction): number[] {
  const lines = output.matchAll(/^(>>>|<<<) [^\n]*RecordHeader \[length 0005\]\s+17 03 03 (\w\w) (\w\w)/gm);
  return [...lines].filter(([, side]) => side === direction).map(([, , high, low]) => Number.parseInt(`${high}${low}`, 16));
}
