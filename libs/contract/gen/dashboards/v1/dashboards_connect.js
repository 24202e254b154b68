export { DashboardsService } from './dashboards_pb.js';
