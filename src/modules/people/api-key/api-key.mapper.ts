import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { type ApiKey, ApiKeySchema } from '@dovecote/contract/pidgr/v1/api_key_pb';
import type { ApiKeyEntity } from './api-key.entity.js';

export function toApiKey(key: ApiKeyEntity): ApiKey {
  return create(ApiKeySchema, {
    id: key.id,
    name: key.name,
    keyPrefix: key.keyPrefix,
    permissions: key.permissions,
    createdAt: timestampFromDate(key.createdAt),
    lastUsedAt: key.lastUsedAt ? timestampFromDate(key.lastUsedAt) : undefined,
    expiresAt: key.expiresAt ? timestampFromDate(key.expiresAt) : undefined,
    keyType: key.keyType,
  });
}
