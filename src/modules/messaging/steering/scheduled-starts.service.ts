import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import type { AuditEventType } from '../../../platform/audit/audit-event-type.js';
import type { Task } from '../../../platform/jobs/index.js';
import { type PageForm, type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Actor, Scope } from '../../../platform/scope/index.js';
import { Principals } from '../../people/authorization/index.js';
import { OrganizationDeletions } from '../../people/organization/index.js';
import { CampaignContents, Campaigns, campaignStatus } from '../campaign/index.js';
import { type ScheduledStart, type SeenStart, startState } from './scheduled-start.js';
import { ScheduledStartStore } from './scheduled-start.store.js';
import {
  editedSince,
  keptReasonOf,
  type KeptReason,
  notScheduled,
  organizationClosed,
  schedulerMayNotStart,
  seen,
  unlessOvertaken,
} from './steering.rules.js';
import { checkedWallTime, instantOf, refuseStartTime, refuseZone } from './wall-time.rules.js';

/** `{ campaignId }`: the time of a scheduled start has come. */
export const startTask: Task = { name: 'campaign.start_scheduled', lane: 'campaign', priority: 'normal' };

const listForm: PageForm = { defaultSize: 20, path: '' };

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
    private readonly contents: CampaignContents,
    private readonly principals: Principals,
    private readonly deletions: OrganizationDeletions,
    private readonly paging: Paging,
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
      digest: (await this.contents.get(scope, campaign.id)).digest,
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
  async find(scope: Scope, campaignId: string): Promise<SeenStart | undefined> {
    const status = await this.campaigns.getStatus(scope, campaignId);
    const start = await this.store.find(scope, campaignId);
    if (!start) return undefined;
    const content = (await this.contents.find(scope, [start.campaignId])).get(start.campaignId);
    return seen(unlessOvertaken(start, status), content?.digest);
  }

  /** By time. */
  async list(
    scope: Scope,
    waitingOnly: boolean,
    request: PageRequest,
  ): Promise<{ items: SeenStart[]; nextPageToken: string }> {
    const binding = ['scheduled_starts', scope.orgId, String(waitingOnly)];
    const page = this.paging.parse(request, binding, listForm);
    const found = await this.store.list(scope, waitingOnly, page);
    const listed = found.slice(0, page.limit);
    const ids = listed.map(({ start }) => start.campaignId);
    const contents = await this.contents.find(scope, ids);
    const items = listed.map(({ start, campaignStatus: status }) =>
      seen(unlessOvertaken(start, status), contents.get(start.campaignId)?.digest),
    );
    const last = found.length > page.limit ? items.at(-1) : undefined;
    const nextPageToken = last
      ? this.paging.next({ createdAt: last.startsAt, id: last.campaignId }, binding)
      : '';
    return { items, nextPageToken };
  }

  /**
   * The content of a campaign was changed, in this transaction. A caller who may start the campaign may change what a start
   * that waits will send; any other caller ends it.
   */
  async followEdit(scope: Scope, campaignId: string, digest: string): Promise<void> {
    const waiting = await this.store.findWaiting(scope, campaignId);
    if (!waiting) return;
    if (scope.permissions.has(Permission.CAMPAIGNS_START)) return this.store.bind(scope, campaignId, digest);
    await this.keep(scope, waiting.start, editedSince);
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
    await this.campaigns.start(scope, campaignId, start.digest);
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
