import { SharedDashboardsService } from '@dovecote/contract/public/dashboards/v1/dashboards_pb';
import { anyone, anyProof, read, rowsOf, type ServiceRows } from '../access-rule.js';

export const publicDashboards: readonly ServiceRows[] = [
  rowsOf(SharedDashboardsService, { query: read(anyone, anyProof) }),
];
