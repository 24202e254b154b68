import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { AudienceRule } from './audience-rule.js';

const columns = `id, name, condition, created_at as "createdAt", updated_at as "updatedAt"`;

const lock = statement(
  'audience_rule.lock',
  `select pg_advisory_xact_lock(hashtextextended('audience_rule/' || $1, 0))`,
);
const count = statement(
  'audience_rule.count',
  'select count(*)::integer as rules from audience_rule where org_id = $1',
);
const find = statement(
  'audience_rule.find',
  `select ${columns} from audience_rule where org_id = $1 and id = $2`,
);
const findForUpdate = statement(
  'audience_rule.find_for_update',
  `select ${columns} from audience_rule where org_id = $1 and id = $2 for update`,
);
const named = `select ${columns} from audience_rule where org_id = $1 and (id = any($2) or name_key = any($3)) order by id`;
const findNamed = statement('audience_rule.find_named', named);
// Several audiences may be resolved with a rule at once; the lock keeps it from being deleted.
const findNamedForShare = statement('audience_rule.find_named_for_share', `${named} for share`);
const firstPage = statement(
  'audience_rule.first_page',
  `select ${columns} from audience_rule where org_id = $1 order by created_at desc, id desc limit $2`,
);
const nextPage = statement(
  'audience_rule.next_page',
  `select ${columns} from audience_rule where org_id = $1 and (created_at, id) < ($3, $4)
    order by created_at desc, id desc limit $2`,
);
const insert = statement(
  'audience_rule.insert',
  `insert into audience_rule (org_id, id, name, name_key, condition, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const update = statement(
  'audience_rule.update',
  `update audience_rule set name = $3, name_key = $4, condition = $5, updated_at = $6 where org_id = $1 and id = $2`,
);
const remove = statement('audience_rule.delete', 'delete from audience_rule where org_id = $1 and id = $2');

constraintErrors({
  audience_rule_name_key: () =>
    alreadyExists('AUDIENCE_RULE_EXISTS', 'An audience rule with this name already exists.'),
});

/** Rules that a request names: by id, in lower case, and by the form in which names are compared. */
export interface NamedRules {
  ids: readonly string[];
  nameKeys: readonly string[];
}

@Injectable()
export class AudienceRuleStore {
  /** Counts the rules; until the transaction ends no other call adds one. */
  async countForInsert(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    return (await tx.queryOne<{ rules: number }>(count, [scope.orgId]))?.rules ?? 0;
  }

  async find(scope: Scope, id: string): Promise<AudienceRule | undefined> {
    return (await scope.tx()).queryOne<AudienceRule>(find, [scope.orgId, id]);
  }

  /** Locked until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<AudienceRule | undefined> {
    return (await scope.tx()).queryOne<AudienceRule>(findForUpdate, [scope.orgId, id]);
  }

  async findNamed(scope: Scope, { ids, nameKeys }: NamedRules): Promise<AudienceRule[]> {
    return (await scope.tx()).query<AudienceRule>(findNamed, [scope.orgId, ids, nameKeys]);
  }

  /** They stay as they are until the transaction ends; more than one call at a time may hold them. */
  async findNamedForShare(scope: Scope, { ids, nameKeys }: NamedRules): Promise<AudienceRule[]> {
    return (await scope.tx()).query<AudienceRule>(findNamedForShare, [scope.orgId, ids, nameKeys]);
  }

  /** Newest first; one more than the page holds. */
  async list(scope: Scope, { limit, after }: Page): Promise<AudienceRule[]> {
    const tx = await scope.tx();
    return after
      ? tx.query<AudienceRule>(nextPage, [scope.orgId, limit + 1, after.createdAt, after.id])
      : tx.query<AudienceRule>(firstPage, [scope.orgId, limit + 1]);
  }

  async insert(scope: Scope, { id, name, condition, createdAt, updatedAt }: AudienceRule): Promise<void> {
    const values = [scope.orgId, id, name, nameKey(name), JSON.stringify(condition), createdAt, updatedAt];
    await (await scope.tx()).execute(insert, values);
  }

  async update(scope: Scope, { id, name, condition, updatedAt }: AudienceRule): Promise<void> {
    const values = [scope.orgId, id, name, nameKey(name), JSON.stringify(condition), updatedAt];
    await (await scope.tx()).execute(update, values);
  }

  async delete(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, id]);
  }
}
