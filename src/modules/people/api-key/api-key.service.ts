import { Injectable } from '@nestjs/common';
import { generateApiKey } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import type { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { normalized, refuseGrant } from '../role/index.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { keyTypes, refuseOverLimit, refuseExpiry, refuseUseless } from './api-key.rules.js';
import { ApiKeyStore } from './api-key.store.js';

export interface NewApiKey {
  name: string;
  permissions: readonly Permission[];
  expiresAt: Date | null;
  keyType: number;
}

@Injectable()
export class ApiKeys {
  constructor(private readonly store: ApiKeyStore) {}

  /** The new key and its secret, which cannot be had again. */
  async create(scope: Scope, input: NewApiKey): Promise<{ apiKey: ApiKeyEntity; secret: string }> {
    const permissions = normalized(input.permissions);
    const refusal =
      refuseGrant(permissions, scope.permissions) ??
      refuseUseless(permissions, input.keyType) ??
      refuseExpiry(input.expiresAt, scope.now(), await this.expiryOfMaker(scope)) ??
      refuseOverLimit(await this.store.countLiveForInsert(scope));
    if (refusal) throw refusal;
    const keyType = input.keyType === keyTypes.unspecified ? keyTypes.apiKey : input.keyType;
    const generated = generateApiKey(keyType === keyTypes.scimToken ? 'pidgr_scim_' : 'pidgr_k_');
    const apiKey: ApiKeyEntity = {
      orgId: scope.orgId,
      id: uuid(),
      name: input.name,
      keyType,
      keyHash: generated.hash,
      keyPrefix: generated.displayPrefix,
      lastFour: generated.lastFour,
      permissions,
      createdBy: scope.actorId || null,
      createdAt: scope.now(),
      expiresAt: input.expiresAt,
      revokedAt: null,
      lastUsedAt: null,
    };
    await this.store.insert(scope, apiKey);
    await scope.audit('API_KEY_CREATED', {
      entityType: 'api_key',
      entityId: apiKey.id,
      metadata: { name: apiKey.name },
    });
    return { apiKey, secret: generated.secret };
  }

  /** Among others the members of these ids, and those who have made the API keys of these ids, revoked ones included. */
  membersBehind(scope: Scope, actorIds: readonly string[]): Promise<string[]> {
    return this.store.behind(scope, actorIds);
  }

  /** Keys that are not revoked, expired ones included; of one type, or of all when it is unspecified. */
  list(scope: Scope, keyType: number): Promise<ApiKeyEntity[]> {
    return this.store.list(scope, keyType === keyTypes.unspecified ? undefined : keyType);
  }

  /** The key with this id, revoked or not. */
  async get(scope: Scope, id: string): Promise<ApiKeyEntity> {
    const apiKey = await this.store.find(scope, id);
    if (!apiKey) throw notFound('API key');
    return apiKey;
  }

  /** Revoking again changes nothing and is no error: a client may repeat a call whose answer it missed. */
  async revoke(scope: Scope, id: string): Promise<void> {
    const apiKey = await this.store.findForUpdate(scope, id);
    if (!apiKey) throw notFound('API key');
    if (apiKey.revokedAt) return;
    await this.store.revoke(scope, apiKey.id);
    await scope.announceRevocation(`api_key:${apiKey.id}`);
    await scope.audit('API_KEY_REVOKED', {
      entityType: 'api_key',
      entityId: apiKey.id,
      metadata: { name: apiKey.name },
    });
  }

  private async expiryOfMaker(scope: Scope): Promise<Date | null> {
    return scope.caller.kind === 'api_key' ? (await this.get(scope, scope.caller.keyId)).expiresAt : null;
  }
}
