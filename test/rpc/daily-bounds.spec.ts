import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { invite, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { mailsTo } from '../support/sign-in.js';
import { Mailer } from '../../src/platform/mail/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
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

describe('an address that strangers have mailed', () => {
  /** As organizations do that know nothing of each other. */
  async function send(to: string, kind: 'code' | 'invitation' | undefined, times: number): Promise<void> {
    const origin = { caller: { kind: 'system' }, requestId: 'bounds' } as const;
    for (let i = 0; i < times; i += 1) {
      await s.server.app
        .get(Scopes, { strict: false })
        .run(origin, (scope) =>
          s.server.app
            .get(Mailer, { strict: false })
            .send(scope, { to, kind, subject: kind ?? 'news', text: kind ?? 'news' }),
        );
    }
  }

  /** Those of invitations leave last. */
  const allHaveLeft = () =>
    eventually('all mails have left', async () => {
      const waiting = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'mail.send'`,
      );
      return waiting.length === 0;
    });

  const received = async (to: string, kind: string) =>
    (await mailsTo(s, to)).filter((body) => body === kind).length;

  test('gets 20 invitations a day, from all organizations together; the next one is dropped silently', async () => {
    const email = 'wanted@example.com';
    await send(email, 'invitation', 20);
    await invite(cast.mallory, { email });
    await send(email, undefined, 1);
    await allHaveLeft();
    expect(await received(email, 'news')).toBe(1);
    expect(await mailsTo(s, email)).toHaveLength(21);
    await s.travel(25 * 3600_000);
    await send(email, 'invitation', 1);
    await allHaveLeft();
    expect(await mailsTo(s, email)).toHaveLength(22);
  });

  test('gets no invitation after 60 codes, but the codes of its owner and the news of security', async () => {
    const email = 'flooded@example.com';
    await send(email, 'code', 61);
    await send(email, 'invitation', 1);
    await send(email, undefined, 1);
    await allHaveLeft();
    expect(await received(email, 'news')).toBe(1);
    expect(await received(email, 'code')).toBe(61);
    expect(await received(email, 'invitation')).toBe(0);
  });
});
