import { DashboardService } from '@dovecote/contract/dovecote/dashboard/v1/dashboard_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, dashboardProject, read, rowsOf, type ServiceRows, write } from '../access-rule.js';

const reads = dashboardProject(P.ANALYTICS_READ);
const writes = dashboardProject(P.ANALYTICS_WRITE);

export const dovecoteDashboard: readonly ServiceRows[] = [
  rowsOf(DashboardService, {
    getDashboard: read(reads, anyProof),
    upsertDashboard: write(writes, anyProof, 'DASHBOARD_UPDATED'),
    duplicateDashboard: write(writes, anyProof, 'DASHBOARD_CREATED'),
    listTemplates: read(reads, anyProof),
    createFromTemplate: write(writes, anyProof, 'DASHBOARD_CREATED'),
    queryDashboard: read(reads, anyProof),
    exportTiles: read(reads, anyProof),
    shareDashboard: write(writes, anyProof, 'DASHBOARD_SHARED'),
    revokeShare: write(writes, anyProof, 'DASHBOARD_UNSHARED'),
  }),
];
