import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type DeactivateRequest,
  type DeactivateResponseSchema,
  DeviceService,
  type ListDevicesRequest,
  type ListDevicesResponseSchema,
  type ListMemberDevicesRequest,
  type ListMemberDevicesResponseSchema,
  type RegisterRequest,
  type RegisterResponseSchema,
} from '@dovecote/contract/pidgr/v1/device_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDeviceSummary } from './device.mapper.js';
import { Devices } from './device.service.js';

@Controller()
export class DeviceRpc {
  constructor(private readonly devices: Devices) {}

  @Rpc(DeviceService.method.register)
  async register(
    request: RegisterRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RegisterResponseSchema>> {
    return { device: toDeviceSummary(await this.devices.register(scope, request)) };
  }

  @Rpc(DeviceService.method.deactivate)
  async deactivate(
    request: DeactivateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeactivateResponseSchema>> {
    await this.devices.deactivate(scope, request.deviceId);
    return { success: true };
  }

  @Rpc(DeviceService.method.listDevices)
  async listDevices(
    _request: ListDevicesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListDevicesResponseSchema>> {
    return { devices: (await this.devices.listOwn(scope)).map(toDeviceSummary) };
  }

  @Rpc(DeviceService.method.listMemberDevices)
  async listMemberDevices(
    request: ListMemberDevicesRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListMemberDevicesResponseSchema>> {
    return { devices: (await this.devices.listOf(scope, request.userId)).map(toDeviceSummary) };
  }
}
