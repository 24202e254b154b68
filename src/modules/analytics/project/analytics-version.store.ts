import { Injectable } from '@nestjs/common';
import type { StatementOwner } from '../../../platform/analytics-store/index.js';
import { Database, readStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

interface ChangedProject {
  readonly orgId: string;
  /** The project's number in the analytics store. */
  readonly project: number;
}

// In order, against deadlocks. $1 and $2: the projects.
const locked = `locked as materialized (
     select v.org_id, v.project from analytics_version v
      where (v.org_id, v.project) in (select * from unnest($1::uuid[], $2::integer[]))
      order by v.org_id, v.project for no key update of v
   )`;

/** The version of a project of which nothing was ever stored. */
export const firstVersion = 1;

/** The version of a project, and that at which its events were counted; null: never. */
export interface CountedVersion {
  readonly version: number;
  readonly counted: number | null;
}

const MOST_AT_ONCE = 10_000;
/** Numbers from here on are those of heat maps, which hold no events that would be counted. See migration 0096. */
export const FIRST_HEATMAP_NUMBER = 2 ** 30;

const find = statement(
  'analytics_version.find',
  `select version::float8 as version from analytics_version where org_id = $1 and project = $2`,
);
const uncounted = readStatement(
  'analytics_version.uncounted',
  `select distinct org_id as "orgId" from analytics_version where counted_version is distinct from version and project < ${FIRST_HEATMAP_NUMBER}
    order by 1 limit ${MOST_AT_ONCE}`,
);
const ofOrganization = statement(
  'analytics_version.of_organization',
  `select project, version::float8 as version, counted_version::float8 as counted from analytics_version
    where org_id = $1`,
);
const markCounted = statement(
  'analytics_version.mark_counted',
  `update analytics_version set counted_version = greatest(counted_version, $3::bigint)
    where org_id = $1 and project = $2`,
);
const lock = statement('analytics_version.lock', `with ${locked} select project from locked`);
const raise = statement(
  'analytics_version.raise',
  `with ${locked}
   update analytics_version v set version = v.version + 1 from locked l
    where v.org_id = l.org_id and v.project = l.project`,
);

/** The caller who asks, and the project; a scope of a call in a project is one. */
export type VersionedQuestion = Pick<StatementOwner, 'orgId' | 'project' | 'signal'> &
  Partial<Pick<Scope, 'holdsConnection'>>;

/** Which state of a project the analytics store holds: a change raises the version when it is complete. */
@Injectable()
export class AnalyticsVersions {
  constructor(private readonly database: Database) {}

  /**
   * The version of the question's project: the store holds all that was complete at it. In a separate transaction, for the
   * question that follows may wait and run for long, and a scope keeps its connection.
   */
  async current({ orgId, project, signal, holdsConnection: isSecond }: VersionedQuestion): Promise<number> {
    const row = await this.database.transaction({ orgId, readOnly: true, isSecond, signal }, (tx) =>
      tx.queryOne<{ version: number }>(find, [orgId, project.number]),
    );
    return row?.version ?? 0;
  }

  /** Raises those that exist. Last in its transaction, and once: what follows must wait for nothing. */
  async raise(tx: Transaction, changed: readonly ChangedProject[]): Promise<void> {
    await tx.execute(raise, columnsOf(changed));
  }

  /**
   * Which of the projects, by their numbers, were not deleted. A deletion that is under way does not end before the
   * transaction does, which may raise them in whatever order.
   */
  async lock(tx: Transaction, projects: readonly ChangedProject[]): Promise<ReadonlySet<number>> {
    const rows = await tx.query<{ project: number }>(lock, columnsOf(projects));
    return new Set(rows.map(({ project }) => project));
  }

  /** Organizations with a project whose events were not counted at its version, in a transaction that sees all. */
  async uncounted(tx: Transaction): Promise<string[]> {
    return (await tx.query<{ orgId: string }>(uncounted)).map(({ orgId }) => orgId);
  }

  /** The versions of the scope's organization, by the numbers of its projects. */
  async ofOrganization(scope: Scope): Promise<Map<number, CountedVersion>> {
    const rows = await (
      await scope.tx()
    ).query<CountedVersion & { project: number }>(ofOrganization, [scope.orgId]);
    return new Map(rows.map(({ project, ...versions }) => [project, versions]));
  }

  /** Last in its transaction, like `raise`. */
  async markCounted(tx: Transaction, { orgId, project }: ChangedProject, version: number): Promise<void> {
    await tx.execute(markCounted, [orgId, project, version]);
  }
}

function columnsOf(changed: readonly ChangedProject[]): unknown[] {
  return [changed.map(({ orgId }) => orgId), changed.map(({ project }) => project)];
}

const numbers = readStatement('analytics_version.numbers', 'select distinct project from analytics_version');

/** The numbers under which the analytics store may have rows, of all organizations. */
export async function projectNumbers(database: Database): Promise<ReadonlySet<number>> {
  const settings = { kind: 'job', lookup: { kind: 'profiles', key: 'mirror' } } as const;
  const rows = await database.transaction(settings, (tx) => tx.query<{ project: number }>(numbers));
  return new Set(rows.map(({ project }) => project));
}
