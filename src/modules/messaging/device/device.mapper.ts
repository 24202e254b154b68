import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type DeviceSummary, DeviceSummarySchema } from '@dovecote/contract/pidgr/v1/device_pb';
import type { DeviceEntity } from './device.entity.js';

export function toDeviceSummary(device: DeviceEntity): DeviceSummary {
  return create(DeviceSummarySchema, {
    deviceId: device.deviceId,
    userId: device.userId,
    platform: device.platform,
    active: device.active,
    lastSeen: timestampFromDate(device.lastSeen),
    createdAt: timestampFromDate(device.createdAt),
  });
}
