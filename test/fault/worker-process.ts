import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithRun } from '../support/end-with-run.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import type { TestDatabase } from '../support/test-database.js';

interface ProcessOptions {
  /** Worker by default. */
  readonly role?: 'api' | 'worker';
  /** This one by default. */
  readonly program?: string;
}

/** `dovecote serve` on the database, in a process that can be killed. */
export class WorkerProcess {
  private output = '';

  private readonly child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    endWithRun(child);
  }

  static start(
    database: TestDatabase,
    more: Record<string, string> = {},
    { role = 'worker', program = 'dist/main.js' }: ProcessOptions = {},
  ): WorkerProcess {
    const env = {
      ...process.env,
      DATABASE_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      MASTER_KEY: testMasterKey.toString('base64'),
      LOG_FORMAT: 'json',
      ...more,
    };
    return new WorkerProcess(
      spawn(process.execPath, [program, 'serve', '--role', role], { env, stdio: 'pipe' }),
    );
  }

  get log(): string {
    return this.output;
  }

  /** On its own. */
  get hasEnded(): boolean {
    return this.child.exitCode !== null;
  }

  /** Not ended, neither by us nor on its own. */
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** As the kernel does it when memory runs out: nothing is finished, nobody is told. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }

  /** As an operator stops it: what it has begun is finished or handed back. */
  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  /** As a machine that is suspended: it neither works nor ends, and knows nothing of it afterwards. */
  freeze(): void {
    this.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.child.kill('SIGCONT');
  }
}

/** The workers of a spec. */
export class WorkerProcesses {
  private workers: WorkerProcess[] = [];

  private readonly database: () => TestDatabase;

  constructor(database: () => TestDatabase) {
    this.database = database;
  }

  /** `program`: this one by default. */
  start(env: Record<string, string> = {}, program?: string): WorkerProcess {
    const worker = WorkerProcess.start(this.database(), env, { program });
    this.workers.push(worker);
    return worker;
  }

  /** Waits until all are at work: one that is cut off in the middle of its start rightly gives up. */
  async atWork(): Promise<void> {
    await this.declareDead();
    await eventually('every worker beats', async () => {
      const [row] = await this.database().query<{ count: number }>(
        `select count(*)::int as count from worker_heartbeat
          where lane in ('campaign', '') and seen_at between now() - interval '10 seconds' and now() + interval '10 seconds'`,
      );
      return row?.count === this.running.length;
    });
  }

  get running(): readonly WorkerProcess[] {
    return this.workers.filter((worker) => worker.isRunning);
  }

  /** The last words of those that have ended without being killed. */
  get lastWords(): string[] {
    return this.workers.flatMap((worker) => (worker.hasEnded ? [worker.log.slice(-2_000)] : []));
  }

  async killAll(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill()));
    this.workers = [];
  }

  /**
   * Makes the others believe at once what they otherwise believe after ten seconds: that a worker is dead. One that is
   * not, and is taken for dead, must do no harm either.
   */
  async declareDead(): Promise<void> {
    await this.declare('true');
  }

  /**
   * The same for those that were silent for two beats: what a killed process had sent still arrives, after it was
   * declared dead, and makes it look alive once more.
   */
  async declareSilentDead(): Promise<void> {
    await this.declare(`seen_at < now() - interval '5 seconds'`);
  }

  /** Makes all locks old: only those on jobs that no worker has may be released. */
  async ageLocks(): Promise<void> {
    await this.database().query(
      `update graphile_worker._private_jobs set locked_at = locked_at - interval '1 minute'
        where id = any (array(select id from graphile_worker._private_jobs where locked_at is not null for update skip locked))`,
    );
  }

  /** A job that has failed tries again after ever longer pauses: not in a spec. */
  async hurry(): Promise<void> {
    await this.database().query(
      'update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now() and attempts > 0',
    );
  }

  private async declare(which: string): Promise<void> {
    // A process that was frozen in the middle keeps its locks; the database's clock may have been set back.
    await this.database().query(
      `update worker_heartbeat set seen_at = least(seen_at, now()) - interval '1 minute'
        where worker_id = any (array(select worker_id from worker_heartbeat where ${which} for update skip locked))`,
    );
    await this.database().query(
      `update graphile_worker._private_jobs set locked_at = least(locked_at, now()) - interval '1 minute'
        where id = any (array(
          select id from graphile_worker._private_jobs
           where locked_at is not null and not exists
             (select from worker_heartbeat where worker_id = locked_by and seen_at > now() - interval '10 seconds')
             for update skip locked))`,
    );
  }
}
