import { UsageService } from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, organizationOfMessage, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dashboardUsage: readonly ServiceRows[] = [
  rowsOf(UsageService, {
    getUsage: read(organizationOfMessage(P.ORG_WRITE), anyProof),
  }),
];
