import { Injectable } from '@nestjs/common';
import { AppError, type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { refuseGrant, Roles } from '../../people/role/index.js';
import { group as audience, Rosters, team } from '../../people/roster/index.js';
import { type Connection, Connections } from '../sso/index.js';
import { type GroupMapping, groupTarget, isFor, newMappings } from './group-mapping.rules.js';
import { GroupMembers } from './group-members.service.js';
import { GroupStore } from './group.store.js';
import { type ScimSettings, ScimSettingsStore } from './scim-settings.store.js';

const NOT_THERE = 'is not there';

export interface ConnectionSettings extends ScimSettings {
  connectionId: string;
}

/** How connections are provisioned. */
@Injectable()
export class ScimSettingsService {
  constructor(
    private readonly store: ScimSettingsStore,
    private readonly connections: Connections,
    private readonly groups: GroupStore,
    private readonly members: GroupMembers,
    private readonly rosters: Rosters,
    private readonly roles: Roles,
  ) {}

  async get(scope: Scope, connectionId: string): Promise<ConnectionSettings> {
    const { id } = await this.connections.get(scope, connectionId);
    return { connectionId: id, ...(await this.store.find(scope, id)) };
  }

  async setPaused(scope: Scope, connectionId: string, paused: boolean): Promise<ConnectionSettings> {
    const { id } = await this.connections.get(scope, connectionId);
    const before = await this.store.findForUpdate(scope, id);
    if ((before.pausedAt !== null) === paused) return { connectionId: id, ...before };
    const after = { ...before, pausedAt: paused ? scope.now() : null };
    await this.store.save(scope, id, after);
    await this.record(scope, id, paused ? 'scim_paused' : 'scim_resumed');
    return { connectionId: id, ...after };
  }

  /** Members keep what a removed mapping granted. */
  async setMappings(
    scope: Scope,
    connectionId: string,
    mappings: readonly GroupMapping[],
  ): Promise<ConnectionSettings> {
    const connection = await this.connections.get(scope, connectionId);
    const before = await this.store.findForUpdate(scope, connection.id);
    const fresh = newMappings(before.mappings, mappings);
    const violations: FieldViolation[] = [];
    for (const mapping of fresh) {
      const description = await this.refuseTarget(scope, mapping);
      const field = `group_mappings[${mappings.indexOf(mapping)}].target_id`;
      if (description) violations.push({ field, description });
    }
    if (violations.length > 0) throw invalidArgument(violations);
    const after = { ...before, mappings: [...mappings] };
    await this.store.save(scope, connection.id, after);
    await this.applyMappings(scope, connection, fresh);
    await this.record(scope, connection.id, 'scim_mappings');
    return { connectionId: connection.id, ...after };
  }

  /** Why the target of a mapping is refused. A caller cannot map groups to more than the caller may grant. */
  private async refuseTarget(scope: Scope, { target, targetId }: GroupMapping): Promise<string | undefined> {
    if (target === groupTarget.role) {
      const role = await ifFound(() => this.roles.get(scope, targetId));
      if (!role) return NOT_THERE;
      const refusal = refuseGrant(role.permissions, scope.permissions);
      if (refusal) throw refusal;
      return undefined;
    }
    const kind = target === groupTarget.team ? team : audience;
    scope.require(kind.permissions.writeAll);
    const roster = await ifFound(() => this.rosters.find(scope, kind, targetId));
    if (!roster) return NOT_THERE;
    return roster.isDefault ? 'is everybody’s already' : undefined;
  }

  private async applyMappings(
    scope: Scope,
    connection: Connection,
    fresh: readonly GroupMapping[],
  ): Promise<void> {
    if (fresh.length === 0) return;
    for (const group of await this.groups.all(scope, connection.id)) {
      const own = fresh.filter((mapping) => isFor(mapping, group));
      if (own.length === 0) continue;
      const members = await this.groups.members(scope, connection.id, [group.id]);
      await this.members.grant(
        scope,
        connection,
        group,
        own,
        members.map(({ userId }) => userId),
      );
    }
  }

  private record(scope: Scope, id: string, change: string): Promise<void> {
    return scope.audit('SSO_CONFIGURED', {
      entityType: 'sso_connection',
      entityId: id,
      metadata: { change },
    });
  }
}

async function ifFound<T>(find: () => Promise<T>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
    return undefined;
  }
}
