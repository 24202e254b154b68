import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { addMember, type Actor, type Cast, seedCast } from '../support/cast.js';
import { startChromium } from '../support/chromium.js';
import type { Claims } from '../saml/idp.js';
import { type NameServer, startNameServer } from '../support/name-server.js';
import { type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { nextCode } from '../support/sign-in.js';
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
  context.setDefaultTimeout(60_000);
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
  const code = await nextCode(s, email, () => press('Send me a code'));
  await page.getByLabel('The six digits').fill(code);
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
    expect(await text()).toContain('Sign in as an administrator first');
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

    await page.getByRole('link', { name: 'Another provider' }).click();
    const announced = /http\S+\/acs/.exec(await text())?.[0];
    expect(announced).toBeDefined();
    await picture('3-new');
    const form = page.locator('form', { hasText: 'Metadata URL' });
    await form.getByLabel('Name').fill('Directory <b>');
    await form.getByLabel('Metadata URL of the provider').fill('https://127.0.0.1/metadata');
    await press('Connect');
    expect(await page.getByRole('alert').innerText()).toContain('saml.metadata_url');
    // What was typed is still there, and so are the addresses that may stand at the provider already.
    expect(await form.getByLabel('Name').inputValue()).toBe('Directory <b>');
    expect(await text()).toContain(announced);
    await form.getByLabel('Metadata URL of the provider').fill(provider.metadataUrl);
    await press('Connect');
    expect(await text()).toContain('Directory <b>');
    expect(await text()).toContain(announced);
    const acsUrl = /http\S+\/acs/.exec(await text())?.[0] ?? '';
    await picture('4-connected');

    await press('Activate');
    expect(await text()).toContain('No test login through this connection has succeeded');
    await page.getByRole('link', { name: 'Back' }).click();
    expect(await text()).toContain('draft: test logins only');

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
    await picture('5-login-refused');

    changes = {};
    await page.goto(asked);
    await press('Carry');
    expect(await text()).toContain('The test login succeeded');
    await page.getByRole('link').click();
    expect(await text()).toContain(admin.email);
    await picture('6-login-good');
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('link', { name: 'Enforce single sign-on' }).click();
    expect(await text()).toContain('Missing: An active connection');
    expect(await text()).toContain('dovecote end-enforcement');
    expect(await page.getByRole('button').count()).toBe(0);
    await page.getByRole('link', { name: 'Back' }).click();
    await press('Activate');
    expect(await page.getByRole('heading', { level: 3 }).innerText()).toMatch(/active$/);
    await page.getByRole('link', { name: 'Enforce single sign-on' }).click();
    expect(await text()).not.toContain('Missing');
    await picture('7-enforce');
    await press('Enforce single sign-on');
    await picture('8-enforced');
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
    await picture('9-by-single-sign-on');

    await press('Arm break-glass access');
    expect(await page.getByRole('alert').innerText()).toContain(
      'has not signed in with a registered passkey',
    );
    await s.database.query(
      `insert into webauthn_credential (credential_id, identity_id, public_key, created_at, last_used_at)
       values ('\\x01', $1, '', now(), now())`,
      [admin.identityId],
    );
    await press('Arm break-glass access');
    expect(await page.locator('table').last().innerText()).toMatch(/You\s+until \d{4}-/);
    await picture('10-break-glass');
    await press('Disarm');
    expect(await page.getByRole('button', { name: 'End it' }).count()).toBe(0);

    await press('Stop enforcing');
    expect(await text()).toContain('Members may still sign in by code or passkey');

    // As if somebody had set it up who may do less.
    await s.database.query('update sso_connection set speaks_for_all = false');
    await page.reload();
    const vouch = 'Remove this limit';
    await press(vouch);
    expect(await page.getByRole('button', { name: vouch }).count()).toBe(0);
    const rows = await s.database.query('select speaks_for_all as vouched from sso_connection');
    expect(rows).toEqual([{ vouched: true }]);
  });

  test('shows and changes everything that can be set about a connection', async () => {
    if (!browser) return;
    await page.getByRole('link', { name: 'Edit or delete' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Directory');
    await page
      .locator('form', { has: page.getByLabel('Name', { exact: true }) })
      .getByRole('button')
      .click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Directory');

    await page.getByLabel('Our entity ID').fill('urn:acme:dovecote');
    await page.getByLabel('Require a new sign-in').check();
    await page
      .locator('form', { has: page.getByLabel('Our entity ID') })
      .getByRole('button')
      .click();
    expect(await page.getByLabel('Our entity ID').inputValue()).toBe('urn:acme:dovecote');
    expect(await page.getByLabel('Require a new sign-in').isChecked()).toBe(true);
    expect(await text()).toContain('Enter these values at the provider');

    const people = page.locator('form', { has: page.getByLabel('Role of new members') });
    await people.getByLabel('Groups').fill('memberOf');
    await people.getByLabel('Group', { exact: true }).first().fill('Comms');
    await people.getByRole('button').click();
    expect(await page.getByRole('alert').innerText()).toContain('role_mappings[0].role_id');
    await people.getByLabel('Groups').fill('memberOf');
    await people.getByLabel('Group', { exact: true }).first().fill('Comms');
    await people
      .getByLabel(/^Role\b(?! of)/)
      .first()
      .selectOption({ label: 'Manager' });
    await people.getByRole('button').click();
    expect(await people.getByLabel('Group', { exact: true }).first().inputValue()).toBe('Comms');
    await picture('11-connection');
    const rows = await s.database.query<{ name: string; provisioning: object }>(
      'select name, provisioning from sso_connection',
    );
    expect(rows).toEqual([
      {
        name: 'Directory',
        provisioning: expect.objectContaining({
          groupAttribute: 'memberOf',
          roleMappings: [expect.objectContaining({ group: 'Comms', roleId: cast.acme.roles.manager })],
        }),
      },
    ]);

    await people.getByLabel('Role of new members').selectOption({ label: 'Employee' });
    await page.getByLabel('Type the name').fill('Something else');
    await press('Delete the connection');
    expect(await page.getByRole('alert').innerText()).toContain('nothing was deleted');
    await page.getByLabel('Type the name').fill('Directory');
    await press('Delete the connection');
    // The admin came through it.
    expect(await page.getByRole('alert').innerText()).toContain('The session has ended');
    await signIn(admin.email);
    expect(await text()).toContain('Which provider do you use?');
  });

  test.each(['Microsoft Entra ID', 'Okta', 'Google Workspace', 'Keycloak'])(
    'leads through %s, and names our addresses before anything is typed',
    async (name) => {
      if (!browser) return;
      await page.goto(`${s.url}/setup/sso`);
      await page.getByRole('link', { name }).click();
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe(`Connect ${name}`);
      const content = await page.content();
      for (const path of ['acs', 'metadata', 'callback']) {
        expect(content).toMatch(new RegExp(`/sso/(saml|oidc)/[0-9a-f-]{36}/${path}`));
      }
      await picture(`12-${name.split(' ')[0]}`);
    },
  );

  test('connects a provider of OpenID Connect, or says what is wrong with it', async () => {
    if (!browser) return;
    await page.goto(`${s.url}/setup/sso/connections/new?provider=keycloak`);
    const form = page.locator('form', { hasText: 'Client secret' });
    await form.getByLabel('Name').fill('Elsewhere');
    await form.getByLabel('Issuer').fill('https://127.0.0.1:1/');
    await form.getByLabel('Client ID').fill('dovecote');
    await form.getByLabel('Client secret').fill('secret');
    await form.getByRole('button').click();
    expect(await page.getByRole('alert').innerText()).toContain('oidc.issuer');
    expect(await form.getByLabel('Client ID').inputValue()).toBe('dovecote');
    expect(await form.getByLabel('Client secret').inputValue()).toBe('');
    expect(await page.content()).not.toContain('value="secret"');
  });
});

