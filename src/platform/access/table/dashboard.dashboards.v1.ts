import { DashboardsService } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, dashboardProject, read, rowsOf, type ServiceRows, write } from '../access-rule.js';

const reads = dashboardProject(P.ANALYTICS_READ);
const writes = dashboardProject(P.ANALYTICS_WRITE);

export const dashboardDashboards: readonly ServiceRows[] = [
  rowsOf(DashboardsService, {
    create: write(writes, anyProof, 'DASHBOARD_CREATED'),
    delete: write(writes, anyProof, 'DASHBOARD_DELETED'),
    get: read(reads, anyProof),
    list: read(reads, anyProof),
    update: write(writes, anyProof, 'DASHBOARD_UPDATED', 'DASHBOARD_SHARED', 'DASHBOARD_UNSHARED'),
    upsert: write(writes, anyProof, 'DASHBOARD_UPDATED'),
    queryDashboard: read(reads, anyProof),
  }),
];
