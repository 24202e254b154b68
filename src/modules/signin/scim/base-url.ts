export const scimPath = '/scim/v2';

/** What to enter at a directory. */
export function scimBaseUrl(publicUrl: string): string {
  return `${publicUrl.replace(/\/+$/, '')}${scimPath}`;
}
