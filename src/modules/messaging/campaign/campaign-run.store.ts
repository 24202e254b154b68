import { Injectable } from '@nestjs/common';
import type { RunState } from '@dovecote/workflow';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Span } from './progress.rules.js';

/** Where a campaign stands, and how far the piece of work at hand has come. */
export interface CampaignRun {
  stepId: string;
  enteredAt: Date;
  wakeAt: Date | null;
  /** Whether that time has come, by the clock of the database: it is what woke us. */
  isDue: boolean;
  /** What the current step is done with, in the order of the audience. */
  done: Span[];
  /** Consecutive failures of the current piece of work. */
  failures: number;
}

const done = `(select coalesce(json_agg(json_build_array(lower(span), upper(span)) order by span), '[]')
                 from unnest(done) span) as done`;
const run = `
  select step_id as "stepId", entered_at as "enteredAt", wake_at as "wakeAt", failures, ${done},
         coalesce(wake_at <= clock_timestamp() + make_interval(secs => $3), false) as "isDue"
    from campaign_run where org_id = $1 and campaign_id = $2`;
const find = statement('campaign_run.find', run);
const findForUpdate = statement('campaign_run.find_for_update', `${run} for update`);
const insert = statement(
  'campaign_run.insert',
  'insert into campaign_run (org_id, campaign_id, step_id, entered_at, wake_at) values ($1, $2, $3, $4, $5)',
);
const enter = statement(
  'campaign_run.enter',
  `update campaign_run set step_id = $3, entered_at = $4, wake_at = $5, done = '{}'
    where org_id = $1 and campaign_id = $2`,
);
const addDone = statement(
  'campaign_run.add_done',
  `update campaign_run set done = done + int4multirange(int4range($5, $6))
    where org_id = $1 and campaign_id = $2 and step_id = $3 and entered_at = $4 and not done && int4range($5, $6)
   returning ${done}`,
);
const remove = statement(
  'campaign_run.delete',
  'delete from campaign_run where org_id = $1 and campaign_id = $2',
);
@Injectable()
export class CampaignRunStore {
  async find(scope: Scope, campaignId: string): Promise<CampaignRun | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<CampaignRun>(find, [scope.orgId, campaignId, scope.travelledSeconds]);
  }

  /** Locked until the transaction ends: a step is left once. */
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

  /**
   * Notes that the step is done with a span, and returns all that it is done with. Undefined when the campaign no
   * longer stands there, or another worker has done some of it. The row stays locked until the transaction ends.
   */
  async addDone(
    scope: Scope,
    campaignId: string,
    { stepId, enteredAt }: Pick<CampaignRun, 'stepId' | 'enteredAt'>,
    [from, to]: Span,
  ): Promise<Span[] | undefined> {
    const tx = await scope.tx();
    const values = [scope.orgId, campaignId, stepId, enteredAt, from, to];
    return (await tx.queryOne<{ done: Span[] }>(addDone, values))?.done;
  }

  async delete(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, campaignId]);
  }
}
