import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import type { User } from '@dovecote/contract/pidgr/v1/user_pb';
import type { Client } from '@connectrpc/connect';
import { type Actor, addMember, type TestOrganization } from './cast.js';
import type { TestServer } from './test-server.js';

export const members = (who: Actor): Client<typeof MemberService> => who.client(MemberService);

let people = 0;

/** An address that nobody in this spec file has yet. */
export const newEmail = (): string => `person-${(people += 1)}@acme.example`;

export async function invite(who: Actor, extra: { email?: string; roleId?: string } = {}): Promise<User> {
  const { user } = await members(who).inviteUser({ email: newEmail(), ...extra });
  if (!user) throw new Error('Nobody was invited.');
  return user;
}

export function hire(
  server: TestServer,
  organization: TestOrganization,
  role: keyof TestOrganization['roles'] = 'employee',
): Promise<Actor> {
  return addMember(server, organization, { email: newEmail(), role });
}

/** What the trail says about a member, oldest first. */
export async function auditOf(server: TestServer, entityId: string): Promise<Record<string, unknown>[]> {
  return server.database.query('select * from audit_event where entity_id = $1 order by id', [entityId]);
}
