import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { insertAuditEvent } from '../../../platform/audit/audit.store.js';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from './member.rules.js';

/** What a person is called and shows, across organizations. */
export interface Account {
  identityId: string;
  email: string;
  name: string;
  avatarUrl: string;
  createdAt: Date;
}

const account = statement(
  'identity.account',
  `select i.id as "identityId", i.email, i.avatar_url as "avatarUrl", i.created_at as "createdAt",
          coalesce((select m.name from member m
                     where m.identity_id = i.id and m.status = ${memberStatus.active} and m.name <> ''
                     order by m.joined_at, m.org_id limit 1), '') as name
     from identity i where i.id = $1`,
);
const show = statement('identity.set_avatar', 'update identity set avatar_url = $2 where id = $1');
const rename = statement(
  'member.rename_own',
  `update member set name = $3, updated_at = $4
    where org_id = $1 and identity_id = $2 and status = ${memberStatus.active} and name <> $3 returning id`,
);
// Each row is the organization's, and so is the trail: both are written for it, in the transaction of the person.
const enter = statement('account.enter_organization', `select set_config('app.org_id', $1, true)`);

/** In a scope of the person. */
@Injectable()
export class OwnAccountStore {
  async find(scope: Scope): Promise<Account | undefined> {
    return (await scope.tx()).queryOne<Account>(account, [scope.identityId]);
  }

  async show(scope: Scope, avatarUrl: string): Promise<void> {
    await (await scope.tx()).execute(show, [scope.identityId, avatarUrl]);
  }

  async rename(scope: Scope, orgId: string, name: string): Promise<void> {
    const tx = await scope.tx();
    const now = scope.now();
    await tx.execute(enter, [orgId]);
    const row = await tx.queryOne<{ id: string }>(rename, [orgId, scope.identityId, name, now]);
    if (row) {
      await insertAuditEvent(tx, {
        id: uuid(),
        orgId,
        type: 'PROFILE_UPDATED',
        actorKind: 'member',
        actorId: row.id,
        entityType: 'user',
        entityId: row.id,
        metadata: { change: 'name' },
        requestId: scope.requestId,
        createdAt: now,
      });
    }
    await tx.execute(enter, ['']);
  }
}
