export { InboxService } from './inbox_pb.js';
