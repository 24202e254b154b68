import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { NIL as firstUuid } from 'uuid';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import type { ExportFile } from '../../../platform/personal-data/index.js';
import { writeBundle } from './bundle.js';
import { contentType, expireTask, exportTask, keyOf, PrivacyExports } from './export.service.js';
import type { PrivacyRequest } from './request.rules.js';

/** Read in one transaction, and in memory at once. */
const PAGE = 500;

/** Writes what is known to a bundle, page by page, and the bundle to the object store. */
@Injectable()
@HandlesJob({ task: exportTask })
export class MakePrivacyExport implements JobHandler<{ requestId: string }> {
  constructor(
    private readonly exports: PrivacyExports,
    private readonly objects: ObjectStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('privacy');
  }

  async handle({ requestId }: { requestId: string }, context: JobContext): Promise<void> {
    const { run, orgId = '', signal } = context;
    const request = await run((scope) => this.exports.begin(scope, requestId));
    // An interrupted run may have left a bundle whose request has ended.
    if (!request) return this.removeAbandoned(requestId, context);
    try {
      await this.make(orgId, request, context);
    } catch (error) {
      if (signal.aborted || !(await run((scope) => this.exports.giveUp(scope, request)))) throw error;
      this.log.error({ err: error, orgId, requestId }, 'data export failed permanently');
      return;
    }
    if (await run((scope) => this.exports.complete(scope, request))) return;
    await this.removeAbandoned(requestId, context);
  }

  private async removeAbandoned(requestId: string, { run, orgId = '' }: JobContext): Promise<void> {
    if (await run((scope) => this.exports.isCompleted(scope, requestId))) return;
    await this.objects.remove(keyOf(orgId, requestId));
  }

  private async make(orgId: string, request: PrivacyRequest, context: JobContext): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'dovecote-export-'));
    try {
      const path = join(folder, 'bundle');
      const files = this.exports.filesOf(request).map((file) => ({
        name: `${file.name}.ndjson`,
        lines: () => this.lines(file, request, context),
      }));
      await writeBundle(path, files, this.exports.keyOf(orgId, request));
      await this.objects.put(keyOf(orgId, request.id), createReadStream(path), contentType(request));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** One transaction a page: none is open while the file is written. */
  private async *lines(
    file: ExportFile,
    request: PrivacyRequest,
    { run, signal }: JobContext,
  ): AsyncGenerator<string> {
    let after: string = firstUuid;
    for (;;) {
      signal.throwIfAborted();
      const from = { after, most: PAGE };
      const page = await run((scope) => this.exports.page(scope, file, request, from));
      for (const { key, object } of page) {
        yield `${JSON.stringify(object)}\n`;
        after = key;
      }
      if (page.length < PAGE) return;
    }
  }
}

/** Deletes the bundle of a request; the record stays. */
@Injectable()
@HandlesJob({ task: expireTask })
export class ExpirePrivacyExport implements JobHandler<{ requestId: string }> {
  constructor(
    private readonly exports: PrivacyExports,
    private readonly objects: ObjectStore,
  ) {}

  async handle({ requestId }: { requestId: string }, { run, orgId = '' }: JobContext): Promise<void> {
    await this.objects.remove(keyOf(orgId, requestId));
    await run((scope) => this.exports.forgetKey(scope, requestId));
  }
}
