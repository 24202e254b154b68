import { Injectable } from '@nestjs/common';
import { Database, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

interface ChangedProject {
  readonly orgId: string;
  /** The project's number in the analytics store. */
  readonly project: number;
}

/**
 * Raises the versions of the projects that `changed` has as `org_id` and `project`, of those that exist. In order, against
 * deadlocks.
 *
 * @param changed The rows, as an item of FROM with the name `changed`.
 */
export function raiseOf(changed: string): string {
  return `insert into analytics_version (org_id, project)
   select distinct org_id, project from ${changed}
    where exists (select from project p where p.org_id = changed.org_id and p.number = changed.project)
    order by org_id, project
   on conflict (org_id, project) do update set version = analytics_version.version + 1`;
}

const find = statement(
  'analytics_version.find',
  `select version::float8 as version from analytics_version where org_id = $1 and project = $2`,
);
const raise = statement(
  'analytics_version.raise',
  raiseOf('unnest($1::uuid[], $2::integer[]) changed (org_id, project)'),
);

/** Which state of a project the analytics store holds: a change raises the version when it is complete. */
@Injectable()
export class AnalyticsVersions {
  constructor(private readonly database: Database) {}

  /**
   * The version of the scope's project: the store holds all that was complete at it. In a separate transaction, for the
   * question that follows may wait and run for long, and a scope keeps its connection.
   */
  async current({ orgId, project, signal }: Scope): Promise<number> {
    const row = await this.database.transaction({ orgId, readOnly: true, signal }, (tx) =>
      tx.queryOne<{ version: number }>(find, [orgId, project.number]),
    );
    return row?.version ?? 0;
  }

  async raise(tx: Transaction, changed: readonly ChangedProject[]): Promise<void> {
    await tx.execute(raise, [changed.map(({ orgId }) => orgId), changed.map(({ project }) => project)]);
  }
}
