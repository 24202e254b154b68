import { OrgsService } from '@dovecote/contract/orgs/v1/orgs_pb';
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

export const orgs: readonly ServiceRows[] = [
  rowsOf(OrgsService, {
    create: write(personal(person), anyProof, 'ORG_CREATED', 'PROJECT_CREATED'),
    get: read(reader, anyProof),
    list: read(person, anyProof),
    update: write(admin, anyProof, 'ORG_UPDATED'),
    inviteMember: write(
      admin,
      recentProof(),
      'USER_INVITED',
      'USER_REACTIVATED',
      'ROLE_CHANGED',
      'ROLE_CREATED',
    ),
    listMembers: read(reader, anyProof),
    removeMember: write(admin, recentProof(), 'USER_DEACTIVATED', 'INVITE_REVOKED'),
  }),
];
