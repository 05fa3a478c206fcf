import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotKept } from './not-kept.ts';
import { PartialFile, sweep } from './partial-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foxtls-partial-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const create = (name: string, overwrite = false) => PartialFile.create({ folder, name, overwrite });
const inFolder = () => readdirSync(folder).sort();

describe('PartialFile', () => {
  it('is there when it is whole, under its name alone', async () => {
    const file = await create('a.txt');
    file.write('one ');
    file.write('two ');
    file.write('three');
    expect(inFolder()).toEqual([expect.stringMatching(/^\.foxtls-.*\.part$/)]);
    await file.keep();
    expect(inFolder()).toEqual(['a.txt']);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('one two three');
  });

  it('can be empty', async () => {
    await (await create('empty')).keep();
    expect(readFileSync(join(folder, 'empty'))).toHaveLength(0);
  });

  it('makes whoever writes wait', async () => {
    const file = await create('large');
    const chunk = Buffer.alloc(300_000, 'x');
    expect([1, 2, 3, 4].map(() => file.write(chunk))).toEqual([true, true, true, false]);
    await file.keep();
    expect(readFileSync(join(folder, 'large'))).toHaveLength(1_200_000);
  });

  it('leaves nothing when it is given up', async () => {
    const file = await create('a.txt');
    file.write('half');
    await file.discard();
    await file.discard();
    expect(inFolder()).toEqual([]);
  });

  it('replaces nothing unless it was told to', async () => {
    writeFileSync(join(folder, 'a.txt'), 'old');
    await expect(create('a.txt')).rejects.toThrow(/a\.txt exists already: .*--overwrite/);
    const file = await create('a.txt', true);
    file.write('new');
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('old');
    await file.keep();
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('new');
    expect(inFolder()).toEqual(['a.txt']);
  });

  it('replaces nothing that came meanwhile', async () => {
    const file = await create('a.txt');
    file.write('late');
    writeFileSync(join(folder, 'a.txt'), 'early');
    await expect(file.keep()).rejects.toThrow(NotKept);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('early');
    expect(inFolder()).toEqual(['a.txt']);
  });

  it('does not write through a link, not even a dangling one', async () => {
    const outside = join(folder, 'outside');
    symlinkSync(outside, join(folder, 'link'));
    await expect(create('link')).rejects.toThrow(/exists already/);
    const file = await create('link', true);
    file.write('x');
    await file.keep();
    expect(inFolder()).toEqual(['link']);
  });

  it('says that a folder is no file, and that there is no folder', async () => {
    mkdirSync(join(folder, 'sub'));
    await expect(create('sub', true)).rejects.toThrow(/sub is a folder/);
    await expect(PartialFile.create({ folder: join(folder, 'none'), name: 'a', overwrite: false })).rejects.toThrow(
      /none: there is no such file or folder/,
    );
  });
});

describe('sweep', () => {
  it('removes what a program left that is no more, and nothing else', async () => {
    const mine = await create('a.txt');
    const [own = ''] = inFolder();
    const { pid } = spawnSync('true');
    const dead = own.replace(String(process.pid), String(pid));
    const elsewhere = dead.replace(/^\.foxtls-\w{8}/, '.foxtls-00000000');
    for (const name of [dead, elsewhere, 'b.part', '.foxtls-note']) writeFileSync(join(folder, name), 'x');
    expect(await sweep(folder)).toBe(1);
    expect(inFolder()).toEqual([own, elsewhere, 'b.part', '.foxtls-note'].sort());
    await mine.discard();
  });
});
