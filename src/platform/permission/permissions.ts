import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';

export { Permission };

/** Permissions of the operator; never granted through the API. */
const platformPermissions: ReadonlySet<Permission> = new Set([
  Permission.PLATFORM_SUPPORT,
  Permission.PLATFORM_ACCESS_CODES,
  Permission.PLATFORM_PROVISION,
  Permission.PLATFORM_ABUSE_RESPONSE,
  Permission.PLATFORM_COMPLIANCE_WRITE,
  Permission.PLATFORM_SYNTHETIC,
  Permission.PLATFORM_INCIDENTS,
]);

export const allPermissions: readonly Permission[] = Object.values(Permission).filter(
  (value): value is Permission => typeof value === 'number' && value !== Permission.UNSPECIFIED,
);

/** Everything that an organization may hand out. */
export const organizationPermissions = allPermissions.filter(
  (permission) => !isPlatformPermission(permission),
);

export function isPlatformPermission(permission: Permission): boolean {
  return platformPermissions.has(permission);
}

/** `PERMISSION_ORG_READ`: the name in the contract, for messages and metadata. */
export function permissionName(permission: Permission): string {
  return `PERMISSION_${Permission[permission]}`;
}
