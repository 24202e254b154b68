import { beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import {
  type Connection,
  ConnectionService,
  ConnectionState,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { eventually } from '../support/eventually.js';
import { PlainBrowser, type Visit } from '../support/plain-browser.js';
import { type Keycloak, people } from './keycloak.js';
import type { ProviderWorld } from './world.js';

const CLIENT_ID = 'dovecote';
const CLIENT_SECRET = 'a-secret-of-the-client';

type Person = (typeof people)[keyof typeof people];

/** The other protocol that it speaks, with the same people, through another connection. */
export function tellOidcStory(of: () => { world: ProviderWorld; keycloak: Keycloak }): void {
  describe('by OpenID Connect', () => {
    let connection: Connection;
    let client: { id: string; attributes: Record<string, string> } | undefined;
    let browser = new PlainBrowser();

    beforeAll(async () => {
      const { world, keycloak } = of();
      const { cast } = world;
      const connections = cast.alice.client(ConnectionService);
      const made = await connections.createConnection({
        name: 'By OpenID Connect',
        settings: {
          case: 'oidc',
          value: { issuer: keycloak.realm, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
        },
        provisioning: {
          createMembers: true,
          roleMappings: [{ group: 'leads', roleId: cast.acme.roles.manager }],
        },
      });
      if (!made.connection) throw new Error('No connection was made.');
      await keycloak.admin('POST', '/clients', clientOf(made.connection));
      [client] = await keycloak.admin('GET', `/clients?clientId=${CLIENT_ID}`);
      // The one that was activated last is offered.
      const active = await connections.updateConnection({
        connectionId: made.connection.id,
        state: ConnectionState.ACTIVE,
      });
      connection = active.connection ?? made.connection;
    });

    /** Comes back to us, but goes no further. */
    async function comeBack({ username, password }: Person): Promise<{ back: Visit; verifier: string }> {
      browser = new PlainBrowser();
      const { url, verifier } = await of().world.begin();
      const back = await browser.submit(await browser.open(url), { username, password });
      return { back, verifier };
    }

    async function signIn(person: Person): Promise<TokenPair> {
      const { back, verifier } = await comeBack(person);
      if (back.url.includes('code=')) return of().world.exchange(back, verifier);
      const { reason, detail } = await of().world.lastLogin();
      throw new Error(`At ${back.url}: ${back.text.slice(0, 3000)} (${reason}: ${detail})`);
    }

    /** How it led the browser back to us the last time. */
    function lastCallback(): string {
      return browser.led.findLast((url) => url.startsWith(connection.oidcRedirectUri)) ?? '';
    }

    async function expectRefused(person: Person, reason: string): Promise<void> {
      const { back } = await comeBack(person);
      expect(back.url).toContain('error=access_denied');
      expect(await of().world.lastLogin()).toMatchObject({ outcome: LoginOutcome.REFUSED, reason });
    }

    async function expectSignedOut(tokens: TokenPair): Promise<void> {
      await eventually('the session is over', async () => !(await of().world.isSignedIn(tokens)), 5000);
    }

    test('a person becomes a member, with the role of a group', async () => {
      const { world } = of();
      expect(await world.isSignedIn(await signIn(people.ben))).toBe(true);
      const login = await world.lastLogin();
      expect(login).toMatchObject({ connectionId: connection.id, outcome: LoginOutcome.SUCCEEDED });
      expect(login).toMatchObject({ roleSlug: 'manager', groups: ['leads'] });
      const { user } = await world.cast.alice.client(MemberService).getUser({ userId: login.userId });
      expect(user).toMatchObject({ email: 'ben@acme.example', name: 'Ben Holm' });
    });

    test('somebody of a domain that nobody has proven stays outside', async () => {
      await expectRefused(people.zoe, 'domain_not_proven');
    });

    test('an answer is good once, and only with the nonce that was asked with', async () => {
      const { world } = of();
      await comeBack(people.ben);
      const replayed = await browser.open(lastCallback());
      expect(replayed.status).toBe(403);
      expect((await world.lastLogin()).reason).toBe('unknown_request');
      // Signed in there by now: the answer comes without a form.
      const begun = new URL((await world.begin()).url);
      begun.searchParams.set('nonce', 'of-somebody-else');
      expect((await browser.open(begun.toString())).url).toContain('error=access_denied');
      expect(await world.lastLogin()).toMatchObject({ reason: 'token_nonce' });
      expect((await world.lastLogin()).detail).toContain('nonce');
      // A code that was meant for another login, in the place of one's own.
      const stolen = new URL(lastCallback());
      const own = new URL((await world.begin()).url);
      stolen.searchParams.set('state', own.searchParams.get('state') ?? '');
      expect((await browser.open(stolen.toString())).url).toContain('error=access_denied');
      expect(await world.lastLogin()).toMatchObject({ reason: 'code_refused' });
      expect((await world.lastLogin()).detail).toContain('invalid_grant');
    });

    test('a new key is taken up at once', async () => {
      await signIn(people.ben);
      await of().keycloak.changeKey();
      expect(await of().world.isSignedIn(await signIn(people.ben))).toBe(true);
    });

    test('who signs out here is signed out there, and is asked nothing', async () => {
      const { world } = of();
      const tokens = await signIn(people.ben);
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      const { url } = await world.server.client(SsoSignInService, headers).startSsoSignOut({});
      await expectSignedOut(tokens);
      const over = await browser.open(url);
      expect(over.url).toBe(connection.oidcPostLogoutRedirectUri);
      expect(over.text).toContain('You can close this window.');
      // The provider asks for the password again.
      const asked = await browser.open((await world.begin()).url);
      expect(asked.forms.some(({ fields }) => 'password' in fields)).toBe(true);
    });

    test('who signs out there is signed out here; their other session goes on', async () => {
      const { world, keycloak } = of();
      const elsewhere = await signIn(people.ben);
      const tokens = await signIn(people.ben);
      const asked = await browser.open(`${keycloak.realm}/protocol/openid-connect/logout`);
      await browser.submit(asked, { confirmLogout: '' });
      await expectSignedOut(tokens);
      expect(await world.isSignedIn(elsewhere)).toBe(true);
    });

    test('a session that an admin ends there is over here', async () => {
      const { world, keycloak } = of();
      const [other, tokens] = [await signIn(people.ben), await signIn(people.ben)];
      const { attributes } = await world.lastLogin();
      const sid = attributes.find(({ name }) => name === 'sid')?.values[0];
      await keycloak.admin('DELETE', `/sessions/${sid}`);
      await expectSignedOut(tokens);
      expect(await world.isSignedIn(other)).toBe(true);
    });

    test('whom an admin signs out there altogether is signed out everywhere', async () => {
      const { keycloak } = of();
      // Of several sessions it would name one only; without sessions it names the person.
      await keycloak.admin('PUT', `/clients/${client?.id}`, {
        ...client,
        attributes: { ...client?.attributes, 'backchannel.logout.session.required': 'false' },
      });
      const all = [await signIn(people.ben), await signIn(people.ben)];
      const [ben] = await keycloak.admin<{ id: string }[]>('GET', '/users?username=ben');
      await keycloak.admin('POST', `/users/${ben?.id}/logout`);
      await Promise.all(all.map(expectSignedOut));
    });

    test('a member who was deactivated stays outside', async () => {
      const { world } = of();
      const members = world.cast.alice.client(MemberService);
      const { users } = await members.listUsers({ pagination: { pageSize: 100 } });
      const userId = users.find(({ email }) => email === 'ben@acme.example')?.id;
      await members.deactivateUser({ userId });
      await expectRefused(people.ben, 'member_deactivated');
    });
  });
}

function clientOf({
  oidcRedirectUri,
  oidcPostLogoutRedirectUri,
  oidcBackchannelLogoutUri,
}: Connection): Record<string, unknown> {
  return {
    clientId: CLIENT_ID,
    secret: CLIENT_SECRET,
    protocol: 'openid-connect',
    redirectUris: [oidcRedirectUri],
    frontchannelLogout: false,
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'post.logout.redirect.uris': oidcPostLogoutRedirectUri,
      'backchannel.logout.url': oidcBackchannelLogoutUri,
      'backchannel.logout.session.required': 'true',
    },
    protocolMappers: [
      {
        name: 'groups',
        protocol: 'openid-connect',
        protocolMapper: 'oidc-group-membership-mapper',
        config: { 'claim.name': 'groups', 'full.path': 'false', 'id.token.claim': 'true' },
      },
    ],
  };
}
