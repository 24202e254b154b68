import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

const rules = organizationFile('audience_rules', {
  key: 'r.id',
  object: `to_jsonb(r) - '{org_id,name_key}'::text[]`,
  from: 'from audience_rule r where r.org_id = $1',
});

/** Rules name roles, teams, groups and values, and no member. */
export const audiencePersonalData: PersonalDataContribution = { organizationFiles: [rules] };
