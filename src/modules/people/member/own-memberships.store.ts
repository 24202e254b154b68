import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const find = statement(
  'member.find_own',
  `select m.id as "userId" from member m join organization o on o.id = m.org_id
    where m.identity_id = $1 and m.org_id = $2 and (o.expires_at is null or o.expires_at > $3)`,
);

/** What people are in organizations; in the scope of the person whose it is. */
@Injectable()
export class OwnMembershipStore {
  /** The caller's member id in an organization that has not ended, whatever its status. */
  async find(scope: Scope, orgId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ userId: string }>(find, [scope.identityId, orgId, scope.now()]))?.userId;
  }
}
