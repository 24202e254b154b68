/** The order in which clients have always found files and categories. What is not named here follows, by its name. */
const memberFiles = [
  'profile',
  'devices',
  'deliveries',
  'audiences',
  'groups_and_teams',
  'region_changes',
  'sso_logins',
  'provider_accounts',
  'directory_users',
  'directory_groups',
  'consents',
  'privacy_requests',
  'audit_events',
  'sessions',
  'passkeys',
];
const organizationFiles = [
  'organization',
  'roles',
  'members',
  'teams_and_groups',
  'templates',
  'campaigns',
  'organization_deliveries',
  'organization_events',
];
const categories = [
  'profile',
  'devices',
  'groups',
  'audiences',
  'deliveries',
  'regions',
  'consents',
  'requests',
  'audit',
  'logins',
  'provider_accounts',
  'directory',
  'sessions',
  'passkeys',
];

/** The contributed files about a member, or of the organization, in the order of the bundle. */
export function inBundleOrder<File extends { name: string }>(files: readonly File[]): File[] {
  return sorted(files, [...memberFiles, ...organizationFiles], ({ name }) => name);
}

export function inCategoryOrder<File extends { category?: string }>(files: readonly File[]): File[] {
  return sorted(files, categories, ({ category = '' }) => category);
}

function sorted<T>(items: readonly T[], order: readonly string[], nameOf: (item: T) => string): T[] {
  const place = (name: string): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...items].sort((a, b) => {
    const [first, second] = [nameOf(a), nameOf(b)];
    return place(first) - place(second) || (first < second ? -1 : 1);
  });
}
