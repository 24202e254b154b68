// People, organizations, projects and keys.
import { linkTo, open, person, settle, shoot } from './stage.mjs';
import { eventsBefore, people } from './visitors.mjs';

const password = 'correct horse battery';

export async function signIn(stage, user, email) {
  stage.recording.begin(`${email} signs in by a mailed link`);
  const { tab } = user;
  await open(user, '/');
  await tab.fill('input[type=email]', email);
  await tab.click('button[type=submit]');
  await tab.getByText('Check your inbox').waitFor();
  const token = await linkTo(stage, email);
  await open(user, `/magic-link?token=${token}`);
  await tab.waitForURL(/\/p\/[^/]+\/overview/);
  user.project = /\/p\/([^/]+)/.exec(tab.url())[1];
  await settle(tab);
  await shoot(stage, user, 'signed-in');
}

export async function project(stage, user) {
  const { recording, server, recordedAt } = stage;
  const { tab } = user;
  recording.begin('A project is made, named, and takes events');
  await tab.locator('[data-sidebar=header] button').first().click();
  await tab.getByRole('button', { name: 'New project' }).click();
  await tab.getByPlaceholder('Project name').fill('Shop');
  await tab.getByRole('button', { name: 'Create', exact: true }).click();
  await tab.waitForURL((url) => !url.pathname.includes(user.project));
  user.project = /\/p\/([^/]+)/.exec(tab.url())[1];
  await settle(tab);
  await shoot(stage, user, 'new-project');
  await open(user, `/p/${user.project}/settings/general`);
  await tab.fill('#project-name', 'Web shop');
  await tab.getByRole('button', { name: 'Save' }).click();
  await tab.getByText('Saved').waitFor();
  await open(user, `/p/${user.project}/settings/api-keys`);
  const key = await tab.locator('button', { hasText: /^pub_/ }).innerText();
  recording.act('visitors', { key }, {});
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  const events = eventsBefore(recordedAt);
  await post(server, 'sdk.events.v1.EventsService/BatchCreate', headers, { events });
  for (const one of people()) await post(server, 'sdk.profiles.v1.ProfilesSDKService/Identify', headers, one);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
}

async function post(server, rpc, headers, body) {
  const answer = await fetch(`${server}/${rpc}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${rpc} ${answer.status} ${await answer.text()}`);
}

export async function keys(stage, user) {
  const { tab } = user;
  stage.recording.begin('Keys are made and revoked');
  await open(user, `/p/${user.project}/settings/api-keys`);
  for (const kind of ['Public', 'Private']) {
    await tab
      .getByRole('button', { name: /^(?:New|Create|Add) .*key/i })
      .first()
      .click();
    await tab.getByPlaceholder('Key name (optional)').fill(`${kind} key`);
    if (kind === 'Private') {
      await tab.getByRole('combobox').click();
      await tab.getByRole('option', { name: /Private/ }).click();
    }
    await tab.getByRole('button', { name: 'Create key', exact: true }).click();
    await settle(tab);
    await shoot(stage, user, `key-${kind}`);
  }
  const row = tab.locator('tr', { hasText: 'Public key' });
  await row.hover();
  await row.getByLabel(/Revoke/).click();
  await row.getByText('Revoke?').click();
  await settle(tab);
  await shoot(stage, user, 'key-revoked');
}

async function inviteTo(stage, user, email, role) {
  const { tab } = user;
  await tab.getByRole('button', { name: 'Invite member' }).click();
  const field = tab.getByPlaceholder('colleague@company.com');
  await field.fill(email);
  if (role) {
    await tab.locator('div', { has: field }).last().getByRole('combobox').click();
    await tab.getByRole('option', { name: role, exact: true }).click();
  }
  await field.press('Enter');
  await tab.getByText(email).waitFor();
  await settle(tab);
}

export async function invite(stage, user) {
  const { tab } = user;
  const { recording } = stage;
  const { bob, carl, demo } = stage.addresses;
  recording.begin('People are invited, again, and no longer');
  await open(user, `/p/${user.project}/members`);
  await inviteTo(stage, user, bob);
  await inviteTo(stage, user, carl, 'Admin');
  await inviteTo(stage, user, demo, 'Viewer');
  await shoot(stage, user, 'invited');
  const row = (email) => tab.locator('.group', { hasText: email }).last();
  await row(bob).hover();
  await row(bob)
    .getByTitle(/Resend/)
    .click();
  await tab.getByText('Invitation resent').waitFor();
  await row(carl).hover();
  await row(carl).getByTitle('Revoke invitation').click();
  await row(carl).getByText('Revoke?').click();
  await tab.getByText('Invitation revoked').waitFor();
  await shoot(stage, user, 'invitation-revoked');

  recording.begin('The invited person follows the mailed link');
  const second = await person(stage);
  await open(second, `/magic-link?token=${await linkTo(stage, bob, 2)}`);
  await second.tab.waitForURL(/\/p\/[^/]+\/overview/);
  await settle(second.tab);
  await shoot(stage, second, 'bob');
  second.project = /\/p\/([^/]+)/.exec(second.tab.url())[1];

  recording.begin('The new member may read, and not manage');
  for (const path of ['members', 'settings/general', 'settings/api-keys', 'settings/usage', 'dashboards']) {
    await open(second, `/p/${user.project}/${path}`);
    await shoot(stage, second, `bob-${path.replaceAll('/', '-')}`);
  }

  recording.begin('Roles of a member are changed');
  await open(user, `/p/${user.project}/members`);
  for (const role of ['Admin', 'Viewer']) {
    await row(bob).getByRole('combobox').click();
    await tab.getByRole('option', { name: role, exact: true }).click();
    await settle(tab);
  }
  await shoot(stage, user, 'roles');
  recording.begin('A viewer sees boards');
  await open(second, `/p/${user.project}/overview`);
  await open(second, `/p/${user.project}/dashboards/${user.board}`);
  await shoot(stage, second, 'viewer-board');
  recording.begin('A member is removed');
  await row(bob).hover();
  await row(bob).getByRole('button').last().click();
  await tab.getByText('Remove?').click();
  await settle(tab);
  await open(second, '/');
  await shoot(stage, second, 'removed');
}

