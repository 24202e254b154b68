import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  DevicesService,
  type SubscribeRequest,
  type SubscribeResponseSchema,
  type UpdateStatusRequest,
  type UpdateStatusResponseSchema,
  type UpdateTokenRequest,
  type UpdateTokenResponseSchema,
} from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDeviceId, toSubscription, toToken } from './subscription.mapper.js';
import { Subscriptions } from './subscriptions.service.js';

@Controller()
export class SubscriptionRpc {
  constructor(private readonly subscriptions: Subscriptions) {}

  @Rpc(DevicesService.method.subscribe)
  async subscribe(
    request: SubscribeRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SubscribeResponseSchema>> {
    await this.subscriptions.subscribe(scope, toSubscription(request));
    return {};
  }

  @Rpc(DevicesService.method.updateStatus)
  async updateStatus(
    { id, status }: UpdateStatusRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateStatusResponseSchema>> {
    await this.subscriptions.setActive(scope, toDeviceId(id), status === 'active');
    return {};
  }

  @Rpc(DevicesService.method.updateToken)
  async updateToken(
    { id, token }: UpdateTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof UpdateTokenResponseSchema>> {
    await this.subscriptions.renewToken(scope, toDeviceId(id), toToken(token));
    return {};
  }
}
