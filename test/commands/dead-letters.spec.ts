import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { encodeBody } from '../../src/modules/analytics/event/batch-body.js';
import { Command, type CommandResult } from '../support/command.js';
import { testMasterKey } from '../support/template-database.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';

jest.setTimeout(120_000);

let database: TestDatabase;
/** Dead letters of two organizations, the older one first. */
let first: string;
let second: string;

beforeAll(async () => {
  database = await cloneDatabase();
});
beforeEach(async () => {
  await database.query('truncate ingest_batch, ingest_dead_letter');
  first = await bury('sign_up');
  second = await bury('purchase');
});
afterAll(() => database?.drop());

function run(...words: string[]): Promise<CommandResult> {
  const env = {
    DATABASE_URL: database.ownerUrl,
    DATABASE_APP_URL: database.appUrl,
    MASTER_KEY: testMasterKey.toString('base64'),
  };
  return Command.run(['dead-letters', ...words], { env, folder: tmpdir() });
}

async function bury(kind: string): Promise<string> {
  const id = uuid();
  const row = { project: 0, batch_id: '', received_at: '', occur_time: '2026-11-30 00:00:00.000', kind };
  const { events, rawOctets, months, layout, body } = encodeBody([
    { ...row, distinct_id: 'ann', event_id: 'e1', properties: {}, numbers: {}, types: {} },
  ]);
  await database.query(
    `insert into ingest_dead_letter (org_id, id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
     values (gen_random_uuid(), $1, 7, '2026-11-30T12:00:00.001Z', $2, $3, $4, $5, '2026-11-30T12:00:01Z', $6, $7)`,
    [id, events, rawOctets, months, layout, `Code: 27. Cannot parse\nat row 1`, body],
  );
  return id;
}

async function idsIn(table: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(`select id from ${table} order by id`);
  return rows.map(({ id }) => id);
}

describe('dovecote dead-letters', () => {
  test.each([['replay'], ['drop']])('%s refuses to guess which ones', async (word) => {
    for (const words of [[word], [word, first, '--all']]) {
      const { exitCode, output } = await run(...words);
      expect(output).toContain('Name one dead letter, or --all');
      expect(exitCode).toBe(1);
    }
    expect(await idsIn('ingest_dead_letter')).toEqual([first, second]);
  });

  test('refuses an id that there is not', async () => {
    for (const id of [uuid(), 'nonsense'])
      for (const word of ['show', 'replay', 'drop']) {
        const { exitCode, output } = await run(word, id);
        expect(output).toContain(id);
        expect(exitCode).toBe(1);
      }
    expect(await idsIn('ingest_dead_letter')).toEqual([first, second]);
  });

  test('list names each with its reason, in one line', async () => {
    const { exitCode, output } = await run('list');
    expect(exitCode).toBe(0);
    expect(output.trimEnd().split('\n')).toEqual([
      `${first}  project 7, 1 events, failed 2026-11-30T12:00:01.000Z: Code: 27. Cannot parse`,
      `${second}  project 7, 1 events, failed 2026-11-30T12:00:01.000Z: Code: 27. Cannot parse`,
    ]);
  });

  test('show prints the events', async () => {
    const { exitCode, output } = await run('show', second);
    expect(exitCode).toBe(0);
    const event = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    expect(event).toMatchObject({ project: 7, batch_id: second, kind: 'purchase', distinct_id: 'ann' });
    expect(output).not.toContain('sign_up');
  });

  test('replay queues one again as it was received', async () => {
    expect(await run('replay', first)).toMatchObject({ exitCode: 0 });
    expect(await idsIn('ingest_dead_letter')).toEqual([second]);
    const queued = await database.query('select id, project, received_at as at, attempts from ingest_batch');
    expect(queued).toEqual([
      { id: first, project: 7, at: new Date('2026-11-30T12:00:00.001Z'), attempts: 0 },
    ]);
  });

  test('replay queues all', async () => {
    expect((await run('replay', '--all')).output).toContain('2 dead letters');
    expect(await idsIn('ingest_batch')).toEqual([first, second]);
    expect((await run('list')).output).toContain('There are no dead letters');
  });

  test('drop deletes one, or all', async () => {
    await run('drop', first);
    expect(await idsIn('ingest_dead_letter')).toEqual([second]);
    await run('drop', '--all');
    expect(await idsIn('ingest_dead_letter')).toEqual([]);
    expect(await idsIn('ingest_batch')).toEqual([]);
  });
});