export async function comeAndGo(stage, user) {
  const { addresses, recording } = stage;
  recording.begin('A person is invited, and leaves');
  await open(user, `/p/${user.project}/members`);
  await inviteTo(stage, user, addresses.demo, 'Viewer');
  await inviteTo(stage, user, addresses.bob);
  const second = await person(stage);
  await open(second, `/magic-link?token=${await linkTo(stage, addresses.bob)}`);
  await second.tab.waitForURL(/\/p\/[^/]+\/overview/);
  await settle(second.tab);
  await leave(second);
  await shoot(stage, second, 'left');
  await second.context.close();
}

async function leave(user) {
  const { tab } = user;
  const [, project] = /\/p\/([^/]+)/.exec(tab.url());
  await open(user, `/p/${project}/settings/organization`);
  await tab.getByRole('button', { name: 'Leave organization' }).click();
  await tab.getByRole('button', { name: 'Confirm', exact: true }).click();
  await settle(tab);
}

export async function passwords(stage, user) {
  const { tab } = user;
  stage.recording.begin('A password is set');
  await open(user, `/p/${user.project}/settings/account`);
  await tab.fill('#new-password', password);
  await tab.fill('#confirm-password', password);
  await tab.getByRole('button', { name: 'Set password' }).click();
  await settle(tab);
  await shoot(stage, user, 'password-set');
  stage.recording.begin('A person signs out, and in by the password');
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByText('Sign in with password').click();
  for (const typed of ['not the password', password]) {
    await tab.fill('#email', stage.addresses.ada);
    await tab.fill('#password', typed);
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
    await settle(tab);
    await shoot(stage, user, `password-${typed === password ? 'right' : 'wrong'}`);
  }
}

export async function sessions(stage, user) {
  const { tab } = user;
  stage.recording.begin('An access token that is refused is refreshed');
  await tab.evaluate(`for (const [name, value] of Object.entries(localStorage))
    if (/^"ey/.test(value)) localStorage.setItem(name, value.replace(/"$/, 'x"'))`);
  await open(user, `/p/${user.project}/members`);
  await shoot(stage, user, 'refreshed');
  stage.recording.begin('A token that has expired is refreshed before it is sent');
  const later = await tab.context().newPage();
  await later.clock.setFixedTime(new Date(Date.now() + 16 * 60_000));
  await open({ tab: later, origin: user.origin }, `/p/${user.project}/members`);
  await later.close();
}

export async function organizations(stage, user) {
  const { tab } = user;
  stage.recording.begin('Organizations are named, made and left');
  await open(user, `/p/${user.project}/settings/organization`);
  await tab.getByLabel('Rename organization').click();
  await tab.getByLabel('Organization name').fill('Shop AB');
  await tab.getByLabel('Organization name').press('Enter');
  await settle(tab);
  await tab.getByRole('button', { name: 'New organization' }).click();
  await tab.getByPlaceholder('New organization name').fill('Second shop');
  await tab.getByPlaceholder('New organization name').press('Enter');
  await settle(tab);
  await shoot(stage, user, 'second-organization');
  // Its only admin stays.
  await leave(user);
  await shoot(stage, user, 'not-left');
  await open(user, '/');
  await shoot(stage, user, 'second-organization-again');
}

export async function demoSession(stage) {
  stage.recording.begin('The demo account only reads');
  const account = await person(stage);
  await open(account, `/magic-link?token=${await linkTo(stage, stage.addresses.demo)}`);
  await settle(account.tab);
  await shoot(stage, account, 'demo-account');
  await account.context.close();
  const visitor = await person(stage);
  await open(visitor, '/demo');
  await settle(visitor.tab);
  await shoot(stage, visitor, 'demo');
  await visitor.tab.getByRole('button', { name: /Sign up free/ }).click();
  await settle(visitor.tab);
  await visitor.context.close();
}
