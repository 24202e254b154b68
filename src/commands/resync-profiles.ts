import { resyncProfiles } from '../modules/analytics/profile/index.js';
import type { Config } from '../platform/config/index.js';
import { withServingRole } from './open-database.js';

/** `dovecote resync-profiles`: sends all profiles to the analytics store again. */
export async function resyncProfilesCommand(config: Config): Promise<string> {
  const { profiles, aliases } = await withServingRole(config, 'dovecote resync-profiles', resyncProfiles);
  return `${profiles} profiles and ${aliases} aliases are sent again by a running worker.`;
}
