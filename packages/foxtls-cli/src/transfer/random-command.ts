/** `foxtls random`: a file of random bytes, to be sent and compared. */

import { randomBytes } from 'node:crypto';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { defineCommand } from '../command/command.ts';
import { CommandFailure } from '../command/failure.ts';
import { startProgress } from '../command/progress.ts';
import { createReport, JSON_OPTION } from '../command/report.ts';
import { parseSize } from '../command/sizes.ts';
import type { Terminal } from '../command/terminal.ts';
import { PartialFile } from './partial-file.ts';

const CHUNK = 1024 * 1024;
const randomChunk = promisify(randomBytes);

export const randomCommand = defineCommand({
  name: 'random',
  summary: 'make a file of random bytes, to try a transfer with',
  operands: 'BYTES',
  minOperands: 1,
  maxOperands: 1,
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: 'what it is called (random-BYTES.bin)' },
    overwrite: { type: 'boolean', help: 'replace a file that is there' },
    ...JSON_OPTION,
  },
  notes: ['BYTES is a number, or one with a unit: 128MB are 128,000,000 bytes, 128MiB are 134,217,728.'],
  examples: [
    { purpose: '128 million bytes, in random-128000000.bin', line: 'foxtls random 128MB' },
    { purpose: 'a kibibyte', line: 'foxtls random 1KiB --out small.bin' },
  ],
  async run({ options, operands: [text = ''] }, terminal) {
    const bytes = parseSize(text, 'BYTES');
    const path = options.out ?? `random-${bytes}.bin`;
    await writeRandomFile(path, bytes, { overwrite: options.overwrite ?? false }, terminal);
    createReport(options, terminal).say(`${bytes} random bytes in ${path}`, { event: 'made', path, bytes });
  },
});

/** Whole or not at all. */
export async function writeRandomFile(
  path: string,
  bytes: number,
  { overwrite }: { readonly overwrite: boolean },
  terminal: Terminal,
): Promise<void> {
  const file = await PartialFile.create({ folder: dirname(path), name: basename(path), overwrite });
  const progress = startProgress({ title: path, total: bytes }, terminal);
  let isStopped = false;
  const undo = terminal.onStop(() => {
    isStopped = true;
  });
  try {
    for (let done = 0; done < bytes && !isStopped; done += CHUNK) {
      const chunk = await randomChunk(Math.min(CHUNK, bytes - done));
      await new Promise<void>((resolve, reject) => {
        file.write(chunk, (error) => (error ? reject(error) : resolve()));
      });
      progress.advance(done + chunk.length);
    }
    if (isStopped) throw new CommandFailure('stopped: there is no file');
    await file.keep();
  } finally {
    undo();
    progress.end();
    await file.discard();
  }
}
