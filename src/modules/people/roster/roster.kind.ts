import { Permission } from '../../../platform/access/index.js';
import type { AuditEventType } from '../../../platform/audit/audit-event-type.js';

/** What teams and groups do not share: all the rest of this module is about both. */
export interface RosterKind {
  /** In tables, messages and the trail. */
  readonly word: 'team' | 'group';
  readonly permissions: {
    /** To create, and to manage what one created. */
    readonly write: Permission;
    readonly readAll: Permission;
    readonly writeAll: Permission;
  };
  readonly events: Record<
    'created' | 'updated' | 'deleted' | 'membersAdded' | 'membersRemoved',
    AuditEventType
  >;
}

export const team: RosterKind = {
  word: 'team',
  permissions: {
    write: Permission.TEAMS_WRITE,
    readAll: Permission.TEAMS_ALL_READ,
    writeAll: Permission.TEAMS_ALL_WRITE,
  },
  events: {
    created: 'TEAM_CREATED',
    updated: 'TEAM_UPDATED',
    deleted: 'TEAM_DELETED',
    membersAdded: 'TEAM_MEMBERS_ADDED',
    membersRemoved: 'TEAM_MEMBERS_REMOVED',
  },
};

export const group: RosterKind = {
  word: 'group',
  permissions: {
    write: Permission.GROUPS_WRITE,
    readAll: Permission.GROUPS_ALL_READ,
    writeAll: Permission.GROUPS_ALL_WRITE,
  },
  events: {
    created: 'GROUP_CREATED',
    updated: 'GROUP_UPDATED',
    deleted: 'GROUP_DELETED',
    membersAdded: 'GROUP_MEMBERS_ADDED',
    membersRemoved: 'GROUP_MEMBERS_REMOVED',
  },
};

export const rosterKinds: readonly RosterKind[] = [team, group];
