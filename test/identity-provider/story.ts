import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { ConnectionService, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { eventually } from '../support/eventually.js';
import { PlainBrowser, type Visit } from '../support/plain-browser.js';
import { activate, appUrl, type ProviderWorld, replay, startProviderWorld } from './world.js';

/** A real identity provider. It knows anna@acme.example, Anna Berg, of the group `leads`. */
export interface RealProvider {
  readonly metadataUrl: string;
  readonly host: string;
  /** What its sign-in form wants of Anna. */
  readonly credentials: Readonly<Record<string, string>>;
  /** The same, with another password. */
  readonly wrongCredentials: Readonly<Record<string, string>>;
  /** Takes in our metadata. */
  register(metadata: string): Promise<void>;
  /** Encrypts assertions from now on, with AES-GCM for a key that RSA-OAEP wraps. Undefined: it has no AES-GCM. */
  encrypt?(): Promise<void>;
  /** Signs with another key from now on, which its metadata lists. */
  changeKey(): Promise<void>;
  /** What it says when all applications have followed. */
  readonly signedOutText: string;
  /** Signs out there, as a person does; the applications hear of it. */
  signOut(browser: PlainBrowser): Promise<Visit>;
  stop(): Promise<void>;
}

/** What every provider is asked to do with us. Steps lean on those before. */
export function tellStory<P extends RealProvider>(
  name: string,
  missing: string | undefined,
  start: () => Promise<P>,
  more: (of: () => { world: ProviderWorld; provider: P }) => void = () => undefined,
): void {
  if (missing) {
    test(`${name} is skipped: ${missing}`, () => console.warn(`skipped: ${missing}`));
    return;
  }
  describe(name, () => {
    let provider: P;
    let world: ProviderWorld;
    let browser = new PlainBrowser();

    beforeAll(async () => {
      provider = await start();
      world = await startProviderWorld(provider.metadataUrl, provider.host);
      await provider.register(await world.ourMetadata());
    }, 120_000);

    afterAll(async () => {
      await world?.stop();
      await provider?.stop();
    });

    /** Goes the whole way in a browser that is not signed in there. */
    async function signIn(): Promise<TokenPair> {
      browser = new PlainBrowser();
      const { url, verifier } = await world.begin();
      const back = await browser.submit(await browser.open(url), provider.credentials);
      return world.exchange(await broughtBack(back), verifier);
    }

    /** Fails with what our record says when the browser is elsewhere. */
    async function broughtBack(visit: Visit): Promise<Visit> {
      if (visit.url.startsWith(appUrl) && visit.url.includes('code=')) return visit;
      const { reason, detail } = await world.lastLogin();
      throw new Error(
        `At ${visit.url}, ${visit.status}: ${visit.text.slice(0, 3000)} (${reason}: ${detail})`,
      );
    }

    async function expectSignedOut(tokens: TokenPair): Promise<void> {
      await eventually('the session is over', async () => !(await world.isSignedIn(tokens)), 2000);
    }

    test('a test login shows what it sends, and takes nobody in', async () => {
      const { connection, cast } = world;
      const connections = cast.alice.client(ConnectionService);
      const { url, loginId } = await connections.startTestLogin({ connectionId: connection.id });
      const visit = await browser.submit(await browser.open(url), provider.credentials);
      const { login } = await connections.getLogin({ loginId });
      expect(login).toMatchObject({ reason: '', detail: '', outcome: LoginOutcome.SUCCEEDED, test: true });
      expect(login).toMatchObject({ email: 'anna@acme.example', roleSlug: 'manager' });
      expect(visit.status).toBe(200);
      const { users } = await cast.alice.client(MemberService).listUsers({ pagination: { pageSize: 100 } });
      expect(users.map(({ email }) => email)).not.toContain('anna@acme.example');
      await activate(world);
    });

    test('a wrong password there signs nobody in here', async () => {
      browser = new PlainBrowser();
      const { url } = await world.begin();
      const visit = await browser.submit(await browser.open(url), provider.wrongCredentials);
      expect(new URL(visit.url).host).toBe(provider.host);
      expect((await world.lastLogin()).outcome).toBe(LoginOutcome.PENDING);
    });

    test('a person becomes a member, with attributes and the role of a group', async () => {
      const tokens = await signIn();
      expect(await world.isSignedIn(tokens)).toBe(true);
      const login = await world.lastLogin();
      expect(login).toMatchObject({ outcome: LoginOutcome.SUCCEEDED, roleSlug: 'manager' });
      expect(login.groups).toContain('leads');
      const { user } = await world.cast.alice.client(MemberService).getUser({ userId: login.userId });
      expect(user).toMatchObject({ email: 'anna@acme.example', name: 'Anna Berg' });
    });

    test('the captured answer is worth nothing', async () => {
      const response = await replay(browser);
      expect(response.headers.get('location') ?? '').not.toContain('code=');
      expect(await world.lastLogin()).toMatchObject({ outcome: LoginOutcome.REFUSED, reason: 'replayed' });
    });

    test('an assertion that is encrypted with AES-GCM is read', async () => {
      if (!provider.encrypt) return console.warn('skipped: it has no AES-GCM');
      await provider.encrypt();
      expect(await world.isSignedIn(await signIn())).toBe(true);
      const carried = browser.carried.at(-1)?.fields['SAMLResponse'] ?? '';
      const xml = Buffer.from(carried, 'base64').toString();
      expect(xml).toMatch(/xmlenc11#aes(128|256)-gcm/);
      expect(xml).toContain('rsa-oaep');
      expect(xml).not.toContain('anna@acme.example');
    });

    test('a new key is taken up at the next login', async () => {
      await provider.changeKey();
      // The metadata was fetched a moment ago, and is not asked for every second.
      await world.server.travel(61_000);
      expect(await world.isSignedIn(await signIn())).toBe(true);
    });

    test('who signs out here is signed out there', async () => {
      const tokens = await signIn();
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      const { url } = await world.server.client(SsoSignInService, headers).startSsoSignOut({});
      await expectSignedOut(tokens);
      const over = await browser.open(url);
      expect(over.text).toContain('You can close this window.');
      expect(over.url).toContain(`/sso/saml/${world.connection.id}/slo`);
      // The provider asks for the password again.
      const asked = await browser.open((await world.begin()).url);
      expect(asked.forms.some(({ fields }) => 'password' in fields)).toBe(true);
    });

    test('who signs out there is signed out here', async () => {
      const tokens = await signIn();
      const over = await provider.signOut(browser);
      await expectSignedOut(tokens);
      // It has understood our answer.
      expect(over.text).toContain(provider.signedOutText);
    });

    more(() => ({ world, provider }));
  });
}
