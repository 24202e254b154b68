import { Injectable } from '@nestjs/common';
import { AppError } from '../../platform/errors/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { memberStatus, ProvisionedMembers } from '../member/index.js';
import { Roles } from '../role/index.js';
import { group as audience, RosterMembers, team } from '../roster/index.js';
import type { Connection } from '../sso/index.js';
import { type GroupMapping, groupTarget, leadTo, mappingsFor, roleFor } from './group-mapping.rules.js';
import { GroupStore, type ScimGroup } from './group.store.js';
import { ScimSettingsStore } from './scim-settings.store.js';

/** As many as one event of the trail can name. */
const AT_ONCE = 200;

/** Who is in the groups of a directory, and what that means here. */
@Injectable()
export class GroupMembers {
  constructor(
    private readonly store: GroupStore,
    private readonly settings: ScimSettingsStore,
    private readonly members: ProvisionedMembers,
    private readonly rosters: RosterMembers,
    private readonly roles: Roles,
  ) {}

  /** How many were not in it before. */
  async join(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    userIds: readonly string[],
  ): Promise<number> {
    const joined = await this.store.join(scope, connection.id, group.id, userIds);
    const { mappings } = await this.settings.find(scope, connection.id);
    await this.carry(scope, connection, mappingsFor(mappings, group), joined);
    return joined.length;
  }

  /** How many were in it. */
  async leave(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    userIds: readonly string[],
  ): Promise<number> {
    const left = await this.store.leave(scope, connection.id, group.id, userIds);
    const { mappings } = await this.settings.find(scope, connection.id);
    await this.takeBack(scope, connection, mappingsFor(mappings, group), left);
    return left.length;
  }

  /** What the groups of somebody who is back give them. */
  async carryAll(scope: Scope, connection: Connection, userId: string): Promise<void> {
    const { mappings } = await this.settings.find(scope, connection.id);
    for (const group of await this.store.groupsOf(scope, connection.id, [userId])) {
      await this.carry(scope, connection, mappingsFor(mappings, group), [userId]);
    }
  }

  async leaveAll(scope: Scope, connection: Connection, userId: string): Promise<void> {
    for (const group of await this.store.groupsOf(scope, connection.id, [userId])) {
      await this.store.update(scope, connection.id, group);
      await this.leave(scope, connection, group, [userId]);
    }
  }

  /** Brings people to where the mappings lead. */
  async carry(
    scope: Scope,
    connection: Connection,
    mappings: readonly GroupMapping[],
    userIds: readonly string[],
  ): Promise<void> {
    for (const mapping of mappings) {
      if (mapping.target === groupTarget.role) await this.settleRoles(scope, connection, userIds);
      else await this.enroll(scope, mapping, userIds);
    }
  }

  /** Groups of all of them, by one statement. */
  async groupsByUser(
    scope: Scope,
    connection: Connection,
    userIds: readonly string[],
  ): Promise<Map<string, ScimGroup[]>> {
    if (userIds.length === 0) return new Map();
    return Map.groupBy(await this.store.groupsOf(scope, connection.id, userIds), ({ userId }) => userId);
  }

  private async takeBack(
    scope: Scope,
    connection: Connection,
    mappings: readonly GroupMapping[],
    userIds: readonly string[],
  ): Promise<void> {
    if (mappings.length === 0 || userIds.length === 0) return;
    const all = (await this.settings.find(scope, connection.id)).mappings;
    const groups = await this.groupsByUser(scope, connection, userIds);
    for (const mapping of mappings) {
      if (mapping.target === groupTarget.role)
        await this.settleRoles(scope, connection, userIds, mapping.targetId);
      else {
        const leaving = userIds.filter((id) => !leadTo(all, groups.get(id) ?? [], mapping));
        await this.inParts(mapping, leaving, (kind, id, part) =>
          this.rosters.remove(scope, kind, { id, userIds: part }),
        );
      }
    }
  }

  /** Whoever is shut out comes in with their return. */
  private async enroll(scope: Scope, mapping: GroupMapping, userIds: readonly string[]): Promise<void> {
    await this.inParts(mapping, userIds, async (kind, id, part) => {
      const people = await this.members.find(scope, part);
      const welcome = people.filter(({ status }) => status !== memberStatus.deactivated);
      if (welcome.length === 0) return;
      await this.rosters.add(scope, kind, { id, userIds: welcome.map((member) => member.id) });
    });
  }

  private async inParts(
    { target, targetId }: GroupMapping,
    userIds: readonly string[],
    work: (kind: typeof team, id: string, part: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    const kind = target === groupTarget.team ? team : audience;
    for (let start = 0; start < userIds.length; start += AT_ONCE) {
      try {
        await work(kind, targetId, userIds.slice(start, start + AT_ONCE));
      } catch (error) {
        // What a mapping led to was deleted here; the directory's group goes on.
        if (error instanceof AppError && error.kind === 'not_found') return;
        throw error;
      }
    }
  }

  /** The first role that the groups give; without one, whoever held `lost` by a group gets the role of new members. */
  private async settleRoles(
    scope: Scope,
    connection: Connection,
    userIds: readonly string[],
    lost?: string,
  ): Promise<void> {
    const { mappings } = await this.settings.find(scope, connection.id);
    const roles = new Map((await this.roles.list(scope)).map((role) => [role.id, role]));
    const usual = roles.get(connection.provisioning.defaultRoleId) ?? (await this.roles.get(scope, ''));
    const groups = await this.groupsByUser(scope, connection, userIds);
    const held = new Map((await this.members.find(scope, userIds)).map(({ id, roleId }) => [id, roleId]));
    for (const id of userIds) {
      const given = roles.get(roleFor(mappings, groups.get(id) ?? []) ?? '');
      const role = given ?? (lost !== undefined && held.get(id) === lost ? usual : undefined);
      if (role) await this.members.giveRole(scope, id, role);
    }
  }
}
