import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { DataSubject, DataSubjectContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type DataExport, exportState, exportSubject, type WrittenFile } from './data-export.js';
import { KEPT_MS, MOST_ATTEMPTS, refuseExportsOverLimit, refuseRange } from './data-export.rules.js';
import { DataExportStore } from './data-export.store.js';
import { attemptFolderOf, folderOf, keyOf, kindOf } from './file-names.js';

/** `{ exportId }`: makes the files. */
export const makeTask: Task = { name: 'data-export.make', lane: 'background', priority: 'normal' };
/** `{ exportId }`: deletes them. */
export const removeTask: Task = { name: 'data-export.remove', lane: 'background', priority: 'normal' };

const ENDED_BY_ERASURE = 'A person was erased whom the files would hold; ask for the export again.';

export type NewExport = Pick<DataExport, 'subject' | 'format' | 'distinctId' | 'from' | 'to'>;
/** A file, and where it can be downloaded; empty for a caller who gets no link. */
type LinkedFile = WrittenFile & { readonly url: string };
type LinkedExport = Omit<DataExport, 'files'> & { readonly files: readonly LinkedFile[] };

@Injectable()
export class DataExports implements DataSubjectContribution {
  constructor(
    private readonly store: DataExportStore,
    private readonly objects: ObjectStore,
    private readonly paging: Paging,
  ) {}

  async create(scope: Scope, input: NewExport): Promise<DataExport> {
    const refusal = refuseRange(input.from, input.to);
    if (refusal) throw refusal;
    await this.store.lock(scope);
    const tooMany = refuseExportsOverLimit(await this.store.countOpen(scope));
    if (tooMany) throw tooMany;
    const id = uuid();
    await this.store.insert(scope, { ...input, id, project: scope.project.number, createdAt: scope.now() });
    await scope.audit('ANALYTICS_EXPORT_REQUESTED', {
      entityType: 'data_export',
      entityId: id,
      // Not whose: the trail is kept longer than what it is about.
      metadata: {
        project_id: scope.project.id,
        subject: input.subject === exportSubject.person ? 'person' : 'project',
      },
    });
    await scope.enqueue({ task: makeTask, payload: { exportId: id }, key: id });
    return this.get(scope, id);
  }

  async get(scope: Scope, id: string): Promise<DataExport> {
    const found = await this.store.find(scope, id.toLowerCase());
    if (!found) throw notFound('export');
    return found;
  }

  /** With links if the files are there and the caller has proven lately who they are. */
  async getLinked(scope: Scope, id: string): Promise<LinkedExport> {
    const found = await this.get(scope, id);
    const isThere = found.expiresAt !== null && found.expiresAt > scope.now() && scope.hasRecentProof;
    const link = (name: string): Promise<string> =>
      isThere
        ? this.objects.link(keyOf(scope.orgId, found, name), downloadOf(found, name))
        : Promise.resolve('');
    const files = found.files.map(async (file) => ({ ...file, url: await link(file.name) }));
    return { ...found, files: await Promise.all(files) };
  }

  async list(
    scope: Scope,
    request: PageRequest,
  ): Promise<{ readonly items: DataExport[]; readonly nextPageToken: string }> {
    const binding = ['data_exports', scope.orgId, scope.project.id];
    const page = this.paging.parse(request, binding, { defaultSize: 20, path: '' });
    const { items, pagination } = this.paging.pageOf(await this.store.list(scope, page), page, 0, binding);
    return { items, nextPageToken: pagination.nextPageToken };
  }

  async cancel(scope: Scope, id: string): Promise<DataExport> {
    const found = await this.store.findForUpdate(scope, id.toLowerCase());
    if (!found) throw notFound('export');
    if (found.state === exportState.cancelled || found.state === exportState.failed) return found;
    await this.store.cancel(scope, found.id);
    await scope.enqueue({ task: removeTask, payload: { exportId: found.id } });
    await this.wakeNext(scope);
    await scope.audit('ANALYTICS_EXPORT_CANCELLED', { entityType: 'data_export', entityId: found.id });
    return this.get(scope, found.id);
  }

