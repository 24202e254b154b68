import { Injectable } from '@nestjs/common';
import { readStatement, statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { dayOf, type EventLimit, type UsagePeriod, type WarnedPercent } from './usage.rules.js';

/** What the operator has set for an organization; null: as configured. */
export interface SetLimit {
  readonly monthlyEvents: number | null;
  readonly refuses: boolean | null;
}

export interface UsageWarning {
  readonly percent: number;
  readonly events: number;
  readonly warnedAt: Date;
}

const find = statement(
  'usage_limit.find',
  `select monthly_events::float8 as "monthlyEvents", refuses from usage_limit where org_id = $1`,
);
const set = statement(
  'usage_limit.set',
  `insert into usage_limit (org_id, monthly_events, refuses) values ($1, $2, $3)
   on conflict (org_id) do update set monthly_events = excluded.monthly_events, refuses = excluded.refuses`,
);
const warn = statement(
  'usage_warning.insert',
  `insert into usage_warning (org_id, period_start, percent, events, monthly_events, warned_at)
   select $1, $2, percent, $4, $5, $6 from unnest($3::smallint[]) reached (percent)
   on conflict (org_id, period_start, percent) do nothing
   returning percent`,
);
const warnings = statement(
  'usage_warning.list',
  `select percent, events::float8 as events, warned_at as "warnedAt" from usage_warning
    where org_id = $1 and period_start = $2 order by percent`,
);
const forgetWarnings = statement(
  'usage_warning.forget',
  'delete from usage_warning where org_id = $1 and period_start = $2',
);
const refuse = statement(
  'usage_refusal.set',
  `insert into usage_refusal (org_id, until) values ($1, $2)
   on conflict (org_id) do update set until = excluded.until where usage_refusal.until <> excluded.until`,
);
const allow = statement('usage_refusal.delete', 'delete from usage_refusal where org_id = $1');
const findRefusal = statement(
  'usage_refusal.find',
  'select until from usage_refusal where org_id = $1 and until > $2',
);
const allRefusals = readStatement('usage_refusal.all', 'select org_id as "orgId", until from usage_refusal');

/** Limits of organizations, what they were warned of, and whose events are refused. */
@Injectable()
export class EventLimitStore {
  async find(scope: Scope): Promise<SetLimit | undefined> {
    return (await scope.tx()).queryOne<SetLimit>(find, [scope.orgId]);
  }

  async set(scope: Scope, { monthlyEvents, refuses }: SetLimit): Promise<void> {
    await (await scope.tx()).execute(set, [scope.orgId, monthlyEvents, refuses]);
  }

  /** Returns those of which no warning was in this period before: of two at once, one gets each. */
  async warn(
    scope: Scope,
    { start }: UsagePeriod,
    percents: readonly WarnedPercent[],
    { events, limit }: { readonly events: number; readonly limit: EventLimit },
  ): Promise<number[]> {
    const values = [scope.orgId, dayOf(start), percents, events, limit.monthlyEvents, scope.now()];
    const rows = await (await scope.tx()).query<{ percent: number }>(warn, values);
    return rows.map(({ percent }) => percent);
  }

  async warnings(scope: Scope, { start }: UsagePeriod): Promise<UsageWarning[]> {
    return (await scope.tx()).query<UsageWarning>(warnings, [scope.orgId, dayOf(start)]);
  }

  async forgetWarnings(scope: Scope, { start }: UsagePeriod): Promise<void> {
    await (await scope.tx()).execute(forgetWarnings, [scope.orgId, dayOf(start)]);
  }

  /** Undefined: from now on they are accepted. */
  async refuseUntil(scope: Scope, until: Date | undefined): Promise<void> {
    const tx = await scope.tx();
    await (until ? tx.execute(refuse, [scope.orgId, until]) : tx.execute(allow, [scope.orgId]));
  }

  async isRefused(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).query(findRefusal, [scope.orgId, scope.now()])).length > 0;
  }

  /** Those of all organizations, in a transaction with `usageSettings`. */
  async refusals(tx: Transaction): Promise<Map<string, Date>> {
    const rows = await tx.query<{ orgId: string; until: Date }>(allRefusals);
    return new Map(rows.map(({ orgId, until }) => [orgId, until]));
  }
}

/** The settings of a transaction that sees of all organizations whose events are to be counted, and whose are refused. */
export const usageSettings = { kind: 'job', lookup: { kind: 'usage', key: 'all' } } as const;
