import { Injectable } from '@nestjs/common';
import type { RunState } from '@dovecote/workflow';
import { setStatement, statement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { deliveryStatus, deliveryKind } from './status.js';

/** Where a campaign stands, and how far the piece of work at hand has come. */
export interface CampaignRun {
  stepId: string;
  enteredAt: Date;
  wakeAt: Date | null;
  /** Position in the audience up to which the current step has sent. */
  cursor: number;
  /** Of this piece of work, in a row. */
  failures: number;
}

/**
 * At most so many deliveries of each status that somebody waits for; without a device only where the campaign waits for
 * enrollment. In the order of the index by status: without one, PostgreSQL would read the whole ledger for the last few.
 */
function pending(limit: number): string {
  const { pending: unsent, sent, delivered, noDevice } = deliveryStatus;
  const ofStatus = (status: number, condition = 'true'): string =>
    `(select d.id from delivery d
       where d.org_id = $1 and d.campaign_id = $2 and d.status = ${status} and d.kind = ${deliveryKind.primary}
         and ${condition}
       order by d.created_at desc, d.id desc limit ${limit})`;
  const waitsForEnrollment =
    '(select c.wait_for_enrollment from campaign c where c.org_id = $1 and c.id = $2)';
  return [ofStatus(unsent), ofStatus(sent), ofStatus(delivered), ofStatus(noDevice, waitsForEnrollment)].join(
    ' union all ',
  );
}

/**
 * Below this many pending recipients, each one who acts asks for a look at the campaign. More than can act in one
 * instant, which the connections of the database bound: none of those who act at once sees the others' actions yet.
 */
const FEW = 1_000;

const findForUpdate = statement(
  'campaign_run.find_for_update',
  `select step_id as "stepId", entered_at as "enteredAt", wake_at as "wakeAt", cursor, failures
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
const anyPending = setStatement('campaign_run.any_pending', `select exists (${pending(1)}) as pending`);
const fewPending = setStatement(
  'campaign_run.few_pending',
  `select count(*) <= ${FEW} as few from (${pending(FEW + 1)} limit ${FEW + 1}) d`,
);

@Injectable()
export class CampaignRunStore {
  /** Locked until the transaction ends: two workers never do the same piece. */
  async findForUpdate(scope: Scope, campaignId: string): Promise<CampaignRun | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<CampaignRun>(findForUpdate, [scope.orgId, campaignId]);
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

  async isAnyPending(scope: Scope, campaignId: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ pending: boolean }>(anyPending, [scope.orgId, campaignId]))?.pending ?? false;
  }

  async fewArePending(scope: Scope, campaignId: string): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ few: boolean }>(fewPending, [scope.orgId, campaignId]))?.few ?? false;
  }
}
