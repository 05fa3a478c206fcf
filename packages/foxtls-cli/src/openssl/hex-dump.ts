/** Bytes as BIO_dump of OpenSSL shows them: `0000 - 00 1d 00 20 47 4d af 34-27 fd …   ... GM.4'.` */

const PER_LINE = 16;

export function hexDump(bytes: Uint8Array, indent = ''): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += PER_LINE) {
    const row = bytes.subarray(at, at + PER_LINE);
    const pairs = [...row].map((octet, i) => `${octet.toString(16).padStart(2, '0')}${i === 7 ? '-' : ' '}`).join('');
    const text = [...row].map((octet) => (octet >= 0x20 && octet <= 0x7e ? String.fromCharCode(octet) : '.')).join('');
    lines.push(`${indent}${at.toString(16).padStart(4, '0')} - ${pairs.padEnd(3 * PER_LINE)}  ${text}`);
  }
  return lines;
}
