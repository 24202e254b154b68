import { statement } from '../../../platform/database/index.js';
import {
  eraseBy,
  memberFile,
  organizationFile,
  type PersonalDataContribution,
} from '../../../platform/personal-data/index.js';

const groupsAndTeams = memberFile('groups_and_teams', {
  category: 'groups',
  key: 'o.id',
  object: `jsonb_build_object('id', o.id, 'kind', o.kind, 'name', o.name, 'added_at', b.added_at)`,
  from: `from roster_member b join roster o on o.org_id = b.org_id and o.id = b.roster_id
    where b.org_id = $1 and b.user_id = $4`,
});
const teamsAndGroups = organizationFile('teams_and_groups', {
  key: 'o.id',
  object: `to_jsonb(o) - 'org_id'`,
  from: 'from roster o where o.org_id = $1',
});

const erase = statement(
  'roster_member.erase',
  'delete from roster_member where org_id = $1 and user_id = $2',
);

export const rosterPersonalData: PersonalDataContribution = {
  files: [groupsAndTeams],
  organizationFiles: [teamsAndGroups],
  erase: eraseBy(erase),
};
