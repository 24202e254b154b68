import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ApiKeys } from '../../people/api-key/index.js';
import { Principals } from '../../people/authorization/index.js';
import { type Approval, approvalState, type Decision } from './approval.js';
import {
  refuseApprover,
  refuseDecision,
  refuseRequest,
  refuseUnapproved,
  standingOf,
} from './approval.rules.js';
import { ApprovalPolicyStore } from './approval-policy.store.js';
import { ApprovalStore } from './approval.store.js';

/**
 * Approvals of contents. What a content is, the campaign says, by a digest; callers hold the lock of the campaign whenever something
 * is decided, so that no edit happens between.
 */
@Injectable()
export class Approvals {
  constructor(
    private readonly store: ApprovalStore,
    private readonly policy: ApprovalPolicyStore,
    private readonly principals: Principals,
    private readonly apiKeys: ApiKeys,
  ) {}

  isRequired(scope: Scope): Promise<boolean> {
    return this.policy.isRequired(scope);
  }

  /** Waits for starts that are under way; those that follow go by it. */
  async require(scope: Scope, isRequired: boolean): Promise<void> {
    await this.policy.set(scope, isRequired);
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { fields: 'campaign_approval_required', campaign_approval_required: String(isRequired) },
    });
  }

  /** What was requested last, and what it is worth for the content. Undefined: nothing was. */
  async find(scope: Scope, campaignId: string, content: string): Promise<Approval | undefined> {
    const approval = await this.store.find(scope, campaignId);
    if (!approval) return undefined;
    return { ...approval, state: standingOf(approval, content, await this.canApprove(scope, approval)) };
  }

  async request(scope: Scope, campaignId: string, content: string, note: string): Promise<Approval> {
    const refusal = refuseRequest((await this.find(scope, campaignId, content))?.state);
    if (refusal) throw refusal;
    const approval: Approval = {
      ...{ campaignId, state: approvalState.requested, digest: content, note },
      ...{ requestedBy: scope.actorId, requestedAt: scope.now() },
      ...{ decidedBy: null, decidedAt: null, comment: '' },
    };
    await this.store.put(scope, approval);
    await scope.audit('CAMPAIGN_APPROVAL_REQUESTED', entryOf(approval));
    return approval;
  }

  /** `authors`: the members and API keys that made the content. */
  async decide(
    scope: Scope,
    campaignId: string,
    { content, authors }: { content: string; authors: readonly string[] },
    { isApproved, digest, comment }: Decision,
  ): Promise<Approval> {
    const requested = await this.find(scope, campaignId, content);
    const refusal = refuseDecision(requested?.state, content, digest);
    if (refusal) throw refusal;
    if (!requested) throw new Error('refuseDecision has refused what was never requested.');
    const { requestedBy } = requested;
    const involved = await this.apiKeys.membersBehind(scope, [
      ...(requestedBy === null ? [] : [requestedBy]),
      ...authors,
    ]);
    const self = refuseApprover(scope.userId, involved);
    if (self) throw self;
    const decided: Approval = {
      ...requested,
      state: isApproved ? approvalState.approved : approvalState.rejected,
      ...{ decidedBy: scope.userId, decidedAt: scope.now(), comment },
    };
    await this.store.decide(scope, decided);
    await scope.audit(isApproved ? 'CAMPAIGN_APPROVED' : 'CAMPAIGN_REJECTED', entryOf(decided));
    return decided;
  }

  /** Throws where the organization requires an approval of the content and there is none that counts. */
  async requireForStart(scope: Scope, campaignId: string, content: string): Promise<void> {
    if (!(await this.policy.isRequiredForShare(scope))) return;
    const refusal = refuseUnapproved((await this.find(scope, campaignId, content))?.state);
    if (refusal) throw refusal;
  }

  /** As they are stored: whether their contents are still there is for the caller to see. One more than the page holds. */
  listWaiting(scope: Scope, page: Page): Promise<Approval[]> {
    return this.store.listWaiting(scope, page);
  }

  private async canApprove(scope: Scope, { decidedBy }: Approval): Promise<boolean> {
    if (decidedBy === null) return false;
    return this.principals.mayStill(scope, { kind: 'member', id: decidedBy }, Permission.CAMPAIGNS_START);
  }
}

function entryOf({ campaignId, digest }: Approval) {
  return { entityType: 'campaign', entityId: campaignId, metadata: { content_digest: digest } };
}
