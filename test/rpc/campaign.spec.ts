import { randomUUID } from 'node:crypto';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import {
  addRecipient,
  createCampaign,
  createTemplate,
  runningCampaign,
  THREE_DAYS_MS,
  untilStatus,
  untilStep,
  workflow,
} from '../support/campaigns.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let cast: Cast;
let ada: Actor;
let bob: Actor;
let templateId: string;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
  ada = await addRecipient(server, cast.acme, 'ada');
  bob = await addRecipient(server, cast.acme, 'bob');
  templateId = await createTemplate(cast.max);
});
afterAll(() => server.stop());

async function refused(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ConnectError) return error;
  throw new Error('The call was not refused.', { cause: error });
}

function violatedFields(error: ConnectError): string[] {
  return error
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field));
}

const campaigns = (actor: Actor) => actor.client(CampaignService);
const draft = () => ({ name: 'Campaign', templateId, workflow });

describe('refuses', () => {
  test('every call on a campaign of another organization, as if it did not exist', async () => {
    const campaignId = await createCampaign(cast.max, [ada.userId]);
    const mallory = campaigns(cast.mallory);
    const calls = [
      () => mallory.getCampaign({ campaignId }),
      () => mallory.startCampaign({ campaignId }),
      () => mallory.cancelCampaign({ campaignId }),
      () => mallory.updateCampaign({ campaignId, name: 'mine' }),
      () => mallory.getCampaignAudience({ campaignId }),
      () => mallory.listDeliveries({ campaignId }),
    ];
    for (const call of calls) expect((await refused(call())).code).toBe(Code.NotFound);
  });

  test('a template of another organization', async () => {
    const foreign = await createTemplate(cast.mallory);
    expect(
      (await refused(campaigns(cast.max).createCampaign({ ...draft(), templateId: foreign }))).code,
    ).toBe(Code.NotFound);
  });

  test('people of another organization and unknown people in the audience, by position', async () => {
    const userIds = [ada.userId, cast.mallory.userId, bob.userId, randomUUID()];
    const byId = await refused(campaigns(cast.max).createCampaign({ ...draft(), userIds }));
    expect(byId.code).toBe(Code.InvalidArgument);
    expect(violatedFields(byId)).toEqual(['user_ids[1]', 'user_ids[3]']);
    const audience = userIds.map((userId) => ({ userId }));
    const byMember = await refused(campaigns(cast.max).createCampaign({ ...draft(), audience }));
    expect(violatedFields(byMember)).toEqual(['audience[1].user_id', 'audience[3].user_id']);
  });

  test('an audience with several kinds of bad entries, naming all of them at once', async () => {
    const audience = [
      { userId: randomUUID() },
      { userId: 'ada' },
      { userId: ada.userId, variables: { ['k'.repeat(101)]: '', fine: '', long: 'v'.repeat(10_001) } },
      { userId: bob.userId },
      { userId: cast.mallory.userId },
    ];
    const error = await refused(campaigns(cast.max).createCampaign({ ...draft(), audience }));
    expect(violatedFields(error)).toEqual([
      'audience[0].user_id',
      'audience[1].user_id',
      `audience[2].variables["${'k'.repeat(100)}"]`,
      'audience[2].variables["long"]',
      'audience[4].user_id',
    ]);
    const userIds = ['ada', ada.userId, randomUUID()];
    const byId = await refused(campaigns(cast.max).createCampaign({ ...draft(), userIds }));
    expect(violatedFields(byId)).toEqual(['user_ids[0]', 'user_ids[2]']);
  });

  test('an id that is none, naming where it stands', async () => {
    const error = await refused(
      campaigns(cast.max).createCampaign({ ...draft(), userIds: [ada.userId, 'ada'] }),
    );
    expect(violatedFields(error)).toEqual(['user_ids[1]']);
  });

  test('a campaign without a workflow, with a circle in it, or with a step that leads nowhere', async () => {
    const [send] = workflow.steps;
    const circle = { steps: [{ ...send, transitions: { completed: 'send' } }] };
    const nowhere = { steps: [{ ...send, transitions: { completed: 'gone' } }] };
    for (const bad of [undefined, { steps: [] }, circle, nowhere]) {
      const error = await refused(campaigns(cast.max).createCampaign({ ...draft(), workflow: bad }));
      expect(error.code).toBe(Code.InvalidArgument);
      expect(violatedFields(error)[0]).toMatch(/^workflow/);
    }
  });

  test('steps that name templates which are not there, naming all of them at once', async () => {
    const foreign = await createTemplate(cast.mallory);
    const [send, ...rest] = workflow.steps;
    const naming = (id: string, templateId: string, next: string) => ({
      id,
      type: send!.type,
      config: { case: 'sendNotification' as const, value: { type: 'push', templateId } },
      transitions: { completed: next },
    });
    const steps = [naming('a', foreign, 'b'), naming('b', randomUUID(), 'send'), send!, ...rest];
    const error = await refused(campaigns(cast.max).createCampaign({ ...draft(), workflow: { steps } }));
    expect(violatedFields(error)).toEqual(
      [0, 1].map((index) => `workflow.steps[${index}].send_notification.template_id`),
    );
  });

  test('a workflow that would not do what it says, with the field, when created and when changed', async () => {
    const [send, wait, missed] = workflow.steps;
    const only = (...steps: object[]) => ({ steps: steps.map((step) => ({ ...step, transitions: {} })) });
    const refusals: [object, string[]][] = [
      [
        { steps: [{ ...send, transitions: { complete: 'wait' } }, wait, missed] },
        ['steps[0].transitions["complete"]'],
      ],
      [only(send!, wait!, missed!), ['steps[1]', 'steps[2]']],
      [only(send!), ['steps[0].send_notification.action_type']],
      [only(missed!), ['steps']],
    ];
    const campaignId = await createCampaign(cast.max, [ada.userId]);
    for (const [bad, expected] of refusals) {
      const fields = expected.map((path) => `workflow.${path}`);
      const created = await refused(campaigns(cast.max).createCampaign({ ...draft(), workflow: bad }));
      expect([created.code, violatedFields(created)]).toEqual([Code.InvalidArgument, fields]);
      const changed = await refused(campaigns(cast.max).updateCampaign({ campaignId, workflow: bad }));
      expect([changed.code, violatedFields(changed)]).toEqual([Code.InvalidArgument, fields]);
    }
  });

  test('more recipients than the limit', async () => {
    const userIds = Array.from({ length: 100_001 }, () => ada.userId);
    expect((await refused(campaigns(cast.max).createCampaign({ ...draft(), userIds }))).code).toBe(
      Code.InvalidArgument,
    );
  });

  test('changes, a second start and a second cancellation once it has been started and cancelled', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    expect((await refused(campaigns(cast.max).updateCampaign({ campaignId, name: 'x' }))).code).toBe(
      Code.FailedPrecondition,
    );
    expect((await refused(campaigns(cast.max).startCampaign({ campaignId }))).code).toBe(
      Code.FailedPrecondition,
    );
    await campaigns(cast.max).cancelCampaign({ campaignId });
    expect((await refused(campaigns(cast.max).cancelCampaign({ campaignId }))).code).toBe(
      Code.FailedPrecondition,
    );
    expect((await refused(campaigns(cast.max).startCampaign({ campaignId }))).code).toBe(
      Code.FailedPrecondition,
    );
  });

  test('page tokens of another list, another campaign or another organization', async () => {
    const first = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const second = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const page = await campaigns(cast.max).listDeliveries({ campaignId: first, pagination: { pageSize: 1 } });
    const pageToken = page.pagination?.nextPageToken ?? '';
    expect(pageToken).not.toBe('');
    const elsewhere = [
      () => campaigns(cast.max).listDeliveries({ campaignId: second, pagination: { pageToken } }),
      () => campaigns(cast.max).listCampaigns({ pagination: { pageToken } }),
      () =>
        campaigns(cast.max).listDeliveries({ campaignId: first, statusFilter: 2, pagination: { pageToken } }),
      () =>
        campaigns(cast.max).listDeliveries({ campaignId: first, pagination: { pageToken: `${pageToken}x` } }),
    ];
    for (const call of elsewhere) expect((await refused(call())).code).toBe(Code.InvalidArgument);
  });
});

