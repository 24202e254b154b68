import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** The people of projects are no members. An export of the organization holds them, with every id that leads to them. */
export const profilePersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('profiles', {
      key: 'p.id',
      object: `to_jsonb(p) - '{org_id,version,is_mirrored}'::text[] || jsonb_build_object('aliases', (
        select coalesce(jsonb_agg(a.alias order by a.alias), '[]') from profile_alias a
         where a.org_id = p.org_id and a.project = p.project and a.profile_id = p.id))`,
      from: 'from profile p where p.org_id = $1',
    }),
  ],
};
