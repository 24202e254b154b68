import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { Permission } from '../../../platform/permission/permissions.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { Members } from '../../people/member/index.js';
import { Organizations } from '../../people/organization/index.js';
import { eventLimitMail } from './event-limit.mail.js';
import { EventLimitStore, type SetLimit } from './event-limit.store.js';
import { type EventLimit, isRefused, percentsReached, periodOf, type UsagePeriod } from './usage.rules.js';
import { UsageStore } from './usage.store.js';

/** Admins who get a mail: those who joined first. */
const MOST_MAILS = 100;

/** How many events an organization may send in a month, and what follows when it has. */
@Injectable()
export class EventLimits {
  private readonly warnings;

  constructor(
    private readonly store: EventLimitStore,
    private readonly usage: UsageStore,
    private readonly members: Members,
    private readonly organizations: Organizations,
    private readonly mailer: Mailer,
    @Inject(CONFIG) private readonly config: Config,
    private readonly log: PinoLogger,
    metrics: Metrics,
  ) {
    log.setContext('usage');
    this.warnings = metrics.counter(
      'event_limit_warnings_total',
      'Warnings of organizations that have used much of their events of the month.',
      ['percent'],
    );
  }

  async limit(scope: Scope): Promise<EventLimit> {
    const own = await this.store.find(scope);
    return {
      monthlyEvents: own?.monthlyEvents ?? this.config.eventLimit.perMonth,
      refuses: own?.refuses ?? this.config.eventLimit.refuses,
    };
  }

  /** By the operator. What is not given stays. The month's warnings begin again: they were about another limit. */
  async set(scope: Scope, change: Partial<SetLimit>): Promise<EventLimit> {
    await this.organizations.get(scope);
    const set = { monthlyEvents: null, refuses: null, ...(await this.store.find(scope)), ...change };
    await this.store.set(scope, set);
    await this.store.forgetWarnings(scope, periodOf(scope.now()));
    const limit = await this.limit(scope);
    await scope.audit('ORG_RESOURCE_QUOTAS_SET', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: {
        monthly_events: String(limit.monthlyEvents),
        over_limit: limit.refuses ? 'refuse' : 'accept',
      },
    });
    await this.apply(scope);
    return limit;
  }

  /** Warns of what was counted, and refuses or accepts further events. In the transaction that commits the warning. */
  async apply(scope: Scope): Promise<void> {
    const period = periodOf(scope.now());
    const [limit, events] = [await this.limit(scope), await this.usage.total(scope, period)];
    await this.store.refuseUntil(scope, isRefused(events, limit) ? period.end : undefined);
    const reached = percentsReached(events, limit);
    if (reached.length === 0) return;
    const news = await this.store.warn(scope, period, reached, { events, limit });
    if (news.length > 0) await this.warn(scope, { news, events, limit, period });
  }

  /** When two percents were reached at once, one mail tells of the higher one. */
  private async warn(
    scope: Scope,
    { news, ...what }: { news: readonly number[]; events: number; limit: EventLimit; period: UsagePeriod },
  ): Promise<void> {
    const { events, limit } = what;
    const { orgId } = scope;
    for (const percent of news) {
      await scope.audit('EVENT_LIMIT_WARNED', {
        entityType: 'organization',
        entityId: orgId,
        metadata: {
          percent: String(percent),
          events: String(events),
          monthly_events: String(limit.monthlyEvents),
        },
      });
      this.warnings.inc({ percent: String(percent) });
      this.log.warn({ orgId, percent, events, monthlyEvents: limit.monthlyEvents }, 'event limit reached');
    }
    const { name: organization } = await this.organizations.get(scope);
    const admins = await this.members.listHolders(scope, [Permission.ORG_WRITE], MOST_MAILS);
    const percent = Math.max(...news);
    await this.mailer.sendAll(
      scope,
      admins.map(({ email }) => eventLimitMail(email, { organization, percent, ...what })),
    );
  }
}
