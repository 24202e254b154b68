import { statement, type Transaction } from '../../../platform/database/index.js';
import { FIRST_HEATMAP_NUMBER } from './analytics-version.store.js';

const keep = statement('project.keep', 'select from project where org_id = $1 and number = $2 for key share');
// The number of heat maps has no project, but a version, which goes last.
const keepVersion = statement(
  'analytics_version.keep',
  'select from analytics_version where org_id = $1 and project = $2 for key share',
);

/**
 * Keeps the project from being deleted until the transaction ends, which is of its organization. Waits for a deletion that is
 * under way; false: it was deleted.
 */
export async function keepProject(tx: Transaction, orgId: string, number: number): Promise<boolean> {
  const kept = number < FIRST_HEATMAP_NUMBER ? keep : keepVersion;
  return (await tx.query(kept, [orgId, number])).length > 0;
}
