import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { type Actor, addMember, type Cast } from './cast.js';
import { newEmail } from './members.js';
import type { TestServer } from './test-server.js';

/** A member of Acme who reads analytics and changes nothing: what the analytics contracts call a viewer. */
export async function addViewer(server: TestServer, { acme, alice }: Cast): Promise<Actor> {
  const email = newEmail();
  const given = { name: `Viewer ${email}`, permissions: [Permission.ANALYTICS_READ] };
  const { role } = await alice.client(RoleService).createRole(given);
  const roles = { ...acme.roles, employee: role?.id ?? '' };
  return addMember(server, { ...acme, roles }, { email, role: 'employee' });
}

/** The headers of a caller who has signed in an hour ago. */
export async function signedInEarlier(server: TestServer, who: Actor): Promise<Record<string, string>> {
  const { identityId, sessionId, email, orgId } = who;
  const tokens = server.server.app.get(AccessTokens, { strict: false });
  const provenAt = Date.now() - 3_600_000;
  const { token } = await tokens.issue({ identityId, sessionId, email, orgId, provenAt });
  return { authorization: `Bearer ${token}` };
}

/** What a dashboard is told that has to ask its user to sign in again. */
export const signInAgain = /^Sign out and in again, then repeat this: /;
