import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithRun } from './end-with-run.js';
import { eventually } from './eventually.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What `npx dovecote` runs. */
export const npxDovecote = join(root, 'scripts/dovecote.mjs');
/** What the container image runs. */
export const built = join(root, 'dist/main.js');

export interface CommandOptions {
  /** Beside a path, a home and the cache of compiled code: nothing of ours is inherited. */
  readonly env: Record<string, string>;
  /** Where the operator stands. */
  readonly folder: string;
  readonly program?: string;
}

export interface CommandResult {
  readonly exitCode: number | null;
  readonly output: string;
}

/** A command of Dovecote in a process of its own, as an operator runs it. */
export class Command {
  private text = '';
  private readonly closed: Promise<unknown[]>;

  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.closed = once(child, 'close');
    endWithRun(child);
  }

  static start(words: readonly string[], { env, folder, program = built }: CommandOptions): Command {
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
    const options = { cwd: folder, env: { PATH, HOME, NODE_COMPILE_CACHE, ...env }, stdio: 'pipe' } as const;
    return new Command(spawn(process.execPath, [program, ...words], options));
  }

  /** Runs it to its end; one that hangs is killed, and has no exit code. */
  static async run(
    words: readonly string[],
    options: CommandOptions,
    patienceMs = 60_000,
  ): Promise<CommandResult> {
    const command = Command.start(words, options);
    const kill = setTimeout(() => command.child.kill('SIGKILL'), patienceMs);
    const result = await command.result();
    clearTimeout(kill);
    return result;
  }

  get output(): string {
    return this.text;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until it has printed what matches; fails with all it printed when it ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    return eventually(
      `the command prints ${pattern}`,
      async () => {
        const found = pattern.exec(this.text);
        if (!found && this.hasEnded) throw new Error(`It ended: ${this.text}`);
        return found;
      },
      60_000,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async result(): Promise<CommandResult> {
    const [exitCode] = (await this.closed) as [number | null];
    return { exitCode, output: this.text };
  }

  /** Asks it to finish. */
  async stop(): Promise<CommandResult> {
    this.signal('SIGTERM');
    return this.result();
  }
}
