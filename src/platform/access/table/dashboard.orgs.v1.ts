import { OrgsService } from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  organizationOfMessage,
  person,
  personal,
  read,
  recentProof,
  rowsOf,
  write,
  type ServiceRows,
} from '../access-rule.js';

/** The contract's admin holds more than this: the service asks for the rest. */
const admin = organizationOfMessage(P.ORG_WRITE);
const reader = organizationOfMessage(P.ANALYTICS_READ, P.ANALYTICS_WRITE);

export const dashboardOrgs: readonly ServiceRows[] = [
  rowsOf(OrgsService, {
    list: read(person, anyProof),
    get: read(reader, anyProof),
    updateDisplayName: write(admin, anyProof, 'ORG_UPDATED'),
    listMembers: read(reader, anyProof),
    removeMember: write(admin, recentProof(), 'USER_DEACTIVATED'),
    inviteMember: write(
      admin,
      recentProof(),
      'USER_INVITED',
      'USER_REACTIVATED',
      'ROLE_CHANGED',
      'ROLE_CREATED',
    ),
    resendInvite: write(admin, anyProof, 'USER_INVITED'),
    revokeInvite: write(admin, anyProof, 'INVITE_REVOKED', 'USER_DEACTIVATED'),
    listInvitations: read(admin, anyProof),
    create: write(personal(person), anyProof, 'ORG_CREATED', 'PROJECT_CREATED', 'PROJECT_KEY_CREATED'),
    leave: write(personal(organizationOfMessage()), recentProof(), 'USER_DEACTIVATED'),
    updateMemberRole: write(admin, recentProof(), 'ROLE_CHANGED', 'ROLE_CREATED'),
  }),
];
