import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type GroupMapping as GroupMappingMessage,
  type ScimSettings,
  ScimSettingsSchema,
  type ScimToken,
  ScimTokenSchema,
} from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import type { ApiKeyEntity } from '../../people/api-key/index.js';
import { scimBaseUrl } from './base-url.js';
import type { GroupMapping } from './group-mapping.rules.js';
import type { ConnectionSettings } from './scim-settings.service.js';

export function toScimSettings(settings: ConnectionSettings, publicUrl: string): ScimSettings {
  const { connectionId, pausedAt, mappings } = settings;
  return create(ScimSettingsSchema, {
    connectionId,
    baseUrl: scimBaseUrl(publicUrl),
    paused: pausedAt !== null,
    groupMappings: mappings,
  });
}

export function toScimToken(key: ApiKeyEntity): ScimToken {
  return create(ScimTokenSchema, {
    id: key.id,
    name: key.name,
    prefix: key.keyPrefix,
    createdAt: timestampFromDate(key.createdAt),
    expiresAt: key.expiresAt ? timestampFromDate(key.expiresAt) : undefined,
    lastUsedAt: key.lastUsedAt ? timestampFromDate(key.lastUsedAt) : undefined,
  });
}

export function toMappings(messages: readonly GroupMappingMessage[]): GroupMapping[] {
  return messages.map(({ group, target, targetId }) => ({ group, target, targetId: targetId.toLowerCase() }));
}

/** Down to the millisecond. */
export function instantOf({ seconds, nanos }: Timestamp): Date {
  return new Date(Number(seconds) * 1000 + Math.floor(nanos / 1_000_000));
}
