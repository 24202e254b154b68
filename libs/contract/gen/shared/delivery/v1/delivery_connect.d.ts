export { DeliveryService } from './delivery_pb.js';
