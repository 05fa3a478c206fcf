/**
 * The programs of a guide, run: what stands below one of them is what it prints.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInteropPki, type InteropPki } from './pki.ts';
import { findFreePort } from './ports.ts';

/** Every block of TypeScript is a program of its own. A key, a certificate and a free port take the place of `key.pem`, `cert.pem` and the guide's port. */
export function testPrograms(path: string, guidePort: string): void {
  const guide = readFileSync(path, 'utf8');
  const programs = [...guide.matchAll(/^```ts\n([\s\S]*?)^```\n```\n([\s\S]*?)^```$/gm)].map((match, i) => ({
    name: `program ${i + 1}`,
    code: match[1] as string,
    promised: match[2] as string,
  }));

  let pki: InteropPki;
  beforeAll(async () => {
    pki = await createInteropPki();
  });
  afterAll(() => pki?.remove());

  describe(path, () => {
    it('has a promise below every program', () => {
      expect(programs).toHaveLength(guide.split('```ts').length - 1);
    });

    it.each(programs)('keeps what it promises: $name', async ({ code, promised }) => {
      const { certPath, keyPath } = pki.servers.p256;
      const port = await findFreePort();
      const program = code
        .replaceAll("'key.pem'", `'${keyPath}'`)
        .replaceAll("'cert.pem'", `'${certPath}'`)
        .replaceAll(guidePort, `${port}`);
      expect(print(program, 20_000)).toBe(promised);
    });
  });
}

/** All blocks of JavaScript are one program. */
export function testOneProgram(path: string): void {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const blocksOf = (language: string) => blocks.filter((match) => match[1] === language).map((match) => match[2] as string);

  it(`the code of ${path} prints what the guide promises`, () => {
    const [code, promised] = [blocksOf('js'), blocksOf('')];
    expect(code).toHaveLength(promised.length);
    const marked = code.map((block, i) => `${block}\nconsole.log('--- ${i}');`);
    const printed = print(marked.join('\n'));
    expect(printed.split(/^--- \d+\n/m).slice(0, -1)).toEqual(promised);
  });
}

/** What a program prints. It is a file, so that it can start itself in a thread, and stands where it finds foxtls. */
function print(program: string, timeout?: number): string {
  const folder = mkdtempSync(join('node_modules', '.guide-'));
  try {
    const file = join(folder, 'program.mjs');
    writeFileSync(file, program);
    return execFileSync(process.execPath, [file], { encoding: 'utf8', timeout });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
