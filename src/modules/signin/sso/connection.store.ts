import { Injectable } from '@nestjs/common';
import {
  findOrganizationState,
  type OrganizationState,
} from '../../../platform/caller/organization-state.js';
import { Database, statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Connection, connectionState } from './connection.js';

/** Columns by the names of the connection's fields, in the order in which they are written. */
const columns = {
  orgId: 'org_id',
  id: 'id',
  name: 'name',
  providerName: 'provider_name',
  protocol: 'protocol',
  state: 'state',
  contractDomain: 'contract_domain',
  saml: 'saml',
  idp: 'idp',
  fetchedAt: 'fetched_at',
  attemptedAt: 'attempted_at',
  nextFetchAt: 'next_fetch_at',
  lastError: 'last_error',
  warned: 'warned',
  oidc: 'oidc',
  sealedClientSecret: 'sealed_client_secret',
  provisioning: 'provisioning',
  ceiling: 'ceiling',
  unrestricted: 'speaks_for_all',
  activatedAt: 'activated_at',
  activation: 'activation',
  createdBy: 'created_by',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} satisfies Record<keyof Connection, string>;

const fields = Object.keys(columns) as (keyof Connection)[];
const selected = fields.map((field) => `${columns[field]} as "${field}"`).join(', ');
const json: ReadonlySet<keyof Connection> = new Set(['saml', 'idp', 'warned', 'oidc', 'provisioning']);

const lock = statement(
  'sso_connection.lock',
  `select pg_advisory_xact_lock(hashtextextended('sso_connection/' || $1, 0))`,
);
const list = statement(
  'sso_connection.list',
  `select ${selected} from sso_connection where org_id = $1 order by created_at, id`,
);
const find = statement(
  'sso_connection.find',
  `select ${selected} from sso_connection where org_id = $1 and id = $2`,
);
const preferred = statement(
  'sso_connection.preferred',
  `select ${selected} from sso_connection where org_id = $1 and state = ${connectionState.active}
    order by speaks_for_all desc, activation desc limit 1`,
);
const insert = statement(
  'sso_connection.insert',
  `insert into sso_connection (${fields.map((field) => columns[field]).join(', ')})
   values (${fields.map((_, index) => `$${index + 1}`).join(', ')})`,
);
// Owner, creation time and the identifiers known to clients never change.
const mutable = fields.filter(
  (field) => !['orgId', 'id', 'providerName', 'protocol', 'createdBy', 'createdAt'].includes(field),
);
const update = statement(
  'sso_connection.update',
  `update sso_connection set ${mutable.map((field, index) => `${columns[field]} = $${index + 3}`).join(', ')}
    where org_id = $1 and id = $2`,
);
const remove = statement('sso_connection.delete', `delete from sso_connection where org_id = $1 and id = $2`);
const ownerById = statement(
  'sso_connection.owner_by_id',
  `select org_id as "orgId", id from sso_connection where id = $1`,
);
const ownerByProvider = statement(
  'sso_connection.owner_by_provider',
  `select org_id as "orgId", id from sso_connection where provider_name = $1`,
);
const claimRefresh = statement(
  'sso_connection.claim_refresh',
  `update sso_connection set attempted_at = $3
    where org_id = $1 and id = $2 and (attempted_at is null or attempted_at <= $4)`,
);

export interface ConnectionKey {
  orgId: string;
  id: string;
}

constraintErrors({
  sso_connection_pkey: () =>
    alreadyExists('RESERVATION_USED', 'A connection was created with this reservation; prepare another one.'),
  sso_connection_contract_key: () =>
    alreadyExists('SSO_PROVIDER_EXISTS', 'The organization has an SSO provider; delete it first.'),
});

@Injectable()
export class ConnectionStore {
  constructor(private readonly database: Database) {}

  /** Oldest first. */
  async list(scope: Scope): Promise<Connection[]> {
    return (await scope.tx()).query<Connection>(list, [scope.orgId]);
  }

  /** Held until the transaction ends: what is decided about all of them still holds when one is changed. */
  async listForUpdate(scope: Scope): Promise<Connection[]> {
    await (await scope.tx()).execute(lock, [scope.orgId]);
    return this.list(scope);
  }

  async find(scope: Scope, id: string): Promise<Connection | undefined> {
    return (await scope.tx()).queryOne<Connection>(find, [scope.orgId, id]);
  }

  /** The connection used when several are active: the one activated last, unrestricted ones first. */
  async preferred(scope: Scope): Promise<Connection | undefined> {
    return (await scope.tx()).queryOne<Connection>(preferred, [scope.orgId]);
  }

  async insert(scope: Scope, connection: Connection): Promise<void> {
    await (
      await scope.tx()
    ).execute(
      insert,
      fields.map((field) => valueOf(connection, field)),
    );
  }

  async update(scope: Scope, connection: Connection): Promise<void> {
    const values = mutable.map((field) => valueOf(connection, field));
    await (await scope.tx()).execute(update, [scope.orgId, connection.id, ...values]);
  }

  async delete(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, id]);
  }

  /** Claims the next metadata fetch; false when another process claimed it since `notAfter`. */
  async claimRefresh(scope: Scope, id: string, notAfter: Date): Promise<boolean> {
    const values = [scope.orgId, id, scope.now(), notAfter];
    return (await (await scope.tx()).execute(claimRefresh, values)).rowCount === 1;
  }

  async organization(scope: Scope): Promise<OrganizationState | undefined> {
    return findOrganizationState(await scope.tx(), scope.orgId);
  }

  /**
   * The organization of a connection, read in a separate transaction that row-level security opens by the id.
   */
  ownerById(id: string): Promise<ConnectionKey | undefined> {
    const lookup = { kind: 'sso_connection', key: id } as const;
    return this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<ConnectionKey>(ownerById, [id]),
    );
  }

  ownerByProvider(providerName: string): Promise<ConnectionKey | undefined> {
    const lookup = { kind: 'sso_provider', key: providerName } as const;
    return this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<ConnectionKey>(ownerByProvider, [providerName]),
    );
  }
}

function valueOf(connection: Connection, field: keyof Connection): unknown {
  const value = connection[field];
  return json.has(field) && value !== null ? JSON.stringify(value) : value;
}
