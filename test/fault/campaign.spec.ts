import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Random } from '../fuzz/random.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { faults, type Scene } from './campaign-faults.js';
import { Chase } from './chase.js';
import { DyingPostgres } from './dying-postgres.js';
import { LossyPostgres } from './lossy-postgres.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> chooses the same faults again; FAULTS=300 FAULT_RECIPIENTS=5000 is a long run.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const wanted = Number(process.env['FAULTS'] ?? 30);
const recipients = Number(process.env['FAULT_RECIPIENTS'] ?? 1_000);
const WORKERS = 2;

jest.setTimeout(300_000 + wanted * 15_000);

let postgres: DyingPostgres;
let network: LossyPostgres;
let receiver: WebhookReceiver;
let s: TestServer;
let scene: Scene;
const workers = new WorkerProcesses(() => postgres.database);

beforeAll(async () => {
  postgres = await DyingPostgres.start();
  network = await LossyPostgres.start(() => postgres.database);
  receiver = await startWebhookReceiver();
  s = await startTestServer({
    database: postgres.database,
    env: { ROLE: 'api', OUTBOUND_ALLOWED_HOSTS: receiver.host },
  });
  const random = new Random(seed);
  const chase = await Chase.prepare(s, receiver, recipients);
  chase.answerErratically(random.fork(1));
  const env = { ...network.env, OUTBOUND_ALLOWED_HOSTS: receiver.host };
  const startWorker = (more = {}) => workers.start({ ...env, ...more });
  scene = { random, chase, workers, postgres, network, startWorker };
});
afterAll(async () => {
  await workers.killAll();
  await s?.stop();
  await receiver?.stop();
  await network?.stop();
  await postgres?.remove();
});

async function staff(): Promise<void> {
  const missing = WORKERS - workers.running.length;
  if (missing <= 0) return;
  for (let n = 0; n < missing; n += 1) scene.startWorker();
  await workers.atWork();
}

/** One fault, in the middle of the campaign's work where there is some. */
async function strike(campaignId: string): Promise<string> {
  const { random, chase } = scene;
  await eventually('the campaign has something to do', async () => {
    await chase.hurry(campaignId);
    return (await chase.hasWork(campaignId)) || chase.isCompleted(campaignId);
  });
  await delay(random.int(0, 300));
  const name = random.pick(Object.keys(faults));
  await faults[name]?.(scene, campaignId);
  if (random.chance(0.3)) await chase.acknowledgeOne(campaignId);
  return name;
}

async function bringToItsEnd(campaignId: string): Promise<void> {
  const { chase } = scene;
  while (await chase.acknowledgeOne(campaignId));
  await staff();
  await eventually(
    'the campaign is completed and nothing of it is left to do',
    async () => {
      await workers.declareSilentDead();
      await workers.hurry();
      await chase.hurry(campaignId);
      chase.answerLate();
      return (await chase.isCompleted(campaignId)) && !(await chase.hasJobs(campaignId));
    },
    200_000,
  );
}

describe('campaigns of every step type', () => {
  test(`do what their graph prescribes, once, although ${wanted} faults happen`, async () => {
    console.log(`FAULT_SEED=${seed} FAULTS=${wanted} FAULT_RECIPIENTS=${recipients}`);
    const happened: Record<string, number> = {};
    let struck = 0;
    let campaigns = 0;
    while (struck < wanted) {
      const campaignId = await scene.chase.start();
      campaigns += 1;
      while (struck < wanted && !(await scene.chase.isCompleted(campaignId))) {
        await staff();
        const name = await strike(campaignId);
        happened[name] = (happened[name] ?? 0) + 1;
        struck += 1;
      }
      await bringToItsEnd(campaignId);
      await scene.chase.expectPrescribed(campaignId);
    }
    console.log(`${struck} faults in ${campaigns} campaigns, all survived:`, happened);
    expect(workers.lastWords.filter((words) => /"level":(60|"fatal")/.test(words))).toEqual([]);
  });
});
