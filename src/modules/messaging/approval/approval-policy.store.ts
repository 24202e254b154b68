import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const text = 'select campaign_approval_required as required from organization where id = $1';
const find = statement('organization.campaign_approval_required', text);
const findForShare = statement('organization.campaign_approval_required_for_share', `${text} for share`);
const set = statement(
  'organization.set_campaign_approval_required',
  'update organization set campaign_approval_required = $2 where id = $1',
);

/** Whether organizations require approvals. */
@Injectable()
export class ApprovalPolicyStore {
  async isRequired(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).queryOne<{ required: boolean }>(find, [scope.orgId]))?.required ?? true;
  }

  /** Stays so until the transaction ends: a change waits for the starts that went by what was before. */
  async isRequiredForShare(scope: Scope): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ required: boolean }>(findForShare, [scope.orgId]))?.required ?? true;
  }

  async set(scope: Scope, required: boolean): Promise<void> {
    await (await scope.tx()).execute(set, [scope.orgId, required]);
  }
}
