import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { invite, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const tooMany = { code: Code.ResourceExhausted, reason: 'DAILY_LIMIT' };

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

test('a person creates ten organizations a day, also when all are asked for at once', async () => {
  const organizations = cast.mallory.client(OrganizationService);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 14 }, (_, i) => organizations.createOrganization({ name: `Shell ${i}` })),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  const refused = await refusalOf(organizations.createOrganization({ name: 'One more' }));
  expect(refused).toMatchObject(tooMany);
  expect(refused.retryAfterSeconds).toBeGreaterThan(23 * 3600);
});

test('an address is invited and withdrawn five times a day, and gets as many mails', async () => {
  const email = 'victim@example.com';
  for (let i = 0; i < 5; i += 1) {
    const { id: userId } = await invite(cast.alice, { email });
    await members(cast.alice).revokeInvite({ userId });
  }
  expect(await refusalOf(invite(cast.alice, { email }))).toMatchObject(tooMany);
  await eventually('the mails', async () => (await mailsTo(s, email)).length === 5);
  await invite(cast.mallory, { email });
});
