import { statement, type Transaction } from '../database/index.js';

/** What every call in a project has to know about it. */
export interface Project {
  readonly id: string;
  /** The project in the analytics store: a positive 32-bit number, never given to another project. */
  readonly number: number;
  readonly orgId: string;
  /** IANA name of the reporting time zone; `UTC` by default. */
  readonly zone: string;
  /** Whether `shared.insights.v1` counts the ids of one person as one person; `insights.v1` always does. */
  readonly mergeIdentities: boolean;
  /** Days after which events are deleted; null: they are kept. */
  readonly retentionDays: number | null;
  /** Events per second that the project may send; null: the limit of its organization alone holds. */
  readonly eventsPerSecond: number | null;
}

const find = statement(
  'project.find_by_id',
  `select id, number, org_id as "orgId", zone, merge_identities as "mergeIdentities",
          retention_days as "retentionDays", events_per_second as "eventsPerSecond"
     from project where id = $1`,
);

/** In a transaction of its organization, or one that looks for this project. */
export function findProject(tx: Transaction, id: string): Promise<Project | undefined> {
  return tx.queryOne<Project>(find, [id]);
}
