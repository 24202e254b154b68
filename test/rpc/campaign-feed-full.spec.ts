import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { addEmployees } from '../fault/fan-out.js';
import { addRecipient, runningCampaign, untilStatus } from '../support/campaigns.js';
import { campaignEvents, fed, feeds, ledgerOf, tallyOf } from '../support/campaign-feed.js';
import { addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge } from '../support/follow-ups.js';
import { newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWorkflow, tell } from '../support/workflows.js';

jest.setTimeout(120_000);

const LARGE = 20_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { INGEST_QUEUE_MEGABYTES: '1' } });
  cast = await seedCast(s);
  await feeds(cast.alice).setCampaignFeed({ enabled: true, projectId: cast.site.id });
});
afterAll(() => s?.stop());

const waiting = async () => (await feeds(cast.alice).getCampaignFeed({})).feed?.waitingEvents;

test('events wait while the queue is full, and none is lost', async () => {
  // Only a newer server drains this layout.
  await s.database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
     values ($1, gen_random_uuid(), $2, now(), 1, 1, '{}', 999, $3)`,
    [cast.acme.id, cast.site.number, randomBytes(2 * 1024 * 1024)],
  );
  const ada = await addRecipient(s, cast.acme, 'ada');
  const campaignId = await runningCampaign(cast.max, [ada.userId]);
  await acknowledge(ada, campaignId);
  await eventually('the worker says that they wait', async () =>
    s.logLines().some(({ msg }) => msg === 'events of campaigns wait'),
  );
  expect(await waiting()).toBe(3n);
  expect(await campaignEvents(s, cast.site)).toEqual([]);

  await s.database.query('delete from ingest_batch where layout = 999');
  await fed(s);
  expect(await waiting()).toBe(0n);
  const tally = tallyOf(await campaignEvents(s, cast.site), campaignId);
  expect(tally).toEqual({ campaign_sent: 1, campaign_delivered: 1, campaign_acknowledged: 1 });
  expect(tally).toEqual(await ledgerOf(s, campaignId));
});

test('those of a large campaign are moved although the database has no statistics of it yet', async () => {
  for (const table of ['delivery', 'member', 'delivery_event'])
    await s.database.query(`alter table ${table} set (autovacuum_enabled = false)`);
  const recipients = await addEmployees(s, cast.acme, LARGE);
  const campaignId = await startWorkflow(cast.max, recipients, [tell]);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  await fed(s);
  expect(tallyOf(await campaignEvents(s, cast.site), campaignId)).toEqual({ campaign_sent: LARGE });
});

test('a sandbox has no feed', async () => {
  const box = await addOrganization(s, 'Box');
  const admin = await addMember(s, box, { email: newEmail(), role: 'super_admin' });
  await s.database.query('update organization set org_type = 2 where id = $1', [box.id]);
  expect(await refusalOf(feeds(admin).setCampaignFeed({ enabled: true }))).toMatchObject({
    reason: 'CAMPAIGN_FEED_IN_SANDBOX',
  });
});
