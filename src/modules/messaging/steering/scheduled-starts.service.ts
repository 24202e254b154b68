import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import type { AuditEventType } from '../../../platform/audit/audit-event-type.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Actor, Scope } from '../../../platform/scope/index.js';
import { Principals } from '../../people/authorization/index.js';
import { OrganizationDeletions } from '../../people/organization/index.js';
import { Campaigns, campaignStatus } from '../campaign/index.js';
import { type ScheduledStart, startState } from './scheduled-start.js';
import { ScheduledStartStore } from './scheduled-start.store.js';
import {
  keptReasonOf,
  type KeptReason,
  notScheduled,
  organizationClosed,
  schedulerMayNotStart,
  unlessOvertaken,
} from './steering.rules.js';
import { checkedWallTime, instantOf, refuseStartTime, refuseZone } from './wall-time.rules.js';

/** `{ campaignId }`: the time of a scheduled start has come. */
export const startTask: Task = { name: 'campaign.start_scheduled', lane: 'campaign', priority: 'normal' };

/** A wall time in a zone. */
export interface StartTime {
  readonly wallTime: string;
  readonly zone: string;
}

/**
 * Starts of campaigns at a time to come. Whatever decides about one happens under the lock of its campaign: scheduling it,
 * taking it back, starting by hand, and the job exclude each other.
 */
@Injectable()
export class ScheduledStarts {
  constructor(
    private readonly store: ScheduledStartStore,
    private readonly campaigns: Campaigns,
    private readonly principals: Principals,
    private readonly deletions: OrganizationDeletions,
  ) {}

  /** In the place of one that waits. */
  async schedule(scope: Scope, campaignId: string, { wallTime, zone }: StartTime): Promise<ScheduledStart> {
    const checked = checkedWallTime(wallTime);
    const unknown = refuseZone(zone);
    if (unknown) throw unknown;
    const campaign = await this.campaigns.getStartableForUpdate(scope, campaignId);
    const { at, localTime } = instantOf(checked, zone);
    const refusal = refuseStartTime(at, scope.now());
    if (refusal) throw refusal;
    const start: ScheduledStart = {
      campaignId: campaign.id,
      ...{ wallTime: checked, zone, startsAt: at, localTime },
      scheduledBy: actorOf(scope),
      scheduledAt: scope.now(),
      state: startState.waiting,
      endedAt: null,
      ...{ reason: '', detail: '' },
    };
    await this.store.put(scope, start);
    await this.enqueue(scope, start);
    await this.record(scope, start, 'CAMPAIGN_START_SCHEDULED');
    return start;
  }

  async cancel(scope: Scope, campaignId: string): Promise<ScheduledStart> {
    const waiting = await this.findWaitingForUpdate(scope, campaignId);
    if (!waiting) throw notScheduled();
    const { start } = waiting;
    await this.store.end(scope, start.campaignId, startState.cancelled);
    await this.record(scope, start, 'CAMPAIGN_START_UNSCHEDULED');
    return { ...start, state: startState.cancelled, endedAt: scope.now() };
  }

  /** Undefined: none was ever scheduled. */
  async find(scope: Scope, campaignId: string): Promise<ScheduledStart | undefined> {
    const status = await this.campaigns.getStatus(scope, campaignId);
    const start = await this.store.find(scope, campaignId);
    return start && unlessOvertaken(start, status);
  }

  /** Starts a campaign whose time has come, in the name of who scheduled that; once, however often it is called. */
  async startDue(scope: Scope, campaignId: string): Promise<void> {
    const waiting = await this.findWaitingForUpdate(scope, campaignId);
    if (!waiting) return;
    const start = await this.moved(scope, waiting.start);
    // Moved since the job was enqueued, or woken before the time.
    if (start.startsAt > waiting.now) return this.enqueue(scope, start);
    const why = await this.obstacleTo(scope, start);
    if (why) return this.keep(scope, start, why);
    scope.actFor(start.scheduledBy);
    await this.campaigns.start(scope, campaignId);
    await this.store.end(scope, campaignId, startState.started);
  }

  /** After an error in `startDue`, which has rolled it back. False: another attempt has to follow. */
  async noteFailure(scope: Scope, campaignId: string, error: unknown): Promise<boolean> {
    const waiting = await this.findWaitingForUpdate(scope, campaignId);
    if (!waiting) return true;
    const why = keptReasonOf(error, waiting.start.startsAt, waiting.now);
    if (why) await this.keep(scope, waiting.start, why);
    return why !== undefined;
  }

  /** Undefined as well when the campaign was started or cancelled by hand. */
  private async findWaitingForUpdate(scope: Scope, campaignId: string) {
    const status = await this.campaigns.getStatusForUpdate(scope, campaignId);
    return status === campaignStatus.created ? this.store.findWaiting(scope, campaignId) : undefined;
  }

  /** The rules of a zone may have changed since the start was scheduled. */
  private async moved(scope: Scope, start: ScheduledStart): Promise<ScheduledStart> {
    const { at, localTime } = instantOf(start.wallTime, start.zone);
    if (at.getTime() === start.startsAt.getTime()) return start;
    const moved = { ...start, startsAt: at, localTime };
    await this.store.move(scope, moved);
    return moved;
  }

  private async obstacleTo(scope: Scope, { scheduledBy }: ScheduledStart): Promise<KeptReason | undefined> {
    if ((await this.principals.isClosed(scope)) || (await this.deletions.isPending(scope)))
      return organizationClosed;
    const may = await this.principals.mayStill(scope, scheduledBy, Permission.CAMPAIGNS_START);
    return may ? undefined : schedulerMayNotStart;
  }

  private async keep(scope: Scope, start: ScheduledStart, why: KeptReason): Promise<void> {
    await this.store.end(scope, start.campaignId, startState.notStarted, why);
    await this.record(scope, start, 'CAMPAIGN_START_REFUSED', { reason: why.reason });
  }

  private async enqueue(scope: Scope, { campaignId, startsAt }: ScheduledStart): Promise<void> {
    await scope.enqueue({
      ...{ task: startTask, payload: { campaignId }, key: campaignId, runAt: startsAt },
      // Each kill of a worker counts as an attempt.
      maxAttempts: 10_000,
    });
  }

  private record(
    scope: Scope,
    { campaignId, wallTime, zone, startsAt }: ScheduledStart,
    type: AuditEventType,
    more: Record<string, string> = {},
  ): Promise<void> {
    return scope.audit(type, {
      entityType: 'campaign',
      entityId: campaignId,
      metadata: { wall_time: wallTime, zone, starts_at: startsAt.toISOString(), ...more },
    });
  }
}

/** The access table admits members and API keys only. */
function actorOf({ caller, actorId }: Scope): Actor {
  return { kind: caller.kind === 'api_key' ? 'api_key' : 'member', id: actorId };
}
