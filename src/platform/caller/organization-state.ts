import { statement, type Transaction } from '../database/index.js';

/** What every call of an organization has to know about it. */
export interface OrganizationState {
  suspended: boolean;
  /** When it ceases to answer, before it ceases to exist; null: it stays. */
  expiresAt: Date | null;
  /** When it is deleted at a super admin's request, which can still be cancelled; null: that was not requested. */
  deletionDueAt: Date | null;
  /** Sustained calls per second and burst; null: the configured default. */
  ratePerSecond: number | null;
  rateBurst: number | null;
  /** Events per second that all its projects together may send; null: the configured default. */
  eventsPerSecond: number | null;
}

const find = statement(
  'organization.state',
  `select suspended_at is not null as suspended, rate_limit_per_second as "ratePerSecond",
          rate_limit_burst as "rateBurst", ingest_events_per_second as "eventsPerSecond", expires_at as "expiresAt",
          (select due_at from organization_deletion d where d.organization_id = o.id) as "deletionDueAt"
     from organization o where id = $1`,
);

/** In a transaction of that organization. */
export function findOrganizationState(
  tx: Transaction,
  orgId: string,
): Promise<OrganizationState | undefined> {
  return tx.queryOne<OrganizationState>(find, [orgId]);
}
