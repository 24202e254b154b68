import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { DataSubject } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type DataExport, exportState, exportSubject, type WrittenFile } from './data-export.js';

const { pending, running, completed, failed, cancelled } = exportState;
const isOpen = `state in (${pending}, ${running})`;

const columns = `id, project, subject, format, state, distinct_id as "distinctId", from_time as "from", to_time as "to", attempts,
          events_total::float8 as "eventsTotal", events_written::float8 as "eventsWritten", files, error,
          created_at as "createdAt", completed_at as "completedAt", expires_at as "expiresAt"`;

const lock = statement(
  'data_export.lock',
  `select pg_advisory_xact_lock(hashtextextended('data_export/' || $1, 0))`,
);
const countOpen = statement(
  'data_export.count_open',
  `select count(*)::integer as open from data_export where org_id = $1 and ${isOpen}`,
);
const insert = statement(
  'data_export.insert',
  `insert into data_export (org_id, id, project, subject, format, state, distinct_id, from_time, to_time, requested_by, created_at)
   values ($1, $2, $3, $4, $5, ${pending}, $6, $7, $8, $9, $10)`,
);
const find = statement(
  'data_export.find',
  `select ${columns} from data_export where org_id = $1 and project = $2 and id = $3`,
);
const findForUpdate = statement(
  'data_export.find_for_update',
  `select ${columns} from data_export where org_id = $1 and project = $2 and id = $3 for update`,
);
const list = statement(
  'data_export.list',
  `select ${columns} from data_export
    where org_id = $1 and project = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
    order by created_at desc, id desc limit $5`,
);
const next = statement(
  'data_export.next',
  `select id, state from data_export where org_id = $1 and ${isOpen} order by state desc, created_at, id limit 1`,
);
const begin = statement(
  'data_export.begin',
  `update data_export set state = ${running}, attempts = attempts + 1, events_written = 0
    where org_id = $1 and id = $2 and ${isOpen} returning ${columns}`,
);
const progress = statement(
  'data_export.progress',
  `update data_export set events_total = coalesce($3, events_total), events_written = $4
    where org_id = $1 and id = $2 and state = ${running} and attempts = $5`,
);
const complete = statement(
  'data_export.complete',
  `update data_export set state = ${completed}, files = $3::jsonb, events_written = $4, completed_at = $5, expires_at = $6
    where org_id = $1 and id = $2 and state = ${running} and attempts = $7`,
);
const fail = statement(
  'data_export.fail',
  `update data_export set state = ${failed}, error = $3, distinct_id = null, completed_at = $4
    where org_id = $1 and id = $2 and ${isOpen}`,
);
const cancel = statement(
  'data_export.cancel',
  `update data_export set state = ${cancelled}, files = '[]', distinct_id = null, completed_at = coalesce(completed_at, $3), expires_at = null
    where org_id = $1 and id = $2`,
);
const expire = statement(
  'data_export.expire',
  `update data_export set files = '[]', distinct_id = null where org_id = $1 and id = $2`,
);
// Everybody of the project may be in its exports. Those that wait will be made of what is left. An earlier release forgot
// whose an export is when it was complete.
const cancelOfSubject = statement(
  'data_export.cancel_of_subject',
  `update data_export
      set state = ${cancelled}, files = '[]', distinct_id = null, error = $4, completed_at = coalesce(completed_at, $5), expires_at = null
    where org_id = $1 and project = $2
      and (subject = ${exportSubject.project} and (state = ${running} or state = ${completed} and files <> '[]')
        or subject = ${exportSubject.person} and (distinct_id = any ($3) or distinct_id is null and state = ${completed} and files <> '[]'))
    returning id`,
);
const isOver = statement(
  'data_export.is_over',
  `select id from data_export where org_id = $1 and id = $2 and state in (${failed}, ${cancelled})`,
);
const ofProject = statement(
  'data_export.of_project',
  `select id from data_export where org_id = $1 and project = $2`,
);

@Injectable()
export class DataExportStore {
  /** Until the transaction ends, no other decides which export of the organization is made. */
  async lock(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(lock, [scope.orgId]);
  }

