import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { WebhookCall_Outcome as Outcome } from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { addRecipient } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { postOf, postsOf, remindAndPost, setWebhook } from '../support/organization-webhook.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { ask, startWorkflow, wait } from '../support/workflows.js';
import { WorkerProcesses } from './worker-process.js';

// Longer than all the waits together.
jest.setTimeout(240_000);

let s: TestServer;
let cast: Cast;
let receiver: WebhookReceiver;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api', OUTBOUND_ALLOWED_HOSTS: receiver.host } });
  cast = await seedCast(s);
  await setWebhook(cast.alice, receiver.url);
});
beforeEach(() => {
  receiver.received.length = 0;
});
afterEach(() => workers.killAll());
afterAll(async () => {
  await s?.stop();
  await receiver.stop();
});

const startWorker = () => workers.start({ OUTBOUND_ALLOWED_HOSTS: receiver.host });

const reminding = (people: readonly Actor[]) =>
  startWorkflow(
    cast.max,
    people.map(({ userId }) => userId),
    [ask('send', 'remind'), remindAndPost('remind', 'wait'), wait('wait', 'end')],
  );

/** What a worker has taken is due again after fifteen seconds, and what has failed after a pause: not in a spec. */
async function hurryPosts(): Promise<void> {
  await workers.declareSilentDead();
  await workers.hurry();
  await s.database.query(
    'update webhook_call set next_attempt_at = now() where user_id is not null and next_attempt_at > now()',
  );
  await s.database.query(
    `update graphile_worker._private_jobs set run_at = now()
      where locked_at is null and run_at > now()
        and task_id = (select id from graphile_worker._private_tasks where identifier = 'webhook.post')`,
  );
}

test('a worker that is killed before the answer leaves an attempt that another one ends, and repeats under the same id', async () => {
  receiver.answer(() => undefined);
  const campaignId = await reminding([cast.erin]);
  const first = startWorker();
  await eventually('a post arrives', () => Promise.resolve(receiver.received.length === 1), 60_000);
  await first.kill();
  await workers.declareDead();
  receiver.answer((response) => void response.writeHead(204).end());
  startWorker();
  const [post] = await eventually(
    'the post has ended',
    async () => {
      await hurryPosts();
      const posts = await postsOf(cast.max, campaignId);
      return posts[0]?.call.outcome === Outcome.COMPLETED && posts;
    },
    60_000,
  );
  expect(post?.attempts).toMatchObject([
    { number: 1, status: 0, error: expect.stringMatching(/^interrupted/) },
    { number: 2, status: 204, error: '' },
  ]);
  const [one, two] = receiver.received;
  expect(two?.headers['webhook-id']).toBe(one?.headers['webhook-id']);
  expect(two?.body).toBe(one?.body);
});

test('workers that are killed again and again post every member, each under one id', async () => {
  const people = await Promise.all(
    Array.from({ length: 60 }, (_, index) => addRecipient(s, cast.acme, `member-${index}`)),
  );
  receiver.answer((response) => void setTimeout(() => response.writeHead(204).end(), 20));
  const campaignId = await reminding(people);
  for (const until of [5, 20, 40]) {
    const worker = startWorker();
    await eventually(
      `${until} posts arrive`,
      async () => {
        await hurryPosts();
        return receiver.received.length >= until;
      },
      60_000,
    );
    await worker.kill();
    await workers.declareDead();
  }
  startWorker();
  await eventually(
    'all posts have ended',
    async () => {
      await hurryPosts();
      const [open] = await s.database.query<{ count: number }>(
        'select count(*)::int as count from webhook_call where campaign_id = $1 and outcome is distinct from 1',
        [campaignId],
      );
      return open?.count === 0;
    },
    60_000,
  );
  const [written] = await s.database.query<{ count: number }>(
    'select count(*)::int as count from webhook_call where campaign_id = $1',
    [campaignId],
  );
  expect(written?.count).toBe(60);
  const idsOf = new Map<string, Set<unknown>>();
  for (const request of receiver.received) {
    const { user_id: userId } = postOf(request);
    idsOf.set(userId, (idsOf.get(userId) ?? new Set()).add(request.headers['webhook-id']));
  }
  expect(new Set(idsOf.keys())).toEqual(new Set(people.map(({ userId }) => userId)));
  expect([...idsOf.values()].every(({ size }) => size === 1)).toBe(true);
});
