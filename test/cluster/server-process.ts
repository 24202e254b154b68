import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../support/eventually.js';

/** `dovecote serve` in one role, in a process of its own that can be stopped as an operator does, and started again. */
export class ServerProcess {
  private child: ChildProcess | undefined;
  private output = '';

  readonly role: 'api' | 'worker';
  private readonly env: Record<string, string>;
  readonly port: number;

  constructor(role: 'api' | 'worker', env: Record<string, string>, port = 0) {
    this.role = role;
    this.env = env;
    this.port = port;
    // Do not outlive a run that is interrupted.
    process.once('exit', () => this.child?.kill('SIGKILL'));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The lines of errors. */
  get errors(): string[] {
    return this.output.split('\n').filter((line) => /"level":(50|60|"error"|"fatal")/.test(line));
  }

  async start(): Promise<void> {
    const env = { ...process.env, ...this.env, PORT: String(this.port) };
    const child = spawn(process.execPath, ['dist/main.js', 'serve', '--role', this.role], {
      env,
      stdio: 'pipe',
    });
    this.child = child;
    const before = this.output.length;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    await eventually(
      `the ${this.role} is ready`,
      async () => {
        if (child.exitCode !== null) throw new Error(this.output);
        if (this.role === 'worker') return this.output.slice(before).includes('looking for jobs');
        return (await fetch(`${this.url}/health/ready`)).ok;
      },
      60_000,
    );
  }

  /** Asks it to finish; resolves with its exit code. */
  async stop(): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  }
}
