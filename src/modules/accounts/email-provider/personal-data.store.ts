import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** A provider says nothing about a person; an export of the organization holds it without its secrets. */
export const emailProviderPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('email_provider', {
      key: 'p.org_id',
      object: `to_jsonb(p) - '{org_id,sealed_settings}'::text[]`,
      from: 'from email_provider p where p.org_id = $1',
    }),
  ],
};