test('an answer of a provider signs nobody in where no sign-in began', async () => {
  if (!browser) return;
  const callback = (cookie: string) =>
    fetch(`${s.url}/sign-in/callback?code=abc&state=mine`, { headers: { cookie }, redirect: 'manual' });
  for (const cookie of ['', 'dovecote_sign_in=theirs.verifier.L2FjY291bnQ', 'dovecote_sign_in=mine']) {
    const response = await callback(cookie);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('did not begin in this browser');
    expect(response.headers.get('set-cookie')).toBeNull();
  }
  const refused = await callback(`dovecote_sign_in=mine.${'v'.repeat(43)}.L2FjY291bnQ`);
  expect(refused.status).toBe(400);
  expect(await refused.text()).toContain('The code is wrong');
  expect(refused.headers.getSetCookie().join()).not.toContain('dovecote_token=');
});

test('a form of another site does nothing', async () => {
  if (!browser) return;
  for (const origin of ['https://evil.example', undefined]) {
    const response = await fetch(`${s.url}/setup/sso/domains`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: `dovecote_token=${admin.headers.authorization.replace('Bearer ', '')}`,
        ...(origin && { origin }),
      },
      body: 'name=evil.example',
    });
    expect(response.status).toBe(403);
  }
  const rows = await s.database.query(`select from sso_domain where name = 'evil.example'`);
  expect(rows).toEqual([]);
});
