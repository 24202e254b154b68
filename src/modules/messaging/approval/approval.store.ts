import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Approval, approvalState } from './approval.js';

const columns = `a.campaign_id as "campaignId", a.state, a.digest, a.requested_by as "requestedBy",
  a.requested_at as "requestedAt", a.note, a.decided_by as "decidedBy", a.decided_at as "decidedAt", a.comment`;

const find = statement(
  'campaign_approval.find',
  `select ${columns} from campaign_approval a where a.org_id = $1 and a.campaign_id = $2`,
);
const put = statement(
  'campaign_approval.put',
  `insert into campaign_approval (org_id, campaign_id, digest, requested_by, requested_at, note, state)
   values ($1, $2, $3, $4, $5, $6, ${approvalState.requested})
   on conflict (org_id, campaign_id) do update
     set digest = excluded.digest, requested_by = excluded.requested_by, requested_at = excluded.requested_at,
         note = excluded.note, state = excluded.state, decided_by = null, decided_at = null, comment = ''`,
);
const decide = statement(
  'campaign_approval.decide',
  `update campaign_approval set state = $3, decided_by = $4, decided_at = $5, comment = $6
    where org_id = $1 and campaign_id = $2 and state = ${approvalState.requested}`,
);
/** Number of pidgr.v1.CampaignStatus. */
const CREATED = 1;
const waiting = (behind: string): string =>
  `select ${columns} from campaign_approval a
     join campaign c on c.org_id = a.org_id and c.id = a.campaign_id and c.status = ${CREATED}
    where a.org_id = $1 and a.state = ${approvalState.requested} ${behind}
    order by a.requested_at desc, a.campaign_id desc limit $2`;
const firstWaiting = statement('campaign_approval.first_page', waiting(''));
const nextWaiting = statement(
  'campaign_approval.next_page',
  waiting('and (a.requested_at, a.campaign_id) < ($3, $4)'),
);

/** One row for each campaign whose approval was ever requested. It is written under the lock of the campaign. */
@Injectable()
export class ApprovalStore {
  async find(scope: Scope, campaignId: string): Promise<Approval | undefined> {
    return (await scope.tx()).queryOne<Approval>(find, [scope.orgId, campaignId]);
  }

  /** In the place of the one before. */
  async put(scope: Scope, { campaignId, digest, requestedBy, requestedAt, note }: Approval): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(put, [scope.orgId, campaignId, digest, requestedBy, requestedAt, note]);
  }

  async decide(scope: Scope, approval: Approval): Promise<void> {
    const { campaignId, state, decidedBy, decidedAt, comment } = approval;
    const tx = await scope.tx();
    await tx.execute(decide, [scope.orgId, campaignId, state, decidedBy, decidedAt, comment]);
  }

  /** Those that wait for a decision, newest first; one more than the page holds. */
  async listWaiting(scope: Scope, { limit, after }: Page): Promise<Approval[]> {
    const tx = await scope.tx();
    return after
      ? tx.query<Approval>(nextWaiting, [scope.orgId, limit + 1, after.createdAt, after.id])
      : tx.query<Approval>(firstWaiting, [scope.orgId, limit + 1]);
  }
}
