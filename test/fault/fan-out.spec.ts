import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { Random } from '../fuzz/random.js';
import { untilStatus } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWorkflow, tell } from '../support/workflows.js';
import { FanOut } from './fan-out.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> kills at the same moments again, FAULT_KILLS=500 kills more.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['FAULT_KILLS'] ?? 50);
const RECIPIENTS = 5_000;
/** Recipients of a piece. */
const PIECE = 2_000;
/** A pool so small leaves no connection for a second piece. */
const onePieceAtATime = { DATABASE_POOL_SIZE: '4' };

// Longer than all the waits together: each of them says what it waited for in vain.
jest.setTimeout(400_000 + kills * 5_000);

let s: TestServer;
let fanOut: FanOut;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  fanOut = await FanOut.prepare(s, RECIPIENTS);
});
afterEach(() => workers.killAll());
afterAll(() => s?.stop());

async function inTheMiddleOfAPiece(): Promise<void> {
  const check = async (): Promise<boolean> => {
    await workers.declareSilentDead();
    await workers.hurry();
    return fanOut.workerWaitsForLock();
  };
  await eventually('a worker is in the middle of a piece', check, 60_000);
}

/** Waits until more recipients have been reached, or all. */
async function progress(campaignId: string): Promise<void> {
  const before = await fanOut.deliveries(campaignId);
  const check = async (): Promise<boolean> => {
    await workers.declareSilentDead();
    const reached = await fanOut.deliveries(campaignId);
    return reached > before || reached === RECIPIENTS;
  };
  await eventually('a worker goes on', check, 60_000);
}

describe('a fan-out', () => {
  test('goes on where killed workers left it, and reaches everybody once', async () => {
    const campaignId = await fanOut.start();
    for (const position of [300, 1_500, 3_200]) {
      const release = await fanOut.obstruct(campaignId, position);
      const worker = workers.start(onePieceAtATime);
      await inTheMiddleOfAPiece();
      const before = await fanOut.deliveries(campaignId);
      await worker.kill();
      await release();
      await workers.declareDead();
      // Of the piece in hand nothing is left: it had not been committed.
      expect(await fanOut.deliveries(campaignId)).toBe(before);
      expect(before).toBeLessThan(RECIPIENTS);
    }
    workers.start();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });

  test('with several pieces in flight sends what a killed worker left out, and nothing again', async () => {
    const campaignId = await fanOut.start();
    const release = await fanOut.obstruct(campaignId, 300);
    const worker = workers.start();
    await inTheMiddleOfAPiece();
    const overtook = async () => (await fanOut.deliveries(campaignId)) === RECIPIENTS - PIECE;
    await eventually('the pieces behind the obstructed one are written', overtook, 60_000);
    await worker.kill();
    await release();
    await workers.declareDead();
    expect(await fanOut.deliveries(campaignId)).toBe(RECIPIENTS - PIECE);
    expect(await fanOut.isCompleted(campaignId)).toBe(false);
    workers.start();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });

  test('is not begun a second time for a recipient who leaves in the middle of it', async () => {
    const campaignId = await fanOut.start();
    const release = await fanOut.obstruct(campaignId, 2_300);
    workers.start(onePieceAtATime);
    await inTheMiddleOfAPiece();
    const before = await fanOut.jobs(campaignId);
    const [{ id } = { id: '' }] = await s.database.query<{ id: string }>(
      'select user_id as id from delivery where campaign_id = $1 limit 1',
      [campaignId],
    );
    await fanOut.cast.alice.client(MemberService).deactivateUser({ userId: id });
    await eventually('the departure is noted', async () => {
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'member.left'`,
      );
      return jobs.length === 0;
    });
    expect(await fanOut.jobs(campaignId)).toEqual(before);
    await release();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
    await fanOut.cast.alice.client(MemberService).reactivateUser({ userId: id });
  });

  test('yields its slot after two seconds, and continues after the jobs that were waiting', async () => {
    const campaignId = await fanOut.start();
    const releases = [await fanOut.obstruct(campaignId, 300), await fanOut.obstruct(campaignId, 2_300)];
    const [before] = await fanOut.jobs(campaignId);
    workers.start({ ...onePieceAtATime, WORKER_CONCURRENCY: '1' });
    await inTheMiddleOfAPiece();
    const { max, erin } = fanOut.cast;
    const other = await startWorkflow(max, [erin.userId], [tell]);
    // The job yields after two seconds, when the piece in flight is written.
    await delay(2_500);
    await releases[0]?.();
    await untilStatus(max, other, CampaignStatus.COMPLETED);
    expect(await fanOut.deliveries(campaignId)).toBe(PIECE);
    const after = await fanOut.jobs(campaignId);
    expect(after).toHaveLength(1);
    expect(after).not.toEqual([before]);
    await inTheMiddleOfAPiece();
    await workers.killAll();
    await releases[1]?.();
    await workers.declareDead();
    expect(await fanOut.deliveries(campaignId)).toBe(PIECE);
    workers.start();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });

  test('is over once it is cancelled: what was in flight is undone', async () => {
    const campaignId = await fanOut.start();
    const release = await fanOut.obstruct(campaignId, 300);
    workers.start();
    await inTheMiddleOfAPiece();
    await fanOut.cancel(campaignId);
    const cancelledWith = await fanOut.deliveries(campaignId);
    await release();
    await eventually(
      'the worker has given up the campaign',
      async () => !(await fanOut.isInHand(campaignId)),
    );
    expect(await fanOut.deliveries(campaignId)).toBe(cancelledWith);
    expect(cancelledWith).toBeLessThanOrEqual(RECIPIENTS - PIECE);
  });

  test(`survives ${kills} kills at any moment`, async () => {
    console.log(`FAULT_SEED=${seed} FAULT_KILLS=${kills}`);
    const random = new Random(seed);
    const campaignIds = [await fanOut.start()];
    for (let kill = 0; kill < kills; kill += 1) {
      while (workers.running.length < 2) workers.start();
      const current = campaignIds.at(-1) ?? '';
      // Anywhere from the start of a process on, and every other time in the middle of its work for certain.
      if (kill % 2 === 0) await progress(current);
      await delay(random.int(0, 400));
      await random.pick(workers.running).kill();
      await workers.declareDead();
      if (await fanOut.isCompleted(current)) campaignIds.push(await fanOut.start());
    }
    if (workers.running.length === 0) workers.start();
    console.log(`${kills} kills in ${campaignIds.length} campaigns`);
    for (const campaignId of campaignIds) {
      await fanOut.completed(campaignId);
      await fanOut.expectEachOnce(campaignId);
    }
  });

  test('by two workers, whose connections PostgreSQL cuts, reaches everybody once', async () => {
    const campaignId = await fanOut.start();
    // Ahead of the workers, and each in a piece of its own.
    const releases = [];
    for (const position of [700, 2_500, 4_500]) releases.push(await fanOut.obstruct(campaignId, position));
    workers.start();
    workers.start();
    await workers.atWork();
    for (const release of releases) {
      await inTheMiddleOfAPiece();
      await s.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where usename = 'dovecote_app' and datname = current_database()`,
      );
      await release();
    }
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
    // A cut connection is no reason to end.
    expect(workers.lastWords).toEqual([]);
  });
});
