import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { findProject, type Project } from '../../../platform/caller/project.js';
import { AppError } from '../../../platform/errors/index.js';
import { Scopes } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { BLOCK_MONTHS, ErasedIds, insertFailure, WriteTurnStore } from '../event/index.js';
import { changeCause, Profiles } from '../profile/index.js';
import { AnalyticsVersions } from '../project/index.js';
import { type DataImport, importState } from './data-import.js';
import { keepsNothing } from './data-import.rules.js';
import { type ChunkOutcome, DataImportStore } from './data-import.store.js';
import { enqueueRemoval, importTasks } from './data-imports.service.js';
import { FileError } from './file-error.js';
import { ImportLane } from './import-lane.js';
import { type FileToRead, ImportReader, type ReadLine } from './import-reader.js';
import type { ImportedEvent, ImportedPerson } from './imported.js';
import { ImportedEvents, type ImportTarget } from './imported-events.js';

const EVENTS_OF_CHUNK = 5_000;
const LINES_OF_CHUNK = 20_000;
const PERSONS_OF_CHUNK = 500;
const PATIENCE_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

interface OpenImport extends FileToRead {
  readonly found: DataImport;
  readonly project: Project;
}

/** What is stored in one transaction, together with how far the import is. */
class Chunk {
  readonly events: ImportedEvent[] = [];
  readonly persons: ImportedPerson[] = [];
  private readonly months = new Set<number>();
  lines = 0;
  line = 0;
  refusedLines = 0;

  add({ line, imported, refusal }: ReadLine): void {
    this.line = line;
    this.lines += 1;
    if (refusal) this.refusedLines += 1;
    if (imported?.type === 'person') this.persons.push(imported.person);
    if (imported?.type !== 'event') return;
    this.events.push(imported.event);
    const date = new Date(imported.event.occurTime);
    this.months.add(date.getUTCFullYear() * 12 + date.getUTCMonth());
  }

  get isFull(): boolean {
    return (
      this.events.length >= EVENTS_OF_CHUNK ||
      this.persons.length >= PERSONS_OF_CHUNK ||
      this.lines >= LINES_OF_CHUNK ||
      // Each month is a separate part in the analytics store, which limits those of a block.
      this.months.size >= BLOCK_MONTHS
    );
  }
}

/** What persons of a chunk came to. */
interface KnownPersons {
  readonly known: number;
  readonly refused: number;
  /** A file does not bring them back. */
  readonly erased: number;
}

/** Carries an import out, from wherever an earlier attempt has stopped. */
@Injectable()
export class ImportRuns {
  constructor(
    private readonly store: DataImportStore,
    private readonly reader: ImportReader,
    private readonly events: ImportedEvents,
    private readonly profiles: Profiles,
    private readonly erasedIds: ErasedIds,
    private readonly lane: ImportLane,
    private readonly turns: WriteTurnStore,
    private readonly versions: AnalyticsVersions,
    private readonly scopes: Scopes,
  ) {}

  /** Undefined when the import is in another state, or its project was deleted. */
  async open(
    importId: string,
    state: number,
    { run, orgId = '' }: JobContext,
  ): Promise<OpenImport | undefined> {
    return run(async (scope) => {
      const found = await this.store.findAny(scope, importId);
      if (found?.state !== state) return undefined;
      const project = await findProject(await scope.tx(), found.projectId);
      if (!project) return undefined;
      const { options } = found;
      const pieces = await this.store.pieces(scope, importId);
      const after = state === importState.running ? found.linesRead : 0;
      const { retentionDays } = project;
      return { found, project, orgId, id: importId, pieces, options, after, now: scope.now(), retentionDays };
    });
  }

  async run(importId: string, context: JobContext): Promise<void> {
    const file = await this.open(importId, importState.running, context);
    if (!file) return;
    try {
      if (file.found.strict && file.after === 0) await this.refuseAnyLine(file, context);
      for await (const chunk of chunksOf(this.reader.read(file), context.signal))
        if (!(await this.keep(chunk, file, context))) return;
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.fail(importId, error.message, context);
    }
    await context.run(async (scope) => {
      if ((await this.store.findAny(scope, importId))?.state !== importState.running) return;
      await this.store.setState(scope, importId, importState.completed);
      await scope.enqueue({ task: importTasks.removeFile, payload: { importId } });
    });
  }

  async fail(importId: string, error: string, { run }: JobContext): Promise<void> {
    await run(async (scope) => {
      const found = await this.store.findAny(scope, importId);
      if (found?.state !== importState.running && found?.state !== importState.checking) return;
      await this.store.setState(scope, importId, importState.failed, { error });
      await scope.enqueue({ task: importTasks.removeFile, payload: { importId } });
      if (keepsNothing({ ...found, state: importState.failed })) await enqueueRemoval(scope, importId);
    });
  }

