import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type DeleteRequest,
  type DeleteResponseSchema,
  type GetRequest,
  type GetResponseSchema,
  OrgEmailProvidersService,
  type SendTestRequest,
  type SendTestResponseSchema,
  type UpsertRequest,
  type UpsertResponseSchema,
} from '@dovecote/contract/orgemailproviders/v1/orgemailproviders_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromUpsertRequest, toEmailProvider } from './documented-email-providers.mapper.js';
import { EmailProviders } from './email-providers.service.js';

@Controller()
export class DocumentedEmailProvidersRpc {
  constructor(private readonly providers: EmailProviders) {}

  @Rpc(OrgEmailProvidersService.method.get)
  async get(_request: GetRequest, scope: Scope): Promise<MessageInitShape<typeof GetResponseSchema>> {
    return { provider: toEmailProvider(await this.providers.get(scope)) };
  }

  @Rpc(OrgEmailProvidersService.method.upsert)
  async upsert(request: UpsertRequest, scope: Scope): Promise<MessageInitShape<typeof UpsertResponseSchema>> {
    return { provider: toEmailProvider(await this.providers.set(scope, fromUpsertRequest(request), true)) };
  }

  @Rpc(OrgEmailProvidersService.method.delete)
  async delete(
    _request: DeleteRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteResponseSchema>> {
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
