import { Injectable } from '@nestjs/common';
import { statement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';
import type { ProfileMapping } from './attributes.rules.js';

const find = statement(
  'sso_subject.find',
  `select user_id as "userId" from sso_subject where org_id = $1 and connection_id = $2 and subject = $3`,
);
const bind = statement(
  'sso_subject.bind',
  `insert into sso_subject (org_id, connection_id, subject, user_id, created_at) values ($1, $2, $3, $4, $5)
   on conflict do nothing`,
);
const mappings = statement(
  'organization.sso_attribute_mappings',
  'select sso_attribute_mappings as mappings from organization where id = $1',
);

/** Which member a person at the provider is. */
@Injectable()
export class SubjectStore {
  async find(scope: Scope, connectionId: string, subject: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ userId: string }>(find, [scope.orgId, connectionId, subject]))?.userId;
  }

  /** The first member keeps the subject. */
  async bind(scope: Scope, connectionId: string, subject: string, userId: string): Promise<void> {
    const values = [scope.orgId, connectionId, subject, userId, scope.now()];
    await (await scope.tx()).execute(bind, values);
  }

  /** Which claims the organization copies into profiles. */
  async profileMappings(scope: Scope): Promise<ProfileMapping[]> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ mappings: ProfileMapping[] }>(mappings, [scope.orgId]))?.mappings ?? [];
  }
}
