import { setStatement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const consents = memberFile('consents', {
  category: 'consents',
  key: 'c.id',
  object: `to_jsonb(c) - '{org_id,seq}'::text[]`,
  from: 'from privacy_consent c where c.org_id = $1 and c.actor_id = $4::text',
});
const organization = organizationFile('organization', {
  key: 'o.id',
  object: 'to_jsonb(o)',
  from: 'from organization o where o.id = $1',
});

// That consent was given or withdrawn stays on record; the address of who did it goes.
const blankConsents = setStatement(
  'privacy_consent.erase',
  `update privacy_consent set actor_email = '' where org_id = $1 and actor_id = $2::text and actor_email <> ''`,
);

export const organizationPersonalData: PersonalDataContribution = {
  files: [consents],
  organizationFiles: [organization],
  erase: eraseBy(blankConsents),
};
