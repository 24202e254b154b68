import { Injectable } from '@nestjs/common';
import type { Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { bodyOf, linesOf } from './batch-body.js';
import { type ErasedId, isRefused, personOfLine } from './erased-id.rules.js';
import { ErasedIdStore, keyOf } from './erased-id.store.js';
import type { QueuedBatch } from './ingest-queue.store.js';

type Batch = Pick<QueuedBatch, 'project' | 'receivedAt'>;

/** The lines of batches that are refused, because their persons were erased. */
export class RefusedLines {
  /** How many lines were refused so far. */
  count = 0;

  constructor(
    private readonly projects: ReadonlySet<number>,
    private readonly known: ReadonlyMap<string, ErasedId>,
  ) {}

  static readonly none = new RefusedLines(new Set(), new Map());

  /** Whether a line of the batch is kept; undefined when all are. */
  keeperOf({ project, receivedAt }: Batch): ((line: string) => boolean) | undefined {
    if (!this.projects.has(project)) return undefined;
    return (line) => {
      const person = personOfLine(line);
      const erased = person && this.known.get(keyOf(project, person.id));
      if (!person || !erased) return true;
      const refused = isRefused(erased, { ...person, receivedAt: receivedAt.getTime() });
      if (refused) this.count += 1;
      return !refused;
    };
  }

  /** What a dead letter of the batch may hold: undefined when no line is refused, or none can be read. */
  leftOf(batch: Batch & Pick<QueuedBatch, 'body'>): ReturnType<typeof bodyOf> | undefined {
    const keeps = this.keeperOf(batch);
    if (!keeps) return undefined;
    try {
      const lines = linesOf(batch.body);
      const kept = lines.filter(keeps);
      return kept.length === lines.length ? undefined : bodyOf(kept);
    } catch {
      return undefined;
    }
  }
}

/** Ids whose events are refused, because their persons were erased. */
@Injectable()
export class ErasedIds {
  constructor(private readonly store: ErasedIdStore) {}

  /** Refuses events of the ids for good. */
  async refuse(scope: Scope, ids: readonly string[]): Promise<void> {
    await this.store.add(scope, ids, null);
  }

  /** Refuses events that occurred or arrived until the time; what follows is of a person who came back. */
  async refuseUntil(scope: Scope, ids: readonly string[], time: Date): Promise<void> {
    await this.store.add(scope, ids, time);
  }

  /** Accepts events of the id from now on: the person identified themselves by it again. */
  async readmit(scope: Scope, id: string): Promise<void> {
    await this.store.readmit(scope, id);
  }

  /** Those of the ids that were erased. */
  async known(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, ErasedId>> {
    return this.store.known(scope, ids);
  }

  /** What to leave out of claimed batches. Asked after the claim: who is erased later waits for the claim to end. */
  async refusedLines(tx: Transaction, batches: readonly QueuedBatch[]): Promise<RefusedLines> {
    const places = [...new Map(batches.map((batch) => [batch.project, batch])).values()];
    const projects = new Set((await this.store.projects(tx, places)).map(({ project }) => project));
    if (projects.size === 0) return RefusedLines.none;
    const ids = batches.filter(({ project }) => projects.has(project)).flatMap(idsOf);
    const unique = [...new Map(ids.map((one) => [keyOf(one.project, one.id), one])).values()];
    return new RefusedLines(projects, await this.store.find(tx, unique));
  }
}

/** The distinct ids of a batch; none of one that cannot be read, which becomes a dead letter. */
function idsOf({ orgId, project, body }: QueuedBatch): { orgId: string; project: number; id: string }[] {
  try {
    const ids = new Set(linesOf(body).map((line) => personOfLine(line)?.id));
    ids.delete(undefined);
    return [...ids].flatMap((id) => (id === undefined ? [] : [{ orgId, project, id }]));
  } catch {
    return [];
  }
}
