import { Injectable } from '@nestjs/common';
import { fingerprintOf, hashSecret } from '@dovecote/secret';
import type { Permission } from '../permission/permissions.js';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import type { ApiKeyCaller } from './caller.js';
import { CredentialCache } from './credential-cache.js';
import { findOrganizationState, type OrganizationState } from './organization-state.js';
import { RevocationFeed } from './revocation-feed.js';
import { UsageRecorder } from './usage-recorder.js';

interface ApiKeyRow {
  org_id: string;
  id: string;
  permissions: Permission[];
  expires_at: Date | null;
}

export interface KnownApiKey {
  caller: ApiKeyCaller;
  /** Null: never. */
  expiresAt: Date | null;
  organization: OrganizationState;
}

/** Numbers of pidgr.v1.KeyType: SCIM tokens provision people and call no RPC. */
const keyType = { apiKey: 1, scimToken: 2 } as const;

const findByHash = statement(
  'api_key.find_by_hash',
  `select org_id, id, permissions, expires_at from api_key where key_hash = $1 and key_type = $2 and revoked_at is null`,
);

/** Finds the caller behind a presented API key. */
@Injectable()
export class ApiKeyDirectory {
  protected readonly keyType: number = keyType.apiKey;
  private readonly cache: CredentialCache<KnownApiKey>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly usage: UsageRecorder,
    feed: RevocationFeed,
  ) {
    this.cache = new CredentialCache(feed, ({ caller }) => [
      `api_key:${caller.keyId}`,
      `organization:${caller.orgId}`,
    ]);
  }

  /** The key, if it exists and is neither revoked nor expired. */
  async find(secret: string): Promise<KnownApiKey | undefined> {
    return this.used(await this.cache.get(fingerprintOf(secret), () => this.load(hashSecret(secret))));
  }

  /** What `find` would answer without a look into the database. */
  recall(secret: string): KnownApiKey | undefined {
    return this.used(this.cache.recall(fingerprintOf(secret)));
  }

  private used(known: KnownApiKey | undefined): KnownApiKey | undefined {
    if (!known) return undefined;
    const now = this.clock.now();
    if (known.expiresAt && known.expiresAt <= now) return undefined;
    this.usage.apiKeyUsed(known.caller.orgId, known.caller.keyId, now);
    return known;
  }

  private async load(hash: Buffer): Promise<KnownApiKey | undefined> {
    const row = await this.database.transaction({ apiKeyHash: hash, readOnly: true }, (tx) =>
      tx.queryOne<ApiKeyRow>(findByHash, [hash, this.keyType]),
    );
    if (!row) return undefined;
    const organization = await this.database.transaction({ orgId: row.org_id, readOnly: true }, (tx) =>
      findOrganizationState(tx, row.org_id),
    );
    if (!organization) return undefined;
    const permissions = new Set(row.permissions);
    const caller: ApiKeyCaller = { kind: 'api_key', orgId: row.org_id, keyId: row.id, permissions };
    return { caller, expiresAt: row.expires_at, organization };
  }
}

/** The same for SCIM tokens, which are valid for SCIM endpoints only. */
@Injectable()
export class ScimTokenDirectory extends ApiKeyDirectory {
  protected override readonly keyType = keyType.scimToken;
}
