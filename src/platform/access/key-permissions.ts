import { type AccessRule, isOpen } from './access-rule.js';
import { accessTable } from './access-table.js';
import { Permission } from '../permission/permissions.js';

/** A caller with one of these can grant permissions, by a role, invitation or key, up to the caller's own. */
const giving: readonly Permission[] = [
  Permission.MEMBERS_INVITE,
  Permission.MEMBERS_MANAGE,
  Permission.ORG_WRITE,
];

/** What the calls ask for that API keys may make. */
const usable: ReadonlySet<Permission> = new Set(
  [...accessTable.values()].flatMap((rule: AccessRule) =>
    rule.callers.has('api_key') && !isOpen(rule) ? rule.anyOf : [],
  ),
);

/** Permissions that a key with these could neither use nor give away. */
export function uselessToKey(permissions: readonly Permission[]): Permission[] {
  if (permissions.some((permission) => giving.includes(permission))) return [];
  return permissions.filter((permission) => !usable.has(permission));
}
