import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Random } from '../fuzz/random.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { bringToItsEnd, describeScene, faultsOf, type Scene, staff } from './campaign-faults.js';
import { Chase } from './chase.js';
import { DyingPostgres } from './dying-postgres.js';
import { JumpingClock } from './jumping-clock.js';
import { LossyPostgres } from './lossy-postgres.js';
import { SmallDisk } from './small-disk.js';
import { StatementPoints } from './statement-points.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> chooses the same faults again; FAULTS=300 FAULT_RECIPIENTS=5000 is a long run;
// FAULT_KINDS=clock chooses the kinds whose names contain that.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const wanted = Number(process.env['FAULTS'] ?? 30);
const recipients = Number(process.env['FAULT_RECIPIENTS'] ?? 1_000);
const kinds = process.env['FAULT_KINDS'] ?? '';
const PATIENCE_MS = 60_000;
/** The disk of PostgreSQL: takes memory for what is written only. */
const DISK_MEBIBYTES = 8_192;

jest.setTimeout(300_000 + wanted * 15_000);

let postgres: DyingPostgres;
let network: LossyPostgres;
let points: StatementPoints;
let receiver: WebhookReceiver;
let s: TestServer;
let scene: Scene;
const clock = await JumpingClock.create();
const disk = await SmallDisk.mount(DISK_MEBIBYTES);
const workers = new WorkerProcesses(() => postgres.database);

if (!clock)
  console.log('skipped: jumps of the database clock; scripts/real-components.sh installs libfaketime');
if (!disk) console.log('skipped: full disks; root on Linux can mount one');

beforeAll(async () => {
  postgres = await DyingPostgres.start({ folder: disk?.folder, clock });
  // What is in memory is to be small.
  await postgres.database.query(`alter system set max_wal_size = '256MB'`);
  await postgres.database.query('select pg_reload_conf()');
  network = await LossyPostgres.start(() => postgres.database);
  points = await StatementPoints.start(() => {
    const { DATABASE_URL: ownerUrl = '', DATABASE_APP_URL: appUrl = '' } = network.env;
    return { ...postgres.database, ownerUrl, appUrl };
  });
  receiver = await startWebhookReceiver();
  s = await startTestServer({
    database: postgres.database,
    env: { ROLE: 'api', OUTBOUND_ALLOWED_HOSTS: receiver.host },
  });
  const random = new Random(seed);
  const chase = await Chase.prepare(s, receiver, recipients);
  chase.answerErratically(random.fork(1));
  const env = { ...points.env, OUTBOUND_ALLOWED_HOSTS: receiver.host };
  const startWorker = (more = {}) => workers.start({ ...env, ...more });
  scene = { random, chase, workers, postgres, network, points, clock, disk, startWorker };
});
afterAll(async () => {
  await workers.killAll();
  await s?.stop();
  await receiver?.stop();
  await points?.stop();
  await network?.stop();
  await postgres?.remove();
  await disk?.unmount();
  await clock?.remove();
});

const happened: string[] = [];

/** One fault, in the middle of the campaign's work where there is some. */
async function strike(campaignId: string): Promise<void> {
  const { random, chase } = scene;
  await eventually(
    'the campaign has something to do',
    async () => {
      await chase.hurry(campaignId);
      return (await chase.hasWork(campaignId)) || chase.isCompleted(campaignId);
    },
    PATIENCE_MS,
  );
  await delay(random.int(0, 300));
  const faults = faultsOf(scene);
  const name = random.pick(Object.keys(faults).filter((kind) => kind.includes(kinds)));
  happened.push(name);
  await faults[name]?.(scene, campaignId);
  if (random.chance(0.3)) await chase.acknowledgeOne(campaignId);
}

function amounts(): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const name of happened.toSorted()) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}

/** Asks until it is told: the server's connections may have been lost. */
async function isOver(campaignId: string): Promise<boolean> {
  const [isCompleted] = await eventually(
    'the server tells how the campaign stands',
    async () => [await scene.chase.isCompleted(campaignId)],
    PATIENCE_MS,
  );
  return isCompleted === true;
}

describe('campaigns of every step type', () => {
  test(`do what their graph prescribes, once, although ${wanted} faults happen`, async () => {
    console.log(`FAULT_SEED=${seed} FAULTS=${wanted} FAULT_RECIPIENTS=${recipients}`);
    let campaigns = 0;
    while (happened.length < wanted) {
      const campaignId = await scene.chase.start();
      campaigns += 1;
      try {
        do {
          await staff(scene);
          await strike(campaignId);
        } while (happened.length < wanted && !(await isOver(campaignId)));
        await bringToItsEnd(scene, campaignId);
        await scene.chase.expectPrescribed(campaignId);
      } catch (error) {
        console.log(await describeScene(scene, campaignId), happened.slice(-10), (error as Error).cause);
        throw error;
      }
      if (wanted > 100) console.log(`${happened.length} faults in ${campaigns} campaigns so far`);
    }
    console.log(`${happened.length} faults in ${campaigns} campaigns, all survived:`, amounts());
    const { hit, of, left } = points.coverage;
    console.log(
      `Workers were killed at ${hit} of ${of} points: before a statement, or behind its transaction.`,
    );
    if (wanted > 100) console.log('Not at:', left);
    expect(workers.lastWords.filter((words) => /"level":(60|"fatal")/.test(words))).toEqual([]);
  });
});
