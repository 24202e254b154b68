export { ContentService } from './content_pb.js';
