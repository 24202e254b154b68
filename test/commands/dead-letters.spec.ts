import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { encodeBody } from '../../src/modules/analytics/event/batch-body.js';
import { eventually } from '../support/eventually.js';
import { Command, type CommandResult } from '../support/command.js';
import { testMasterKey } from '../support/template-database.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';

jest.setTimeout(120_000);

let database: TestDatabase;
/** Dead letters of two organizations, the older one first. */
let first: string;
let second: string;
/** The project of the first, and that of the second. */
let acme: DeadLetterProject;
let globex: DeadLetterProject;

beforeAll(async () => {
  database = await cloneDatabase();
});
beforeEach(async () => {
  await database.query('truncate ingest_batch, ingest_dead_letter');
  acme = await addProject();
  globex = await addProject();
  first = await bury(acme, 'sign_up');
  second = await bury(globex, 'purchase');
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

interface DeadLetterProject {
  readonly orgId: string;
  readonly number: number;
}

async function addProject(): Promise<DeadLetterProject> {
  const orgId = uuid();
  await database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [orgId]);
  const [row] = await database.query<{ number: number }>(
    `insert into project (org_id, id, name, name_key) values ($1, gen_random_uuid(), 'p', 'p') returning number`,
    [orgId],
  );
  if (!row) throw new Error('The project has no number.');
  return { orgId, number: row.number };
}

async function bury({ orgId, number }: DeadLetterProject, kind: string): Promise<string> {
  const id = uuid();
  const row = { project: 0, batch_id: '', received_at: '', occur_time: '2026-11-30 00:00:00.000', kind };
  const { events, rawOctets, months, layout, body } = encodeBody([
    { ...row, distinct_id: 'ann', event_id: 'e1', properties: {}, numbers: {}, types: {} },
  ]);
  await database.query(
    `insert into ingest_dead_letter (org_id, id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
     values ($8, $1, $9, '2026-11-30T12:00:00.001Z', $2, $3, $4, $5, '2026-11-30T12:00:01Z', $6, $7)`,
    [id, events, rawOctets, months, layout, `Code: 27. Cannot parse\nat row 1`, body, orgId, number],
  );
  return id;
}

/** How many transactions wait for others. */
async function waiting(): Promise<number> {
  const rows = await database.query(
    `select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`,
  );
  return rows.length;
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
      `${first}  project ${acme.number}, 1 events, failed 2026-11-30T12:00:01.000Z: Code: 27. Cannot parse`,
      `${second}  project ${globex.number}, 1 events, failed 2026-11-30T12:00:01.000Z: Code: 27. Cannot parse`,
    ]);
  });

  test('show prints the events', async () => {
    const { exitCode, output } = await run('show', second);
    expect(exitCode).toBe(0);
    const event = JSON.parse(output.trimEnd().split('\n').at(-1) ?? '');
    expect(event).toMatchObject({
      project: globex.number,
      batch_id: second,
      kind: 'purchase',
      distinct_id: 'ann',
    });
    expect(output).not.toContain('sign_up');
  });

  test('replay queues one again as it was received', async () => {
    expect(await run('replay', first)).toMatchObject({ exitCode: 0 });
    expect(await idsIn('ingest_dead_letter')).toEqual([second]);
    const queued = await database.query('select id, project, received_at as at, attempts from ingest_batch');
    expect(queued).toEqual([
      { id: first, project: acme.number, at: new Date('2026-11-30T12:00:00.001Z'), attempts: 0 },
    ]);
  });

  test('replay refuses a batch whose project was deleted, and queues the others', async () => {
    // As an earlier version left it.
    await database.query('set session_replication_role = replica');
    await database.query('delete from project where number = $1', [acme.number]);
    await database.query('set session_replication_role = origin');
    const one = await run('replay', first);
    expect(one.output).toContain('1 dead letter refused: the project was deleted');
    expect(one.exitCode).toBe(1);
    expect(await idsIn('ingest_batch')).toEqual([]);
    const all = await run('replay', '--all');
    expect(all.output).toContain(
      '1 dead letter queued again. 1 dead letter refused: the project was deleted',
    );
    expect(all.exitCode).toBe(1);
    expect(await idsIn('ingest_batch')).toEqual([second]);
    expect(await idsIn('ingest_dead_letter')).toEqual([first]);
  });

  test.each(['deletion', 'replay'] as const)(
    'replay and deletion of a project: the %s comes first',
    async (which) => {
      const [deletion, holder] = [new Client(database.ownerUrl), new Client(database.ownerUrl)];
      await Promise.all([deletion.connect(), holder.connect()]);
      try {
        await deletion.query('begin');
        const deleteProject = async () => {
          await deletion.query('select from project where number = $1 for update', [acme.number]);
          await deletion.query('delete from ingest_batch where project = $1', [acme.number]);
          await deletion.query('delete from project where number = $1', [acme.number]);
        };
        let replayed: Promise<CommandResult>;
        if (which === 'deletion') {
          await deleteProject();
          replayed = run('replay', first);
          await eventually('the replay waits for the deletion', async () => (await waiting()) === 1);
        } else {
          await holder.query('begin');
          await holder.query('select from ingest_dead_letter where id = $1 for update', [first]);
          replayed = run('replay', first);
          await eventually('the replay has the project', async () => (await waiting()) === 1);
          const deleted = deleteProject();
          await eventually('the deletion waits for the replay', async () => (await waiting()) === 2);
          await holder.query('commit');
          await deleted;
        }
        await deletion.query('commit');
        expect((await replayed).exitCode).toBe(which === 'deletion' ? 1 : 0);
      } finally {
        await Promise.all([deletion.end(), holder.end()]);
      }
      expect(await idsIn('ingest_batch')).toEqual([]);
      expect(await idsIn('ingest_dead_letter')).toEqual([second]);
    },
  );

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
