import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ProfileRecords, PropertyChangeRecords } from '../profile/index.js';
import { type DataExport, exportFormat, exportSubject, type WrittenFile } from './data-export.js';
import { MOST_ATTEMPTS } from './data-export.rules.js';
import { DataExports, makeTask, removeTask } from './data-exports.service.js';
import { ExportedEvents, type WantedEvents } from './exported-events.js';
import { contentsOf, fileName, personFile } from './file-names.js';
import { FileWriter } from './file-writer.js';
import type { ExportedEvent, ExportedRecord } from './record.js';

/** Read in one transaction, and in memory at once. */
const PAGE = 500;
const PROGRESS_MS = 1_000;
/** Each takes a connection of the analytics engine for as long as it lasts. */
const MOST_IN_PROCESS = 2;
const LATER_MS = 3_000;

interface RecordPage {
  readonly records: readonly ExportedRecord[];
  readonly next?: string;
}

class NotWanted extends Error {}

/** Writes the files of an export, one export at a time for each organization. */
@Injectable()
@HandlesJob({ task: makeTask })
export class MakeDataExport implements JobHandler<{ exportId: string }> {
  private running = 0;

  constructor(
    private readonly exports: DataExports,
    private readonly events: ExportedEvents,
    private readonly profiles: ProfileRecords,
    private readonly changes: PropertyChangeRecords,
    private readonly writer: FileWriter,
    private readonly log: PinoLogger,
  ) {
    log.setContext('data-export');
  }

  async handle({ exportId }: { exportId: string }, context: JobContext): Promise<void> {
    if (this.running >= MOST_IN_PROCESS) return this.later(exportId, context);
    this.running += 1;
    try {
      await this.make(exportId, context);
    } finally {
      this.running -= 1;
    }
  }

  private async later(exportId: string, { run }: JobContext): Promise<void> {
    await run(async (scope) => {
      const runAt = new Date(scope.now().getTime() + LATER_MS);
      await scope.enqueue({ task: makeTask, payload: { exportId }, key: exportId, runAt });
    });
  }

  private async make(exportId: string, context: JobContext): Promise<void> {
    const { run, orgId = '', signal } = context;
    const begun = await run((scope) => this.exports.begin(scope, exportId));
    // A killed attempt may have left files of an export that has been ended.
    if (!begun) return this.removeAbandoned(exportId, context);
    const attempt = new Attempt(begun, context, this.exports);
    try {
      await this.exports.removeEarlierAttempts(orgId, begun);
      const files = await this.filesOf(begun, attempt, context);
      if (await run((scope) => this.exports.complete(scope, begun, { files, events: attempt.written })))
        return;
    } catch (error) {
      if (!(error instanceof NotWanted)) {
        if (signal.aborted || begun.attempts < MOST_ATTEMPTS) throw error;
        this.log.error({ err: error, orgId, exportId }, 'data export failed permanently');
        return run((scope) => this.exports.fail(scope, exportId));
      }
    }
    await this.exports.removeAttempt(orgId, begun);
  }

  private async removeAbandoned(exportId: string, { run, orgId = '' }: JobContext): Promise<void> {
    if (await run((scope) => this.exports.isOver(scope, exportId)))
      await this.exports.remove(orgId, exportId);
  }

