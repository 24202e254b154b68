import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { Task } from '../../../platform/jobs/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { AnalyticsVersions } from '../project/index.js';
import { importState } from './data-import.js';
import { keepsNothing, MOST_ATTEMPTS } from './data-import.rules.js';
import { DataImportStore } from './data-import.store.js';
import { importTasks } from './data-imports.service.js';
import { FileError } from './file-error.js';
import { ImportCheck } from './import-check.js';
import { ImportReader } from './import-reader.js';
import { ImportRuns } from './import-run.js';
import { ImportedEvents } from './imported-events.js';
import { UploadedFiles } from './uploaded-file.js';

interface Payload extends Record<string, unknown> {
  readonly importId: string;
}

const PROGRESS_MS = 1_000;
/** Each occupies a place among the jobs of the process for as long as it lasts. */
const MOST_IN_PROCESS = 2;
const LATER_MS = 3_000;

/** Long jobs of imports in this process: others come again later. */
@Injectable()
export class ImportSlots {
  private running = 0;

  async use(
    task: Task,
    { importId }: Payload,
    { run }: JobContext,
    work: () => Promise<void>,
  ): Promise<void> {
    if (this.running >= MOST_IN_PROCESS)
      return run(async (scope) => {
        const runAt = new Date(scope.now().getTime() + LATER_MS);
        await scope.enqueue({ task, payload: { importId }, key: importId, runAt });
      });
    this.running += 1;
    try {
      await work();
    } finally {
      this.running -= 1;
    }
  }
}

/** Reads a file without storing anything. */
@Injectable()
@HandlesJob({ task: importTasks.check })
export class CheckDataImport implements JobHandler<Payload> {
  constructor(
    private readonly store: DataImportStore,
    private readonly reader: ImportReader,
    private readonly files: UploadedFiles,
    private readonly runs: ImportRuns,
    private readonly slots: ImportSlots,
  ) {}

  async handle(payload: Payload, context: JobContext): Promise<void> {
    await this.slots.use(importTasks.check, payload, context, () => this.check(payload, context));
  }

  private async check({ importId }: Payload, context: JobContext): Promise<void> {
    const { run, orgId = '', signal } = context;
    const file = await this.runs.open(importId, importState.checking, context);
    if (!file) return;
    const check = new ImportCheck();
    let toldAt = performance.now();
    try {
      for await (const line of this.reader.read(file)) {
        check.add(line);
        if (performance.now() - toldAt < PROGRESS_MS) continue;
        signal.throwIfAborted();
        if (!(await run((scope) => this.store.setLines(scope, importId, check.read)))) return;
        toldAt = performance.now();
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.runs.fail(importId, error.message, context);
    }
    await this.files.writeReport(orgId, importId, check.report);
    await run((scope) => this.store.endCheck(scope, importId, check.result()));
  }
}

/** Stores the events of a file, chunk by chunk. */
@Injectable()
@HandlesJob({ task: importTasks.run })
export class RunDataImport implements JobHandler<Payload> {
  constructor(
    private readonly runs: ImportRuns,
    private readonly slots: ImportSlots,
    private readonly log: PinoLogger,
  ) {
    log.setContext('data-import');
  }

  async handle(payload: Payload, context: JobContext): Promise<void> {
    await this.slots.use(importTasks.run, payload, context, async () => {
      try {
        await this.runs.run(payload.importId, context);
      } catch (error) {
        const { importId } = payload;
        const attempts = context.signal.aborted ? 0 : await this.runs.countAttempt(importId, context);
        if (attempts < MOST_ATTEMPTS) throw error;
        this.log.error({ err: error, orgId: context.orgId, importId }, 'data import failed permanently');
        await this.runs.fail(importId, 'The events could not be stored; contact the operator.', context);
      }
    });
  }
}

/** Deletes the events of an import of which none may be left. Can be repeated. */
@Injectable()
@HandlesJob({ task: importTasks.undo })
export class UndoDataImport implements JobHandler<Payload> {
  constructor(
    private readonly store: DataImportStore,
    private readonly events: ImportedEvents,
    private readonly versions: AnalyticsVersions,
  ) {}

  async handle({ importId }: Payload, { run, orgId = '', signal }: JobContext): Promise<void> {
    const found = await run((scope) => this.store.findAny(scope, importId));
    if (!found || !keepsNothing(found)) return;
    const { project } = found;
    // The state was set under the lock that a chunk holds while it is stored: none follows.
    await this.events.remove({ orgId, project: { number: project }, signal }, importId);
    await run(async (scope) => {
      const now = await this.store.findAny(scope, importId);
      if (now?.state === importState.undoing) {
        await this.store.setState(scope, importId, importState.undone);
        await scope.enqueue({ task: importTasks.removeFile, payload: { importId } });
      }
      await this.store.forgetCounts(scope, importId);
      await this.versions.raise(await scope.tx(), [{ orgId, project }]);
    });
  }
}

/** Deletes the file of an import that has ended. */
@Injectable()
@HandlesJob({ task: importTasks.removeFile })
export class RemoveImportFile implements JobHandler<Payload> {
  constructor(private readonly files: UploadedFiles) {}

  async handle({ importId }: Payload, { orgId = '' }: JobContext): Promise<void> {
    await this.files.removePieces(orgId, importId);
  }
}

/** Ends an import that waits for its file or its start, and deletes the file and the report. */
@Injectable()
@HandlesJob({ task: importTasks.expire })
export class ExpireDataImport implements JobHandler<Payload> {
  constructor(
    private readonly store: DataImportStore,
    private readonly files: UploadedFiles,
  ) {}

  async handle({ importId }: Payload, { run, orgId = '' }: JobContext): Promise<void> {
    const isRunning = await run(async (scope) => {
      const found = await this.store.findAny(scope, importId);
      if (found?.state === importState.running) return true;
      if (found && found.state <= importState.checked)
        await this.store.setState(scope, importId, importState.cancelled);
      return false;
    });
    if (!isRunning) await this.files.removeAll(orgId, importId);
  }
}
