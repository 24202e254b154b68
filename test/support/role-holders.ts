import { v7 as uuid } from 'uuid';
import { type Actor, addMember, type TestOrganization } from './cast.js';
import { newEmail } from './members.js';
import type { TestServer } from './test-server.js';

/** A member with a new role that holds exactly these permissions. */
export async function addHolder(
  server: TestServer,
  organization: TestOrganization,
  permissions: readonly number[],
  { email = newEmail(), slug = uuid() }: { email?: string; slug?: string } = {},
): Promise<Actor> {
  const roleId = uuid();
  await server.database.query(
    `insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
     values ($1, $2, $3, $3, $3, false, false, $4, now())`,
    [organization.id, roleId, slug, permissions],
  );
  const roles = { ...organization.roles, employee: roleId };
  return addMember(server, { id: organization.id, roles }, { email, role: 'employee' });
}
