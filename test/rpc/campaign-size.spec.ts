import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { type Campaign, CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { createTemplate, workflow } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

/** What one request may carry: with ids alone, some 4 MiB. */
const AUDIENCE = 100_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** The crowd. */
let userIds: string[];

beforeAll(async () => {
  const { acme } = cast;
  const rows = await s.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'crowd-' || n || '@acme.example' from generate_series(1, $3::int) n returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Crowd', 2, $2 from person returning id`,
    [acme.id, acme.roles.employee, AUDIENCE],
  );
  // Statistics that were taken in the middle of this know nothing of the crowd, and then a join takes minutes.
  await s.database.query('analyze member');
  userIds = rows.map(({ id }) => id);
});

async function create(audience: string[]): Promise<Campaign | undefined> {
  const { max } = cast;
  const draft = { name: 'To everybody', templateId: await createTemplate(max), userIds: audience, workflow };
  return (await max.client(CampaignService).createCampaign(draft)).campaign;
}

test('strangers are named by their place in the whole, however far behind they stand', async () => {
  const audience = [
    ...userIds.slice(0, 7_000),
    cast.mallory.userId,
    ...userIds.slice(7_000, 12_000),
    randomUUID(),
  ];
  const { code, fields } = await refusalOf(create(audience));
  expect([code, fields]).toEqual([Code.InvalidArgument, ['user_ids[7000]', 'user_ids[12001]']]);
});

test('places stay without gaps when people far apart are left out', async () => {
  const audience = userIds.slice(0, 12_000);
  const restricted = [audience[1], audience[7_000], audience[11_999]];
  const restrict = 'update member set processing_restricted = $2 where id = any($1)';
  await s.database.query(restrict, [restricted, true]);
  const campaign = await create(audience);
  await s.database.query(restrict, [restricted, false]);
  expect(campaign).toMatchObject({ audienceSnapshotSize: 11_997 });
  const [frozen] = await s.database.query(
    `select min(position) as first, max(position) as last from campaign_audience_member where campaign_id = $1`,
    [campaign?.id],
  );
  expect(frozen).toEqual({ first: 1, last: 11_997 });
});

test('an audience of a hundred thousand is frozen from one request, in its order', async () => {
  const campaign = await create(userIds);
  expect(campaign).toMatchObject({ currentAudienceSize: AUDIENCE });
  const [frozen] = await s.database.query<{ inOrder: boolean }>(
    `select array_agg(user_id order by position) = $2::uuid[] as "inOrder"
       from campaign_audience_member where campaign_id = $1`,
    [campaign?.id, userIds],
  );
  expect(frozen).toEqual({ inOrder: true });
});
