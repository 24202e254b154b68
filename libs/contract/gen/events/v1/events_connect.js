export { EventsService } from './events_pb.js';
