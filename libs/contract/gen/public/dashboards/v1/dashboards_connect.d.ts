export { SharedDashboardsService } from './dashboards_pb.js';
