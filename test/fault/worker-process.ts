import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { testMasterKey } from '../support/template-database.js';
import type { TestDatabase } from '../support/test-database.js';

/** `dovecote serve --role worker` on the database, in a process that can be killed. */
export class WorkerProcess {
  private output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    // Do not outlive a run that is interrupted.
    process.once('exit', () => child.kill('SIGKILL'));
  }

  static start(database: TestDatabase): WorkerProcess {
    const env = {
      ...process.env,
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      MASTER_KEY: testMasterKey.toString('base64'),
      LOG_FORMAT: 'json',
    };
    return new WorkerProcess(
      spawn(process.execPath, ['dist/main.js', 'serve', '--role', 'worker'], { env, stdio: 'pipe' }),
    );
  }

  get log(): string {
    return this.output;
  }

  /** As the kernel does it when memory runs out: nothing is finished, nobody is told. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
