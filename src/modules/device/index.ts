export { DeviceEntity } from './device.entity.js';
export { DeviceModule } from './device.module.js';
export { Devices } from './device.service.js';
