export { DevicesService } from './devices_pb.js';
