import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root } from './page.js';

// curl exits with 0 for an HTTP error by default; a page that shows a refused call is wrong. ERR traps every
// failing command, as in a terminal.
const prelude = `set -E -o pipefail; trap 'failed=1' ERR; curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; }`;

/** The variables of a reader's terminal: the marks of Jest are not in it. */
export function terminalEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(NODE_|npm_|JEST_|DOVECOTE_TEST_)/.test(name),
  );
  const path = [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  return { ...Object.fromEntries(own), ...more, PATH: path };
}

/** A terminal in the project's folder, in which the blocks of a page are run one after the other. */
export class Shell {
  private readonly bash: ChildProcess;
  private readonly folder: string;
  private output: string;
  private blocks: number;

  private constructor(bash: ChildProcess, folder: string, output = '', blocks = 0) {
    this.bash = bash;
    this.folder = folder;
    this.output = output;
    this.blocks = blocks;
    for (const stream of [bash.stdout, bash.stderr])
      stream?.on('data', (data: Buffer) => (this.output += data.toString()));
    // Do not outlive a run that is interrupted.
    process.once('exit', () => this.kill());
  }

  static async open(env: Record<string, string> = {}): Promise<Shell> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-docs-'));
    const bash = spawn('bash', ['--noprofile', '--norc'], {
      cwd: root,
      env: terminalEnvironment(env),
      stdio: 'pipe',
      detached: true,
    });
    bash.stdin.write(`${prelude}\n`);
    return new Shell(bash, folder);
  }

  /** Runs the code; variables and functions stay. Returns what it printed, or throws that when a command fails. */
  async run(code: string): Promise<string> {
    this.blocks += 1;
    const file = join(this.folder, `block-${this.blocks}.sh`);
    const end = `-- end of block ${this.blocks} --`;
    await writeFile(file, `${code}\n`);
    this.output = '';
    this.bash.stdin?.write(`failed=0; source '${file}'; printf '\\n%s %s\\n' '${end}' $failed\n`);
    const ending = RegExp(`${end} ([01])\\n`);
    while (!ending.test(this.output)) {
      if (this.bash.exitCode !== null) throw new Error(`The terminal has ended.\n${code}\n${this.output}`);
      const waiting = new AbortController();
      const { signal } = waiting;
      await Promise.race([once(this.bash.stdout!, 'data', { signal }), once(this.bash, 'exit', { signal })]);
      // Takes off the listener of the event that did not come.
      waiting.abort();
    }
    const printed = this.output.slice(0, this.output.indexOf(end)).trim();
    if (ending.exec(this.output)?.[1] === '1') throw new Error(`A command failed.\n${code}\n${printed}`);
    return printed;
  }

  /** What has been printed since the last block began; for those that run on in the background. */
  get printed(): string {
    return this.output;
  }

  async close(): Promise<void> {
    const exited = this.bash.exitCode === null && this.bash.signalCode === null && once(this.bash, 'exit');
    this.kill();
    await exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  private kill(): void {
    try {
      // Kills the whole process group: what a block started ends with the terminal.
      if (this.bash.pid) process.kill(-this.bash.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
}
