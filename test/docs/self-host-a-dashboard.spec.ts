import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

const page = Page.open('docs/how-to/self-host-a-dashboard.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page);
});
afterAll(() => reader?.stop());

test('providers, link, mail, tokens, who am I, new tokens', async () => {
  expect(JSON.parse(await reader.type('GetAuthConfig'))).not.toHaveProperty('providers.0');
  expect(JSON.parse(await reader.type('RequestMagicLink'))).toEqual({});
  const fetchToken = page.take('/dev/mailbox', 'sh');
  await eventually('the mail', async () => {
    await reader.shell.run(reader.here(fetchToken));
    return /^[\w-]{43}$/.test(await reader.shell.run('echo $TOKEN'));
  });
  await reader.type('CompleteMagicLink');
  expect(JSON.parse(await reader.type('GetMe'))).toMatchObject({
    email: 'ada@example.com',
    emailVerified: true,
  });
  expect(JSON.parse(await reader.type('RefreshSession'))).toHaveProperty('token');
  const projects = await reader.server.database.query<{ zone: string; family: string }>(
    `select p.zone, k.family from member m join project p on p.org_id = m.org_id
       join project_key k on k.project_id = p.id where m.email = 'ada@example.com'`,
  );
  expect(projects).toEqual([{ zone: 'Europe/Stockholm', family: 'public' }]);
});

test('every command that it shows is run', () => {
  expect(page.untaken).toEqual([]);
});
