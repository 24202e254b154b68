import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** How often in a row the piece of work at hand has failed. */
export interface FailureRecord {
  failures: number;
  since: Date;
}

const note = statement(
  'campaign_run.note_failure',
  `update campaign_run set failures = failures + 1, failing_since = coalesce(failing_since, $3)
    where org_id = $1 and campaign_id = $2
   returning failures, failing_since as since`,
);
const forget = statement(
  'campaign_run.forget_failures',
  `update campaign_run set failures = 0, failing_since = null
    where org_id = $1 and campaign_id = $2 and failures > 0`,
);

@Injectable()
export class CampaignFailureStore {
  /** Undefined when the campaign has ended in the meantime. Locks the run until the transaction ends. */
  async note(scope: Scope, campaignId: string): Promise<FailureRecord | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<FailureRecord>(note, [scope.orgId, campaignId, scope.now()]);
  }

  async forget(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(forget, [scope.orgId, campaignId]);
  }
}
