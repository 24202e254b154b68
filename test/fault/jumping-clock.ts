import { glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Debian package libfaketime, for the processor of this machine. */
async function findLibrary(): Promise<string | undefined> {
  for await (const file of glob('/usr/lib/*/faketime/libfaketime.so.1')) return file;
  return undefined;
}

/** The clock of a PostgreSQL, which jumps when told, for all that runs in it. The time that passes is that of the machine. */
export class JumpingClock {
  private readonly folder: string;
  private readonly library: string;

  private constructor(folder: string, library: string) {
    this.folder = folder;
    this.library = library;
  }

  /** Undefined without libfaketime. */
  static async create(): Promise<JumpingClock | undefined> {
    const library = await findLibrary();
    if (!library) return undefined;
    const clock = new JumpingClock(await mkdtemp(join(tmpdir(), 'dovecote-clock-')), library);
    await clock.set(0);
    return clock;
  }

  /** So many seconds ahead of the clock of the machine, or behind it. */
  async set(seconds: number): Promise<void> {
    await writeFile(this.file, `${seconds < 0 ? '' : '+'}${seconds}`);
  }

  /** A program that runs another one by this clock. */
  async wrap(program: string): Promise<string> {
    const wrapper = join(this.folder, 'wrapped');
    const environment = [
      `LD_PRELOAD='${this.library}'`,
      `FAKETIME_TIMESTAMP_FILE='${this.file}'`,
      // Looks at the file each time.
      'FAKETIME_NO_CACHE=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ].join(' ');
    await writeFile(wrapper, `#!/bin/sh\n${environment} exec '${program}' "$@"\n`, { mode: 0o755 });
    return wrapper;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }

  private get file(): string {
    return join(this.folder, 'clock');
  }
}
