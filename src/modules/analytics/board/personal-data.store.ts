import { organizationFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

/** Boards say nothing about a person; an export of the organization holds them all, and their links without the tokens. */
export const boardPersonalData: PersonalDataContribution = {
  organizationFiles: [
    organizationFile('dashboards', {
      key: 'b.id',
      object: `to_jsonb(b) - '{org_id,tile_bytes}'::text[]`,
      from: 'from board b where b.org_id = $1',
    }),
    organizationFile('dashboard_shares', {
      key: 's.board_id',
      object: `to_jsonb(s) - '{org_id,token_hash,sealed_token}'::text[]`,
      from: 'from board_share s where s.org_id = $1',
    }),
  ],
};
