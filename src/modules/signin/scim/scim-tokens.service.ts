import { Injectable } from '@nestjs/common';
import { Permission, type Permission as PermissionNumber } from '../../../platform/access/index.js';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type ApiKeyEntity, ApiKeys, keyTypes } from '../../people/api-key/index.js';
import { Connections } from '../sso/index.js';
import { ScimSettingsStore } from './scim-settings.store.js';

/** SCIM tokens: API keys with a type of their own, each bound to one connection. */
@Injectable()
export class ScimTokens {
  constructor(
    private readonly store: ScimSettingsStore,
    private readonly keys: ApiKeys,
    private readonly connections: Connections,
  ) {}

  /** The token and its secret, which cannot be had again. It holds what the connection may give. */
  async create(
    scope: Scope,
    { connectionId, name, expiresAt }: { connectionId: string; name: string; expiresAt: Date | null },
  ): Promise<{ token: ApiKeyEntity; secret: string }> {
    const { id, ceiling } = await this.connections.get(scope, connectionId);
    // The numbers of the contract are what the table holds.
    const permissions = ceiling as PermissionNumber[];
    if (!permissions.includes(Permission.MEMBERS_MANAGE)) {
      throw failedPrecondition(
        'CONNECTION_MANAGES_NOBODY',
        'The admin who set up the connection may not manage members; have an admin with that permission save its provisioning.',
      );
    }
    const keyType = keyTypes.scimToken;
    const { apiKey, secret } = await this.keys.create(scope, { name, permissions, expiresAt, keyType });
    await this.store.bind(scope, apiKey.id, id);
    return { token: apiKey, secret };
  }

  /** Newest first. */
  async list(scope: Scope, connectionId: string): Promise<ApiKeyEntity[]> {
    const { id } = await this.connections.get(scope, connectionId);
    const bound = await this.store.boundTo(scope, id);
    return (await this.keys.list(scope, keyTypes.scimToken)).filter((key) => bound.has(key.id));
  }

  async revoke(scope: Scope, id: string): Promise<void> {
    if ((await this.keys.get(scope, id)).keyType !== keyTypes.scimToken) throw notFound('SCIM token');
    await this.keys.revoke(scope, id);
  }
}
