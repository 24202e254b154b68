import { Controller } from '@nestjs/common';
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  type GetUsageRequest,
  type GetUsageResponseSchema,
  UsageService,
} from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import {
  EventLimitService,
  type GetEventLimitRequest,
  type GetEventLimitResponseSchema,
} from '@dovecote/contract/dovecote/usage/v1/usage_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { rangeOf, toEventLimit, toUsage } from './usage.mapper.js';
import { Usages } from './usage.service.js';

@Controller()
export class UsageRpc {
  constructor(private readonly usages: Usages) {}

  @Rpc(UsageService.method.getUsage)
  async getUsage(
    request: GetUsageRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetUsageResponseSchema>> {
    return toUsage(await this.usages.get(scope, rangeOf(request)));
  }

  @Rpc(EventLimitService.method.getEventLimit)
  async getEventLimit(
    _request: GetEventLimitRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetEventLimitResponseSchema>> {
    return toEventLimit(await this.usages.limit(scope));
  }
}
