import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { statement, type Transaction } from '../database/index.js';
import { announceRevocationIn } from './revocation-feed.js';

const accept = statement(
  'member.accept_invitations',
  `update member set status = ${UserStatus.ACTIVE}, updated_at = $2, joined_at = coalesce(joined_at, $2)
    where identity_id = $1 and status = ${UserStatus.INVITED}
      and not exists (select from organization o where o.id = member.org_id and o.sso_enforced_at is not null)
   returning org_id as "orgId"`,
);

/**
 * Signing in accepts a person's open invitations, in every organization but those that ask for single sign-on. In a
 * transaction opened for that person.
 */
export async function acceptInvitations(tx: Transaction, identityId: string, now: Date): Promise<void> {
  for (const { orgId } of await tx.query<{ orgId: string }>(accept, [identityId, now])) {
    await announceRevocationIn(tx, `member:${orgId}:${identityId}`);
  }
}
