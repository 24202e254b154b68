import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { DrainRig } from '../../../../test/support/drain-rig.js';
import { encodeBody, linesOf } from './batch-body.js';
import { personOfLine } from './erased-id.rules.js';
import { keyOf } from './erased-id.store.js';
import { hashOfText } from './text-hash.js';

let rig: DrainRig;
/** When batches of the rig were received. */
const received = '2026-11-30 12:00:01.234+00';

beforeAll(async () => {
  rig = await DrainRig.create();
});
beforeEach(async () => {
  await rig.reset();
  await rig.database.query('truncate erased_id');
  rig.sink.refuse = (lines) => (lines.some((line) => line.includes('poison')) ? { code: '27' } : undefined);
});
afterEach(() => rig.stopDrains());
afterAll(() => rig?.end());

type Project = DrainRig['acme'];

async function erase(
  { orgId, number }: Project,
  id: string,
  returnsAfter: string | null = null,
): Promise<void> {
  await rig.database.query(
    `insert into erased_id (org_id, project, id_hash, returns_after, erased_at) values ($1, $2, $3, $4, now())`,
    [orgId, number, hashOfText(keyOf(number, id)), returnsAfter],
  );
}

/** A batch with an event of each person, which the store refuses. */
async function queuePoison(project: Project, people: readonly string[]): Promise<string> {
  const rows = people.map((distinctId) => ({
    project: 0,
    batch_id: '',
    received_at: '',
    kind: 'poison',
    occur_time: '2026-11-30 12:00:00.000',
    distinct_id: distinctId,
    event_id: uuid(),
    properties: {},
    numbers: {},
    types: {},
  }));
  return rig.queue(project, [], encodeBody(rows));
}

interface Letter {
  readonly id: string;
  readonly people: readonly (string | undefined)[];
  readonly events: number;
  readonly raw_octets: number;
}

async function letters(): Promise<Letter[]> {
  const rows = await rig.database.query<Letter & { body: Buffer }>(
    'select id, events, raw_octets::int, body from ingest_dead_letter order by id',
  );
  return rows.map(({ body, ...rest }) => {
    const lines = linesOf(body);
    expect(rest.raw_octets).toBe(Buffer.byteLength(lines.join('\n')));
    return { ...rest, people: lines.map((line) => personOfLine(line)?.id) };
  });
}

describe('a batch that is refused after a person of it was erased', () => {
  test('is buried without their events', async () => {
    await erase(rig.acme, 'ann');
    const id = await queuePoison(rig.acme, ['ann', 'bea', 'ann', 'anna']);
    await rig.drain();
    await rig.untilQueued();
    expect(await letters()).toMatchObject([{ id, events: 2, people: ['bea', 'anna'] }]);
  });

  test('is not buried if it has no others', async () => {
    await erase(rig.acme, 'ann');
    await queuePoison(rig.acme, ['ann', 'ann']);
    await rig.database.query('update ingest_batch set attempts = 5');
    await rig.drain();
    await rig.untilQueued();
    expect(await letters()).toEqual([]);
    expect(rig.sink.stored).toEqual([]);
  });

  test('is buried whole if it is of another project, also of another organization', async () => {
    await erase(rig.acme, 'ann');
    const id = await queuePoison(rig.globex, ['ann', 'bea']);
    await rig.drain();
    await rig.untilQueued();
    expect(await letters()).toMatchObject([{ id, events: 2, people: ['ann', 'bea'] }]);
  });

  test('keeps the events of a person who came back, and not what they had sent before', async () => {
    await erase(rig.acme, 'ann', '2026-11-30 11:59:00+00');
    await erase(rig.acme, 'bea', received);
    const id = await queuePoison(rig.acme, ['ann', 'bea']);
    await rig.drain();
    await rig.untilQueued();
    expect(await letters()).toMatchObject([{ id, events: 1, people: ['ann'] }]);
  });

  test('is buried without them also when it broke the store off alone', async () => {
    await erase(rig.acme, 'ann');
    const id = await queuePoison(rig.acme, ['ann', 'bea']);
    await rig.database.query('update ingest_batch set attempts = 5');
    await rig.drain();
    await rig.untilQueued();
    expect(await letters()).toMatchObject([{ id, events: 1, people: ['bea'] }]);
  });
});
