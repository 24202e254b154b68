import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  InvitationStatus,
  type OrgInvitationSchema,
  type OrgMemberSchema,
  OrgRole,
  type OrgSchema,
} from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import type { AnalyticsInvitation, AnalyticsMember } from './analytics-member.rules.js';
import type { OwnOrganization } from './own-organizations.service.js';
import type { RoleView } from './role-view.rules.js';

const roles: Readonly<Record<RoleView, OrgRole>> = {
  admin: OrgRole.ADMIN,
  member: OrgRole.MEMBER,
  viewer: OrgRole.VIEWER,
};

/** An invitation that names no role is for a member. */
export function toRoleView(role: OrgRole): RoleView {
  switch (role) {
    case OrgRole.ADMIN:
      return 'admin';
    case OrgRole.VIEWER:
      return 'viewer';
    case OrgRole.MEMBER:
    case OrgRole.UNSPECIFIED:
      return 'member';
  }
}

export function toOrg({ id, name, role }: OwnOrganization): MessageInitShape<typeof OrgSchema> {
  return { id, displayName: name, role: roles[role] };
}

export function toOrgMember(member: AnalyticsMember): MessageInitShape<typeof OrgMemberSchema> {
  const { customerId, orgId, email, name: displayName, role } = member;
  return { customerId, orgId, email, displayName, role: roles[role] };
}

/** Clients read it as a time whatever it says. */
const NEVER = '9999-12-31T23:59:59Z';

export function toOrgInvitation(given: AnalyticsInvitation): MessageInitShape<typeof OrgInvitationSchema> {
  const { id, orgId, email, role, isAccepted, expiresAt } = given;
  return {
    id,
    orgId,
    email,
    role: roles[role],
    status: isAccepted ? InvitationStatus.ACCEPTED : InvitationStatus.PENDING,
    expiresAt: expiresAt ? expiresAt.toISOString().replace(/\.\d+Z$/, 'Z') : NEVER,
  };
}
