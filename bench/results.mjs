// What the benchmarks share: the middle of the figures of the rounds, ratios of them, and the page that keeps the tables.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** `MEDIAN (min / median / max of the ratios to base, round by round)` */
export function figureWithRatios(values, base, digits) {
  const ratios = values.map((value, round) => value / base[round]);
  const range = [Math.min(...ratios), median(ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2)).join(' / ');
  return `${median(values).toFixed(digits)} (${range})`;
}

/** Puts a table on top of results.md, under today's date, with the machine and the command. */
export function addResults(script, rounds, lines) {
  const path = fileURLToPath(new URL('results.md', import.meta.url));
  const kind = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}, OpenSSL ${process.versions.openssl}`;
  // As a shell takes it.
  const words = process.argv.slice(2).map((word) => (/[^\w./-]/.test(word) ? `'${word}'` : word));
  const command = ['node', script, ...words].join(' ');
  const entry = [
    `## ${new Date().toISOString().slice(0, 10)}`,
    '',
    `${kind}; ${rounds} rounds; \`${command}\``,
    '',
    ...lines,
    '',
  ];
  const [title, ...rest] = readFileSync(path, 'utf8').split(/^(?=## )/m);
  writeFileSync(path, [title, `${entry.join('\n')}\n`, ...rest].join(''));
}
