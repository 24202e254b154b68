import { Injectable } from '@nestjs/common';
import type { RunState } from '@dovecote/workflow';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

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
}
