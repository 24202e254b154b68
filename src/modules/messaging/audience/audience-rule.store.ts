import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import {
  alreadyExists,
  type AppError,
  constraintErrors,
  failedPrecondition,
} from '../../../platform/errors/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { AudienceRule, FoundRule } from './audience-rule.js';

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
const named = `
  select ${columns}, array(
           select x.roster_id::text from audience_rule_roster x where x.org_id = $1 and x.rule_id = r.id
            union all
           select x.role_id::text from audience_rule_role x where x.org_id = $1 and x.rule_id = r.id) as existing
    from audience_rule r where org_id = $1 and (id = any($2) or name_key = any($3)) order by id`;
const findNamed = statement('audience_rule.find_named', named);
// Several audiences may be resolved with a rule at once; the lock keeps it from being deleted.
const findNamedForShare = statement('audience_rule.find_named_for_share', `${named} for share of r`);
/** The rule names the group, team or role `$3`, if there is one. */
const naming = `and ($3::uuid is null or id in (
    select rule_id from audience_rule_roster where org_id = $1 and roster_id = $3
     union all select rule_id from audience_rule_role where org_id = $1 and role_id = $3))`;
const firstPage = statement(
  'audience_rule.first_page',
  `select ${columns} from audience_rule where org_id = $1 ${naming} order by created_at desc, id desc limit $2`,
);
const nextPage = statement(
  'audience_rule.next_page',
  `select ${columns} from audience_rule where org_id = $1 ${naming} and (created_at, id) < ($4, $5)
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
const insertRosters = statement(
  'audience_rule_roster.insert',
  `insert into audience_rule_roster (org_id, rule_id, roster_id)
   select $1, $2, given.id from unnest($3::uuid[]) as given (id) order by given.id`,
);
const insertRoles = statement(
  'audience_rule_role.insert',
  `insert into audience_rule_role (org_id, rule_id, role_id)
   select $1, $2, given.id from unnest($3::uuid[]) as given (id) order by given.id`,
);
const removeRosters = statement(
  'audience_rule_roster.delete',
  'delete from audience_rule_roster where org_id = $1 and rule_id = $2',
);
const removeRoles = statement(
  'audience_rule_role.delete',
  'delete from audience_rule_role where org_id = $1 and rule_id = $2',
);
const remove = statement('audience_rule.delete', 'delete from audience_rule where org_id = $1 and id = $2');

constraintErrors({
  audience_rule_name_key: () =>
    alreadyExists('AUDIENCE_RULE_EXISTS', 'An audience rule with this name already exists.'),
  audience_rule_roster_roster_fkey: () => refuseNamed('group or team'),
  audience_rule_role_role_fkey: () => refuseNamed('role'),
});

/** Said of a deletion, and of a rule that is saved while what it names is deleted. */
function refuseNamed(what: string): AppError {
  return failedPrecondition(
    'NAMED_BY_AUDIENCE_RULE',
    `An audience rule names the ${what}, or it no longer exists. AudienceService/ListAudienceRules finds the rules by \`names_id\`; change or delete them first.`,
  );
}

/** Rules that a request names: by id, in lower case, and by the form in which names are compared. */
export interface NamedRules {
  ids: readonly string[];
  nameKeys: readonly string[];
}

/** Ids of what a rule names, each once. */
export interface RuleTargets {
  /** Groups and teams. */
  rosterIds: readonly string[];
  roleIds: readonly string[];
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

  async findNamed(scope: Scope, { ids, nameKeys }: NamedRules): Promise<FoundRule[]> {
    return (await scope.tx()).query<FoundRule>(findNamed, [scope.orgId, ids, nameKeys]);
  }

  /** They, and what they name, stay until the transaction ends; more than one call at a time may hold them. */
  async findNamedForShare(scope: Scope, { ids, nameKeys }: NamedRules): Promise<FoundRule[]> {
    return (await scope.tx()).query<FoundRule>(findNamedForShare, [scope.orgId, ids, nameKeys]);
  }

  /** Newest first; one more than the page holds. With `namesId`, those that name this group, team or role. */
  async list(scope: Scope, { limit, after }: Page, namesId: string | undefined): Promise<AudienceRule[]> {
    const tx = await scope.tx();
    const values = [scope.orgId, limit + 1, namesId ?? null];
    return after
      ? tx.query<AudienceRule>(nextPage, [...values, after.createdAt, after.id])
      : tx.query<AudienceRule>(firstPage, values);
  }

  async insert(scope: Scope, { id, name, condition, createdAt, updatedAt }: AudienceRule): Promise<void> {
    const values = [scope.orgId, id, name, nameKey(name), JSON.stringify(condition), createdAt, updatedAt];
    await (await scope.tx()).execute(insert, values);
  }

  async update(scope: Scope, { id, name, condition, updatedAt }: AudienceRule): Promise<void> {
    const values = [scope.orgId, id, name, nameKey(name), JSON.stringify(condition), updatedAt];
    await (await scope.tx()).execute(update, values);
  }

  /** Notes what the rule names now: that is not deleted before the rule, or before it names something else. */
  async replaceTargets(scope: Scope, id: string, { rosterIds, roleIds }: RuleTargets): Promise<void> {
    const tx = await scope.tx();
    await Promise.all([
      tx.execute(removeRosters, [scope.orgId, id]),
      tx.execute(removeRoles, [scope.orgId, id]),
      tx.execute(insertRosters, [scope.orgId, id, rosterIds]),
      tx.execute(insertRoles, [scope.orgId, id, roleIds]),
    ]);
  }

  async delete(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, id]);
  }
}
