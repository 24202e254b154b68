import { setStatement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

// What the other person wrote is not theirs.
const own = memberFile('campaign_approvals', {
  category: 'campaign_approvals',
  key: 'a.campaign_id',
  object: `to_jsonb(a) - '{org_id,requested_by,decided_by}'::text[]
    - case when a.requested_by = $4 then '{}'::text[] else '{requested_at,note}' end
    - case when a.decided_by = $4 then '{}'::text[] else '{decided_at,comment}' end`,
  from: 'from campaign_approval a where a.org_id = $1 and $4::uuid in (a.requested_by, a.decided_by)',
});
const all = organizationFile('campaign_approvals', {
  key: 'a.campaign_id',
  object: `to_jsonb(a) - 'org_id'`,
  from: 'from campaign_approval a where a.org_id = $1',
});

// That there was a request or a decision stays; who it was, and what they wrote, goes. Nothing starts by it any more.
const eraseRequester = setStatement(
  'campaign_approval.erase_requester',
  `update campaign_approval set requested_by = null, note = '' where org_id = $1 and requested_by = $2`,
);
const eraseApprover = setStatement(
  'campaign_approval.erase_approver',
  `update campaign_approval set decided_by = null, comment = '' where org_id = $1 and decided_by = $2`,
);

export const approvalPersonalData: PersonalDataContribution = {
  files: [own],
  organizationFiles: [all],
  erase: eraseBy(eraseRequester, eraseApprover),
};
