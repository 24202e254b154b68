import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../config/config.module.js';
import type { Config } from '../config/index.js';
import type { Task } from '../jobs/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../worker/index.js';

export const backupTask: Task = { name: 'backup.run', lane: 'background', priority: 'low' };

/** How much of what the command prints is logged. */
const MOST_LINES = 5;

/**
 * Makes the scheduled backup: by the command, in a child process, because a server does not work as the owner of the
 * tables. Two at once are impossible, whatever starts them; a worker that dies leaves its job to another one.
 */
@Injectable()
@HandlesJob({ task: backupTask })
export class BackupJob implements JobHandler {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly log: PinoLogger,
  ) {
    log.setContext('backup');
  }

  async handle(_payload: Record<string, unknown>, { signal }: JobContext): Promise<void> {
    const { target, keep } = this.config.backup;
    // The schedule was removed since the job was enqueued.
    if (target === undefined) return;
    const { exitCode, lines } = await this.run(['backup', target, '--keep', String(keep)], signal);
    if (exitCode === 0) return this.log.info({ lines }, 'backup made');
    this.log.error({ lines, exitCode }, 'backup failed');
    throw new Error(`The backup failed: ${lines.at(-1) ?? 'it printed nothing'}`);
  }

  /** The program that this process runs, with the same variables. */
  private async run(
    words: readonly string[],
    signal: AbortSignal,
  ): Promise<{ exitCode: number | null; lines: readonly string[] }> {
    const [, program = ''] = process.argv;
    const child = spawn(process.execPath, [...process.execArgv, program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stop = (): boolean => child.kill();
    signal.addEventListener('abort', stop, { once: true });
    const lines: string[] = [];
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => {
        lines.push(line);
        if (lines.length > MOST_LINES) lines.shift();
      });
    try {
      const [exitCode] = (await once(child, 'close')) as [number | null];
      return { exitCode, lines };
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
