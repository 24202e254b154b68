import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { InvitedMember } from './invitation-tokens.js';
import { memberStatus } from './member.rules.js';
import type { Identity } from './member.store.js';
import { oldestSending } from './open-invitation.rules.js';

const findIssued = statement(
  'sign_in_invitation.find_issued',
  `select m.identity_id as id, m.email from member m join organization o on o.id = m.org_id
    where m.org_id = $1 and m.id = $2 and m.status = ${memberStatus.invited}
      and m.invitation_sent_at = $3 and m.invitation_sent_at > $4
      and o.sso_enforced_at is null and (o.expires_at is null or o.expires_at > $5)`,
);

const organization = statement(
  'sign_in_invitation.organization',
  'select name, sso_enforced_at is not null as "ssoEnforced" from organization where id = $1',
);

@Injectable()
export class SignInInvitationStore {
  /** The person behind an open invitation whose last link this is, in an organization that takes sign-ins by link. */
  async findIssued(scope: Scope, { userId, issuedAt }: InvitedMember): Promise<Identity | undefined> {
    const now = scope.now();
    const values = [scope.orgId, userId, issuedAt, oldestSending(now), now];
    return (await scope.tx()).queryOne<Identity>(findIssued, values);
  }

  async organization(scope: Scope): Promise<{ name: string; ssoEnforced: boolean } | undefined> {
    return (await scope.tx()).queryOne(organization, [scope.orgId]);
  }
}
