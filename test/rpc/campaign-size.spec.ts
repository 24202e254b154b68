import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { createTemplate, workflow } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
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

test('an audience of a hundred thousand is frozen from one request, in its order', async () => {
  const { acme, max } = cast;
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
  const userIds = rows.map(({ id }) => id);
  const { campaign } = await max.client(CampaignService).createCampaign({
    name: 'To everybody',
    templateId: await createTemplate(max),
    userIds,
    workflow,
  });
  expect(campaign).toMatchObject({ currentAudienceSize: AUDIENCE });
  const [frozen] = await s.database.query<{ inOrder: boolean }>(
    `select array_agg(user_id order by position) = $2::uuid[] as "inOrder"
       from campaign_audience_member where campaign_id = $1`,
    [campaign?.id, userIds],
  );
  expect(frozen).toEqual({ inOrder: true });
});