  /** Undefined when it has ended, or waits for another one of its organization. */
  async begin(scope: Scope, id: string): Promise<DataExport | undefined> {
    await this.store.lock(scope);
    if ((await this.store.next(scope))?.id !== id) return undefined;
    const begun = await this.store.begin(scope, id);
    if (!begun || begun.attempts <= MOST_ATTEMPTS) return begun;
    await this.fail(scope, id);
    return undefined;
  }

  /** False when the files are not wanted any more. */
  progress(scope: Scope, made: DataExport, done: { total?: number; written: number }): Promise<boolean> {
    return this.store.progress(scope, made, done);
  }

  /** False when the files of this attempt are not wanted any more: then they must be deleted. */
  async complete(
    scope: Scope,
    made: DataExport,
    written: { readonly files: readonly WrittenFile[]; readonly events: number },
  ): Promise<boolean> {
    const expiresAt = new Date(scope.now().getTime() + KEPT_MS);
    if (!(await this.store.complete(scope, made, { ...written, expiresAt }))) return false;
    await scope.enqueue({ task: removeTask, payload: { exportId: made.id }, runAt: expiresAt });
    await this.wakeNext(scope);
    return true;
  }

  async fail(scope: Scope, id: string): Promise<void> {
    await this.store.fail(
      scope,
      id,
      'The files could not be made; ask for the export again, or contact the operator.',
    );
    await scope.enqueue({ task: removeTask, payload: { exportId: id } });
    await this.wakeNext(scope);
  }

  /** Deletes what killed attempts have left. One that is alive deletes its files itself. */
  async removeEarlierAttempts(orgId: string, { id, attempts }: DataExport): Promise<void> {
    for (let earlier = 1; earlier < attempts; earlier += 1)
      await this.objects.removeAll(attemptFolderOf(orgId, { id, attempts: earlier }));
  }

  /** Deletes the files of one attempt. */
  async removeAttempt(orgId: string, made: DataExport): Promise<void> {
    await this.objects.removeAll(attemptFolderOf(orgId, made));
  }

  /** Deletes the files; the record stays. */
  async remove(orgId: string, id: string): Promise<void> {
    await this.objects.removeAll(folderOf(orgId, id));
  }

  async forgetFiles(scope: Scope, id: string): Promise<void> {
    await this.store.expire(scope, id);
  }

  /** One that begins at this moment waits, and is made of what is left. */
  async eraseCopies(scope: Scope, subject: DataSubject): Promise<void> {
    await this.store.lock(scope);
    const ended = await this.store.cancelOfSubject(scope, subject, ENDED_BY_ERASURE);
    for (const exportId of ended) {
      await scope.enqueue({ task: removeTask, payload: { exportId } });
      await scope.audit('ANALYTICS_EXPORT_CANCELLED', { entityType: 'data_export', entityId: exportId });
    }
    if (ended.length > 0) await this.wakeNext(scope);
  }

  /** Whether it was given up or cancelled. */
  isOver(scope: Scope, id: string): Promise<boolean> {
    return this.store.isOver(scope, id);
  }

  /** In the transaction that deletes the project. */
  async removeOfProject(scope: Scope, project: number): Promise<void> {
    for (const exportId of await this.store.ofProject(scope, project))
      await scope.enqueue({ task: removeTask, payload: { exportId } });
  }

  private async wakeNext(scope: Scope): Promise<void> {
    const next = await this.store.next(scope);
    // One that runs has its job: a second one would begin it again.
    if (next?.state !== exportState.pending) return;
    await scope.enqueue({ task: makeTask, payload: { exportId: next.id }, key: next.id });
  }
}

function downloadOf({ createdAt }: DataExport, name: string): { filename: string; contentType: string } {
  return { filename: `${createdAt.toISOString().slice(0, 10)}-${name}`, contentType: kindOf(name) };
}
