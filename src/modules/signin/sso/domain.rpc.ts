import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AddDomainRequest,
  type AddDomainResponseSchema,
  DomainService,
  type ListDomainsRequest,
  type ListDomainsResponseSchema,
  type RemoveDomainRequest,
  type RemoveDomainResponseSchema,
  type VerifyDomainRequest,
  type VerifyDomainResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDomain } from './domain.mapper.js';
import { Domains } from './domain.service.js';

@Controller()
export class DomainRpc {
  constructor(private readonly domains: Domains) {}

  @Rpc(DomainService.method.addDomain)
  async addDomain(
    request: AddDomainRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof AddDomainResponseSchema>> {
    return { domain: toDomain(await this.domains.add(scope, request.name)) };
  }

  @Rpc(DomainService.method.verifyDomain)
  async verifyDomain(
    request: VerifyDomainRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof VerifyDomainResponseSchema>> {
    return { domain: toDomain(await this.domains.verify(scope, request.name)) };
  }

  @Rpc(DomainService.method.listDomains)
  async listDomains(
    _request: ListDomainsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListDomainsResponseSchema>> {
    return { domains: (await this.domains.list(scope)).map(toDomain) };
  }

  @Rpc(DomainService.method.removeDomain)
  async removeDomain(
    request: RemoveDomainRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RemoveDomainResponseSchema>> {
    await this.domains.remove(scope, request.name);
    return {};
  }
}