  /** How many attempts have stored nothing, one after the other. */
  async countAttempt(importId: string, { run }: JobContext): Promise<number> {
    return run(async (scope) => {
      await this.store.attempt(scope, importId);
      return (await this.store.findAny(scope, importId))?.attempts ?? 0;
    });
  }

  /**
   * Reads an import that is all or nothing a second time, before its first chunk: since its check, events have become too old, or
   * the project keeps them for a shorter time.
   */
  private async refuseAnyLine(file: OpenImport, { signal }: JobContext): Promise<void> {
    for await (const { line, refusal } of this.reader.read(file)) {
      signal.throwIfAborted();
      if (!refusal) continue;
      const what = `${refusal.field} ${refusal.description}`.trim();
      throw new FileError(`Line ${line} cannot be taken: ${what}. Nothing is stored.`);
    }
  }

  /** False when the import is not wanted any more. */
  private async keep(chunk: Chunk, file: OpenImport, context: JobContext): Promise<boolean> {
    await this.lane.turn(chunk.events.length, context.signal);
    const persons = await this.know(chunk.persons, file, context);
    requireAll(file.found, chunk, persons.refused);
    for (const patience of [...PATIENCE_MS, 0]) {
      try {
        return await this.keepEvents(chunk, persons, file, context);
      } catch (error) {
        // The store is starting, full or away: waiting is cheaper than beginning again with the file.
        if (patience === 0 || insertFailure(error as object) !== 'away') throw error;
        await delay(patience, undefined, { signal: context.signal });
      }
    }
    return false;
  }

  /**
   * The row of the import is locked while its events are inserted, as the queue's rows are by the drain: an undo waits for
   * them, and after it none follow. Imports into one project take turns, so that each sees what the others have stored, and an
   * erasure can wait for them.
   */
  private async keepEvents(
    chunk: Chunk,
    persons: KnownPersons,
    { found, project, orgId, id }: OpenImport,
    { run, jobId, signal }: JobContext,
  ): Promise<boolean> {
    return run(async (scope) => {
      await this.turns.take(scope, project.number);
      const now = await this.store.findAny(scope, id);
      // Another attempt may have come further.
      if (now?.state !== importState.running || now.linesRead >= chunk.line) return false;
      const target: ImportTarget = {
        orgId,
        project,
        requestId: `job:${jobId}`,
        signal,
        batchId: id,
        receivedAt: found.startedAt ?? found.createdAt,
        retentionDays: project.retentionDays,
      };
      const none = { stored: 0, present: 0, refused: 0, erased: 0 };
      const stored =
        chunk.events.length > 0
          ? await this.events.add(await scope.tx(), target, chunk.events, signal)
          : none;
      // Before the progress is noted: an attempt that is killed here meets the line again.
      requireAll(found, chunk, stored.refused);
      const outcome: ChunkOutcome = {
        ...stored,
        line: chunk.line,
        refusedLines: chunk.refusedLines + persons.refused + persons.erased,
        profiles: persons.known,
      };
      await this.store.advance(scope, id, outcome);
      if (stored.stored > 0)
        await this.versions.raise(await scope.tx(), [{ orgId, project: project.number }]);
      return true;
    });
  }

  /** Each in a separate transaction, as by a call of an SDK. Making a person known again changes nothing. */
  private async know(
    persons: readonly ImportedPerson[],
    { project, orgId, id: importId }: OpenImport,
    { jobId, signal }: JobContext,
  ): Promise<KnownPersons> {
    let [refused, erased] = [0, 0];
    for (const person of persons) {
      signal.throwIfAborted();
      const origin = { caller: { kind: 'system', orgId }, requestId: `job:${jobId}`, project } as const;
      try {
        const isKnown = await this.scopes.run(origin, async (scope) => {
          // A file is no sign that an erased person came back.
          const ids = [person.externalId, ...person.links];
          if ((await this.erasedIds.known(scope, ids)).size > 0) return false;
          await this.profiles.know(scope, person, { cause: changeCause.import, importId });
          return true;
        });
        if (!isKnown) erased += 1;
      } catch (error) {
        if (!(error instanceof AppError) || !isRefusal(error)) throw error;
        refused += 1;
      }
    }
    return { known: persons.length - refused - erased, refused, erased };
  }
}

async function* chunksOf(lines: AsyncIterable<ReadLine>, signal: AbortSignal): AsyncGenerator<Chunk> {
  let chunk = new Chunk();
  for await (const line of lines) {
    signal.throwIfAborted();
    chunk.add(line);
    if (!chunk.isFull) continue;
    yield chunk;
    chunk = new Chunk();
  }
  if (chunk.lines > 0) yield chunk;
}

/** Ends an import that is all or nothing when something of a chunk was refused. */
function requireAll({ strict }: DataImport, { line }: Chunk, refused: number): void {
  if (strict && refused > 0)
    throw new FileError(`A line up to ${line} could not be stored. No event of the import is kept.`);
}

function isRefusal({ kind }: AppError): boolean {
  return kind === 'invalid_argument' || kind === 'failed_precondition' || kind === 'resource_exhausted';
}
