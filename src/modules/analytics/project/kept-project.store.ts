import { statement, type Transaction } from '../../../platform/database/index.js';

const keep = statement('project.keep', 'select from project where org_id = $1 and number = $2 for key share');

/**
 * Keeps the project from being deleted until the transaction ends, which is of its organization. Waits for a deletion that is
 * under way; false: it was deleted.
 */
export async function keepProject(tx: Transaction, orgId: string, number: number): Promise<boolean> {
  return (await tx.query(keep, [orgId, number])).length > 0;
}
