import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { TrailEnd, TrailFormat, TrailRow } from '../../../platform/audit/trail-file/index.js';
import { AppError } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { refuseRange, type TimeRange } from './event.rules.js';
import { type AuditExport, exportStatus, ExportStore, type ListedExport } from './export.store.js';

/** `{ exportId }`: makes the file. */
export const exportTask: Task = { name: 'audit.export', lane: 'background', priority: 'normal' };
/** `{ exportId, format }`: deletes it. */
export const expireExportTask: Task = { name: 'audit.expire_export', lane: 'background', priority: 'normal' };

const MOST_AT_ONCE = 5;
const MOST_LISTED = 200;
const MOST_ATTEMPTS = 5;
const KEPT_MS = 7 * 24 * 60 * 60_000;

interface FileKind {
  extension: string;
  contentType: string;
}

const files: Record<TrailFormat, FileKind> = {
  csv: { extension: 'csv', contentType: 'text/csv; charset=utf-8' },
  json: { extension: 'ndjson', contentType: 'application/x-ndjson' },
  parquet: { extension: 'parquet', contentType: 'application/vnd.apache.parquet' },
};

/** What is to be written: a slice of the chain, and what stands at its end. */
export interface Plan {
  export: AuditExport;
  /** The hash that the first event follows. */
  previous: string;
  end: TrailEnd;
}

@Injectable()
export class AuditExports {
  constructor(
    private readonly store: ExportStore,
    private readonly objects: ObjectStore,
  ) {}

  async request(scope: Scope, input: TimeRange & { format: TrailFormat }): Promise<string> {
    const refusal = refuseRange(input) ?? refuseMore(await this.store.countOpenForInsert(scope));
    if (refusal) throw refusal;
    const id = uuid();
    await this.store.insert(scope, { ...input, id });
    await scope.audit('DATA_EXPORT_REQUESTED', {
      entityType: 'audit_export',
      entityId: id,
      metadata: { format: input.format },
    });
    await scope.enqueue({ task: exportTask, payload: { exportId: id } });
    return id;
  }

  /** The newest exports; with download links if the caller has authenticated recently. */
  async list(scope: Scope): Promise<(ListedExport & { url: string })[]> {
    const exports = await this.store.list(scope, MOST_LISTED);
    return Promise.all(exports.map(async (one) => ({ ...one, url: await this.linkTo(scope, one) })));
  }

  /** Undefined when it has ended. The chain is up to date. */
  async begin(scope: Scope, id: string): Promise<Plan | undefined> {
    const found = await this.store.begin(scope, id);
    if (!found) return undefined;
    const { firstSeq, lastSeq } = await this.store.slice(scope, found);
    const [first, last] = [firstSeq ?? 0, lastSeq ?? 0];
    return {
      export: found,
      previous: await this.store.hashAt(scope, Math.max(first - 1, 0)),
      end: {
        orgId: scope.orgId,
        events: firstSeq === null ? 0 : last - first + 1,
        firstSeq: first,
        lastSeq: last,
        head: await this.store.hashAt(scope, last),
        exportedAt: scope.now().toISOString(),
      },
    };
  }

  /** The events behind `after`, without those they follow. */
  rows(scope: Scope, { end }: Plan, after: number, most: number): Promise<Omit<TrailRow, 'previousHash'>[]> {
    return this.store.rows(scope, { after, last: end.lastSeq, most });
  }

  async complete(scope: Scope, { id, format }: AuditExport): Promise<void> {
    const expiresAt = new Date(scope.now().getTime() + KEPT_MS);
    await this.store.end(scope, id, { status: exportStatus.completed, expiresAt });
    await scope.enqueue({ task: expireExportTask, payload: { exportId: id, format }, runAt: expiresAt });
  }

  /** True when it is not tried again. */
  async giveUp(scope: Scope, { id, attempts }: AuditExport): Promise<boolean> {
    if (attempts < MOST_ATTEMPTS) return false;
    await this.store.end(scope, id, {
      status: exportStatus.failed,
      error: 'The file could not be created; request the export again, or contact the operator.',
    });
    return true;
  }

  private linkTo(scope: Scope, { id, format, status, expiresAt, createdAt }: ListedExport): Promise<string> {
    const isThere = status === exportStatus.completed && expiresAt !== null && expiresAt > scope.now();
    if (!isThere || !scope.hasRecentProof) return Promise.resolve('');
    const { extension, contentType } = files[format];
    const filename = `audit-trail-${createdAt.toISOString().slice(0, 10)}.${extension}`;
    return this.objects.link(keyOf(scope.orgId, { id, format }), { filename, contentType });
  }
}

export function contentTypeOf(format: TrailFormat): string {
  return files[format].contentType;
}

/** Where the file of an export is. */
export function keyOf(orgId: string, { id, format }: { id: string; format: TrailFormat }): string {
  return `${orgId}/audit/${id}.${files[format].extension}`;
}

function refuseMore(open: number): AppError | undefined {
  if (open < MOST_AT_ONCE) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_EXPORTS',
    `${MOST_AT_ONCE} exports are running; wait until one is done.`,
  );
}
