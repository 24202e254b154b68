import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Random } from '../fuzz/random.js';
import { campaignEvents, fed, feeds, ledgerOf, tallyOf } from '../support/campaign-feed.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { bringToItsEnd, describeScene, faultsOf, type Scene, staff } from './campaign-faults.js';
import { Chase } from './chase.js';
import { DyingPostgres } from './dying-postgres.js';
import { LossyPostgres } from './lossy-postgres.js';
import { StatementPoints } from './statement-points.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> chooses the same faults again; FAULTS=100 FAULT_RECIPIENTS=5000 is a long run.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const wanted = Number(process.env['FAULTS'] ?? 10);
const recipients = Number(process.env['FAULT_RECIPIENTS'] ?? 300);

jest.setTimeout(300_000 + wanted * 15_000);

let postgres: DyingPostgres;
let network: LossyPostgres;
let points: StatementPoints;
let receiver: WebhookReceiver;
let s: TestServer;
let scene: Scene;
const workers = new WorkerProcesses(() => postgres.database);

beforeAll(async () => {
  postgres = await DyingPostgres.start({});
  network = await LossyPostgres.start(() => postgres.database);
  points = await StatementPoints.start(() => {
    const { DATABASE_URL: ownerUrl = '', DATABASE_APP_URL: appUrl = '' } = network.env;
    return { ...postgres.database, ownerUrl, appUrl };
  });
  receiver = await startWebhookReceiver();
  const allowed = { OUTBOUND_ALLOWED_HOSTS: receiver.host };
  s = await startTestServer({
    database: postgres.database,
    analytics: true,
    env: { ROLE: 'api', ...allowed },
  });
  const random = new Random(seed);
  const chase = await Chase.prepare(s, receiver, recipients);
  chase.answerErratically(random.fork(1));
  const env = { ...points.env, ...allowed, CLICKHOUSE_URL: s.analytics?.url ?? '' };
  const startWorker = (more = {}) => workers.start({ ...env, ...more });
  scene = { random, chase, workers, postgres, network, points, startWorker };
  await feeds(chase.cast.alice).setCampaignFeed({ enabled: true, projectId: chase.cast.site.id });
});
afterAll(async () => {
  await workers.killAll();
  await s?.stop();
  await receiver?.stop();
  await points?.stop();
  await network?.stop();
  await postgres?.remove();
});

async function strike(campaignId: string): Promise<string> {
  const { random, chase } = scene;
  await chase.hurry(campaignId);
  await delay(random.int(0, 500));
  const faults = faultsOf(scene);
  const name = random.pick(Object.keys(faults));
  await faults[name]?.(scene, campaignId);
  await chase.acknowledgeOne(campaignId);
  return name;
}

test(`analytics has what the ledger has, once, although ${wanted} faults happen`, async () => {
  console.log(`FAULT_SEED=${seed} FAULTS=${wanted} FAULT_RECIPIENTS=${recipients}`);
  const happened: string[] = [];
  const campaigns: string[] = [];
  while (happened.length < wanted) {
    const campaignId = await scene.chase.start();
    campaigns.push(campaignId);
    for (let n = 0; n < 5 && happened.length < wanted; n += 1) {
      await staff(scene);
      happened.push(await strike(campaignId));
    }
    try {
      await bringToItsEnd(scene, campaignId);
    } catch (error) {
      console.log(await describeScene(scene, campaignId), happened, (error as Error).cause);
      throw error;
    }
  }
  await fed(s);
  const events = await campaignEvents(s, scene.chase.cast.site);
  for (const campaignId of campaigns) {
    const ledger = await ledgerOf(s, campaignId);
    expect(ledger['campaign_sent']).toBe(recipients);
    expect(tallyOf(events, campaignId)).toEqual(ledger);
  }
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(await s.database.query('select from ingest_dead_letter')).toEqual([]);
  console.log(
    `${happened.length} faults in ${campaigns.length} campaigns, ${events.length} events:`,
    happened,
  );
});
