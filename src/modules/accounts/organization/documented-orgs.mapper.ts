import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type InvitationSchema,
  type MemberSchema,
  MemberStatus,
  type OrgSchema,
  Role,
} from '@dovecote/contract/orgs/v1/orgs_pb';
import type { AnalyticsInvitation, AnalyticsMember } from './analytics-member.rules.js';
import type { OwnOrganization } from './own-organizations.service.js';
import type { RoleView } from './role-view.rules.js';

const roles: Readonly<Record<RoleView, Role>> = {
  admin: Role.ADMIN,
  member: Role.MEMBER,
  viewer: Role.VIEWER,
};

/** An invitation that names no role is for a member. */
export function toRoleView(role: Role): RoleView {
  switch (role) {
    case Role.ADMIN:
      return 'admin';
    case Role.VIEWER:
      return 'viewer';
    case Role.MEMBER:
    case Role.UNSPECIFIED:
      return 'member';
  }
}

export function toOrg({
  id,
  name,
  role,
  createdAt,
  updatedAt,
}: OwnOrganization): MessageInitShape<typeof OrgSchema> {
  return {
    id,
    name,
    role: roles[role],
    createdAt: timestampFromDate(createdAt),
    updatedAt: timestampFromDate(updatedAt),
  };
}

export function toMember(member: AnalyticsMember): MessageInitShape<typeof MemberSchema> {
  const { customerId: id, email, name, role, joinedAt } = member;
  return {
    id,
    email,
    name,
    role: roles[role],
    status: MemberStatus.ACTIVE,
    joinedAt: timestampFromDate(joinedAt),
  };
}

export function toInvitedMember(invitation: AnalyticsInvitation): MessageInitShape<typeof MemberSchema> {
  const { id, email, role, expiresAt } = invitation;
  return {
    id,
    email,
    role: roles[role],
    status: MemberStatus.INVITED,
    expiresAt: expiresAt && timestampFromDate(expiresAt),
  };
}

export function toInvitation(invitation: AnalyticsInvitation): MessageInitShape<typeof InvitationSchema> {
  const { id, orgId, email, role, expiresAt } = invitation;
  return { id, orgId, email, role: roles[role], expiresAt: expiresAt && timestampFromDate(expiresAt) };
}
