import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  ApiKeyService,
  type CreateApiKeyRequest,
  type CreateApiKeyResponseSchema,
  type ListApiKeysRequest,
  type ListApiKeysResponseSchema,
  type RevokeApiKeyRequest,
  type RevokeApiKeyResponseSchema,
} from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toApiKey } from './api-key.mapper.js';
import { ApiKeys } from './api-key.service.js';

@Controller()
export class ApiKeyRpc {
  constructor(private readonly apiKeys: ApiKeys) {}

  @Rpc(ApiKeyService.method.createApiKey)
  async createApiKey(
    request: CreateApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CreateApiKeyResponseSchema>> {
    const { apiKey, secret } = await this.apiKeys.create(scope, {
      ...request,
      expiresAt: request.expiresAt ? instantOf(request.expiresAt) : null,
    });
    return { apiKey: toApiKey(apiKey), key: secret };
  }

  @Rpc(ApiKeyService.method.listApiKeys)
  async listApiKeys(
    request: ListApiKeysRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListApiKeysResponseSchema>> {
    return { apiKeys: (await this.apiKeys.list(scope, request.keyType)).map(toApiKey) };
  }

  @Rpc(ApiKeyService.method.revokeApiKey)
  async revokeApiKey(
    request: RevokeApiKeyRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RevokeApiKeyResponseSchema>> {
    await this.apiKeys.revoke(scope, request.apiKeyId);
    return {};
  }
}

/** Down to the millisecond: rounded up, the last moment that a timestamp can hold would be one that none can. */
function instantOf({ seconds, nanos }: Timestamp): Date {
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
}
