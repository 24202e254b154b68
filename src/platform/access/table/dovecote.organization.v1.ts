import { OrganizationDeletionService } from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  allowedIn,
  anyProof,
  named,
  read,
  recentProof,
  rowsOf,
  write,
  type ServiceRows,
} from '../access-rule.js';

export const dovecoteOrganization: readonly ServiceRows[] = [
  // Also only a super admin, whatever other roles may do: decided by the handler.
  rowsOf(OrganizationDeletionService, {
    deleteOrganization: write(named(P.ORG_WRITE), recentProof(), 'ORG_DELETED'),
    cancelOrganizationDeletion: allowedIn(
      ['being_deleted'],
      write(named(P.ORG_WRITE), recentProof(), 'ORG_UPDATED'),
    ),
    getOrganizationDeletion: allowedIn(['being_deleted'], read(named(P.ORG_READ), anyProof)),
  }),
];
