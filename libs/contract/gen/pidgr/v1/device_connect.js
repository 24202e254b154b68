export { DeviceService } from './device_pb.js';
