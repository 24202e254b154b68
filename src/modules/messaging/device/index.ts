export { DeviceEntity } from './device.entity.js';
export { DeviceModule } from './device.module.js';
export { hasActiveDevice } from './device.store.js';
export { Devices, enrolledTask } from './device.service.js';
