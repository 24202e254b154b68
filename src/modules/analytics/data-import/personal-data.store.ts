import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** Which imports there were; their events are in the analytics store, and their files are deleted. */
export const dataImportPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('data_imports', {
      key: 'i.id',
      object: `to_jsonb(i) - '{org_id}'::text[] || jsonb_build_object('pieces', (
        select count(*) from data_import_piece p where p.org_id = i.org_id and p.import_id = i.id))`,
      from: 'from data_import i where i.org_id = $1',
    }),
  ],
};
