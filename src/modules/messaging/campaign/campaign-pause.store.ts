import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ENGINE_VERSION } from './campaign-run.store.js';

/** Nothing of a campaign acts since then. */
export interface Pause {
  readonly pausedAt: Date;
  /** The member or API key; null: the server itself. */
  readonly pausedBy: string | null;
  readonly reason: string;
}

const read = `select paused_at as "pausedAt", paused_by as "pausedBy", pause_reason as reason
   from campaign_run where org_id = $1 and campaign_id = $2`;
const find = statement('campaign_run.find_pause', read);
const findForUpdate = statement('campaign_run.find_pause_for_update', `${read} for update`);
// Workers of releases without pauses leave the run alone from now on.
const pause = statement(
  'campaign_run.pause',
  `update campaign_run set paused_at = $3, paused_by = $4, pause_reason = $5,
          engine_version = greatest(engine_version, ${ENGINE_VERSION})
    where org_id = $1 and campaign_id = $2`,
);
const pauseItself = statement(
  'campaign_run.pause_itself',
  `update campaign_run set paused_at = $3, paused_by = null, pause_reason = $4, paused_itself = true,
          engine_version = greatest(engine_version, ${ENGINE_VERSION})
    where org_id = $1 and campaign_id = $2 and not paused_itself`,
);
const resume = statement(
  'campaign_run.resume',
  `update campaign_run set paused_at = null, paused_by = null, pause_reason = '', failures = 0, failing_since = null
    where org_id = $1 and campaign_id = $2`,
);

type Row = Pause | { pausedAt: null };

/** A campaign that runs has a run, and no other campaign has one. */
@Injectable()
export class CampaignPauseStore {
  /** Undefined: it does not run, or is not paused. */
  async find(scope: Scope, campaignId: string): Promise<Pause | undefined> {
    return pauseOf(await (await scope.tx()).queryOne<Row>(find, [scope.orgId, campaignId]));
  }

  /** Undefined: it does not run. The run stays locked until the transaction ends. */
  async findForUpdate(scope: Scope, campaignId: string): Promise<{ pause: Pause | undefined } | undefined> {
    const row = await (await scope.tx()).queryOne<Row>(findForUpdate, [scope.orgId, campaignId]);
    return row && { pause: pauseOf(row) };
  }

  async pause(scope: Scope, campaignId: string, { pausedAt, pausedBy, reason }: Pause): Promise<void> {
    await (await scope.tx()).execute(pause, [scope.orgId, campaignId, pausedAt, pausedBy, reason]);
  }

  /** False when it has paused itself before. */
  async pauseItself(scope: Scope, campaignId: string, reason: string): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(pauseItself, [scope.orgId, campaignId, scope.now(), reason]);
    return rowCount === 1;
  }

  async resume(scope: Scope, campaignId: string): Promise<void> {
    await (await scope.tx()).execute(resume, [scope.orgId, campaignId]);
  }
}

function pauseOf(row: Row | undefined): Pause | undefined {
  return row?.pausedAt ? row : undefined;
}
