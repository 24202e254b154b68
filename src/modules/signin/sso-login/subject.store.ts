import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { AppError, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ProfileMapping } from './attributes.rules.js';

/** An account at a provider, and whose it is. */
export interface Subject {
  connectionId: string;
  subject: string;
  userId: string;
  createdAt: Date;
}

const columns = `connection_id as "connectionId", subject, user_id as "userId", created_at as "createdAt"`;

const find = statement(
  'sso_subject.find',
  `select user_id as "userId" from sso_subject where org_id = $1 and connection_id = $2 and subject = $3`,
);
// Those of the time before a member had one each do not count.
const exclusive = statement(
  'sso_subject.exclusive',
  `select subject from sso_subject where org_id = $1 and connection_id = $2 and user_id = $3 and exclusive`,
);
const listOf = statement(
  'sso_subject.list_of',
  `select ${columns} from sso_subject where org_id = $1 and user_id = $2 order by created_at, subject`,
);
// Fails when the account is another member's, or the member has another account.
const bind = statement(
  'sso_subject.bind',
  `insert into sso_subject (org_id, connection_id, subject, user_id, created_at) values ($1, $2, $3, $4, $5)`,
);
const unbind = statement(
  'sso_subject.unbind',
  'delete from sso_subject where org_id = $1 and connection_id = $2 and user_id = $3 returning subject',
);
const mappings = statement(
  'organization.sso_attribute_mappings',
  'select sso_attribute_mappings as mappings from organization where id = $1',
);
const mappedRole = statement(
  'sso_mapped_role.find',
  `select role_id as "roleId" from sso_mapped_role where org_id = $1 and connection_id = $2 and user_id = $3`,
);
const rememberRole = statement(
  'sso_mapped_role.remember',
  `insert into sso_mapped_role (org_id, connection_id, user_id, role_id) values ($1, $2, $3, $4)
   on conflict (org_id, connection_id, user_id) do update set role_id = excluded.role_id`,
);
const forgetRole = statement(
  'sso_mapped_role.forget',
  'delete from sso_mapped_role where org_id = $1 and connection_id = $2 and user_id = $3',
);

const subjectBound = (): AppError =>
  new AppError(
    'aborted',
    'SUBJECT_BOUND',
    'The account or the member was bound at the same moment; try again.',
  );

constraintErrors({
  sso_subject_pkey: subjectBound,
  sso_subject_member_key: subjectBound,
});

/** Which member a person at the provider is, and which role its groups gave them. */
@Injectable()
export class SubjectStore {
  async find(scope: Scope, connectionId: string, subject: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ userId: string }>(find, [scope.orgId, connectionId, subject]))?.userId;
  }

  /** The account that the member is bound to. */
  async exclusiveOf(scope: Scope, connectionId: string, userId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ subject: string }>(exclusive, [scope.orgId, connectionId, userId]))?.subject;
  }

  /** Lists the accounts of a member in all connections, oldest first. */
  async listOf(scope: Scope, userId: string): Promise<Subject[]> {
    return (await scope.tx()).query<Subject>(listOf, [scope.orgId, userId]);
  }

  async bind(scope: Scope, { connectionId, subject, userId, createdAt }: Subject): Promise<void> {
    const values = [scope.orgId, connectionId, subject, userId, createdAt];
    await (await scope.tx()).execute(bind, values);
  }

  /** Answers what the member was bound to. */
  async unbind(scope: Scope, connectionId: string, userId: string): Promise<string[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ subject: string }>(unbind, [scope.orgId, connectionId, userId]);
    return rows.map(({ subject }) => subject);
  }

  /** Which claims the organization copies into profiles. */
  async profileMappings(scope: Scope): Promise<ProfileMapping[]> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ mappings: ProfileMapping[] }>(mappings, [scope.orgId]))?.mappings ?? [];
  }

  /** The role that the connection's groups gave at the last login. */
  async mappedRole(scope: Scope, connectionId: string, userId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    const values = [scope.orgId, connectionId, userId];
    return (await tx.queryOne<{ roleId: string }>(mappedRole, values))?.roleId;
  }

  async rememberRole(scope: Scope, connectionId: string, userId: string, roleId: string): Promise<void> {
    await (await scope.tx()).execute(rememberRole, [scope.orgId, connectionId, userId, roleId]);
  }

  async forgetRole(scope: Scope, connectionId: string, userId: string): Promise<void> {
    await (await scope.tx()).execute(forgetRole, [scope.orgId, connectionId, userId]);
  }
}
