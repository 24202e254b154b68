export { DashboardService } from './dashboard_pb.js';
