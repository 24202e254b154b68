import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { setStatement, statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { RosterKind } from './roster.kind.js';
import type { RosterView } from './roster.policy.js';
import type { CountedRoster, FoundRoster, NamedRoster, Roster } from './roster.js';

const columns = `
  r.id, r.name, r.description, r.is_default as "isDefault", r.created_by as "createdBy",
  r.created_at as "createdAt", r.updated_at as "updatedAt"`;

const newestFirst = 'order by r.created_at desc, r.id desc';

/** With the headcounts of a page's rosters only, whatever it takes to find the page. */
const counted = (page: string): string => `
  select ${columns},
         (select coalesce(sum(h.members), 0)::integer from headcount h
           where h.org_id = r.org_id and h.subject_id = case when r.is_default then r.org_id else r.id end)
           as "memberCount"
    from (${page}) r ${newestFirst}`;

const find = `
  select ${columns},
         $4::uuid is not null and (r.is_default or exists
           (select from roster_member x where x.org_id = $1 and x.user_id = $4 and x.roster_id = r.id)) as "isMember"
    from roster r where r.org_id = $1 and r.kind = $2 and r.id = $3`;

const visible = `
  (select id from roster where org_id = $1 and kind = $2 and is_default and $3::uuid is not null
    union select roster_id from roster_member where org_id = $1 and user_id = $3
    union select id from roster where org_id = $1 and created_by = $4)`;

const visibleByIds = `
  select id, name from roster
   where org_id = $1 and kind = $2 and id = any ($5) and ($6 or id in ${visible})`;

const statements = {
  find: statement('roster.find', find),
  findForUpdate: statement('roster.find_for_update', `${find} for key share of r`),
  listAll: statement(
    'roster.list_all',
    counted(`select * from roster r where r.org_id = $1 and r.kind = $2 and (r.created_at, r.id) < ($3, $4)
      ${newestFirst} limit $5`),
  ),
  countAll: statement(
    'roster.count_all',
    'select count(*)::integer as count from roster where org_id = $1 and kind = $2',
  ),
  listVisible: setStatement(
    'roster.list_visible',
    counted(`select * from roster r where r.org_id = $1 and r.kind = $2 and r.id in ${visible}
      and (r.created_at, r.id) < ($5, $6) ${newestFirst} limit $7`),
  ),
  countVisible: setStatement(
    'roster.count_visible',
    `select count(*)::integer as count from roster where org_id = $1 and kind = $2 and id in ${visible}`,
  ),
  listByIds: setStatement(
    'roster.list_by_ids',
    counted('select * from roster r where r.org_id = $1 and r.kind = $2 and r.id = any ($3)'),
  ),
  visibleByIds: setStatement('roster.visible_by_ids', visibleByIds),
  visibleByIdsForUpdate: setStatement(
    'roster.visible_by_ids_for_update',
    `${visibleByIds} order by id for key share`,
  ),
  insert: statement(
    'roster.insert',
    `insert into roster
       (org_id, kind, id, name, name_key, description, is_default, created_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
  ),
  // Field by field, so that two updates at once keep each other's.
  update: statement(
    'roster.update',
    `update roster r set name = coalesce(nullif($4, ''), name), name_key = coalesce(nullif($5, ''), name_key),
            description = coalesce(nullif($6, ''), description), updated_at = $7
      where r.org_id = $1 and r.kind = $2 and r.id = $3 returning ${columns}`,
  ),
  delete: statement('roster.delete', 'delete from roster where org_id = $1 and kind = $2 and id = $3'),
  forgetHeadcount: statement(
    'roster.forget_headcount',
    'delete from headcount where org_id = $1 and subject_id = $2',
  ),
};

constraintErrors({
  team_name_key: () => alreadyExists('TEAM_EXISTS', 'A team with this name already exists.'),
  group_name_key: () => alreadyExists('GROUP_EXISTS', 'A group with this name already exists.'),
});

@Injectable()
export class RosterStore {
  async find(scope: Scope, kind: RosterKind, id: string): Promise<FoundRoster | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<FoundRoster>(statements.find, [scope.orgId, kind.word, id, memberIdOf(scope)]);
  }

  /** It stays until the transaction ends; more than one call at a time may hold it. */
  async findForUpdate(scope: Scope, kind: RosterKind, id: string): Promise<FoundRoster | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<FoundRoster>(statements.findForUpdate, [
      scope.orgId,
      kind.word,
      id,
      memberIdOf(scope),
    ]);
  }

  /** What the view shows, newest first; one more than the page holds. */
  async list(scope: Scope, kind: RosterKind, view: RosterView, page: Page): Promise<CountedRoster[]> {
    const tx = await scope.tx();
    const { createdAt = 'infinity', id = lastUuid } = page.after ?? {};
    const position = [createdAt, id, page.limit + 1];
    return view.all
      ? tx.query<CountedRoster>(statements.listAll, [scope.orgId, kind.word, ...position])
      : tx.query<CountedRoster>(statements.listVisible, [...shownBy(scope, kind, view), ...position]);
  }

  async count(scope: Scope, kind: RosterKind, view: RosterView): Promise<number> {
    const tx = await scope.tx();
    const row = await (view.all
      ? tx.queryOne<{ count: number }>(statements.countAll, [scope.orgId, kind.word])
      : tx.queryOne<{ count: number }>(statements.countVisible, shownBy(scope, kind, view)));
    return row?.count ?? 0;
  }

  async listByIds(scope: Scope, kind: RosterKind, ids: readonly string[]): Promise<CountedRoster[]> {
    const tx = await scope.tx();
    return tx.query<CountedRoster>(statements.listByIds, [scope.orgId, kind.word, ids]);
  }

  /** Those of them that the view shows. */
  async visibleByIds(
    scope: Scope,
    kind: RosterKind,
    view: RosterView,
    ids: readonly string[],
  ): Promise<NamedRoster[]> {
    const tx = await scope.tx();
    return tx.query<NamedRoster>(statements.visibleByIds, [...shownBy(scope, kind, view), ids, view.all]);
  }

  /** They stay until the transaction ends; more than one call at a time may hold them. */
  async visibleByIdsForUpdate(
    scope: Scope,
    kind: RosterKind,
    view: RosterView,
    ids: readonly string[],
  ): Promise<NamedRoster[]> {
    const tx = await scope.tx();
    const values = [...shownBy(scope, kind, view), ids, view.all];
    return tx.query<NamedRoster>(statements.visibleByIdsForUpdate, values);
  }

  async insert(scope: Scope, kind: RosterKind, roster: Roster): Promise<void> {
    const tx = await scope.tx();
    const { id, name, description, isDefault, createdBy, createdAt, updatedAt } = roster;
    const values = [id, name, nameKey(name), description, isDefault, createdBy, createdAt, updatedAt];
    await tx.execute(statements.insert, [scope.orgId, kind.word, ...values]);
  }

  /** Empty stays as it is; undefined when there is no such roster. */
  async update(
    scope: Scope,
    kind: RosterKind,
    { id, name, description }: Pick<Roster, 'id' | 'name' | 'description'>,
  ): Promise<Roster | undefined> {
    const tx = await scope.tx();
    const values = [scope.orgId, kind.word, id, name, nameKey(name), description, scope.now()];
    return tx.queryOne<Roster>(statements.update, values);
  }

  /** Deletes the roster with its memberships; false when there is none. */
  async delete(scope: Scope, kind: RosterKind, id: string): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(statements.delete, [scope.orgId, kind.word, id]);
    // After the roster, because concurrent removals have updated the headcount.
    if (rowCount === 1) await tx.execute(statements.forgetHeadcount, [scope.orgId, id]);
    return rowCount === 1;
  }
}

function shownBy(scope: Scope, kind: RosterKind, { memberId, creatorId }: RosterView): unknown[] {
  return [scope.orgId, kind.word, memberId, creatorId];
}

function memberIdOf({ caller }: Scope): string | null {
  return caller.kind === 'member' ? caller.userId : null;
}
