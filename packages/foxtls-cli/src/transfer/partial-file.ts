/**
 * A file that is there when it is whole, and not before.
 *
 * ```
 *   create ──▶ .foxtls-HOST-PID-RANDOM.part ──write…──▶ keep ──▶ NAME
 *                                             └───────▶ destroy (or any error) ──▶ nothing
 * ```
 * Whoever is killed leaves the first of them behind, under a name that nobody takes for the file's: `sweep` removes those of programs that are no
 * more. Nothing that exists is replaced without `overwrite`, not even what came meanwhile.
 */

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { describeFailure } from '../command/failure.ts';
import { NotKept } from './not-kept.ts';

export interface Place {
  readonly folder: string;
  readonly name: string;
  readonly overwrite: boolean;
}

/** What is held in memory before whoever writes is told to wait. */
const HIGH_WATER_MARK = 1024 * 1024;
/** What file systems without hard links say. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL', 'EMLINK', 'EXDEV'];

export class PartialFile extends Writable {
  /** Where the file will be. */
  readonly path: string;
  readonly #place: Place;
  readonly #temporary: string;
  #handle: FileHandle | undefined;

  private constructor(place: Place, temporary: string, handle: FileHandle) {
    super({ highWaterMark: HIGH_WATER_MARK });
    this.path = join(place.folder, place.name);
    this.#place = place;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** Rejects with `NotKept` where the file exists already, or cannot be. */
  static async create(place: Place): Promise<PartialFile> {
    const path = join(place.folder, place.name);
    const existing = lstatSync(path, { throwIfNoEntry: false });
    if (existing?.isDirectory()) throw new NotKept(`${path} is a folder`, 'there is a folder of that name');
    if (existing !== undefined && !place.overwrite) throw alreadyThere(path);
    const temporary = join(place.folder, `.foxtls-${hostMark()}-${process.pid}-${randomBytes(8).toString('hex')}.part`);
    const handle = await open(temporary, 'wx').catch((error: unknown) => {
      throw failureIn(place.folder, error);
    });
    return new PartialFile(place, temporary, handle);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#append([chunk]).then(() => callback(), callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#append(chunks.map(({ chunk }) => chunk)).then(() => callback(), callback);
  }

  async #append(chunks: readonly Buffer[]): Promise<void> {
    let left = chunks;
    while (left.length > 0) {
      const { bytesWritten } = await (this.#handle as FileHandle).writev(left).catch((error: unknown) => {
        throw failureIn(this.#place.folder, error);
      });
      left = without(left, bytesWritten);
    }
  }

  /** The file is whole: it takes its name. Rejects, and leaves nothing, where that cannot be. */
  async keep(): Promise<void> {
    this.end();
    await finished(this);
  }

  override _final(callback: (error?: Error | null) => void): void {
    const take = async () => {
      await this.#handle?.sync();
      await this.#takeName();
    };
    take().then(
      () => callback(),
      (error: unknown) => callback(error instanceof NotKept ? error : failureIn(this.#place.folder, error)),
    );
  }

  async #takeName(): Promise<void> {
    if (this.#place.overwrite) return rename(this.#temporary, this.path);
    try {
      // Unlike a renaming, it replaces nothing.
      await link(this.#temporary, this.path);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST' || existsSync(this.path)) throw alreadyThere(this.path);
      if (!NO_LINKS.includes(code)) throw error;
      await rename(this.#temporary, this.path);
    }
  }

  /** Resolves when everything but a kept file is gone. */
  discard(): Promise<void> {
    return new Promise((resolve) => {
      if (this.closed) return resolve();
      this.once('close', resolve);
      this.destroy();
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const handle = this.#handle;
    this.#handle = undefined;
    const close = async () => {
      await handle?.close();
      await rm(this.#temporary, { force: true });
    };
    close().then(
      () => callback(error),
      (failure: Error) => callback(error ?? failure),
    );
  }
}

/** Removes what programs that are no more have left in a folder. Gives how many there were. */
export async function sweep(folder: string): Promise<number> {
  let swept = 0;
  for (const name of await readdir(folder)) {
    const [, host, pid] = /^\.foxtls-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.part$/.exec(name) ?? [];
    if (host !== hostMark() || isAlive(Number(pid))) continue;
    await rm(join(folder, name), { force: true });
    swept++;
  }
  return swept;
}

/** A folder may be shared by machines, whose processes are not ours to judge. */
function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function alreadyThere(path: string): NotKept {
  return new NotKept(`${path} exists already: move it away, or give --overwrite`, 'there is a file of that name already');
}

/** What cannot be done to a file in the folder: the file's own name is a passing one. */
function failureIn(folder: string, error: unknown): NotKept {
  const { code, message } = error as NodeJS.ErrnoException;
  const words = describeFailure(Object.assign(new Error(message), { code }));
  return new NotKept(`${folder}: ${words}`, words);
}

/** What is left of `chunks` behind the first `size` bytes. */
function without(chunks: readonly Buffer[], size: number): Buffer[] {
  let skip = size;
  return chunks.flatMap((chunk) => {
    const cut = Math.min(skip, chunk.length);
    skip -= cut;
    return cut === chunk.length ? [] : [chunk.subarray(cut)];
  });
}
