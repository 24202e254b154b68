import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from './member.rules.js';

const find = statement(
  'member.find_own',
  `select m.id as "userId" from member m join organization o on o.id = m.org_id
    where m.identity_id = $1 and m.org_id = $2 and (o.expires_at is null or o.expires_at > $3)`,
);
const isIn = statement(
  'member.is_in',
  `select exists (
     select from member m join organization o on o.id = m.org_id
      where m.identity_id = $1 and m.org_id = $2 and m.status = ${memberStatus.active}
        and (o.expires_at is null or o.expires_at > $3)
   ) as "isIn"`,
);

/** What people are in organizations; in the scope of the person whose it is. */
@Injectable()
export class OwnMembershipStore {
  /** The caller's member id in an organization that has not ended, whatever its status. */
  async find(scope: Scope, orgId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ userId: string }>(find, [scope.identityId, orgId, scope.now()]))?.userId;
  }

  /** Whether the caller is an active member of an organization that has not ended. */
  async isIn(scope: Scope, orgId: string): Promise<boolean> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ isIn: boolean }>(isIn, [scope.identityId, orgId, scope.now()]);
    return row?.isIn ?? false;
  }
}
