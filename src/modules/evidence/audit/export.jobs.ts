import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { type TrailFormat, type TrailRow, writeTrail } from '../../../platform/audit/trail-file/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { AuditChain } from './chain.service.js';
import {
  AuditExports,
  contentTypeOf,
  expireExportTask,
  exportTask,
  keyOf,
  type Plan,
} from './export.service.js';

/** Read in one transaction, and in memory at once. */
const PAGE = 1_000;

/** Writes a slice of the chain to a file, page by page, and the file to the object store. */
@Injectable()
@HandlesJob({ task: exportTask })
export class MakeExport implements JobHandler<{ exportId: string }> {
  constructor(
    private readonly chain: AuditChain,
    private readonly exports: AuditExports,
    private readonly objects: ObjectStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('audit');
  }

  async handle({ exportId }: { exportId: string }, context: JobContext): Promise<void> {
    const { run, orgId = '' } = context;
    // What has happened before the export was asked for is in it.
    while (!(await run((scope) => this.chain.extend(scope))));
    const plan = await run((scope) => this.exports.begin(scope, exportId));
    if (!plan) return;
    try {
      await this.make(orgId, plan, context);
    } catch (error) {
      if (context.signal.aborted || !(await run((scope) => this.exports.giveUp(scope, plan.export))))
        throw error;
      this.log.error({ err: error, orgId, exportId }, 'audit export failed permanently');
      return;
    }
    await run((scope) => this.exports.complete(scope, plan.export));
  }

  private async make(orgId: string, plan: Plan, context: JobContext): Promise<void> {
    const { format } = plan.export;
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-export-'));
    try {
      const path = join(folder, 'trail');
      await writeTrail({ path, format }, this.rows(plan, context), plan.end);
      await this.objects.put(keyOf(orgId, plan.export), createReadStream(path), contentTypeOf(format));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** One transaction a page: none is open while the file is written. */
  private async *rows(plan: Plan, { run, signal }: JobContext): AsyncGenerator<TrailRow> {
    let { previous } = plan;
    let after = Math.max(plan.end.firstSeq - 1, 0);
    while (after < plan.end.lastSeq) {
      signal.throwIfAborted();
      const page = await run((scope) => this.exports.rows(scope, plan, after, PAGE));
      if (page.length === 0) throw new Error(`The chain ends at ${after}.`);
      for (const row of page) {
        yield { ...row, previousHash: previous };
        previous = row.hash;
        after = row.seq;
      }
    }
  }
}

/** Deletes the file of an export; the record stays. */
@Injectable()
@HandlesJob({ task: expireExportTask })
export class ExpireExport implements JobHandler<{ exportId: string; format: TrailFormat }> {
  constructor(private readonly objects: ObjectStore) {}

  async handle(
    { exportId: id, format }: { exportId: string; format: TrailFormat },
    { orgId = '' }: JobContext,
  ) {
    await this.objects.remove(keyOf(orgId, { id, format }));
  }
}
