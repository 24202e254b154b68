import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { endWithRun } from './end-with-run.js';
import { eventually } from './eventually.js';
import { testMasterKey } from './template-database.js';
import type { TestDatabase } from './test-database.js';

/** `dovecote render` on the database, in a process that can be killed. */
export class RenderProcess {
  private output = '';

  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    endWithRun(child);
  }

  static async start(
    database: TestDatabase,
    port: number,
    internal: Record<string, string>,
  ): Promise<RenderProcess> {
    const env = {
      ...process.env,
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      MASTER_KEY: testMasterKey.toString('base64'),
      LOG_FORMAT: 'json',
      INTERNAL_PORT: String(port),
      ...internal,
    };
    const renderer = new RenderProcess(
      spawn(process.execPath, ['dist/main.js', 'render'], { env, stdio: 'pipe' }),
    );
    await eventually('the render process listens', () => accepts(port), 60_000).catch((error: unknown) => {
      throw new Error(renderer.log, { cause: error });
    });
    return renderer;
  }

  get log(): string {
    return this.output;
  }

  /** As if it hung: calls arrive, and nothing happens. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  /** As the kernel does it when memory runs out: nothing is finished, nobody is told. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
