import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Group,
  GroupSchema,
  type UserGroupMembership,
  UserGroupMembershipSchema,
} from '@dovecote/contract/pidgr/v1/group_pb';
import type { CountedRoster, UserRosters } from '../roster/index.js';

export function toGroup(group: CountedRoster): Group {
  return create(GroupSchema, {
    id: group.id,
    name: group.name,
    description: group.description,
    memberCount: group.memberCount,
    createdAt: timestampFromDate(group.createdAt),
    updatedAt: timestampFromDate(group.updatedAt),
    isDefault: group.isDefault,
    createdBy: group.createdBy ?? '',
  });
}

export function toUserGroupMembership({ userId, rosters }: UserRosters): UserGroupMembership {
  return create(UserGroupMembershipSchema, { userId, groups: rosters.map(toGroup) });
}
