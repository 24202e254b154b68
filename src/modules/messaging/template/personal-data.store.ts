import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** A template says nothing about a person; an export of the organization holds them all. */
export const templatePersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('templates', {
      key: 't.id',
      object: `to_jsonb(t) - 'org_id'`,
      from: 'from template t where t.org_id = $1',
    }),
  ],
};
