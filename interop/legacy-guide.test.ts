/**
 * The guide to old devices, run: its code is one program, and prints what stands below each block.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const guide = readFileSync('docs/guide/legacy.md', 'utf8');
const blocksOf = (language: string) =>
  [...guide.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter((match) => match[1] === language).map((match) => match[2] as string);

it('the code of docs/guide/legacy.md prints what the guide promises', () => {
  const [code, promised] = [blocksOf('js'), blocksOf('')];
  expect(code).toHaveLength(promised.length);
  const marked = code.map((block, i) => `${block}\nconsole.log('--- ${i}');`);
  const printed = execFileSync(process.execPath, ['--input-type=module', '-'], { input: marked.join('\n'), encoding: 'utf8' });
  expect(printed.split(/^--- \d+\n/m).slice(0, -1)).toEqual(promised);
});
