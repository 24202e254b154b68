import { DashboardsService } from '@dovecote/contract/dashboards/v1/dashboards_pb';
import { Permission as P } from '../../permission/permissions.js';
import { anyProof, dashboardProject, read, rowsOf, type ServiceRows, write } from '../access-rule.js';

const reads = dashboardProject(P.ANALYTICS_READ);
const writes = dashboardProject(P.ANALYTICS_WRITE);

export const dashboards: readonly ServiceRows[] = [
  rowsOf(DashboardsService, {
    list: read(reads, anyProof),
    get: read(reads, anyProof),
    create: write(writes, anyProof, 'DASHBOARD_CREATED'),
    update: write(writes, anyProof, 'DASHBOARD_UPDATED'),
    upsert: write(writes, anyProof, 'DASHBOARD_UPDATED'),
    delete: write(writes, anyProof, 'DASHBOARD_DELETED'),
  }),
];
