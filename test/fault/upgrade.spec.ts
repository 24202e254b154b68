import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { migrate } from '../../src/platform/database/migrate.js';
import { Random } from '../fuzz/random.js';
import type { Actor } from '../support/cast.js';
import { Command } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { findPreviousRelease, noPreviousRelease } from '../support/previous-release.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';
import { Chase } from './chase.js';
import { DyingPostgres } from './dying-postgres.js';
import { LossyPostgres } from './lossy-postgres.js';
import { WorkerProcess, WorkerProcesses } from './worker-process.js';

const RECIPIENTS = 500;
const ISSUER = 'https://upgrade.example';

jest.setTimeout(400_000);

const previous = findPreviousRelease();
if (!previous) console.log(`skipped: ${noPreviousRelease}`);

let postgres: DyingPostgres;
let network: LossyPostgres;
let receiver: WebhookReceiver;
let s: TestServer;
let chase: Chase;
let oldWorkers: WorkerProcess[];
let oldApi: WorkerProcess;
let oldUrl: string;
const random = new Random(Math.floor(Math.random() * 2 ** 31));
const workers = new WorkerProcesses(() => postgres.database);
const masterKey = { MASTER_KEY: testMasterKey.toString('base64') };

beforeAll(async () => {
  if (!previous) return;
  postgres = await DyingPostgres.start({ migrated: false });
  const { ownerUrl } = postgres.database;
  const migrated = await Command.run(['migrate'], {
    program: previous,
    folder: tmpdir(),
    env: { DATABASE_URL: ownerUrl, ...masterKey },
  });
  expect(migrated).toMatchObject({ exitCode: 0 });
  network = await LossyPostgres.start(() => postgres.database);
  receiver = await startWebhookReceiver();
  const env = { ISSUER, OUTBOUND_ALLOWED_HOSTS: receiver.host, ...network.env };
  oldWorkers = [workers.start(env, previous), workers.start(env, previous)];
  const PORT = String(await freePort());
  oldUrl = `http://127.0.0.1:${PORT}`;
  oldApi = WorkerProcess.start(postgres.database, { ...env, PORT }, { role: 'api', program: previous });
  await eventually('the previous release works', async () => {
    const beating = await postgres.database.query('select from worker_heartbeat');
    return beating.length === oldWorkers.length && oldApi.log.includes('"msg":"ready"');
  });
  // The upgrade begins: the new program migrates beside the old processes.
  await migrate({ ownerUrl, masterKey: testMasterKey }, pino({ level: 'silent' }));
  s = await startTestServer({
    database: postgres.database,
    env: { ROLE: 'api', ISSUER, OUTBOUND_ALLOWED_HOSTS: receiver.host },
  });
  chase = await Chase.prepare(s, receiver, RECIPIENTS);
  chase.answerErratically(random);
  workers.start(env);
  await workers.atWork();
}, 120_000);
afterAll(async () => {
  await workers.killAll();
  await oldApi?.kill();
  await s?.stop();
  await receiver?.stop();
  await network?.stop();
  await postgres?.remove();
});

/** A client that the load balancer has sent to a server of the previous release. */
function atPrevious({ headers }: Actor): Pick<Actor, 'client'> {
  const transport = createGrpcTransport({
    baseUrl: oldUrl,
    interceptors: [
      (next) => (request) => {
        request.header.set('authorization', headers.authorization);
        return next(request);
      },
    ],
  });
  return { client: (service) => createClient(service, transport) };
}

async function hurryBoth(campaigns: readonly string[]): Promise<void> {
  await workers.hurry();
  for (const campaignId of campaigns) await chase.hurry(campaignId);
}

/** What happens while both releases are there. */
const incidents: readonly ((campaignId: string) => Promise<void>)[] = [
  async () => network.cutAll(),
  async () => void (await network.loseNextCommit(3_000)),
  () => postgres.stopImmediately(),
  (campaignId) => chase.double(campaignId),
  async (campaignId) => void (await chase.acknowledgeOne(campaignId, atPrevious)),
  async (campaignId) => void (await chase.acknowledgeOne(campaignId)),
  async () => {
    await random.pick(oldWorkers).kill();
    await workers.declareDead();
  },
  async () => {
    workers.start({ ...network.env, OUTBOUND_ALLOWED_HOSTS: receiver.host });
    await workers.atWork();
    await random.pick(oldWorkers).kill();
    await workers.declareDead();
  },
];

(previous ? describe : describe.skip)('an upgrade beside processes of the previous release', () => {
  test('keeps the campaigns of both to their graphs', async () => {
    const campaigns = [await chase.start(atPrevious(chase.cast.max)), await chase.start()];
    for (const incident of incidents)
      for (const campaignId of campaigns) {
        await eventually('it has something to do', async () => {
          await hurryBoth(campaigns);
          return (await chase.hasWork(campaignId)) || chase.isCompleted(campaignId);
        });
        await incident(campaignId);
      }
    await oldApi.stop();
    for (const worker of oldWorkers) await worker.stop();
    await workers.declareDead();
    for (const campaignId of campaigns) {
      while (await chase.acknowledgeOne(campaignId));
      await eventually(
        'it is completed and nothing of it is left to do',
        async () => {
          await workers.declareSilentDead();
          await hurryBoth(campaigns);
          chase.answerLate();
          return (await chase.isCompleted(campaignId)) && !(await chase.hasJobs(campaignId));
        },
        120_000,
      );
      await chase.expectPrescribed(campaignId);
    }
    const ofRelease = await postgres.database.query('select from campaign');
    expect(ofRelease).toHaveLength(campaigns.length);
  });

  test('admits no further process of the previous release', async () => {
    const { ownerUrl } = postgres.database;
    const { exitCode, output } = await Command.run(['serve', '--role', 'worker'], {
      program: previous,
      folder: tmpdir(),
      env: { DATABASE_URL: ownerUrl, ...masterKey, LOG_FORMAT: 'json' },
    });
    expect(exitCode).not.toBe(0);
    expect(output).toContain('The schema is newer than this program');
  });
});
