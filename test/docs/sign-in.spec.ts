import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

const page = Page.open('docs/sign-in.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page);
});
afterAll(() => reader?.stop());

test('code, mail, tokens, who am I, new tokens', async () => {
  expect(JSON.parse(await reader.type('RequestSignInCode'))).toEqual({ state: expect.any(String) });
  await eventually('the mail', async () => {
    await reader.type('/dev/mailbox');
    return /^\d{6}$/.test(await reader.shell.run('echo $CODE'));
  });
  await reader.type('VerifySignInCode');
  expect(JSON.parse(await reader.type('WhoAmI'))).toMatchObject({ email: 'admin@acme.example' });
  expect(JSON.parse(await reader.type('RefreshToken'))).toHaveProperty('tokens.accessToken');
});

test('nothing that it shows is run by nobody', () => {
  expect(page.untaken).toEqual([]);
});
