import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { migrate } from '../../src/platform/database/migrate.js';
import { organizationPermissions } from '../../src/platform/access/index.js';
import { untilStatus } from '../support/campaigns.js';
import { type Actor, addApiKey, addSession } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge, tally } from '../support/follow-ups.js';
import { findPreviousRelease, noPreviousRelease } from '../support/previous-release.js';
import { testMasterKey } from '../support/template-database.js';
import { emptyDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { restoreSnapshot } from './database-snapshot.js';
import {
  beginCampaigns,
  RECEIVER,
  RECIPIENTS,
  ROUNDS,
  type RunningCampaigns,
  writeCampaigns,
} from './running-campaigns.js';

// The database of the previous release. CAMPAIGNS=write has that release make it again: scripts/previous-release.sh.
const file = new URL('running-campaigns.json', import.meta.url);

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;

let database: TestDatabase;
let receiver: WebhookReceiver;
let s: TestServer;
let begun: RunningCampaigns;
let reader: Actor;

async function rewrite(): Promise<void> {
  const program = findPreviousRelease();
  if (!program) throw new Error(noPreviousRelease);
  const empty = await emptyDatabase();
  await writeCampaigns(file, await beginCampaigns(program, empty));
  await empty.drop();
}

beforeAll(async () => {
  if (process.env['CAMPAIGNS'] === 'write') await rewrite();
  receiver = await startWebhookReceiver();
  // Here a receiver listens.
  begun = JSON.parse((await readFile(file, 'utf8')).replaceAll(RECEIVER, receiver.host)) as RunningCampaigns;
  database = await emptyDatabase();
  await restoreSnapshot(database.ownerUrl, begun.database);
  await migrate({ ownerUrl: database.ownerUrl, masterKey: testMasterKey }, pino({ level: 'silent' }));
});
afterAll(async () => {
  await s?.stop();
  await receiver?.stop();
  await database?.drop();
});

async function recipient(userId: string | undefined): Promise<Actor> {
  const [member] = await database.query<{ identityId: string; email: string }>(
    'select identity_id as "identityId", email from member where id = $1',
    [userId],
  );
  if (!member || !userId) throw new Error('The snapshot has no such member.');
  return addSession(s, { orgId: begun.organizationId, userId, ...member });
}

async function rowsOf(campaignId: string): Promise<{ step: string; round: number; rows: number }[]> {
  return database.query(
    `select step_id as step, round, count(*)::int as rows from delivery where campaign_id = $1 group by 1, 2 order by 1 desc, 2`,
    [campaignId],
  );
}

const sent = { step: 'send', round: 0, rows: RECIPIENTS };

describe('campaigns that the previous release was in the middle of', () => {
  test('stand where they stood after the upgrade, until a server starts', async () => {
    const { waiting, escalating, calling, unsent } = begun.campaigns;
    const runs = await database.query(
      `select campaign_id as id, step_id as step, round, engine_version as version,
              round(extract(epoch from wake_at - now()) / 3600)::int as hours from campaign_run`,
    );
    expect(runs).toHaveLength(4);
    expect(runs).toContainEqual({ id: waiting, step: 'wait', round: 0, version: 1, hours: 72 });
    expect(runs).toContainEqual({ id: escalating, step: 'up', round: 1, version: 1, hours: 1 });
    expect(runs).toContainEqual({ id: calling, step: 'call', round: 0, version: 1, hours: null });
    expect(runs).toContainEqual({ id: unsent, step: 'send', round: 0, version: 1, hours: null });
    expect(await rowsOf(waiting)).toEqual([sent]);
    expect(await rowsOf(unsent)).toEqual([]);
  });

  test('go on: what was due is done, once, and what waits waits', async () => {
    s = await startTestServer({ database, env: { OUTBOUND_ALLOWED_HOSTS: receiver.host } });
    reader = await addApiKey(s, { id: begun.organizationId, roles: noRoles }, organizationPermissions);
    const { waiting, escalating, calling, unsent } = begun.campaigns;
    await eventually('the unsent messages are sent', async () => (await rowsOf(unsent)).length > 0);
    await untilStatus(reader, calling, CampaignStatus.COMPLETED);
    const [call] = await database.query<{ id: string; attempts: number }>(
      'select id, attempts from webhook_call where campaign_id = $1',
      [calling],
    );
    expect(call?.attempts).toBeGreaterThan(1);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${call?.id}`]);
    for (const campaignId of [waiting, calling, unsent]) expect(await rowsOf(campaignId)).toEqual([sent]);
    expect(await rowsOf(escalating)).toEqual([{ step: 'up', round: 0, rows: RECIPIENTS }, sent]);
    const person = await recipient(begun.recipients[0]);
    for (const campaignId of [waiting, escalating]) await acknowledge(person, campaignId);
  });

  test('take up their timers, and end as their graphs prescribe', async () => {
    const { waiting, escalating, unsent } = begun.campaigns;
    for (let round = 1; round < ROUNDS; round += 1) {
      await s.travel(HOUR_MS);
      await eventually(`round ${round} is told`, async () => {
        const told = await rowsOf(escalating);
        return told.some((rows) => rows.round === round && rows.rows === RECIPIENTS - 1);
      });
    }
    await untilStatus(reader, escalating, CampaignStatus.COMPLETED);
    expect((await reader.client(CampaignService).getCampaign({ campaignId: waiting })).campaign?.status).toBe(
      CampaignStatus.RUNNING,
    );
    await s.travel(70 * HOUR_MS);
    for (const campaignId of [waiting, unsent]) {
      await untilStatus(reader, campaignId, CampaignStatus.COMPLETED);
      expect(await rowsOf(campaignId)).toEqual([sent]);
    }
    expect(await tally(s, unsent)).toEqual({ MISSED: RECIPIENTS });
    for (const campaignId of [waiting, escalating])
      expect(await tally(s, campaignId)).toEqual({ ACKNOWLEDGED: 1, MISSED: RECIPIENTS - 1 });
  });
});

/** The key needs none. */
const noRoles = { super_admin: '', admin: '', manager: '', employee: '' };