describe('a run', () => {
  test('starts once, however many start it at once', async () => {
    const campaignId = await createCampaign(cast.max, [ada.userId, bob.userId]);
    const starts = await Promise.allSettled(
      Array.from({ length: 8 }, () => campaigns(cast.max).startCampaign({ campaignId })),
    );
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await untilStep(cast.max, campaignId, 'wait');
    const { deliveries } = await campaigns(cast.max).listDeliveries({ campaignId });
    expect(new Set(deliveries.map(({ userId }) => userId)).size).toBe(deliveries.length);
    expect(deliveries).toHaveLength(2);
  });

  test('sends the version that was the latest at creation, whatever is edited later', async () => {
    const id = await createTemplate(cast.max, 'First.');
    const { campaign } = await campaigns(cast.max).createCampaign({
      ...draft(),
      templateId: id,
      userIds: [ada.userId],
    });
    await cast.max.client(TemplateService).updateTemplate({ templateId: id, body: 'Second.' });
    await campaigns(cast.max).startCampaign({ campaignId: campaign?.id });
    await untilStep(cast.max, campaign?.id ?? '', 'wait');
    const { entries } = await ada.client(InboxService).sync({ limit: 200 });
    expect(entries.at(-1)?.message?.body).toBe('First.');
  });

  test('gives everyone a row: without a device, and with a required value missing', async () => {
    const id = await cast.max.client(TemplateService).createTemplate({
      name: 't',
      title: 't',
      body: '{{seat}}',
      variables: [{ name: 'seat', source: 2, required: true }],
    });
    const walkIn = await addMember(server, cast.acme, {
      email: `walk-${randomUUID()}@acme.example`,
      role: 'employee',
    });
    const audience = [
      { userId: ada.userId, variables: { seat: '1A' } },
      { userId: walkIn.userId, variables: { seat: '2B' } },
      { userId: bob.userId },
    ];
    const { campaign } = await campaigns(cast.max).createCampaign({
      ...draft(),
      templateId: id.template?.id,
      audience,
    });
    const campaignId = campaign?.id ?? '';
    await campaigns(cast.max).startCampaign({ campaignId });
    await untilStep(cast.max, campaignId, 'wait');
    const { deliveries } = await campaigns(cast.max).listDeliveries({ campaignId });
    const statusOf = (actor: Actor) => deliveries.find(({ userId }) => userId === actor.userId)?.status;
    expect([ada, walkIn, bob].map(statusOf)).toEqual([
      DeliveryStatus.SENT,
      DeliveryStatus.NO_DEVICE,
      DeliveryStatus.FAILED,
    ]);
    const failed = await campaigns(cast.max).listDeliveries({
      campaignId,
      statusFilter: DeliveryStatus.FAILED,
    });
    expect(failed.pagination?.totalCount).toBe(1);
  });

  test('marks as missed whoever was reached and did not act, and completes', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    await server.travel(THREE_DAYS_MS);
    const campaign = await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(campaign).toMatchObject({ totalRecipients: 2, missedCount: 2, actionCompletedCount: 0 });
    expect(campaign.completedAt).toBeDefined();
  });

  test('that is cancelled keeps what was delivered and never goes on', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    const { campaign } = await campaigns(cast.max).cancelCampaign({ campaignId });
    expect(campaign?.status).toBe(CampaignStatus.CANCELLED);
    await server.travel(THREE_DAYS_MS);
    const { deliveries } = await campaigns(cast.max).listDeliveries({ campaignId });
    expect(deliveries.map(({ status }) => status)).toEqual([DeliveryStatus.SENT]);
  });

  test('can be cancelled while it is being sent', async () => {
    const [{ people } = { people: [] }] = await server.database.query<{ people: string[] }>(
      `with identities as (
         insert into identity (id, email, created_at)
         select gen_random_uuid(), 'crowd-' || n || '@acme.example', now() from generate_series(1, 3000) n
         returning id, email
       ), members as (
         insert into member (org_id, id, identity_id, email, status, role_id, created_at, updated_at)
         select $1, gen_random_uuid(), id, email, 2, $2, now(), now() from identities
         returning id
       )
       select array_agg(id) as people from members`,
      [cast.acme.id, cast.acme.roles.employee],
    );
    for (let round = 0; round < 3; round += 1) {
      const campaignId = await createCampaign(cast.max, people);
      await campaigns(cast.max).startCampaign({ campaignId });
      const { campaign } = await campaigns(cast.max).cancelCampaign({ campaignId });
      expect(campaign?.status).toBe(CampaignStatus.CANCELLED);
      const [rows] = await server.database.query<{ deliveries: number; counted: number }>(
        `select (select count(*)::int from delivery where campaign_id = $1) as deliveries,
                (select coalesce(sum(recipients), 0)::int from campaign_counter where campaign_id = $1) as counted`,
        [campaignId],
      );
      expect(rows?.counted).toBe(rows?.deliveries);
    }
  });

  test('writes its history into the trail', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    await campaigns(cast.max).cancelCampaign({ campaignId });
    const trail = await server.database.query<{ event_type: string; actor_id: string }>(
      `select event_type, actor_id from audit_event where org_id = $1 and entity_id = $2 order by created_at, id`,
      [cast.acme.id, campaignId],
    );
    expect(trail).toEqual([
      { event_type: 'CAMPAIGN_CREATED', actor_id: cast.max.userId },
      { event_type: 'CAMPAIGN_STARTED', actor_id: cast.max.userId },
      { event_type: 'MESSAGE_SENT', actor_id: '' },
      { event_type: 'CAMPAIGN_CANCELLED', actor_id: cast.max.userId },
    ]);
  });
});

test('lists campaigns newest first, page by page, each once', async () => {
  const created = [];
  for (let n = 0; n < 5; n += 1) created.push(await createCampaign(cast.alice, []));
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await campaigns(cast.alice).listCampaigns({ pagination: { pageSize: 2, pageToken } });
    seen.push(...page.campaigns.map(({ id }) => id));
    pageToken = page.pagination?.nextPageToken ?? '';
  } while (pageToken);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.slice(0, 5)).toEqual(created.reverse());
});
