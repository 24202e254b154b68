import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from './member.rules.js';
import type { Identity } from './member.store.js';

/** A person to invite, with the ids for a new member and identity. */
export interface Invitee {
  memberId: string;
  identityId: string;
  email: string;
}

// In the order of addresses, so that two concurrent lists wait for each other instead of deadlocking.
// Existing members, also concurrently created ones, are skipped and not returned.
const invite = setStatement(
  'member.bulk_invite',
  `with given as (
     select * from unnest($2::uuid[], $3::uuid[], $4::text[]) as g (member_id, identity_id, email)
      where not exists (select from member m where m.org_id = $1 and m.email = g.email)
   ), person as (
     insert into identity (id, email, created_at)
     select identity_id, email, $6 from given order by email
     on conflict (email) do update set email = excluded.email returning id, email
   )
   insert into member (org_id, id, identity_id, email, status, role_id, created_at, updated_at)
   select $1, g.member_id, p.id, p.email, ${memberStatus.invited}, $5, $6, $6
     from given g join person p on p.email = g.email order by p.email
   on conflict do nothing
   returning identity_id as id, email`,
);

@Injectable()
export class BulkInvitationStore {
  /** Invites who is not there yet; returns them as people, by address. */
  async insert(
    scope: Scope,
    { roleId, at }: { roleId: string; at: Date },
    invitees: readonly Invitee[],
  ): Promise<Map<string, Identity>> {
    if (invitees.length === 0) return new Map();
    const tx = await scope.tx();
    const rows = await tx.query<Identity>(invite, [
      scope.orgId,
      invitees.map(({ memberId }) => memberId),
      invitees.map(({ identityId }) => identityId),
      invitees.map(({ email }) => email),
      roleId,
      at,
    ]);
    return new Map(rows.map((identity) => [identity.email, identity]));
  }
}
