import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notFound, type AppError } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { type DataImport, type ImportOptions, importState } from './data-import.js';
import {
  keepsNothing,
  KEPT_MS,
  refuseCheck,
  refuseImportsOverLimit,
  refuseOptions,
  refusePiece,
  refuseStart,
  refuseUndo,
} from './data-import.rules.js';
import { DataImportStore } from './data-import.store.js';
import { type Piece, UploadedFiles } from './uploaded-file.js';

/** `{ importId }` each: reads the file; stores its events; deletes them; deletes the file, or all that is kept of it. */
export const importTasks = {
  check: { name: 'data-import.check', lane: 'background', priority: 'normal' },
  run: { name: 'data-import.run', lane: 'background', priority: 'normal' },
  undo: { name: 'data-import.undo', lane: 'background', priority: 'normal' },
  removeFile: { name: 'data-import.remove-file', lane: 'background', priority: 'normal' },
  expire: { name: 'data-import.expire', lane: 'background', priority: 'normal' },
} as const satisfies Record<string, Task>;

/** What a killed worker had sent to the engine can still arrive: the deletion is repeated. */
const AGAIN_MS = [60_000, 15 * 60_000];

/** Has the events of an import deleted that no chunk follows any more: the caller has locked its row, and set its state. */
export async function enqueueRemoval(scope: Scope, importId: string): Promise<void> {
  for (const after of [0, ...AGAIN_MS]) {
    const runAt = new Date(scope.now().getTime() + after);
    await scope.enqueue({ task: importTasks.undo, payload: { importId }, runAt });
  }
}

export interface NewImport {
  readonly name: string;
  readonly fileBytes: number;
  readonly options: ImportOptions;
}

const ended: readonly number[] = [
  importState.completed,
  importState.failed,
  importState.cancelled,
  importState.undoing,
  importState.undone,
];

@Injectable()
export class DataImports {
  constructor(
    private readonly store: DataImportStore,
    private readonly files: UploadedFiles,
    private readonly paging: Paging,
    private readonly scopes: Scopes,
  ) {}

  async create(scope: Scope, { name, fileBytes, options }: NewImport): Promise<DataImport> {
    refuse(refuseOptions(options));
    await this.store.lock(scope, scope.project.number);
    refuse(refuseImportsOverLimit(await this.store.countOpen(scope)));
    const id = uuid();
    await this.store.insert(scope, { id, name, fileBytes, options });
    await this.audit(scope, 'ANALYTICS_IMPORT_CREATED', id);
    const runAt = new Date(scope.now().getTime() + KEPT_MS);
    await scope.enqueue({ task: importTasks.expire, payload: { importId: id }, runAt });
    return this.get(scope, id);
  }

  /**
   * Adds a piece of the file, and returns where the next one begins. It is written before the row is locked: no transaction is
   * open while the object store works. Of two calls with one offset the first one's piece counts.
   */
  async upload(scope: Scope, importId: string, offset: number, data: Uint8Array): Promise<number> {
    const id = importId.toLowerCase();
    const before = await this.scopes.run(originOf(scope), (own) => this.get(own, id));
    if (offset + data.length <= before.uploadedBytes) return before.uploadedBytes;
    refuse(refusePiece(before, offset, data.length));
    const digest = createHash('sha256').update(data).digest('hex').slice(0, 32);
    const piece: Piece = { offset, bytes: data.length, digest };
    await this.files.add(scope.orgId, id, piece, data);
    const now = await this.getForUpdate(scope, id);
    if (now.state === importState.uploading && now.uploadedBytes === offset) {
      await this.store.addPiece(scope, id, piece);
      return offset + data.length;
    }
    const kept = await this.store.pieces(scope, id);
    if (!kept.some((other) => other.offset === offset && other.digest === digest))
      await this.files.removePiece(scope.orgId, id, piece);
    refuse(now.state === importState.uploading ? undefined : refusePiece(now, offset, data.length));
    return now.uploadedBytes;
  }

