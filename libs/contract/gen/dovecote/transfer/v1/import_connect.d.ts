export { ImportService } from './import_pb.js';
