import type { Finding } from './finding.js';
import { fail, ok } from './finding.js';

/** Connections of PostgreSQL, and the processes that hold them. */
export interface Connections {
  /** For roles that are not superusers: `max_connections` less what is reserved. */
  readonly allowed: number;
  /** Open now, of all roles and databases. */
  readonly used: number;
  /** Those of other roles, which `used` includes. */
  readonly ofOthers: number;
  /** Processes of Dovecote that run. */
  readonly processes: number;
  /** Those that run jobs, which `processes` includes. */
  readonly workers: number;
}

/** Connections that one process opens at most. */
export interface PerProcess {
  readonly process: number;
  /** Beside these, of one that runs jobs. */
  readonly worker: number;
}

/** Whether all processes can have their connections at once. Without a running process: those of one that runs jobs. */
export function judgeConnections(found: Connections, per: PerProcess): Finding {
  const processes = Math.max(1, found.processes);
  const workers = Math.max(1, found.workers);
  const most = processes * per.process + workers * per.worker;
  const text = `${found.used} of ${found.allowed} used; ${counted(processes, 'process', 'es')}, of which ${counted(workers, 'worker', 's')}, may use ${most}`;
  if (most + found.ofOthers <= found.allowed) return ok('connections', text);
  const others = found.ofOthers > 0 ? ` beside ${found.ofOthers} of other roles` : '';
  return fail(
    'connections',
    `${text}${others}`,
    'Raise max_connections of PostgreSQL, or lower DATABASE_POOL_SIZE, WORKER_CONCURRENCY or WORKER_WEBHOOK_CONCURRENCY.',
  );
}

function counted(count: number, noun: string, plural: string): string {
  return `${count} ${noun}${count === 1 ? '' : plural}`;
}