  async check(scope: Scope, id: string, options: ImportOptions | undefined): Promise<DataImport> {
    if (options) refuse(refuseOptions(options));
    const found = await this.getForUpdate(scope, id);
    if (found.state === importState.checking && !options) return found;
    refuse(refuseCheck(found));
    await this.store.beginCheck(scope, found.id, options ?? found.options);
    await scope.enqueue({ task: importTasks.check, payload: { importId: found.id } });
    return this.get(scope, found.id);
  }

  async start(scope: Scope, id: string, strict: boolean): Promise<DataImport> {
    const found = await this.getForUpdate(scope, id);
    if (found.state === importState.running) return found;
    refuse(refuseStart(found, strict));
    await this.store.begin(scope, found.id, strict);
    await scope.enqueue({ task: importTasks.run, payload: { importId: found.id } });
    await this.audit(scope, 'ANALYTICS_IMPORT_STARTED', found.id);
    return this.get(scope, found.id);
  }

  async get(scope: Scope, id: string): Promise<DataImport> {
    return required(await this.store.find(scope, id.toLowerCase()));
  }

  /** Where the report of all problems is; empty without one. */
  reportOf(scope: Scope, { id, result, createdAt }: DataImport): Promise<string> {
    const isKept = createdAt.getTime() + KEPT_MS > scope.now().getTime();
    const isThere = result !== null && result.refused + result.warnings > 0 && isKept;
    return isThere ? this.files.reportLink(scope.orgId, id) : Promise.resolve('');
  }

  async list(
    scope: Scope,
    request: PageRequest,
  ): Promise<{ readonly items: DataImport[]; readonly nextPageToken: string }> {
    const binding = ['data_imports', scope.orgId, scope.project.id];
    const page = this.paging.parse(request, binding, { defaultSize: 20, path: '' });
    const { items, pagination } = this.paging.pageOf(await this.store.list(scope, page), page, 0, binding);
    return { items, nextPageToken: pagination.nextPageToken };
  }

  async cancel(scope: Scope, id: string): Promise<DataImport> {
    const found = await this.getForUpdate(scope, id);
    if (ended.includes(found.state)) return found;
    await this.store.setState(scope, found.id, importState.cancelled);
    await scope.enqueue({ task: importTasks.removeFile, payload: { importId: found.id } });
    if (keepsNothing({ ...found, state: importState.cancelled })) await enqueueRemoval(scope, found.id);
    await this.audit(scope, 'ANALYTICS_IMPORT_CANCELLED', found.id);
    return this.get(scope, found.id);
  }

  /** Waits for the chunk that is being stored: afterwards the import stores nothing more. */
  async undo(scope: Scope, id: string): Promise<DataImport> {
    const found = await this.getForUpdate(scope, id);
    if (found.state === importState.undoing || found.state === importState.undone) return found;
    refuse(refuseUndo(found));
    await this.store.setState(scope, found.id, importState.undoing, { ended: false });
    await enqueueRemoval(scope, found.id);
    await this.audit(scope, 'ANALYTICS_IMPORT_UNDONE', found.id);
    return this.get(scope, found.id);
  }

  /** In the transaction that deletes the project. */
  async removeOfProject(scope: Scope, project: number): Promise<void> {
    for (const importId of await this.store.ofProject(scope, project))
      await scope.enqueue({ task: importTasks.expire, payload: { importId } });
  }

  private async getForUpdate(scope: Scope, id: string): Promise<DataImport> {
    return required(await this.store.findForUpdate(scope, id.toLowerCase()));
  }

  private async audit(
    scope: Scope,
    type:
      | 'ANALYTICS_IMPORT_CREATED'
      | 'ANALYTICS_IMPORT_STARTED'
      | 'ANALYTICS_IMPORT_CANCELLED'
      | 'ANALYTICS_IMPORT_UNDONE',
    id: string,
  ): Promise<void> {
    const metadata = { project_id: scope.project.id };
    await scope.audit(type, { entityType: 'data_import', entityId: id, metadata });
  }
}

function required(found: DataImport | undefined): DataImport {
  if (!found) throw notFound('import');
  return found;
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}
