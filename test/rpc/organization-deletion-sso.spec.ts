import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { SSOService } from '@dovecote/contract/pidgr/v1/sso_pb';
import type { Actor } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { deletionsOf, doomed, requestedEarlier, sweep, untilShut } from '../support/organization-deletion.js';
import { refusalOf } from '../support/refusal.js';
import { carry } from '../support/saml-provider.js';
import { untilGone } from '../support/sandboxes.js';
import { newToken, scimDirectory } from '../support/scim.js';
import { signIn } from '../support/sign-in.js';
import { type SsoWorld, startSsoWorld } from '../support/sso.js';
import type { TestServer } from '../support/test-server.js';

let world: SsoWorld;
let s: TestServer;

beforeAll(async () => {
  world = await startSsoWorld();
  s = world.server;
});
afterAll(() => world?.stop());

describe('single sign-on and directories', () => {
  test('stop at the request, go on when it is cancelled, and leave the domain to others in the end', async () => {
    const { cast, connection, provider } = world;
    const { acme, alice } = cast;
    const directory = scimDirectory(s, await newToken(alice, connection.id));
    expect((await directory('GET', '/Users')).status).toBe(200);
    const { url } = await world.begin();
    const sso = s.client(SSOService);
    const hint = async () => (await sso.checkSSOByDomain({ email: 'x@acme.example' })).ssoEnabled;
    expect(await hint()).toBe(true);
    const insider = await world.signIn(world.newPerson());
    expect((await insider.client.whoAmI({})).orgId).toBe(acme.id);
    await deletionsOf(alice).deleteOrganization({ confirmationName: 'Acme' });
    await s.database.query(
      'update organization set sso_enforced_at = now(), sso_enforced_by = $2 where id = $1',
      [acme.id, alice.userId],
    );
    await untilShut(alice);
    await eventually('the directory', async () => (await directory('GET', '/Users')).status === 403);
    expect(await hint()).toBe(false);
    expect((await refusalOf(world.begin())).reason).toBe('CONNECTION_NOT_FOUND');
    const carried = await carry(s, connection.id, provider.answer(url, world.newPerson()));
    expect(carried.status).toBe(404);
    // Enforced or not: a code is enough to see it, and to cancel it.
    const { accessToken } = await signIn(s, alice.email);
    const fresh: Actor = {
      ...alice,
      client: (service) => s.client(service, { authorization: `Bearer ${accessToken}`, 'x-org-id': acme.id }),
    };
    await deletionsOf(fresh).cancelOrganizationDeletion({});
    await eventually('the directory', async () => (await directory('GET', '/Users')).status === 200);
    expect(await hint()).toBe(true);
    await eventually('enforcement is back', async () => {
      const { reason } = await refusalOf(fresh.client(RoleService).listRoles({}));
      return reason === 'SSO_REQUIRED';
    });
    await s.database.query(
      'update organization set sso_enforced_at = null, sso_enforced_by = null where id = $1',
      [acme.id],
    );
    const { mallory, other } = cast;
    await deletionsOf(mallory).deleteOrganization({ confirmationName: 'Other' });
    await requestedEarlier(s.database, other.id, 8);
    await sweep(s.database);
    await untilGone(s.database, other.id);
    const { sam } = await doomed(s);
    await sam.client(DomainService).addDomain({ name: 'other.example' });
    await sam.client(DomainService).verifyDomain({ name: 'other.example' });
  });
});
