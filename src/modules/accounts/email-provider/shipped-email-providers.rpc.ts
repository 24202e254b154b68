import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type GetRequest,
  type GetResponseSchema,
  OrgEmailProvidersService,
  type RemoveRequest,
  type RemoveResponseSchema,
  type SendTestRequest,
  type SendTestResponseSchema,
  type SetRequest,
  type SetResponseSchema,
} from '@dovecote/contract/dashboard/orgemailproviders/v1/orgemailproviders_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { EmailProviders } from './email-providers.service.js';
import { fromSetRequest, toGetResponse } from './shipped-email-providers.mapper.js';

@Controller()
export class ShippedEmailProvidersRpc {
  constructor(private readonly providers: EmailProviders) {}

  @Rpc(OrgEmailProvidersService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return toGetResponse(await this.providers.get(scope));
  }

  @Rpc(OrgEmailProvidersService.method.set)
  async set(request: SetRequest, scope: Scope): Promise<MessageInitShape<typeof SetResponseSchema>> {
    const { updatedAt } = await this.providers.set(scope, fromSetRequest(request), false);
    return { updateTime: timestampFromDate(updatedAt) };
  }

  @Rpc(OrgEmailProvidersService.method.remove)
  async remove(
    _request: RemoveRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveResponseSchema>> {
    await this.providers.remove(scope);
    return {};
  }

  @Rpc(OrgEmailProvidersService.method.sendTest)
  async sendTest(
    { recipient }: SendTestRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SendTestResponseSchema>> {
    const { success, error } = await this.providers.sendTest(scope, recipient);
    return { success, errorMessage: error };
  }
}
