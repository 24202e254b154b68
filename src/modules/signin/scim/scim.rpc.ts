import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import {
  type CreateScimTokenRequest,
  type CreateScimTokenResponseSchema,
  type GetScimSettingsRequest,
  type GetScimSettingsResponseSchema,
  type ListScimTokensRequest,
  type ListScimTokensResponseSchema,
  type RevokeScimTokenRequest,
  type RevokeScimTokenResponseSchema,
  ScimService,
  type SetGroupMappingsRequest,
  type SetGroupMappingsResponseSchema,
  type SetScimPausedRequest,
  type SetScimPausedResponseSchema,
} from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { instantOf, toMappings, toScimSettings, toScimToken } from './scim.mapper.js';
import { ScimSettingsService } from './scim-settings.service.js';
import { ScimTokens } from './scim-tokens.service.js';

@Controller()
export class ScimRpc {
  private readonly publicUrl: string;

  constructor(
    private readonly settings: ScimSettingsService,
    private readonly tokens: ScimTokens,
    @Inject(CONFIG) config: Config,
  ) {
    this.publicUrl = config.http.publicUrl;
  }

  @Rpc(ScimService.method.getScimSettings)
  async getScimSettings(
    request: GetScimSettingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetScimSettingsResponseSchema>> {
    const settings = await this.settings.get(scope, request.connectionId.toLowerCase());
    return { settings: toScimSettings(settings, this.publicUrl) };
  }

  @Rpc(ScimService.method.setScimPaused)
  async setScimPaused(
    request: SetScimPausedRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetScimPausedResponseSchema>> {
    const id = request.connectionId.toLowerCase();
    const settings = await this.settings.setPaused(scope, id, request.paused);
    return { settings: toScimSettings(settings, this.publicUrl) };
  }

  @Rpc(ScimService.method.setGroupMappings)
  async setGroupMappings(
    request: SetGroupMappingsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetGroupMappingsResponseSchema>> {
    const id = request.connectionId.toLowerCase();
    const settings = await this.settings.setMappings(scope, id, toMappings(request.groupMappings));
    return { settings: toScimSettings(settings, this.publicUrl) };
  }

  @Rpc(ScimService.method.createScimToken)
  async createScimToken(
    request: CreateScimTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateScimTokenResponseSchema>> {
    const { token, secret } = await this.tokens.create(scope, {
      connectionId: request.connectionId.toLowerCase(),
      name: request.name,
      expiresAt: request.expiresAt ? instantOf(request.expiresAt) : null,
    });
    return { token: toScimToken(token), secret };
  }

  @Rpc(ScimService.method.listScimTokens)
  async listScimTokens(
    request: ListScimTokensRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListScimTokensResponseSchema>> {
    const tokens = await this.tokens.list(scope, request.connectionId.toLowerCase());
    return { tokens: tokens.map(toScimToken) };
  }

  @Rpc(ScimService.method.revokeScimToken)
  async revokeScimToken(
    request: RevokeScimTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeScimTokenResponseSchema>> {
    await this.tokens.revoke(scope, request.tokenId.toLowerCase());
    return {};
  }
}
