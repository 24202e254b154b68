import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import type { Belonging } from './sign-in.rules.js';

const lock = statement('onboarding.lock_person', 'select from identity where id = $1 for no key update');
// Single sign-on has stopped where the organization is being deleted; it still counts as one that the person has.
const list = statement(
  'onboarding.list_memberships',
  `select o.sso_enforced_at is not null and d.id is null as "ssoEnforced"
     from member m
     join organization o on o.id = m.org_id
     left join organization_deletion d on d.organization_id = o.id
    where m.identity_id = $1 and m.status = ${memberStatus.active}
      and (o.expires_at is null or o.expires_at > $2 or d.id is not null)`,
);

/** Where a person is an active member, in a scope of that person. */
@Injectable()
export class BelongingStore {
  /** Sign-ins of the person wait for each other until the transaction ends. */
  async lock(scope: Scope, identityId: string): Promise<void> {
    await (await scope.tx()).execute(lock, [identityId]);
  }

  async list(scope: Scope, identityId: string): Promise<Belonging[]> {
    return (await scope.tx()).query<Belonging>(list, [identityId, scope.now()]);
  }
}
