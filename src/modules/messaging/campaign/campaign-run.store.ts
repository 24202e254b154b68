import { Injectable } from '@nestjs/common';
import type { RunState } from '@dovecote/workflow';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { campaignStatus, deliveryKind, deliveryStatus } from './status.js';

/** Where a campaign stands, and how far the piece of work at hand has come. */
export interface CampaignRun {
  stepId: string;
  enteredAt: Date;
  wakeAt: Date | null;
  /** Whether that time has come, by the clock of the database: it is what woke us. */
  isDue: boolean;
  /** Position in the audience up to which the current step has sent. */
  cursor: number;
  /** Of this piece of work, in a row. */
  failures: number;
}

/** In whose inbox a message stands open, whether or not it could be pushed. */
const open = [deliveryStatus.pending, deliveryStatus.sent, deliveryStatus.delivered, deliveryStatus.noDevice];

/**
 * At most so many open deliveries of each status, of the steps in `$3`, whose recipients may still act. In the order of
 * the index by status: without one, PostgreSQL would read the whole ledger for the last few.
 */
function waitedFor(limit: number): string {
  return open
    .map(
      (status) => `(select d.id from delivery d
        cross join lateral (
          select from member m where m.org_id = d.org_id and m.id = d.user_id
             and m.status in (${memberStatus.invited}, ${memberStatus.active}) limit 1) m
       where d.org_id = $1 and d.campaign_id = $2 and d.status = ${status} and d.kind = ${deliveryKind.primary}
         and d.step_id = any($3)
       order by d.created_at desc, d.id desc limit ${limit})`,
    )
    .join(' union all ');
}

/**
 * Below this many people who are waited for, each one who acts asks for a look at the campaign. More than can act in
 * one instant, which the connections of the database bound: none of those who act at once sees the others' actions yet.
 */
const FEW = 500;

const findForUpdate = statement(
  'campaign_run.find_for_update',
  `select step_id as "stepId", entered_at as "enteredAt", wake_at as "wakeAt", cursor, failures,
          coalesce(wake_at <= clock_timestamp() + make_interval(secs => $3), false) as "isDue"
     from campaign_run where org_id = $1 and campaign_id = $2 for update`,
);
const insert = statement(
  'campaign_run.insert',
  'insert into campaign_run (org_id, campaign_id, step_id, entered_at, wake_at) values ($1, $2, $3, $4, $5)',
);
const enter = statement(
  'campaign_run.enter',
  `update campaign_run set step_id = $3, entered_at = $4, wake_at = $5, cursor = 0
    where org_id = $1 and campaign_id = $2`,
);
const moveCursor = statement(
  'campaign_run.move_cursor',
  'update campaign_run set cursor = $3 where org_id = $1 and campaign_id = $2',
);
const remove = statement(
  'campaign_run.delete',
  'delete from campaign_run where org_id = $1 and campaign_id = $2',
);
const anyWaitedFor = setStatement(
  'campaign_run.any_waited_for',
  `select exists (${waitedFor(1)}) as waiting`,
);
const fewWaitedFor = setStatement(
  'campaign_run.few_waited_for',
  `select count(*) <= ${FEW} as few from (${waitedFor(FEW + 1)} limit ${FEW + 1}) d`,
);
const waitingFor = statement(
  'campaign_run.waiting_for',
  `select distinct d.campaign_id as id from delivery d
     join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
    where d.org_id = $1 and d.user_id = $2 and d.content_id is not null and d.status in (${open.join(', ')})
      and c.status = ${campaignStatus.running}`,
);

@Injectable()
export class CampaignRunStore {
  /** Locked until the transaction ends: two workers never do the same piece. */
  async findForUpdate(scope: Scope, campaignId: string): Promise<CampaignRun | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<CampaignRun>(findForUpdate, [scope.orgId, campaignId, scope.travelledSeconds]);
  }

  async insert(scope: Scope, campaignId: string, { stepId, enteredAt, wakeAt }: RunState): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [scope.orgId, campaignId, stepId, enteredAt, wakeAt ?? null]);
  }

  async enter(scope: Scope, campaignId: string, { stepId, enteredAt, wakeAt }: RunState): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(enter, [scope.orgId, campaignId, stepId, enteredAt, wakeAt ?? null]);
  }

  async moveCursor(scope: Scope, campaignId: string, cursor: number): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(moveCursor, [scope.orgId, campaignId, cursor]);
  }

  async delete(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, campaignId]);
  }

  /** Whether anybody may still act on a message of one of the steps. */
  async isAnyoneWaitedFor(scope: Scope, campaignId: string, stepIds: readonly string[]): Promise<boolean> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ waiting: boolean }>(anyWaitedFor, [scope.orgId, campaignId, stepIds]);
    return row?.waiting ?? false;
  }

  async areFewWaitedFor(scope: Scope, campaignId: string, stepId: string): Promise<boolean> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ few: boolean }>(fewWaitedFor, [scope.orgId, campaignId, [stepId]]);
    return row?.few ?? false;
  }

  /** The running campaigns in which a person has not acted yet. */
  async waitingFor(scope: Scope, userId: string): Promise<string[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string }>(waitingFor, [scope.orgId, userId]);
    return rows.map(({ id }) => id);
  }
}
