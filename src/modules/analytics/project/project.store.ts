import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { ProjectRow, ProjectSettings } from './project.js';
import { nameTaken } from './project.rules.js';

const columns = `org_id as "orgId", id, number, name, zone, retention_days as "retentionDays",
          merge_identities as "mergeIdentities", events_per_second as "eventsPerSecond",
          ingest_path as "ingestPath", built_in as "builtIn", created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt"`;

const lock = statement('project.lock', `select pg_advisory_xact_lock(hashtextextended('project/' || $1, 0))`);
const count = statement(
  'project.count',
  'select count(*)::integer as projects from project where org_id = $1',
);
const list = statement(
  'project.list',
  `select ${columns} from project where org_id = $1 order by name_key, id`,
);
const find = statement('project.find', `select ${columns} from project where org_id = $1 and id = $2`);
const findBuiltIn = statement(
  'project.find_built_in',
  `select ${columns} from project where org_id = $1 and built_in`,
);
const findForUpdate = statement(
  'project.find_for_update',
  `select ${columns} from project where org_id = $1 and id = $2 for update`,
);
const insert = statement(
  'project.insert',
  `insert into project (org_id, id, name, name_key, zone, retention_days, merge_identities, events_per_second,
                        ingest_path, built_in, created_by, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12) returning number`,
);
const update = statement(
  'project.update',
  `update project set name = $3, name_key = $4, zone = $5, retention_days = $6, merge_identities = $7,
          events_per_second = $8, ingest_path = $9, updated_at = $10
    where org_id = $1 and id = $2`,
);
const remove = statement('project.delete', 'delete from project where org_id = $1 and id = $2');
// A view that reads a file for each zone: for calls that set one.
const findZone = statement(
  'project.find_zone',
  `select name from pg_timezone_names where lower(name) = lower($1) order by name = $1 desc limit 1`,
);

constraintErrors({ project_name_key: nameTaken });

@Injectable()
export class ProjectStore {
  /** How many there are. Held until the transaction ends: two calls at once cannot both take the last place. */
  async countForInsert(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    const row = await tx.queryOne<{ projects: number }>(count, [scope.orgId]);
    return row?.projects ?? 0;
  }

  /** By name. */
  async list(scope: Scope): Promise<ProjectRow[]> {
    const tx = await scope.tx();
    return tx.query<ProjectRow>(list, [scope.orgId]);
  }

  async find(scope: Scope, id: string): Promise<ProjectRow | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<ProjectRow>(find, [scope.orgId, id]);
  }

  async findBuiltIn(scope: Scope): Promise<ProjectRow | undefined> {
    return (await scope.tx()).queryOne<ProjectRow>(findBuiltIn, [scope.orgId]);
  }

  /** Locks the row until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<ProjectRow | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<ProjectRow>(findForUpdate, [scope.orgId, id]);
  }

  /** Returns the number that the project has from now on. */
  async insert(scope: Scope, project: Omit<ProjectRow, 'number' | 'updatedAt'>): Promise<number> {
    const tx = await scope.tx();
    const values = [...settingsOf(project), project.builtIn, project.createdBy, project.createdAt];
    const row = await tx.queryOne<{ number: number }>(insert, [scope.orgId, project.id, ...values]);
    if (!row) throw new Error('The insert of a project returned no row.');
    return row.number;
  }

  async update(scope: Scope, id: string, settings: ProjectSettings, at: Date): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(update, [scope.orgId, id, ...settingsOf(settings), at]);
  }

  /** With its keys. What is left is a row by which its events are deleted (deleted-project.store.ts). */
  async delete(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, id]);
  }

  /** The zone as its name is spelled, if the database knows it by this name. */
  async findZone(scope: Scope, name: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ name: string }>(findZone, [name]))?.name;
  }
}

function settingsOf(project: ProjectSettings): unknown[] {
  const { name, zone, retentionDays, mergeIdentities, eventsPerSecond, ingestPath } = project;
  return [name, nameKey(name), zone, retentionDays, mergeIdentities, eventsPerSecond, ingestPath];
}
