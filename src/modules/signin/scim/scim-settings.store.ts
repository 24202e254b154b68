import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { GroupMapping } from './group-mapping.rules.js';

/** How a connection is provisioned. */
export interface ScimSettings {
  pausedAt: Date | null;
  mappings: GroupMapping[];
}

/** The connection that a token is bound to; null once it is deleted. */
export interface Binding {
  connectionId: string | null;
}

const find = statement(
  'scim_connection.find',
  `select paused_at as "pausedAt", mappings from scim_connection where org_id = $1 and connection_id = $2`,
);
const findForUpdate = statement(
  'scim_connection.find_for_update',
  `insert into scim_connection (org_id, connection_id) values ($1, $2)
   on conflict (org_id, connection_id) do update set connection_id = excluded.connection_id
   returning paused_at as "pausedAt", mappings`,
);
// Directories write together, and a change of mappings waits until each has seen the old ones through. Before any row.
const lockShared = statement(
  'scim_connection.lock_shared',
  `select pg_advisory_xact_lock_shared(hashtextextended('scim_connection/' || $1, 0))`,
);
const lockExclusive = statement(
  'scim_connection.lock_exclusive',
  `select pg_advisory_xact_lock(hashtextextended('scim_connection/' || $1, 0))`,
);
const save = statement(
  'scim_connection.save',
  `update scim_connection set paused_at = $3, mappings = $4 where org_id = $1 and connection_id = $2`,
);
const bind = statement(
  'scim_token.bind',
  'insert into scim_token (org_id, key_id, connection_id) values ($1, $2, $3)',
);
const binding = statement(
  'scim_token.binding',
  'select connection_id as "connectionId" from scim_token where org_id = $1 and key_id = $2',
);
const bound = statement(
  'scim_token.bound',
  'select key_id as "keyId" from scim_token where org_id = $1 and connection_id = $2',
);

@Injectable()
export class ScimSettingsStore {
  async find(scope: Scope, connectionId: string): Promise<ScimSettings> {
    const row = await (await scope.tx()).queryOne<ScimSettings>(find, [scope.orgId, connectionId]);
    return row ?? { pausedAt: null, mappings: [] };
  }

  /** Locks the settings against changes (shared lock) until the transaction ends. */
  async lockAgainstChange(scope: Scope, connectionId: string): Promise<void> {
    await (await scope.tx()).execute(lockShared, [connectionId]);
  }

  /** Locks the settings exclusively until the transaction ends. */
  async findForUpdate(scope: Scope, connectionId: string): Promise<ScimSettings> {
    const tx = await scope.tx();
    await tx.execute(lockExclusive, [connectionId]);
    const row = await tx.queryOne<ScimSettings>(findForUpdate, [scope.orgId, connectionId]);
    if (!row) throw new Error('An upsert returned no row.');
    return row;
  }

  async save(scope: Scope, connectionId: string, { pausedAt, mappings }: ScimSettings): Promise<void> {
    const values = [scope.orgId, connectionId, pausedAt, JSON.stringify(mappings)];
    await (await scope.tx()).execute(save, values);
  }

  async bind(scope: Scope, keyId: string, connectionId: string): Promise<void> {
    await (await scope.tx()).execute(bind, [scope.orgId, keyId, connectionId]);
  }

  /** Undefined: the token was made without naming a connection. */
  async bindingOf(scope: Scope, keyId: string): Promise<Binding | undefined> {
    return (await scope.tx()).queryOne<Binding>(binding, [scope.orgId, keyId]);
  }

  async boundTo(scope: Scope, connectionId: string): Promise<Set<string>> {
    const rows = await (await scope.tx()).query<{ keyId: string }>(bound, [scope.orgId, connectionId]);
    return new Set(rows.map(({ keyId }) => keyId));
  }
}
