import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** Which exports there were; the files themselves are copies of what the analytics store has. */
export const dataExportPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('data_exports', {
      key: 'x.id',
      object: `to_jsonb(x) - '{org_id,distinct_id}'::text[]`,
      from: 'from data_export x where x.org_id = $1',
    }),
  ],
};
