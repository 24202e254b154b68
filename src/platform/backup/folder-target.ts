import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupError, type BackupTarget } from './backup-target.js';
import { manifestName } from './manifest-name.js';

const MEBIBYTE = 1024 * 1024;

/** A folder, for its owner only. */
export class FolderTarget implements BackupTarget {
  readonly place: string;

  /** `reserve`: bytes of the disk that stay free, for the databases may be on the same one. */
  constructor(
    folder: string,
    private readonly reserve: number,
  ) {
    this.place = resolve(folder);
  }

  async names(): Promise<readonly string[]> {
    return readdir(this.place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      if (error.code === 'ENOTDIR') throw new BackupError(`${this.place} is a file, not a folder.`);
      throw error;
    });
  }

  async put(name: string, source: Readable): Promise<void> {
    const path = join(this.place, ...name.split('/'));
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await this.requireSpace(0);
    // Under another name until it is whole: the manifest is either all there or missing.
    const partial = `${path}.part`;
    await pipeline(source, createWriteStream(partial, { mode: 0o600, flush: true }));
    await rename(partial, path);
    await flushFolder(dirname(path));
  }

  async read(name: string): Promise<Readable> {
    try {
      return (await open(join(this.place, ...name.split('/')))).createReadStream({
        highWaterMark: MEBIBYTE,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw new BackupError(`${name} is missing in ${this.place}.`);
      throw error;
    }
  }

  within(name: string): BackupTarget {
    return new FolderTarget(join(this.place, name), this.reserve);
  }

  async remove(): Promise<void> {
    await rm(join(this.place, manifestName), { force: true });
    await rm(this.place, { recursive: true, force: true });
  }

  /** Refuses what the disk cannot take beside its reserve. */
  async requireSpace(bytes: number): Promise<void> {
    await mkdir(this.place, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(this.place);
    const free = bavail * bsize;
    if (free >= bytes + this.reserve) return;
    throw new BackupError(
      `The disk of ${this.place} has ${inMiB(free)} MiB left; the backup needs about ${inMiB(bytes)}, and ${inMiB(this.reserve)} stay free (ANALYTICS_FREE_DISK_MIB).`,
    );
  }
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE);
}

/** A new name survives a power cut when its folder is on the disk. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
