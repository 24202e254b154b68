import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { statement, type Transaction } from '../database/index.js';
import { announceRevocationIn } from './revocation-feed.js';

const accept = statement(
  'member.accept_invitations',
  `update member set status = ${UserStatus.ACTIVE}, updated_at = $2, joined_at = coalesce(joined_at, $2)
    where identity_id = $1 and status = ${UserStatus.INVITED} returning org_id as "orgId"`,
);

/** Signing in accepts a person's open invitations, in every organization. In a transaction opened for that person. */
export async function acceptInvitations(tx: Transaction, identityId: string, now: Date): Promise<void> {
  for (const { orgId } of await tx.query<{ orgId: string }>(accept, [identityId, now])) {
    await announceRevocationIn(tx, `member:${orgId}:${identityId}`);
  }
}
