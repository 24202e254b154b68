import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, CallerKind } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { addApiKey, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});

afterAll(() => s.stop());

describe('WhoAmI', () => {
  test('needs a credential', async () => {
    expect((await refusalOf(s.client(AuthService).whoAmI({}))).code).toBe(Code.Unauthenticated);
  });

  test('tells a member who they are here and where else they can go', async () => {
    const self = await cast.max.client(AuthService).whoAmI({});
    expect(self).toMatchObject({
      callerKind: CallerKind.USER,
      userId: cast.max.userId,
      email: cast.max.email,
      orgId: cast.acme.id,
      sessionId: cast.max.sessionId,
    });
    expect(self.role?.slug).toBe('manager');
    expect(self.permissions).toContain(P.CAMPAIGNS_START);
    expect(self.permissions).not.toContain(P.ORG_WRITE);
    expect(self.organizations).toMatchObject([{ id: cast.acme.id, name: 'Acme', roleSlug: 'manager' }]);
  });

  test('tells a person who has chosen no organization just that', async () => {
    const { identityId, sessionId, email } = cast.erin;
    const { token } = await s.server.app
      .get(AccessTokens, { strict: false })
      .issue({ identityId, sessionId, email });
    const self = await s.client(AuthService, { authorization: `Bearer ${token}` }).whoAmI({});
    expect(self).toMatchObject({ email, orgId: '', userId: '', permissions: [] });
    expect(self.role).toBeUndefined();
    expect(self.organizations).toMatchObject([{ id: cast.acme.id }]);
  });

  test('answers in a suspended organization, where else one can go', async () => {
    const frozen = await addOrganization(s, 'Frozen');
    const fay = await addMember(s, frozen, { email: 'fay@frozen.example', role: 'manager' });
    const key = await addApiKey(s, frozen, []);
    await s.database.query('update organization set suspended_at = now() where id = $1', [frozen.id]);
    const self = await fay.client(AuthService).whoAmI({});
    expect(self).toMatchObject({ orgId: frozen.id, userId: fay.userId, organizations: [{ id: frozen.id }] });
    expect((await key.client(AuthService).whoAmI({})).orgId).toBe(frozen.id);
  });

  test('tells an API key whose it is and what it may do', async () => {
    const self = await cast.kiosk.client(AuthService).whoAmI({});
    expect(self).toMatchObject({
      callerKind: CallerKind.API_KEY,
      name: 'kiosk',
      orgId: cast.acme.id,
      email: '',
      userId: '',
      organizations: [],
    });
    expect(self.permissions).toContain(P.ORG_WRITE);
  });
});
