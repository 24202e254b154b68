import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Member, Members } from '../member/index.js';
import type { RosterKind } from './roster.kind.js';
import { peopleMetadata, refuseRemoval, refuseStrangers } from './roster.rules.js';
import { Rosters } from './roster.service.js';
import type { CountedRoster, FoundRoster } from './roster.js';
import { RosterMemberStore } from './roster-member.store.js';

export interface RosterMemberPage {
  items: Member[];
  pagination: { nextPageToken: string; totalCount: number };
  /** Whether the caller may read more of these people than who they are. */
  detailed: boolean;
}

export interface UserRosters {
  userId: string;
  rosters: CountedRoster[];
}

interface People {
  id: string;
  userIds: readonly string[];
}

@Injectable()
export class RosterMembers {
  constructor(
    private readonly store: RosterMemberStore,
    private readonly rosters: Rosters,
    private readonly members: Members,
    private readonly paging: Paging,
  ) {}

  /** Adds members; those already in the roster stay. */
  async add(scope: Scope, kind: RosterKind, people: People): Promise<CountedRoster> {
    return this.rosters.counted(scope, (await this.enroll(scope, kind, people)).roster);
  }

  /** The same, and returns those who were not in it before. */
  async enroll(
    scope: Scope,
    kind: RosterKind,
    { id, userIds }: People,
  ): Promise<{ roster: FoundRoster; added: string[] }> {
    const roster = await this.rosters.findForUpdate(scope, kind, id);
    const given = userIds.map((userId) => userId.toLowerCase());
    const refusal = refuseStrangers(given, await this.store.lockMembers(scope, given.filter(isUuid)));
    if (refusal) throw refusal;
    const added = roster.isDefault ? [] : await this.store.add(scope, roster.id, [...new Set(given)]);
    await this.audit(scope, kind, 'membersAdded', roster, [...added]);
    return { roster, added: [...added] };
  }

  /** Removes members; ids that are not in the roster are ignored. */
  async remove(scope: Scope, kind: RosterKind, { id, userIds }: People): Promise<CountedRoster> {
    const roster = await this.rosters.findForUpdate(scope, kind, id);
    const refusal = refuseRemoval(kind, roster);
    if (refusal) throw refusal;
    const removed = await this.store.remove(scope, roster.id, userIds);
    await this.audit(scope, kind, 'membersRemoved', roster, [...removed]);
    return this.rosters.counted(scope, roster);
  }

  async list(
    scope: Scope,
    kind: RosterKind,
    { id, pagination: request }: { id: string; pagination?: PageRequest },
  ): Promise<RosterMemberPage> {
    const roster = await this.rosters.find(scope, kind, id);
    const binding = [`${kind.word} members`, scope.orgId, roster.id];
    const page = this.paging.parse(request, binding);
    const [rows, totalCount] = await Promise.all([
      this.store.list(scope, roster, page),
      this.store.count(scope, roster),
    ]);
    const { items, pagination } = this.paging.pageOf(rows, page, totalCount, binding);
    const ids = items.map((row) => row.id);
    const detailed = scope.permissions.has(Permission.MEMBERS_READ);
    return { items: await this.members.listByIds(scope, ids), pagination, detailed };
  }

  /** Those of the users who are in at least one, in the order in which they were named. */
  async memberships(scope: Scope, kind: RosterKind, userIds: readonly string[]): Promise<UserRosters[]> {
    const given = [...new Set(userIds.map((userId) => userId.toLowerCase()))];
    const memberships = await this.store.memberships(scope, kind, given);
    const rosterIds = [...new Set(memberships.map(({ rosterId }) => rosterId))];
    const rosters = await this.rosters.listByIds(scope, kind, rosterIds);
    const rosterIdsOf = Map.groupBy(memberships, ({ userId }) => userId);
    return given.flatMap((userId) => {
      const own = new Set(rosterIdsOf.get(userId)?.map(({ rosterId }) => rosterId));
      return own.size > 0 ? [{ userId, rosters: rosters.filter((roster) => own.has(roster.id)) }] : [];
    });
  }

  private audit(
    scope: Scope,
    { word, events }: RosterKind,
    event: 'membersAdded' | 'membersRemoved',
    { id }: FoundRoster,
    userIds: readonly string[],
  ): Promise<void> {
    return scope.audit(events[event], {
      entityType: word,
      entityId: id,
      metadata: peopleMetadata(userIds),
    });
  }
}
