import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Missing } from './turnout.rules.js';

/** More than any campaign has recipients. */
const NEVER = 2 ** 31 - 1;

const lock = statement(
  'campaign_run.lock_turnout',
  `select pg_advisory_xact_lock(hashtextextended('campaign_turnout/' || $1, 0))`,
);
const lockShared = statement(
  'campaign_run.lock_turnout_shared',
  `select pg_advisory_xact_lock_shared(hashtextextended('campaign_turnout/' || $1, 0))`,
);
// A check follows the entry into a step that waits, and the end of a pause: no acknowledgement has to ask for that one.
const missing = statement(
  'campaign_run.missing',
  `select case when wake_at is not null and paused_at is null
               then enough - (select coalesce(sum(acknowledged), 0)::int from campaign_counter
                               where org_id = $1 and campaign_id = $2) end as missing
     from campaign_run where org_id = $1 and campaign_id = $2`,
);
const expectMore = statement(
  'campaign_run.expect_more',
  `update campaign_run set enough = $3 where org_id = $1 and campaign_id = $2`,
);
const expectNone = statement(
  'campaign_run.expect_none',
  `update campaign_run set enough = ${NEVER} where org_id = $1 and campaign_id = $2`,
);

/** The number of acknowledgements at which a campaign is checked: `campaign_run.enough`. */
@Injectable()
export class TurnoutStore {
  /** Until the transaction ends. All acknowledgements that were counted before are committed then. */
  async lock(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(lock, [campaignId]);
  }

  /** Excludes checks, and admits concurrent acknowledgements. */
  async lockShared(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(lockShared, [campaignId]);
  }

  async missing(scope: Scope, campaignId: string): Promise<Missing> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ missing: number | null }>(missing, [scope.orgId, campaignId]);
    return row?.missing ?? undefined;
  }

  /** Under the lock. */
  async expectMore(scope: Scope, campaignId: string, enough: number): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(expectMore, [scope.orgId, campaignId, enough]);
  }

  async expectNone(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(expectNone, [scope.orgId, campaignId]);
  }
}