  async countOpen(scope: Scope): Promise<number> {
    return (await (await scope.tx()).queryOne<{ open: number }>(countOpen, [scope.orgId]))?.open ?? 0;
  }

  async insert(
    scope: Scope,
    made: Pick<
      DataExport,
      'id' | 'project' | 'subject' | 'format' | 'distinctId' | 'from' | 'to' | 'createdAt'
    >,
  ): Promise<void> {
    const { id, project, subject, format, distinctId, from, to, createdAt } = made;
    const values = [
      scope.orgId,
      id,
      project,
      subject,
      format,
      distinctId,
      from,
      to,
      scope.actorId || null,
      createdAt,
    ];
    await (await scope.tx()).execute(insert, values);
  }

  /** In the scope's project. */
  async find(scope: Scope, id: string): Promise<DataExport | undefined> {
    return (await scope.tx()).queryOne<DataExport>(find, [scope.orgId, scope.project.number, id]);
  }

  /** In the scope's project; locked until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<DataExport | undefined> {
    return (await scope.tx()).queryOne<DataExport>(findForUpdate, [scope.orgId, scope.project.number, id]);
  }

  /** In the scope's project, newest first; one more than the page holds. */
  async list(scope: Scope, { limit, after }: Page): Promise<DataExport[]> {
    const values = [
      scope.orgId,
      scope.project.number,
      after?.createdAt ?? null,
      after?.id ?? null,
      limit + 1,
    ];
    return (await scope.tx()).query<DataExport>(list, values);
  }

  /** The one that runs, else the one that has waited longest. */
  async next(scope: Scope): Promise<Pick<DataExport, 'id' | 'state'> | undefined> {
    return (await scope.tx()).queryOne<Pick<DataExport, 'id' | 'state'>>(next, [scope.orgId]);
  }

  /** Undefined when it has ended. */
  async begin(scope: Scope, id: string): Promise<DataExport | undefined> {
    return (await scope.tx()).queryOne<DataExport>(begin, [scope.orgId, id]);
  }

  /** False when the export has ended, or another attempt makes it. */
  async progress(
    scope: Scope,
    { id, attempts }: DataExport,
    { total, written }: { readonly total?: number; readonly written: number },
  ): Promise<boolean> {
    const done = await (
      await scope.tx()
    ).execute(progress, [scope.orgId, id, total ?? null, written, attempts]);
    return done.rowCount === 1;
  }

  /** False when the export has ended, or another attempt makes it. */
  async complete(
    scope: Scope,
    { id, attempts }: DataExport,
    written: { readonly files: readonly WrittenFile[]; readonly events: number; readonly expiresAt: Date },
  ): Promise<boolean> {
    const { files, events, expiresAt } = written;
    const values = [scope.orgId, id, JSON.stringify(files), events, scope.now(), expiresAt, attempts];
    return (await (await scope.tx()).execute(complete, values)).rowCount === 1;
  }

  async fail(scope: Scope, id: string, error: string): Promise<void> {
    await (await scope.tx()).execute(fail, [scope.orgId, id, error, scope.now()]);
  }

  async cancel(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(cancel, [scope.orgId, id, scope.now()]);
  }

  async expire(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(expire, [scope.orgId, id]);
  }

  /** Those that hold the person, or will; returns their ids. */
  async cancelOfSubject(scope: Scope, subject: DataSubject, error: string): Promise<string[]> {
    const { project, profileIds, distinctIds, returningIds } = subject;
    const ids = [...profileIds, ...distinctIds, ...returningIds];
    const rows = await (
      await scope.tx()
    ).query<{ id: string }>(cancelOfSubject, [scope.orgId, project, ids, error, scope.now()]);
    return rows.map(({ id }) => id);
  }

  /** Whether it has ended without files. */
  async isOver(scope: Scope, id: string): Promise<boolean> {
    return (await (await scope.tx()).queryOne(isOver, [scope.orgId, id])) !== undefined;
  }

  async ofProject(scope: Scope, project: number): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(ofProject, [scope.orgId, project]);
    return rows.map(({ id }) => id);
  }
}
