import { statement } from '../../../platform/database/index.js';
import { eraseBy, memberFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';

const users = memberFile('directory_users', {
  category: 'directory',
  key: 'u.connection_id',
  object: `to_jsonb(u) - 'org_id'`,
  from: 'from scim_user u where u.org_id = $1 and u.user_id = $4',
});
const groups = memberFile('directory_groups', {
  key: 'g.id',
  object: `jsonb_build_object('id', g.id, 'connection_id', g.connection_id, 'name', g.display_name)`,
  from: `from scim_group_member x join scim_group g
     on g.org_id = x.org_id and g.connection_id = x.connection_id and g.id = x.group_id
    where x.org_id = $1 and x.user_id = $4`,
});

const eraseUsers = statement('scim_user.erase', 'delete from scim_user where org_id = $1 and user_id = $2');
const leaveGroups = statement(
  'scim_group_member.erase',
  'delete from scim_group_member where org_id = $1 and user_id = $2',
);

export const scimPersonalData: PersonalDataContribution = {
  files: [users, groups],
  erase: eraseBy(eraseUsers, leaveGroups),
};
