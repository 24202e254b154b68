import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** A role says nothing about a person; an export of the organization holds them all. */
export const rolePersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('roles', {
      key: 'r.id',
      object: `to_jsonb(r) - 'org_id'`,
      from: 'from role r where r.org_id = $1',
    }),
  ],
};
