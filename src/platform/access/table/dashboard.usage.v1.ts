import { UsageService } from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, organizationOfMessage, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const dashboardUsage: readonly ServiceRows[] = [
  rowsOf(UsageService, {
    // Dashboards show it to everybody who reads analytics.
    getUsage: read(organizationOfMessage(P.ORG_WRITE, P.ANALYTICS_READ), anyProof),
  }),
];
