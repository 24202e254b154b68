import { Injectable } from '@nestjs/common';
import { statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { DayRow } from './usage-statements.js';
import { type CountedProject, dayOf, type UsagePeriod } from './usage.rules.js';

/** How far a project is counted. */
export interface UsageCount extends CountedProject {
  /** The project's number in the analytics store. */
  readonly project: number;
  /** Up to when other events under an event id were looked for. */
  readonly idsCheckedUntil: Date;
}

/** The events of a project on a day. */
export interface UsageDay {
  /** Its beginning, UTC. */
  readonly day: Date;
  readonly projectId: string;
  readonly events: number;
}

export interface UsageMonth {
  readonly start: Date;
  readonly events: number;
}

const counts = statement(
  'usage_count.list',
  `select project, counted_at as "countedAt", took_ms as "tookMs", complete_at as "completeAt",
          ids_checked_until as "idsCheckedUntil"
     from usage_count where org_id = $1`,
);

const recordCount = statement(
  'usage_count.record',
  `insert into usage_count (org_id, project, counted_at, took_ms, complete_at, ids_checked_until)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (org_id, project) do update set counted_at = excluded.counted_at, took_ms = excluded.took_ms,
     complete_at = excluded.complete_at, ids_checked_until = excluded.ids_checked_until`,
);

// What was deleted from the analytics store has been used: a number never falls.
const recordDays = statement(
  'usage_day.record',
  `insert into usage_day (org_id, project, project_id, day, events)
   select $1, $2, $3, day, events from unnest($4::date[], $5::bigint[]) counted (day, events)
   on conflict (org_id, day, project) do update set events = excluded.events
    where usage_day.events < excluded.events`,
);

const total = statement(
  'usage_day.total',
  `select coalesce(sum(events), 0)::float8 as events from usage_day where org_id = $1 and day >= $2 and day < $3`,
);

const days = statement(
  'usage_day.list',
  `select day::timestamp at time zone 'UTC' as day, project_id as "projectId", events::float8 as events
     from usage_day where org_id = $1 and day >= $2 and day <= $3 order by day, project_id`,
);

const months = statement(
  'usage_day.months',
  `select date_trunc('month', day)::timestamp at time zone 'UTC' as start, sum(events)::float8 as events
     from usage_day where org_id = $1 and day >= $2 and day < $3 group by 1 order by 1 desc`,
);

/** What was counted of organizations. */
@Injectable()
export class UsageStore {
  async counts(scope: Scope): Promise<UsageCount[]> {
    return (await scope.tx()).query<UsageCount>(counts, [scope.orgId]);
  }

  async record(
    { orgId, tx }: { readonly orgId: string; readonly tx: Transaction },
    { project, projectId, ...count }: UsageCount & { readonly projectId: string },
    counted: readonly DayRow[],
  ): Promise<void> {
    await tx.execute(recordDays, [
      orgId,
      project,
      projectId,
      counted.map(({ day }) => day),
      counted.map(({ events }) => events),
    ]);
    const { countedAt, tookMs, completeAt, idsCheckedUntil } = count;
    await tx.execute(recordCount, [orgId, project, countedAt, tookMs, completeAt, idsCheckedUntil]);
  }

  /** Events of all projects. */
  async total(scope: Scope, { start, end }: UsagePeriod): Promise<number> {
    const values = [scope.orgId, dayOf(start), dayOf(end)];
    return (await (await scope.tx()).queryOne<{ events: number }>(total, values))?.events ?? 0;
  }

  /** From the day of the one time to that of the other, by day and project. */
  async days(scope: Scope, from: Date, to: Date): Promise<UsageDay[]> {
    return (await scope.tx()).query<UsageDay>(days, [scope.orgId, dayOf(from), dayOf(to)]);
  }

  /** The newest first. */
  async months(scope: Scope, { start, end }: UsagePeriod): Promise<UsageMonth[]> {
    return (await scope.tx()).query<UsageMonth>(months, [scope.orgId, dayOf(start), dayOf(end)]);
  }
}
