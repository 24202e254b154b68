import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type CheckSSOByDomainRequest,
  type CheckSSOByDomainResponseSchema,
  type CreateSSOProviderRequest,
  type CreateSSOProviderResponseSchema,
  type DeleteSSOProviderRequest,
  type DeleteSSOProviderResponseSchema,
  type GetSSOProviderRequest,
  type GetSSOProviderResponseSchema,
  SSOService,
} from '@dovecote/contract/pidgr/v1/sso_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toNewProvider, toProvider } from './provider.mapper.js';
import { Providers } from './providers.service.js';

@Controller()
export class ProviderRpc {
  constructor(private readonly providers: Providers) {}

  @Rpc(SSOService.method.checkSSOByDomain)
  async checkSSOByDomain(
    request: CheckSSOByDomainRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CheckSSOByDomainResponseSchema>> {
    const { enabled, providerName } = await this.providers.hintFor(scope, request.email);
    return { ssoEnabled: enabled, providerName };
  }

  @Rpc(SSOService.method.createSSOProvider)
  async createSSOProvider(
    request: CreateSSOProviderRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateSSOProviderResponseSchema>> {
    return { provider: toProvider(await this.providers.create(scope, toNewProvider(request))) };
  }

  @Rpc(SSOService.method.getSSOProvider)
  async getSSOProvider(
    _request: GetSSOProviderRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetSSOProviderResponseSchema>> {
    const provider = await this.providers.get(scope);
    return { provider: provider && toProvider(provider) };
  }

  @Rpc(SSOService.method.deleteSSOProvider)
  async deleteSSOProvider(
    request: DeleteSSOProviderRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof DeleteSSOProviderResponseSchema>> {
    await this.providers.delete(scope, request.providerId.toLowerCase());
    return {};
  }
}
