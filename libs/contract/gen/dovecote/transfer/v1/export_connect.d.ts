export { ExportService } from './export_pb.js';
