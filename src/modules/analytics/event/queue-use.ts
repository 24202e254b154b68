import { Injectable } from '@nestjs/common';
import type { Project } from '../../../platform/caller/project.js';
import { Database } from '../../../platform/database/index.js';
import { IngestQueueStore, drainSettings } from './ingest-queue.store.js';
import type { QueueUse } from './queue-limits.rules.js';

const FRESH_MS = 1_000;
/** A long queue takes long to measure: that is done for at most a twentieth of the time. */
const SPARING = 20;

type QueuedProject = Pick<Project, 'orgId' | 'number'>;

class Octets {
  total = 0;
  readonly byOrganization = new Map<string, number>();
  readonly byProject = new Map<number, number>();

  add({ orgId, number }: QueuedProject, octets: number): void {
    this.total += octets;
    raise(this.byOrganization, orgId, octets);
    raise(this.byProject, number, octets);
  }

  addAll({ total, byOrganization, byProject }: Octets): void {
    this.total += total;
    for (const [orgId, octets] of byOrganization) raise(this.byOrganization, orgId, octets);
    for (const [number, octets] of byProject) raise(this.byProject, number, octets);
  }
}

/**
 * How much waits in the queue, as a process knows it without asking at each request: what was measured within the last
 * seconds, and what it has added since. Several processes together can exceed a limit by what they accept in that time.
 */
@Injectable()
export class QueueUses {
  private measured = new Octets();
  /** Before the measurement that is under way, and since then. */
  private addedBefore = new Octets();
  private added = new Octets();
  private measuring: Promise<void> | undefined;
  private freshUntil = 0;

  constructor(
    private readonly database: Database,
    private readonly store: IngestQueueStore,
  ) {}

  /** Waits for the first measurement only. */
  async of(project: QueuedProject): Promise<QueueUse> {
    if (performance.now() >= this.freshUntil) {
      const isFirst = this.freshUntil === 0;
      this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
      if (isFirst) await this.measuring;
      else this.measuring.catch(() => undefined);
    }
    const parts = [this.measured, this.addedBefore, this.added];
    return {
      total: sum(parts.map((part) => part.total)),
      organization: sum(parts.map((part) => part.byOrganization.get(project.orgId) ?? 0)),
      project: sum(parts.map((part) => part.byProject.get(project.number) ?? 0)),
    };
  }

  add(project: QueuedProject, octets: number): void {
    this.added.add(project, octets);
  }

  private async measure(): Promise<void> {
    const beganAt = performance.now();
    // What was added before a measurement that failed still counts.
    this.addedBefore.addAll(this.added);
    this.added = new Octets();
    const rows = await this.database.transaction({ ...drainSettings, readOnly: true }, (tx) =>
      this.store.backlog(tx),
    );
    const endedAt = performance.now();
    this.measured = new Octets();
    for (const { orgId, project, octets } of rows) this.measured.add({ orgId, number: project }, octets);
    this.addedBefore = new Octets();
    this.freshUntil = endedAt + Math.max(FRESH_MS, SPARING * (endedAt - beganAt));
  }
}

function raise<Key>(octets: Map<Key, number>, key: Key, by: number): void {
  octets.set(key, (octets.get(key) ?? 0) + by);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
