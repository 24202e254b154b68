import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { addMember, type Actor, type Cast, seedCast } from '../support/cast.js';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import type { Claims } from '../saml/idp.js';
import { type NameServer, startNameServer } from '../support/name-server.js';
import { type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const pictures = process.env.SCREENSHOTS ?? join(tmpdir(), 'dovecote-screenshots');

let s: TestServer;
let cast: Cast;
let provider: SamlProvider;
let names: NameServer;
let browser: Browser | undefined;
let page: Page;
let admin: Actor;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  provider = await startSamlProvider();
  names = await startNameServer();
  s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: provider.host, DNS_SERVERS: names.address } });
  cast = await seedCast(s);
  admin = await addMember(s, cast.acme, { email: 'admin@setup.example', role: 'super_admin' });
  // Nothing on the page needs a script.
  const context = await browser.newContext({ javaScriptEnabled: false });
  context.setDefaultTimeout(15_000);
  page = await context.newPage();
  await mkdir(pictures, { recursive: true });
});

afterAll(async () => {
  await browser?.close();
  await s?.stop();
  await provider?.stop();
  await names?.stop();
});

async function picture(name: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

async function press(name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().click();
}

const text = (): Promise<string> => page.locator('main').innerText();

async function signIn(email: string): Promise<void> {
  await page.goto(`${s.url}/setup`);
  await page.getByLabel('Your e-mail address').fill(email);
  const before = (await mailsTo(s, email)).length;
  await press('Send me a code');
  const mails = await eventually('the code', async () => {
    const found = await mailsTo(s, email);
    return found.length > before && found;
  });
  await page.getByLabel('The six digits').fill(/\b\d{6}\b/.exec(mails.at(-1) ?? '')?.[0] ?? '');
  await press('Sign in');
}

describe('the setup page, in a browser without scripts,', () => {
  test('lets in nobody who may not change the organization', async () => {
    if (!browser) return;
    await addMember(s, cast.acme, { email: 'clerk@setup.example', role: 'employee' });
    await signIn('clerk@setup.example');
    expect(await text()).toContain('PERMISSION_ORG_READ');
    await press('Sign out');
    await page.goto(`${s.url}/setup/sso`);
    expect(await text()).toContain('Sign in as an administrator');
  });

  test('takes an admin from the metadata URL to a login that can be read', async () => {
    if (!browser) return;
    await signIn(admin.email);
    await picture('1-empty');
    await page.getByLabel('Domain').fill('setup.example');
    await press('Add');
    await press('Check the record');
    expect(await text()).toContain('There is no TXT record at _dovecote-challenge.setup.example');
    await picture('2-domain-missing');
    const value = /dovecote-domain-verification=\S+/.exec(await text())?.[0] ?? '';
    names.records.set('_dovecote-challenge.setup.example', [value]);
    await press('Check the record');
    expect(await text()).toContain('Proven');

    const form = page.locator('form', { hasText: 'Metadata URL' });
    await form.getByLabel('Name').fill('Directory <b>');
    await page.getByLabel('Metadata URL of the provider').fill('https://127.0.0.1/metadata');
    await press('Connect');
    expect(await text()).toContain('saml.metadata_url');
    await form.getByLabel('Name').fill('Directory <b>');
    await page.getByLabel('Metadata URL of the provider').fill(provider.metadataUrl);
    await press('Connect');
    expect(await text()).toContain('Directory <b>');
    const acsUrl = /http\S+\/acs/.exec(await text())?.[0] ?? '';
    await picture('3-connected');

    // The provider is another site, and sends its answer as a form.
    const acs = `${s.url}${new URL(acsUrl).pathname}`;
    let changes: Partial<Claims> = { audience: 'https://somebody.else' };
    await page.route('https://idp.example/**', (route) => {
      const form = provider.answer(route.request().url(), { nameId: admin.email }, changes);
      const inputs = Object.entries(form).map(
        ([name, given]) => `<input type="hidden" name="${name}" value="${given}">`,
      );
      const body = `<form method="post" action="${acs}">${inputs.join('')}<button>Carry</button></form>`;
      return route.fulfill({ contentType: 'text/html', body });
    });
    await press('Run a test login');
    await page.waitForURL('https://idp.example/**');
    const asked = page.url();
    await press('Carry');
    expect(await text()).toContain('The test login was refused');
    await page.getByRole('link').click();
    expect(await text()).toContain('wrong_audience');
    expect(await text()).toContain('What to do');
    await picture('4-login-refused');

    changes = {};
    await page.goto(asked);
    await press('Carry');
    expect(await text()).toContain('The test login was good');
    await page.getByRole('link').click();
    expect(await text()).toContain(admin.email);
    await picture('5-login-good');
    await page.getByRole('link', { name: 'Back' }).click();
    await press('Activate');
    expect(await text()).toContain('active');
    await press('Enforce');
    await picture('6-enforced');
    // The admin came by a code, which is not enough from now on.
    expect(await text()).toContain('single sign-on');
  });

  test('lets an admin of an organization that enforces single sign-on in through the provider only', async () => {
    if (!browser) return;
    await signIn(admin.email);
    expect(await page.getByRole('alert').innerText()).toContain('requires single sign-on');

    await page.getByLabel('Your e-mail address').fill('nobody@unknown.example');
    await press('Use single sign-on');
    expect(await page.getByRole('alert').innerText()).toContain('No organization');

    await page.getByLabel('Your e-mail address').fill(admin.email);
    await press('Use single sign-on');
    await page.waitForURL('https://idp.example/**');
    await press('Carry');
    await page.waitForURL(`${s.url}/setup/sso`);
    expect(await text()).toContain(`Signed in as ${admin.email}`);
    expect(await text()).toContain('Enforced since');
    await picture('7-by-single-sign-on');

    await press('Let me in by passkey');
    expect(await page.getByRole('alert').innerText()).toContain(
      'has not signed in with a registered passkey',
    );
    await s.database.query(
      `insert into webauthn_credential (credential_id, identity_id, public_key, created_at, last_used_at)
       values ('\\x01', $1, '', now(), now())`,
      [admin.identityId],
    );
    await press('Let me in by passkey');
    expect(await page.locator('table').last().innerText()).toMatch(/You\s+until \d{4}-/);
    await picture('8-a-way-back-in');
    await press('End it');
    expect(await page.getByRole('button', { name: 'End it' }).count()).toBe(0);

    await press('Stop enforcing');
    expect(await text()).toContain('Everybody may still sign in');

    // As if somebody had set it up who may do less.
    await s.database.query('update sso_connection set speaks_for_all = false');
    await page.reload();
    const vouch = 'I am a super admin, and let it speak for everybody';
    await press(vouch);
    expect(await page.getByRole('button', { name: vouch }).count()).toBe(0);
    const rows = await s.database.query('select speaks_for_all as vouched from sso_connection');
    expect(rows).toEqual([{ vouched: true }]);
  });

  test('connects a provider of OpenID Connect, or says what is wrong with it', async () => {
    if (!browser) return;
    await page.getByText('The provider speaks OpenID Connect').click();
    const form = page.locator('form', { hasText: 'Client secret' });
    await form.getByLabel('Name').fill('Elsewhere');
    await form.getByLabel('Issuer').fill('https://127.0.0.1:1/');
    await form.getByLabel('Client ID').fill('dovecote');
    await form.getByLabel('Client secret').fill('secret');
    await form.getByRole('button').click();
    expect(await page.getByRole('alert').innerText()).toContain('oidc.issuer');
  });
});

test('an answer of a provider signs nobody in where no sign-in began', async () => {
  if (!browser) return;
  const callback = (cookie: string) =>
    fetch(`${s.url}/setup/sso/callback?code=abc&state=mine`, { headers: { cookie }, redirect: 'manual' });
  for (const cookie of ['', 'dovecote_setup_sign_in=theirs.verifier', 'dovecote_setup_sign_in=mine']) {
    const response = await callback(cookie);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('waits for no such sign-in');
    expect(response.headers.get('set-cookie')).toBeNull();
  }
  const refused = await callback(`dovecote_setup_sign_in=mine.${'v'.repeat(43)}`);
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('The code is wrong');
  expect(refused.headers.getSetCookie().join()).not.toContain('dovecote_setup=');
});

test('a form of another site does nothing', async () => {
  if (!browser) return;
  for (const origin of ['https://evil.example', undefined]) {
    const response = await fetch(`${s.url}/setup/sso/domains`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: `dovecote_setup=${admin.headers.authorization.replace('Bearer ', '')}`,
        ...(origin && { origin }),
      },
      body: 'name=evil.example',
    });
    expect(response.status).toBe(403);
  }
  const rows = await s.database.query(`select from sso_domain where name = 'evil.example'`);
  expect(rows).toEqual([]);
});
