import { Injectable } from '@nestjs/common';
import { Database, statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** An e-mail domain that an organization says is its own, and whether it has proven that. */
export interface Domain {
  name: string;
  /** What the DNS record has to carry. */
  challenge: string;
  verifiedAt: Date | null;
  createdAt: Date;
}

const columns = `name, challenge, verified_at as "verifiedAt", created_at as "createdAt"`;

const lock = statement(
  'sso_domain.lock',
  `select pg_advisory_xact_lock(hashtextextended('sso_domain/' || $1, 0))`,
);
const list = statement(
  'sso_domain.list',
  `select ${columns} from sso_domain where org_id = $1 order by name`,
);
const find = statement(
  'sso_domain.find',
  `select ${columns} from sso_domain where org_id = $1 and name = $2`,
);
const insert = statement(
  'sso_domain.insert',
  `insert into sso_domain (org_id, name, challenge, created_at) values ($1, $2, $3, $4)`,
);
const verify = statement(
  'sso_domain.verify',
  `update sso_domain set verified_at = coalesce(verified_at, $3) where org_id = $1 and name = $2
   returning ${columns}`,
);
const remove = statement('sso_domain.delete', `delete from sso_domain where org_id = $1 and name = $2`);
const owner = statement(
  'sso_domain.owner',
  `select org_id as "orgId" from sso_domain where name = $1 and verified_at is not null`,
);

constraintErrors({
  sso_domain_owner_key: () => alreadyExists('DOMAIN_TAKEN', 'Another organization has proven this domain.'),
});

@Injectable()
export class DomainStore {
  constructor(private readonly database: Database) {}

  async list(scope: Scope): Promise<Domain[]> {
    return (await scope.tx()).query<Domain>(list, [scope.orgId]);
  }

  /** Held until the transaction ends: what is decided about the whole list still holds when it is changed. */
  async listForUpdate(scope: Scope): Promise<Domain[]> {
    await (await scope.tx()).execute(lock, [scope.orgId]);
    return this.list(scope);
  }

  async find(scope: Scope, name: string): Promise<Domain | undefined> {
    return (await scope.tx()).queryOne<Domain>(find, [scope.orgId, name]);
  }

  async insert(scope: Scope, domain: Domain): Promise<void> {
    const values = [scope.orgId, domain.name, domain.challenge, domain.createdAt];
    await (await scope.tx()).execute(insert, values);
  }

  /** Refused by the database when another organization has proven the name. */
  async verify(scope: Scope, name: string): Promise<Domain | undefined> {
    return (await scope.tx()).queryOne<Domain>(verify, [scope.orgId, name, scope.now()]);
  }

  async delete(scope: Scope, name: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, name]);
  }

  /**
   * The organization that has proven the domain, read in a separate transaction that row-level security opens
   * by the name.
   */
  async ownerOf(name: string): Promise<string | undefined> {
    const lookup = { kind: 'sso_domain', key: name } as const;
    const row = await this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<{ orgId: string }>(owner, [name]),
    );
    return row?.orgId;
  }
}
