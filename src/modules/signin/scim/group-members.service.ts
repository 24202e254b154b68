import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus, ProvisionedMembers } from '../../people/member/index.js';
import { Roles } from '../../people/role/index.js';
import { group as audience, RosterMembers, team } from '../../people/roster/index.js';
import type { Connection } from '../sso/index.js';
import {
  type GroupMapping,
  groupTarget,
  keyOf,
  leadingTo,
  mappingsFor,
  roleFor,
  targetOf,
} from './group-mapping.rules.js';
import { GroupStore, type ScimGroup } from './group.store.js';
import { ScimSettingsStore } from './scim-settings.store.js';

/** As many as one event of the trail can name. */
const AT_ONCE = 200;

/** Members of SCIM groups, and the rosters and roles they get from them. */
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
    await this.grant(scope, connection, group, mappingsFor(mappings, group), joined);
    return joined.length;
  }

  /** Returns how many were members. Revokes what the group's mappings granted, deleted mappings included. */
  async leave(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    userIds: readonly string[],
  ): Promise<number> {
    const left = await this.store.leave(scope, connection.id, group.id, userIds);
    const given = left.flatMap(({ userId, gave }) => gave.map((key) => ({ key, userId })));
    for (const [key, people] of Map.groupBy(given, (one) => one.key)) {
      await this.revoke(
        scope,
        connection,
        key,
        people.map(({ userId }) => userId),
      );
    }
    return left.length;
  }

  /** Grants a returning user what their groups map to. */
  async grantAll(scope: Scope, connection: Connection, userId: string): Promise<void> {
    const { mappings } = await this.settings.find(scope, connection.id);
    for (const group of await this.store.groupsOf(scope, connection.id, [userId])) {
      await this.grant(scope, connection, group, mappingsFor(mappings, group), [userId]);
    }
  }

  async leaveAllGroups(scope: Scope, connection: Connection, userId: string): Promise<void> {
    for (const group of await this.store.groupsOf(scope, connection.id, [userId])) {
      await this.store.update(scope, connection.id, group);
      await this.leave(scope, connection, group, [userId]);
    }
  }

  /** Brings people of the group to where the mappings lead, and notes down what they did not have before. */
  async grant(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    mappings: readonly GroupMapping[],
    userIds: readonly string[],
  ): Promise<void> {
    for (const mapping of mappings) {
      if (mapping.target === groupTarget.role) await this.settleRoles(scope, connection, userIds);
      else {
        const added = await this.enroll(scope, mapping, userIds);
        await this.store.give(scope, connection.id, group.id, added, keyOf(mapping));
      }
    }
  }

  /** The group leads there no more: so does a new name, which mappings do not follow. */
  async revokeMappings(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    mappings: readonly GroupMapping[],
  ): Promise<void> {
    for (const key of new Set(mappings.map(keyOf))) {
      const people = await this.store.withdraw(scope, connection.id, group.id, key);
      await this.revoke(scope, connection, key, people);
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

  /** Unless another of their groups leads there: then it counts as given by that one. */
  private async revoke(
    scope: Scope,
    connection: Connection,
    key: string,
    userIds: readonly string[],
  ): Promise<void> {
    if (userIds.length === 0) return;
    const { mappings } = await this.settings.find(scope, connection.id);
    const groups = await this.groupsByUser(scope, connection, userIds);
    const target = targetOf(key);
    if (target.target === groupTarget.role)
      return this.settleRoles(scope, connection, userIds, target.targetId);
    const leaving: string[] = [];
    for (const id of userIds) {
      const other = leadingTo(mappings, groups.get(id) ?? [], key);
      if (other) await this.store.give(scope, connection.id, other.id, [id], key);
      else leaving.push(id);
    }
    await this.inParts(target, leaving, (kind, id, part) =>
      this.rosters.remove(scope, kind, { id, userIds: part }),
    );
  }

  /** Adds those who are not in the roster yet; deactivated members are added when they are reactivated. */
  private async enroll(scope: Scope, mapping: GroupMapping, userIds: readonly string[]): Promise<string[]> {
    const enrolled: string[] = [];
    await this.inParts(mapping, userIds, async (kind, id, part) => {
      const people = await this.members.find(scope, part);
      const welcome = people.filter(({ status }) => status !== memberStatus.deactivated);
      if (welcome.length === 0) return;
      const { added } = await this.rosters.enroll(scope, kind, {
        id,
        userIds: welcome.map((member) => member.id),
      });
      enrolled.push(...added);
    });
    return enrolled;
  }

  private async inParts(
    { target, targetId }: Pick<GroupMapping, 'target' | 'targetId'>,
    userIds: readonly string[],
    work: (kind: typeof team, id: string, part: readonly string[]) => Promise<unknown>,
  ): Promise<void> {
    const kind = target === groupTarget.team ? team : audience;
    for (let start = 0; start < userIds.length; start += AT_ONCE) {
      try {
        await work(kind, targetId, userIds.slice(start, start + AT_ONCE));
      } catch (error) {
        // The target of the mapping was deleted; the group itself stays.
        if (error instanceof AppError && error.kind === 'not_found') return;
        throw error;
      }
    }
  }

  /**
   * Sets the first role that the groups map to; without one, members who held `lost` by a group get the
   * default role.
   */
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
      const own = groups.get(id) ?? [];
      const given = roles.get(roleFor(mappings, own) ?? '');
      const role = given ?? (lost !== undefined && held.get(id) === lost ? usual : undefined);
      if (!role) continue;
      const isNew = await this.members.giveRole(scope, id, role);
      const isHandedOn = lost !== undefined && given?.id === lost && held.get(id) === lost;
      if (!given || !(isNew || isHandedOn)) continue;
      const key = keyOf({ target: groupTarget.role, targetId: given.id });
      const group = leadingTo(mappings, own, key);
      if (group) await this.store.give(scope, connection.id, group.id, [id], key);
    }
  }
}
