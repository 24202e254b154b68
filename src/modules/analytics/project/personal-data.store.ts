import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** Projects say nothing about a person; an export of the organization holds them all, and their keys without secrets. */
export const projectPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('projects', {
      key: 'p.id',
      object: `to_jsonb(p) - '{org_id,number,name_key}'::text[]`,
      from: 'from project p where p.org_id = $1',
    }),
    organizationFile('project_keys', {
      key: 'k.id',
      object: `to_jsonb(k) - '{org_id,key_hash,sealed_key}'::text[]`,
      from: 'from project_key k where k.org_id = $1',
    }),
    organizationFile('project_push_accounts', {
      key: 'a.project_id',
      object: `to_jsonb(a) - '{org_id,sealed_account}'::text[]`,
      from: 'from project_push_account a where a.org_id = $1',
    }),
  ],
};
