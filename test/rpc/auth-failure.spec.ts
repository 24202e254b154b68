import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuthService, type TokenPair } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { refusalOf } from '../support/refusal.js';
import { codeFor } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer();
});
afterAll(() => s.stop());

const auth = (tokens?: TokenPair) =>
  s.client(AuthService, tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {});

/** Makes every question about memberships fail while `work` runs. */
async function withoutOrganizations<T>(work: () => Promise<T>): Promise<T> {
  await s.database.query('alter table organization rename to organization_away');
  try {
    return await work();
  } finally {
    await s.database.query('alter table organization_away rename to organization');
  }
}

describe('when the database fails half-way', () => {
  test('a refresh token is good for the next attempt', async () => {
    const email = 'ann@example.com';
    const { tokens } = await auth().verifySignInCode({ email, code: await codeFor(s, email) });
    const again = () => auth().refreshToken({ refreshToken: tokens?.refreshToken });
    const failed = await withoutOrganizations(() => refusalOf(again()));
    expect(failed.code).toBe(Code.Internal);
    await auth((await again()).tokens).whoAmI({});
  });

  test('a code is good for the next attempt', async () => {
    const email = 'ben@example.com';
    const code = await codeFor(s, email);
    const failed = await withoutOrganizations(() => refusalOf(auth().verifySignInCode({ email, code })));
    expect(failed.code).toBe(Code.Internal);
    const { tokens } = await auth().verifySignInCode({ email, code });
    expect((await auth(tokens).listSessions({})).sessions).toHaveLength(1);
  });
});
