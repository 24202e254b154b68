import { v7 as uuid } from 'uuid';
import { insertAuditEvent } from '../../../platform/audit/audit.store.js';
import type { Arrival } from '../../../platform/caller/arrivals.js';
import { announceRevocation } from '../../../platform/caller/revocation-feed.js';
import { statement, type Transaction } from '../../../platform/database/index.js';
import { memberStatus } from './member.rules.js';
import {
  type Acceptance,
  acceptedAtSignIn,
  type OpenInvitation,
  oldestSending,
} from './open-invitation.rules.js';

const listOpen = statement(
  'member.open_invitations',
  `select m.org_id as "orgId", m.id as "userId", o.name as "organizationName", r.slug as "roleSlug",
          r.name as "roleName", m.updated_at as "invitedAt", o.suspended_at is not null as suspended,
          o.sso_enforced_at is not null as "ssoEnforced", exists (
            select from sso_domain d where d.org_id = m.org_id and d.verified_at is not null
               and d.name = split_part(m.email, '@', 2)) as "ofProvenDomain"
     from member m
     join organization o on o.id = m.org_id
     join role r on r.org_id = m.org_id and r.id = m.role_id
    where m.identity_id = $1 and m.status = ${memberStatus.invited} and (o.expires_at is null or o.expires_at > $2)
      and (m.invitation_sent_at is null or m.invitation_sent_at > $3)
    order by m.org_id`,
);
const isMember = statement(
  'member.is_anywhere',
  `select exists (
     select from member m join organization o on o.id = m.org_id
      where m.identity_id = $1 and m.status = ${memberStatus.active} and (o.expires_at is null or o.expires_at > $2)
   ) as "isMember"`,
);
const accept = statement(
  'member.accept_invitation',
  `update member set status = ${memberStatus.active}, updated_at = $4, joined_at = coalesce(joined_at, $4)
    where org_id = $1 and id = $2 and identity_id = $3 and status = ${memberStatus.invited}`,
);
// The trail is the organization's: its row is written for it, in the transaction of the person.
const enterOrganization = statement('invitation.enter', `select set_config('app.org_id', $1, true)`);

/** What waits for the person's answer. In a transaction opened for that person, as all that follows. */
export function openInvitations(
  tx: Transaction,
  { identityId, now }: Pick<Arrival, 'identityId' | 'now'>,
): Promise<OpenInvitation[]> {
  return tx.query<OpenInvitation>(listOpen, [identityId, now, oldestSending(now)]);
}

/**
 * What every way of signing in does about a person's open invitations; `followed`: the one whose mail they came by.
 * Returns those that this call accepted.
 */
export async function acceptAtSignIn(
  tx: Transaction,
  arrival: Arrival,
  followed: string | undefined,
): Promise<OpenInvitation[]> {
  const open = await openInvitations(tx, arrival);
  if (open.length === 0) return [];
  const row = await tx.queryOne<{ isMember: boolean }>(isMember, [arrival.identityId, arrival.now]);
  const circumstances = { followed, isMember: row?.isMember ?? false };
  const accepted: OpenInvitation[] = [];
  for (const invitation of open) {
    const why = acceptedAtSignIn(invitation, open, circumstances);
    if (why && (await acceptInvitation(tx, arrival, invitation, why))) accepted.push(invitation);
  }
  return accepted;
}

/** False when it was accepted or withdrawn at this moment. */
export async function acceptInvitation(
  tx: Transaction,
  { identityId, requestId, now }: Arrival,
  { orgId, userId, roleSlug }: OpenInvitation,
  why: Acceptance,
): Promise<boolean> {
  if ((await tx.execute(accept, [orgId, userId, identityId, now])).rowCount !== 1) return false;
  await announceRevocation(tx, `member:${orgId}:${identityId}`);
  await tx.execute(enterOrganization, [orgId]);
  await insertAuditEvent(tx, {
    id: uuid(),
    orgId,
    // The contract has no event type for this.
    type: 'USER_INVITED',
    actorKind: 'member',
    actorId: userId,
    entityType: 'user',
    entityId: userId,
    metadata: { role: roleSlug, accepted: why },
    requestId,
    createdAt: now,
  });
  await tx.execute(enterOrganization, ['']);
  return true;
}
