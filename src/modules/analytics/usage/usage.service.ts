import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { AnalyticsVersions, firstVersion } from '../project/index.js';
import { EventLimitStore, type UsageWarning } from './event-limit.store.js';
import { EventLimits } from './event-limits.service.js';
import { type EventLimit, monthFrom, periodOf, type UsagePeriod } from './usage.rules.js';
import { type UsageDay, type UsageMonth, UsageStore } from './usage.store.js';

export interface Usage {
  readonly period: UsagePeriod;
  /** Undefined: a project is still being counted for the first time. */
  readonly events: number | undefined;
  readonly computedAt: Date | undefined;
  readonly days: readonly UsageDay[];
}

export interface LimitUse {
  readonly limit: EventLimit;
  readonly isRefused: boolean;
  readonly warnings: readonly UsageWarning[];
  readonly months: readonly UsageMonth[];
  readonly computedAt: Date | undefined;
}

const MONTHS_BEFORE = 12;

/** What an organization has used, as its admins see it. */
@Injectable()
export class Usages {
  constructor(
    private readonly store: UsageStore,
    private readonly limits: EventLimits,
    private readonly limitStore: EventLimitStore,
    private readonly versions: AnalyticsVersions,
  ) {}

  /** `range`: of the days; undefined: those of the current month. `to` is not part of it. */
  async get(scope: Scope, range?: { readonly from: Date; readonly to: Date }): Promise<Usage> {
    const period = periodOf(scope.now());
    const { isComplete, computedAt } = await this.progress(scope);
    const events = isComplete ? await this.store.total(scope, period) : undefined;
    const { from, to } = range ?? { from: period.start, to: period.end };
    const days = await this.store.days(scope, from, new Date(to.getTime() - 1));
    return { period, events, computedAt, days };
  }

  async limit(scope: Scope): Promise<LimitUse> {
    const { start, end } = periodOf(scope.now());
    const { computedAt } = await this.progress(scope);
    return {
      limit: await this.limits.limit(scope),
      isRefused: await this.limitStore.isRefused(scope),
      warnings: await this.limitStore.warnings(scope, { start, end }),
      months: await this.store.months(scope, { start: monthFrom(start, -MONTHS_BEFORE), end }),
      computedAt,
    };
  }

  /** A project in which nothing was ever stored needs no count. Without changes since, the newest count says all. */
  private async progress(scope: Scope): Promise<{ isComplete: boolean; computedAt: Date | undefined }> {
    const counts = await this.store.counts(scope);
    const versions = await this.versions.ofOrganization(scope);
    const behind = [...versions].filter(([, { version, counted }]) => version !== counted);
    const isMissing = behind.some(([, { counted, version }]) => counted === null && version > firstVersion);
    const late = counts.filter(({ project }) => behind.some(([number]) => number === project));
    const times = counts.map(({ countedAt }) => countedAt.getTime());
    const lateTimes = late.map(({ countedAt }) => countedAt.getTime());
    const computed = lateTimes.length > 0 ? Math.min(...lateTimes) : Math.max(...times);
    return {
      isComplete: counts.length > 0 && !isMissing,
      computedAt: counts.length > 0 ? new Date(computed) : undefined,
    };
  }
}
