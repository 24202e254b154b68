import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DrainRig } from '../../../../test/support/drain-rig.js';
import { eventually } from '../../../../test/support/eventually.js';

let rig: DrainRig;
/** The connection that deletes the project. */
let deletion: Client;

beforeAll(async () => {
  rig = await DrainRig.create();
});
beforeEach(async () => {
  await rig.reset();
  deletion = new Client({ connectionString: rig.database.ownerUrl });
  await deletion.connect();
});
afterEach(async () => {
  await rig.stopDrains();
  await deletion.end();
});
afterAll(() => rig?.end());

describe('while a project is deleted', () => {
  const doomed = { orgId: '', number: 100 };

  beforeEach(async () => {
    // No number is given twice.
    Object.assign(doomed, { orgId: rig.acme.orgId, number: doomed.number + 1 });
    await rig.addProject(doomed);
    await deletion.query('begin');
    await deletion.query('select from project where number = $1 for update', [doomed.number]);
  });

  async function isWaitedFor(): Promise<boolean> {
    const waiting = await rig.database.query(
      `select from pg_stat_activity where pg_backend_pid() <> pid and application_name = 'drain'
          and cardinality(pg_blocking_pids(pid)) > 0`,
    );
    return waiting.length > 0;
  }

  test('its first batch waits for nothing, so that the deletion does not wait for it in turn', async () => {
    await rig.queue(doomed, ['a']);
    await rig.queue(rig.globex, ['b']);
    await rig.drain();
    await eventually('they are stored, or wait for each other', async () => {
      return (await rig.queued()).length === 0 || (await isWaitedFor());
    });
    await deletion.query('delete from ingest_batch where project = $1', [doomed.number]);
    await deletion.query('delete from project where number = $1', [doomed.number]);
    await deletion.query('commit');
    await rig.untilQueued();
    expect(rig.kindsStored()).toEqual(['a', 'b']);
    expect(rig.complaints).toEqual([]);
  });

  test('a batch that is buried before the end goes with the project', async () => {
    rig.sink.refuse = (lines) => (lines.some((line) => line.includes('poison')) ? { code: '27' } : undefined);
    await deletion.query('delete from project where number = $1', [doomed.number]);
    const [gone, other] = [await rig.queue(doomed, ['poison']), await rig.queue(rig.globex, ['poison'])];
    await rig.drain();
    await rig.untilQueued();
    expect(await rig.deadLetters()).toEqual([gone, other]);
    await deletion.query('commit');
    expect(await rig.deadLetters()).toEqual([other]);
  });

  test('a batch that is buried at the end waits for it, and is not kept', async () => {
    rig.sink.refuse = (lines) => (lines.some((line) => line.includes('poison')) ? { code: '27' } : undefined);
    await deletion.query('delete from project where number = $1', [doomed.number]);
    await deletion.query('set constraints all immediate');
    await rig.queue(doomed, ['poison']);
    const other = await rig.queue(rig.globex, ['poison']);
    await rig.drain();
    await eventually('the drain waits for the deletion', isWaitedFor);
    expect(await rig.deadLetters()).toEqual([]);
    await deletion.query('commit');
    await rig.untilQueued();
    expect(await rig.deadLetters()).toEqual([other]);
    expect(rig.complaints).toEqual([]);
  });
});
