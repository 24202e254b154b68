import { statement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const object = `to_jsonb(m) - '{org_id,identity_id,role_id}'::text[] || jsonb_build_object('role', r.slug)`;
const from = 'from member m join role r on r.org_id = m.org_id and r.id = m.role_id where m.org_id = $1';

const profile = memberFile('profile', {
  category: 'profile',
  key: 'm.id',
  object,
  from: `${from} and m.id = $4`,
});
const regionChanges = memberFile('region_changes', {
  category: 'regions',
  key: 'c.id',
  object: `to_jsonb(c) - 'org_id'`,
  from: 'from member_region_change c where c.org_id = $1 and c.user_id = $4',
});
const members = organizationFile('members', { key: 'm.id', object, from });

const eraseRegionChanges = statement(
  'member_region_change.erase',
  'delete from member_region_change where org_id = $1 and user_id = $2',
);

/** The member's own row is the last that is erased, by `MemberPrivacy`: what other modules keep refers to it. */
export const memberPersonalData: PersonalDataContribution = {
  files: [profile, regionChanges],
  organizationFiles: [members],
  erase: eraseBy(eraseRegionChanges),
};
