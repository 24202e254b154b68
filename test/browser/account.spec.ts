import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { InviteLinkService } from '@dovecote/contract/pidgr/v1/invite_link_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { mailsTo, nextCode } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const pictures = process.env.SCREENSHOTS ?? join(tmpdir(), 'dovecote-screenshots');

let s: TestServer;
let cast: Cast & { kim: Actor };
let browser: Browser | undefined;
let page: Page;
/** Passkeys are bound to a name, not to an address. */
let url: string;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  s = await startTestServer();
  const named = await seedCast(s);
  const kim = await addMember(s, named.acme, { email: 'kim@acme.example', role: 'employee' });
  cast = { ...named, kim };
  url = s.url.replace('127.0.0.1', 'localhost');
  await mkdir(pictures, { recursive: true });
  const context = await browser.newContext();
  context.setDefaultTimeout(60_000);
  page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
});
afterAll(async () => {
  await browser?.close();
  await s?.stop();
});

const text = (): Promise<string> => page.locator('main').innerText();
const alert = (): Promise<string> => page.getByRole('alert').first().innerText();

async function press(name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().click();
}

async function picture(name: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function typeCode(email: string, ask: () => Promise<void>): Promise<void> {
  await page.getByLabel('The six digits').fill(await nextCode(s, email, ask));
  await press('Sign in');
}

async function signInByCode(email: string, next: string): Promise<void> {
  await page.goto(`${url}/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel('Your e-mail address').fill(email);
  await typeCode(email, () => press('Send me a code'));
}

describe('an invite link', () => {
  test('that does not exist, or was revoked, says so and mails nobody', async () => {
    if (!browser) return;
    const { inviteLink } = await cast.alice.client(InviteLinkService).createInviteLink({});
    await cast.alice.client(InviteLinkService).revokeInviteLink({ inviteLinkId: inviteLink?.id });
    for (const token of ['nonsense', inviteLink?.token ?? '', '"><script>']) {
      await page.goto(`${url}/join?token=${encodeURIComponent(token)}`);
      await page.getByLabel('Your e-mail address').fill('nobody@join.example');
      await press('Send me a code');
      expect(await text()).toMatch(/invite link|no longer/i);
    }
    expect(await mailsTo(s, 'nobody@join.example')).toEqual([]);
  });

  test('makes a member of the person who proves an address', async () => {
    if (!browser) return;
    const { url: link } = await cast.alice.client(InviteLinkService).createInviteLink({ maxUses: 1 });
    // The server of a spec learns its port too late for its links.
    await page.goto(`${url}${new URL(link).pathname}${new URL(link).search}`);
    await picture('join-1');
    await page.getByLabel('Your e-mail address').fill('jo@join.example');
    const code = () => press('Send me a code');
    await typeCode('jo@join.example', code);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('Welcome to Acme');
    await picture('join-2');
    const members = await s.database.query(
      `select m.org_id as "orgId" from member m where m.email = 'jo@join.example' and m.status = 2`,
    );
    expect(members).toEqual([{ orgId: cast.acme.id }]);
  });
});

describe('an invitation', () => {
  const invite = (email: string) =>
    cast.mallory.client(MemberService).inviteUser({ email, name: 'Ivy Invited' });

  test('of somebody who is a member elsewhere waits for an answer, and is declined', async () => {
    if (!browser) return;
    await invite(cast.erin.email);
    await signInByCode(cast.erin.email, '/account');
    expect(await page.locator('table').first().innerText()).toMatch(/^Other\s+Employee, invited/);
    await picture('invitation');
    await press('Decline');
    expect(await text()).not.toContain('Invitations');
    expect(await text()).not.toContain('Other');
  });

  test('is accepted on the page, and the organization left again after a second question', async () => {
    if (!browser) return;
    await invite(cast.max.email);
    await signInByCode(cast.max.email, '/account');
    await press('Accept');
    const organizations = page.locator('table').first();
    expect(await organizations.innerText()).toContain('Other');
    await organizations.locator('tr', { hasText: 'Other' }).getByRole('button', { name: 'Leave' }).click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Leave Other?');
    await press('Leave');
    expect(await page.locator('table').first().innerText()).not.toContain('Other');
  });

  test('whose mail led to the sign-in is accepted by it', async () => {
    if (!browser) return;
    await invite(cast.kim.email);
    const link = await eventually('the mail', async () => {
      const mails = await mailsTo(s, cast.kim.email);
      return /http\S+sign-in\?invitation=\S+/.exec(mails.join('\n'))?.[0];
    });
    const { pathname, search } = new URL(link);
    await page.goto(`${url}${pathname}${search}`);
    expect(await text()).toContain('You have been invited');
    await page.getByLabel('Your e-mail address').fill(cast.kim.email);
    await typeCode(cast.kim.email, () => press('Send me a code'));
    expect(await text()).not.toContain('Invitations');
    expect(await page.locator('table').first().innerText()).toContain('Other');
  });
});

describe('the account page', () => {
  test('is not there for somebody without a session, nor for a forged one', async () => {
    if (!browser) return;
    for (const cookie of ['', 'dovecote_token=a.b.c']) {
      const response = await fetch(`${s.url}/account`, { headers: { cookie } });
      expect(await response.text()).toContain('Send me a code');
    }
    const form = await fetch(`${s.url}/account/passkeys/remove`, {
      method: 'POST',
      headers: {
        origin: 'https://evil.example',
        cookie: `dovecote_token=${cast.alice.headers.authorization.replace('Bearer ', '')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'passkey_id=1',
    });
    expect(form.status).toBe(403);
  });

  test('never leads to another site after a sign-in', async () => {
    if (!browser) return;
    await signInByCode('jo@join.example', '//evil.example/account');
    expect(page.url()).toBe(`${url}/account`);
  });

  test('registers a passkey, which then signs in without a code', async () => {
    if (!browser) return;
    await signInByCode(cast.alice.email, '/account');
    expect(await text()).toContain('Acme');
    await page.getByLabel('Name of the new passkey').fill('Laptop <1>');
    await press('Register a passkey');
    await press('Register this device');
    await page.waitForURL(`${url}/account`);
    expect(await text()).toContain('Laptop <1>');
    await picture('account');

    await press('Register a passkey');
    await press('Register this device');
    await eventually('the refusal', async () => /has a passkey of yours/.test(await alert()));

    await page.goto(`${url}/account`);
    await press('Sign out');
    await press('Use a passkey');
    await press('Use my passkey');
    await page.waitForURL(`${url}/account`);
    expect(await text()).toContain(`Signed in as ${cast.alice.email}`);
    expect(await text()).toContain('last used');
  });

  test('lets a super admin back in by passkey to end an enforcement whose provider is gone', async () => {
    if (!browser) return;
    await page.goto(`${url}/setup/sso`);
    await press('Arm break-glass access');
    expect(await text()).toMatch(/You\s+until \d{4}-/);
    // As if the organization enforced single sign-on.
    await s.database.query('update organization set sso_enforced_at = now() where id = $1', [cast.acme.id]);
    await press('Sign out');
    await press('Use a passkey');
    await press('Use my passkey');
    await page.waitForURL(`${url}/setup/sso`);
    await press('Stop enforcing');
    expect(await text()).toContain('Members may still sign in by code or passkey');
  });

  test('removes a passkey, for its owner only', async () => {
    if (!browser) return;
    const count = async () =>
      (
        await s.database.query('select from webauthn_credential where identity_id = $1', [
          cast.alice.identityId,
        ])
      ).length;
    await page.goto(`${url}/account`);
    const id = await page.locator('input[name=passkey_id]').getAttribute('value');
    const stolen = await fetch(`${s.url}/account/passkeys/remove`, {
      method: 'POST',
      headers: {
        origin: s.url,
        cookie: `dovecote_token=${cast.mallory.headers.authorization.replace('Bearer ', '')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: `passkey_id=${id}`,
    });
    expect(stolen.status).toBe(400);
    expect(await stolen.text()).toContain('not found');
    expect(await count()).toBe(1);
    await press('Remove');
    expect(await text()).not.toContain('Laptop');
    expect(await count()).toBe(0);
  });
});

describe('the front page', () => {
  test('says what this server is, and loads nothing from elsewhere', async () => {
    if (!browser) return;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${url}/`);
    expect(await text()).toContain('This is a Dovecote server');
    await picture('home');
    expect(asked.filter((address) => !address.startsWith(url))).toEqual([]);
  });

  test('runs scripts on no page but those for passkeys', async () => {
    if (!browser) return;
    for (const path of ['/', '/sign-in', '/join?token=x', '/setup/sso']) {
      const response = await fetch(`${s.url}${path}`);
      expect(response.headers.get('content-security-policy')).not.toContain('script-src');
      expect(await response.text()).not.toContain('<script');
    }
  });
});
