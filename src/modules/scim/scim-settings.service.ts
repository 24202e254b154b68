import { Injectable } from '@nestjs/common';
import { AppError, invalidArgument } from '../../platform/errors/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { refuseGrant, Roles } from '../role/index.js';
import { group as audience, Rosters, team } from '../roster/index.js';
import { type Connection, Connections } from '../sso/index.js';
import { type GroupMapping, groupTarget, isFor, newMappings } from './group-mapping.rules.js';
import { GroupMembers } from './group-members.service.js';
import { GroupStore } from './group.store.js';
import { type ScimSettings, ScimSettingsStore } from './scim-settings.store.js';

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
    const before = await this.store.hold(scope, id);
    if ((before.pausedAt !== null) === paused) return { connectionId: id, ...before };
    const after = { ...before, pausedAt: paused ? scope.now() : null };
    await this.store.save(scope, id, after);
    await this.record(scope, id, paused ? 'scim_paused' : 'scim_resumed');
    return { connectionId: id, ...after };
  }

  /** People stay where a mapping that is gone brought them. */
  async setMappings(
    scope: Scope,
    connectionId: string,
    mappings: readonly GroupMapping[],
  ): Promise<ConnectionSettings> {
    const connection = await this.connections.get(scope, connectionId);
    const before = await this.store.hold(scope, connection.id);
    const fresh = newMappings(before.mappings, mappings);
    for (const mapping of fresh) await this.refuseTarget(scope, mapping, mappings.indexOf(mapping));
    const after = { ...before, mappings: [...mappings] };
    await this.store.save(scope, connection.id, after);
    await this.carry(scope, connection, fresh);
    await this.record(scope, connection.id, 'scim_mappings');
    return { connectionId: connection.id, ...after };
  }

  /** Nobody lets a directory do what they may not do themselves. */
  private async refuseTarget(scope: Scope, { target, targetId }: GroupMapping, index: number): Promise<void> {
    const field = `group_mappings[${index}].target_id`;
    if (target === groupTarget.role) {
      const role = await found(field, () => this.roles.get(scope, targetId));
      const refusal = refuseGrant(role.permissions, scope.permissions);
      if (refusal) throw refusal;
      return;
    }
    const kind = target === groupTarget.team ? team : audience;
    scope.require(kind.permissions.writeAll);
    const { isDefault } = await found(field, () => this.rosters.find(scope, kind, targetId));
    if (isDefault) throw invalidArgument([{ field, description: 'is everybody’s already' }]);
  }

  private async carry(scope: Scope, connection: Connection, fresh: readonly GroupMapping[]): Promise<void> {
    if (fresh.length === 0) return;
    for (const group of await this.groups.all(scope, connection.id)) {
      const own = fresh.filter((mapping) => isFor(mapping, group));
      if (own.length === 0) continue;
      const members = await this.groups.members(scope, connection.id, [group.id]);
      await this.members.carry(
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

async function found<T>(field: string, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'not_found') throw error;
    throw invalidArgument([{ field, description: 'is not there' }]);
  }
}
