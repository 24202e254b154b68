import type { ForcedSubject } from '@casl/ability';
import type { Policy } from '../../../platform/access/index.js';
import { type Caller, permissionsOf } from '../../../platform/caller/caller.js';
import type { RosterKind } from './roster.kind.js';

/** Which rosters of a kind a caller sees: the conditions of the policy below and of lists. */
export interface RosterView {
  all: boolean;
  /** Sees those that this member belongs to; null for API keys, which belong nowhere. */
  memberId: string | null;
  /** Sees and manages those that this member created. */
  creatorId: string | null;
}

export function viewOf(caller: Caller, { permissions }: RosterKind): RosterView {
  const held = permissionsOf(caller);
  const memberId = caller.kind === 'member' ? caller.userId : null;
  return {
    all: held.has(permissions.readAll) || held.has(permissions.writeAll),
    memberId,
    creatorId: held.has(permissions.write) ? memberId : null,
  };
}

interface RosterSubject extends ForcedSubject<RosterKind['word']> {
  isMember: boolean;
  createdBy: string | null;
}

export function rosterPolicy(kind: RosterKind): Policy {
  return (caller, { can }) => {
    const { all, memberId, creatorId } = viewOf(caller, kind);
    if (all) can('read', kind.word);
    if (memberId) can<RosterSubject>('read', kind.word, { isMember: true });
    if (creatorId) can<RosterSubject>(['read', 'change'], kind.word, { createdBy: creatorId });
    if (permissionsOf(caller).has(kind.permissions.writeAll)) can('change', kind.word);
  };
}
