import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';

const KIBIBYTE = 1_024;

/** A disk in memory, whose size can be changed. Root on Linux can mount one. */
export class SmallDisk {
  readonly folder: string;
  private readonly kibibytes: number;

  private constructor(folder: string, kibibytes: number) {
    this.folder = folder;
    this.kibibytes = kibibytes;
  }

  /** Undefined where it cannot be mounted. */
  static async mount(mebibytes: number): Promise<SmallDisk | undefined> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-disk-'));
    const kibibytes = mebibytes * KIBIBYTE;
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder], {
        stdio: 'ignore',
      });
      return new SmallDisk(folder, kibibytes);
    } catch {
      await rm(folder, { recursive: true });
      return undefined;
    }
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder);
    return bavail * bsize;
  }

  /** Leaves so little space free. A write in the meantime makes it begin again. */
  async shrink(freeKibibytes: number): Promise<void> {
    await eventually('the disk is full', async () => {
      const { blocks, bfree, bsize } = await statfs(this.folder);
      this.resize(Math.ceil(((blocks - bfree) * bsize) / KIBIBYTE) + freeKibibytes);
      return true;
    });
  }

  /** As large as it was. */
  restore(): void {
    this.resize(this.kibibytes);
  }

  async unmount(): Promise<void> {
    execFileSync('umount', [this.folder]);
    await rm(this.folder, { recursive: true });
  }

  private resize(kibibytes: number): void {
    execFileSync('mount', ['-o', `remount,size=${kibibytes}k`, this.folder], { stdio: 'ignore' });
  }
}
