import type { Statement } from '../database/index.js';
import type { PersonalDataContribution } from './personal-data.js';

/** Erases by statements of which `$1` is the organization and `$2` the member, one after the other. */
export function eraseBy(...statements: readonly Statement[]): NonNullable<PersonalDataContribution['erase']> {
  return async (scope, { userId }) => {
    const tx = await scope.tx();
    for (const statement of statements) await tx.execute(statement, [scope.orgId, userId]);
  };
}
