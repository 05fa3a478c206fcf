/** Numbers of bytes as people write them: `4096`, `128MB` (millions, as disks are sold), `1GiB` (powers of 1024). */

import { UsageError } from './failure.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** Throws `UsageError` for anything else; `what` names the option or operand. */
export function parseSize(text: string, what: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  const size = Number(number) * (factor ?? Number.NaN);
  if (Number.isSafeInteger(size)) return size;
  throw new UsageError(`${what} is a number of bytes, as in 4096, 128MB or 1GiB, not ${JSON.stringify(text)}`);
}

/** Three digits and a unit: `999 B`, `1.02 kB`, `128 MB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // What would be rounded to 1000 belongs to the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits).replace(/\.0+$/, '')} ${units[unit]}`;
}
