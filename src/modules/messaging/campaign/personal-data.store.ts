import { setStatement } from '../../../platform/database/index.js';
import {
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

// Audiences are found by campaign: one look for each, instead of reading all of them.
const inAnyCampaign = (member: string): string =>
  `org_id = $1 and user_id = ${member} and campaign_id = any(array(select id from campaign where org_id = $1))`;

const audiences = memberFile('audiences', {
  category: 'audiences',
  key: 'campaign_id',
  object: `to_jsonb(a) - '{org_id,position}'::text[]`,
  from: `from campaign_audience_member a where ${inAnyCampaign('$4')}`,
});
const omissions = memberFile('audience_omissions', {
  category: 'audience_omissions',
  key: 'o.campaign_id',
  object: `jsonb_build_object('campaign_id', o.campaign_id, 'reasons', o.reasons)`,
  from: `from (
    select campaign_id, jsonb_agg(distinct reason) as reasons from campaign_audience_omission
     where org_id = $1 and user_id = $4 group by campaign_id) o where true`,
});
const campaigns = organizationFile('campaigns', {
  key: 'c.id',
  object: `to_jsonb(c) - 'org_id'`,
  from: 'from campaign c where c.org_id = $1',
});

const eraseAudiences = setStatement(
  'campaign_audience_member.erase',
  `delete from campaign_audience_member where ${inAnyCampaign('$2')}`,
);
const blankAudiences = setStatement(
  'campaign_audience_member.blank',
  `update campaign_audience_member set variables = '{}' where ${inAnyCampaign('$2')} and variables <> '{}'`,
);
const eraseLeftOut = setStatement(
  'campaign_left_out.erase',
  `delete from campaign_left_out where ${inAnyCampaign('$2')}`,
);

const eraseOmissions = setStatement(
  'campaign_audience_omission.erase',
  'delete from campaign_audience_omission where org_id = $1 and user_id = $2',
);

export const campaignPersonalData: PersonalDataContribution = {
  files: [audiences, omissions],
  organizationFiles: [campaigns],
  async erase(scope, { userId, anonymize }) {
    const tx = await scope.tx();
    // Without their name they still count as meant; only what was to be said to them goes.
    await tx.execute(anonymize ? blankAudiences : eraseAudiences, [scope.orgId, userId]);
    await tx.execute(eraseLeftOut, [scope.orgId, userId]);
    await tx.execute(eraseOmissions, [scope.orgId, userId]);
  },
};
