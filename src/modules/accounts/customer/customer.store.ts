import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Account, memberStatus } from '../../people/member/index.js';

/** An answer has no pages; a dashboard's organizations are smaller. */
const MOST_LISTED = 1000;

const customer = `
  select i.id as "identityId", m.email, m.name, i.avatar_url as "avatarUrl", i.created_at as "createdAt"
    from member m
    join identity i on i.id = m.identity_id
    join role r on r.org_id = m.org_id and r.id = m.role_id
   where m.org_id = $1 and m.status = ${memberStatus.active} and ${Permission.ANALYTICS_READ} = any(r.permissions)`;
const list = statement('customer.list', `${customer} order by m.joined_at, m.id limit ${MOST_LISTED}`);
const find = statement('customer.find', `${customer} and m.identity_id = $2`);

/** The members of an organization who may use analytics. */
@Injectable()
export class CustomerStore {
  /** By when they joined. */
  async list(scope: Scope): Promise<Account[]> {
    return (await scope.tx()).query<Account>(list, [scope.orgId]);
  }

  async find(scope: Scope, identityId: string): Promise<Account | undefined> {
    return (await scope.tx()).queryOne<Account>(find, [scope.orgId, identityId]);
  }
}
