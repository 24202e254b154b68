import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { type AppError, notFound } from '../../../platform/errors/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type RosterKind, rosterKinds } from './roster.kind.js';
import { viewOf } from './roster.policy.js';
import { defaultName, refuseDeletion, refuseRenaming } from './roster.rules.js';
import { RosterStore } from './roster.store.js';
import type { CountedRoster, FoundRoster, NamedRoster, Roster } from './roster.js';
import { RosterMemberStore } from './roster-member.store.js';

export interface RosterPage {
  items: CountedRoster[];
  pagination: { nextPageToken: string; totalCount: number };
}

@Injectable()
export class Rosters {
  constructor(
    private readonly store: RosterStore,
    private readonly members: RosterMemberStore,
    private readonly paging: Paging,
  ) {}

  async get(scope: Scope, kind: RosterKind, id: string): Promise<CountedRoster> {
    return this.counted(scope, await this.find(scope, kind, id));
  }

  /** One that the caller may see. */
  async find(scope: Scope, kind: RosterKind, id: string): Promise<FoundRoster> {
    return visible(scope, kind, await this.store.find(scope, kind, id.toLowerCase()));
  }

  /** One that the caller may manage; it is not deleted before the transaction ends. */
  async findForUpdate(scope: Scope, kind: RosterKind, id: string): Promise<FoundRoster> {
    return manageable(scope, kind, await this.store.findForUpdate(scope, kind, id.toLowerCase()));
  }

  async counted(scope: Scope, roster: Roster): Promise<CountedRoster> {
    return { ...roster, memberCount: await this.members.count(scope, roster) };
  }

  /** What the caller may see. */
  async list(scope: Scope, kind: RosterKind, request: PageRequest | undefined): Promise<RosterPage> {
    const view = viewOf(scope.caller, kind);
    const binding = [kind.word, scope.orgId, view.all ? 'all' : scope.actorId];
    const page = this.paging.parse(request, binding);
    const [rows, totalCount] = await Promise.all([
      this.store.list(scope, kind, view, page),
      this.store.count(scope, kind, view),
    ]);
    return this.paging.pageOf(rows, page, totalCount, binding);
  }

  listByIds(scope: Scope, kind: RosterKind, ids: readonly string[]): Promise<CountedRoster[]> {
    return this.store.listByIds(scope, kind, ids);
  }

  /** Those of them that the caller may see. */
  async listVisible(scope: Scope, kind: RosterKind, ids: readonly string[]): Promise<NamedRoster[]> {
    if (ids.length === 0) return [];
    return this.store.visibleByIds(scope, kind, viewOf(scope.caller, kind), ids);
  }

  /** The same; none of them is deleted before the transaction ends. */
  async listVisibleForUpdate(scope: Scope, kind: RosterKind, ids: readonly string[]): Promise<NamedRoster[]> {
    if (ids.length === 0) return [];
    return this.store.visibleByIdsForUpdate(scope, kind, viewOf(scope.caller, kind), ids);
  }

  /** Creates a roster without members, the creator included. */
  async create(
    scope: Scope,
    kind: RosterKind,
    { name, description }: { name: string; description: string },
  ): Promise<CountedRoster> {
    const createdBy = scope.caller.kind === 'member' ? scope.userId : null;
    const roster = { ...newRoster(scope, name), description, createdBy };
    await this.store.insert(scope, kind, roster);
    await this.audit(scope, kind, 'created', roster);
    return { ...roster, memberCount: 0 };
  }

  /** An empty name or description stays as it is. */
  async update(
    scope: Scope,
    kind: RosterKind,
    request: { id: string; name: string; description: string },
  ): Promise<CountedRoster> {
    const roster = manageable(scope, kind, await this.store.find(scope, kind, request.id.toLowerCase()));
    refuse(refuseRenaming(kind, roster, request.name));
    const updated = await this.store.update(scope, kind, { ...request, id: roster.id });
    if (!updated) throw notFound(kind.word);
    await this.audit(scope, kind, 'updated', updated);
    return this.counted(scope, updated);
  }

  async delete(scope: Scope, kind: RosterKind, id: string): Promise<void> {
    const roster = manageable(scope, kind, await this.store.find(scope, kind, id.toLowerCase()));
    refuse(refuseDeletion(kind, roster));
    if (!(await this.store.delete(scope, kind, roster.id))) throw notFound(kind.word);
    await this.audit(scope, kind, 'deleted', roster);
  }

  /** The default team and the default group of a new organization. */
  async seed(scope: Scope): Promise<void> {
    for (const kind of rosterKinds) {
      await this.store.insert(scope, kind, { ...newRoster(scope, defaultName), isDefault: true });
    }
  }

  private audit(
    scope: Scope,
    { word, events }: RosterKind,
    event: 'created' | 'updated' | 'deleted',
    { id, name }: Roster,
  ): Promise<void> {
    return scope.audit(events[event], { entityType: word, entityId: id, metadata: { name } });
  }
}

function newRoster(scope: Scope, name: string): Roster {
  const now = scope.now();
  return {
    id: uuid(),
    name,
    description: '',
    isDefault: false,
    createdBy: null,
    createdAt: now,
    updatedAt: now,
  };
}

function visible(scope: Scope, kind: RosterKind, roster: FoundRoster | undefined): FoundRoster {
  if (roster && scope.can('read', kind.word, roster)) return roster;
  throw notFound(kind.word);
}

function manageable(scope: Scope, kind: RosterKind, found: FoundRoster | undefined): FoundRoster {
  const roster = visible(scope, kind, found);
  if (!scope.can('change', kind.word, roster)) scope.require(kind.permissions.writeAll);
  return roster;
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}
