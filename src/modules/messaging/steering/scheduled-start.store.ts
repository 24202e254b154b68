import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Actor, Scope } from '../../../platform/scope/index.js';
import { campaignStatus, type CampaignStatus } from '../campaign/index.js';
import { type ScheduledStart, startState, type StartState } from './scheduled-start.js';

const columns = `campaign_id as "campaignId", wall_time as "wallTime", zone, starts_at as "startsAt",
  local_time as "localTime", scheduler_kind as "schedulerKind", scheduled_by as "schedulerId",
  scheduled_at as "scheduledAt", digest, state, ended_at as "endedAt", reason, detail`;

const find = statement(
  'scheduled_start.find',
  `select ${columns} from scheduled_start where org_id = $1 and campaign_id = $2`,
);
// What is due, the database says: its clock is what wakes us. In milliseconds, as a Date holds it.
const findWaiting = statement(
  'scheduled_start.find_waiting',
  `select ${columns}, date_trunc('milliseconds', clock_timestamp() + make_interval(secs => $3)) as now
     from scheduled_start where org_id = $1 and campaign_id = $2 and state = ${startState.waiting}`,
);
const put = statement(
  'scheduled_start.put',
  `insert into scheduled_start (org_id, campaign_id, wall_time, zone, starts_at, local_time, scheduler_kind, scheduled_by,
                                scheduled_at, digest, state)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${startState.waiting})
   on conflict (org_id, campaign_id) do update
     set wall_time = excluded.wall_time, zone = excluded.zone, starts_at = excluded.starts_at,
         local_time = excluded.local_time, scheduler_kind = excluded.scheduler_kind,
         scheduled_by = excluded.scheduled_by, scheduled_at = excluded.scheduled_at, digest = excluded.digest,
         state = excluded.state,
         ended_at = null, reason = '', detail = ''`,
);
const move = statement(
  'scheduled_start.move',
  'update scheduled_start set starts_at = $3, local_time = $4 where org_id = $1 and campaign_id = $2',
);
const bind = statement(
  'scheduled_start.bind',
  `update scheduled_start set digest = $3
    where org_id = $1 and campaign_id = $2 and state = ${startState.waiting}`,
);
// What the campaign has overtaken waits no more.
const listed = (behind: string): string =>
  `select ${columns}, c.status as "campaignStatus"
     from scheduled_start s join campaign c on c.org_id = s.org_id and c.id = s.campaign_id
    where s.org_id = $1 and (not $3 or (s.state = ${startState.waiting} and c.status = ${campaignStatus.created}))
      ${behind}
    order by s.starts_at, s.campaign_id limit $2`;
const firstPage = statement('scheduled_start.first_page', listed(''));
const nextPage = statement(
  'scheduled_start.next_page',
  listed('and (s.starts_at, s.campaign_id) > ($4, $5)'),
);
const end = statement(
  'scheduled_start.end',
  `update scheduled_start set state = $3, ended_at = $4, reason = $5, detail = $6
    where org_id = $1 and campaign_id = $2 and state = ${startState.waiting}`,
);

type Row = Omit<ScheduledStart, 'scheduledBy'> & { schedulerKind: Actor['kind']; schedulerId: string };

/** One row for each campaign whose start was ever scheduled. It is written under the lock of the campaign. */
@Injectable()
export class ScheduledStartStore {
  /** By time, with the status of each campaign; one more than the page holds. */
  async list(
    scope: Scope,
    waitingOnly: boolean,
    { limit, after }: Page,
  ): Promise<{ start: ScheduledStart; campaignStatus: CampaignStatus }[]> {
    const tx = await scope.tx();
    const values = [scope.orgId, limit + 1, waitingOnly];
    const rows = await (after
      ? tx.query<Row & { campaignStatus: CampaignStatus }>(nextPage, [...values, after.createdAt, after.id])
      : tx.query<Row & { campaignStatus: CampaignStatus }>(firstPage, values));
    return rows.map(({ campaignStatus: status, ...row }) => ({
      start: toStart(row),
      campaignStatus: status,
    }));
  }

  async find(scope: Scope, campaignId: string): Promise<ScheduledStart | undefined> {
    const row = await (await scope.tx()).queryOne<Row>(find, [scope.orgId, campaignId]);
    return row && toStart(row);
  }

  /** The start that waits, and the time of the database as far as tests have moved it. */
  async findWaiting(
    scope: Scope,
    campaignId: string,
  ): Promise<{ start: ScheduledStart; now: Date } | undefined> {
    const tx = await scope.tx();
    const values = [scope.orgId, campaignId, scope.travelledSeconds];
    const found = await tx.queryOne<Row & { now: Date }>(findWaiting, values);
    if (!found) return undefined;
    const { now, ...row } = found;
    return { start: toStart(row), now };
  }

  /** In the place of the one before. */
  async put(scope: Scope, start: ScheduledStart): Promise<void> {
    const { campaignId, wallTime, zone, startsAt, localTime, scheduledBy, scheduledAt, digest } = start;
    const time = [wallTime, zone, startsAt, localTime];
    const scheduler = [scheduledBy.kind, scheduledBy.id, scheduledAt];
    await (await scope.tx()).execute(put, [scope.orgId, campaignId, ...time, ...scheduler, digest]);
  }

  /** Binds a start that waits to another content. */
  async bind(scope: Scope, campaignId: string, digest: string): Promise<void> {
    await (await scope.tx()).execute(bind, [scope.orgId, campaignId, digest]);
  }

  async move(scope: Scope, { campaignId, startsAt, localTime }: ScheduledStart): Promise<void> {
    await (await scope.tx()).execute(move, [scope.orgId, campaignId, startsAt, localTime]);
  }

  /** `why`: what kept it from starting the campaign. */
  async end(
    scope: Scope,
    campaignId: string,
    state: StartState,
    why: Pick<ScheduledStart, 'reason' | 'detail'> = { reason: '', detail: '' },
  ): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(end, [scope.orgId, campaignId, state, scope.now(), why.reason, why.detail]);
  }
}

function toStart({ schedulerKind, schedulerId, ...row }: Row): ScheduledStart {
  return { ...row, scheduledBy: { kind: schedulerKind, id: schedulerId } };
}