  private async filesOf(made: DataExport, attempt: Attempt, context: JobContext): Promise<WrittenFile[]> {
    const { orgId = '', signal } = context;
    const owner = { orgId, project: { number: made.project }, requestId: `job:${context.jobId}`, signal };
    if (made.subject === exportSubject.person) {
      const person = await this.person(made, context);
      const wanted: WantedEvents = { from: null, to: null, distinctIds: person.distinctIds };
      await attempt.begin(await this.events.count(owner, wanted));
      const read = this.events.read(owner, wanted);
      const { profileId } = person;
      const changes = profileId === undefined ? [] : this.paged(made, context, 'changes', profileId);
      const records = async function* (): AsyncGenerator<readonly ExportedRecord[]> {
        yield person.records;
        yield* changes;
        yield* attempt.counted(read);
      };
      return [await this.writer.ndjson(orgId, made, personFile, records())];
    }
    const wanted: WantedEvents = { from: made.from, to: made.to };
    await attempt.begin(await this.events.count(owner, wanted));
    const sources = {
      events: () => attempt.counted(this.events.read(owner, wanted)),
      profiles: () => this.paged(made, context, 'profiles'),
      aliases: () => this.paged(made, context, 'aliases'),
      'property-changes': () => this.paged(made, context, 'changes'),
    };
    const files: WrittenFile[] = [];
    for (const content of contentsOf(made)) {
      const name = fileName(content, made);
      files.push(
        made.format === exportFormat.parquet
          ? await this.writer.parquet(orgId, made, { name, content }, sources[content]())
          : await this.writer.ndjson(orgId, made, name, sources[content]()),
      );
    }
    return files;
  }

  /** One transaction a page: none is open while the file is written. */
  private async *paged(
    { project }: DataExport,
    { run, signal }: JobContext,
    what: 'profiles' | 'aliases' | 'changes',
    profileId?: string,
  ): AsyncGenerator<readonly ExportedRecord[]> {
    let after: string | undefined;
    for (;;) {
      signal.throwIfAborted();
      const page = await run<RecordPage>((scope) =>
        what === 'changes'
          ? this.changes.page(scope, project, { profileId, after, most: PAGE })
          : this.profiles[what](scope, project, { after, most: PAGE }),
      );
      yield page.records;
      if (page.next === undefined) return;
      after = page.next;
    }
  }

  private async person(
    { project, distinctId }: DataExport,
    { run }: JobContext,
  ): Promise<{
    readonly distinctIds: readonly string[];
    readonly records: readonly ExportedRecord[];
    /** Undefined: the id leads to no profile. */
    readonly profileId?: string;
  }> {
    if (distinctId === null) throw new Error('The export of a person has no person.');
    const found = await run((scope) => this.profiles.ofPerson(scope, project, distinctId));
    if (!found) return { distinctIds: [distinctId], records: [] };
    const { profile, aliases } = found;
    const ids = [distinctId, profile.id, profile.externalId, ...aliases.map((alias) => alias.distinctId)];
    return { distinctIds: [...new Set(ids)], records: [profile, ...aliases], profileId: profile.id };
  }
}

/** One attempt to make the files: counts what is written, and finds out whether it is still wanted. */
class Attempt {
  written = 0;
  private total: number | undefined;
  private toldAt = 0;

  constructor(
    private readonly made: DataExport,
    private readonly context: JobContext,
    private readonly exports: DataExports,
  ) {}

  async begin(total: number): Promise<void> {
    this.total = total;
    await this.tell();
  }

  async *counted(events: AsyncIterable<readonly ExportedEvent[]>): AsyncGenerator<readonly ExportedEvent[]> {
    for await (const some of events) {
      this.written += some.length;
      if (performance.now() - this.toldAt >= PROGRESS_MS) await this.tell();
      yield some;
    }
  }

  private async tell(): Promise<void> {
    const done = { total: this.total, written: this.written };
    const isWanted = await this.context.run((scope) => this.exports.progress(scope, this.made, done));
    if (!isWanted) throw new NotWanted('The export was cancelled, or another attempt makes it.');
    this.toldAt = performance.now();
  }
}

/** Deletes the files of an export that was cancelled, has failed or has expired; the record stays. */
@Injectable()
@HandlesJob({ task: removeTask })
export class RemoveDataExport implements JobHandler<{ exportId: string }> {
  constructor(private readonly exports: DataExports) {}

  async handle({ exportId }: { exportId: string }, { run, orgId = '' }: JobContext): Promise<void> {
    await this.exports.remove(orgId, exportId);
    await run((scope) => this.exports.forgetFiles(scope, exportId));
  }
}
