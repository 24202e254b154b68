import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { eventually } from '../../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { loadConfig } from '../../../platform/config/index.js';
import { appDataSource } from '../../../platform/database/data-source.js';
import { Database } from '../../../platform/database/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { encodeBody } from './batch-body.js';
import { BlockLoader } from './block-loader.js';
import { DeadLetterStore } from './dead-letter.store.js';
import { EventDrain } from './event-drain.js';
import type { EventRow } from './event-row.js';
import type { EventSink } from './event-sink.js';
import { IngestMetrics } from './ingest-metrics.js';
import { IngestQueueStore } from './ingest-queue.store.js';
import { IngestSignal } from './ingest-signal.js';

jest.setTimeout(60_000);

const acme = { orgId: uuid(), number: 7 };
const globex = { orgId: uuid(), number: 8 };

/** An analytics store that stores lines, and fails as it is told to. */
class Sink {
  readonly stored: string[] = [];
  readonly blocks: string[][] = [];
  refuse: (lines: readonly string[]) => object | undefined = () => undefined;
  isThere = true;

  async insert(_columns: readonly string[], rows: string): Promise<void> {
    const lines = rows.trimEnd().split('\n');
    this.blocks.push(lines);
    const failure = this.refuse(lines);
    if (failure) throw Object.assign(new Error('no'), failure);
    this.stored.push(...lines);
  }

  async takesInserts(): Promise<boolean> {
    return this.isThere;
  }
}

let database: TestDatabase;
let source: DataSource;
let sink: Sink;
let drains: EventDrain[] = [];

beforeAll(async () => {
  database = await cloneDatabase();
  const pool = { size: 6, applicationName: 'drain' };
  source = await appDataSource(database.appUrl, [], pool, pino({ level: 'silent' })).initialize();
  for (const { orgId, number } of [acme, globex]) {
    await database.query(`insert into organization (id, name, created_at) values ($1, 'o', now())`, [orgId]);
    await database.query(
      `insert into project (org_id, id, number, name, name_key) overriding system value
       values ($1, gen_random_uuid(), $2, 'p', 'p')`,
      [orgId, number],
    );
  }
});
beforeEach(async () => {
  await database.query('truncate ingest_batch, ingest_dead_letter');
  sink = new Sink();
});
afterEach(async () => {
  await Promise.all(drains.map((drain) => drain.stop()));
  drains = [];
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

async function drain(): Promise<EventDrain> {
  const log = { setContext() {}, warn() {}, error() {} } as unknown as PinoLogger;
  const postgres = new Database(source);
  const [queue, deadLetters] = [new IngestQueueStore(), new DeadLetterStore()];
  const started = new EventDrain(
    postgres,
    queue,
    deadLetters,
    new BlockLoader(sink as unknown as EventSink),
    new IngestSignal(),
    new IngestMetrics(postgres, queue, deadLetters, new Metrics()),
    loadConfig({}),
    log,
  );
  drains.push(started);
  await started.start();
  return started;
}

function row(kind: string, month = '2026-11'): EventRow {
  return {
    project: 0,
    batch_id: '',
    received_at: '',
    kind,
    occur_time: `${month}-30 12:00:00.000`,
    distinct_id: 'ann',
    event_id: uuid(),
    properties: { note: 'a\n[b' },
    numbers: {},
    types: {},
  };
}

async function queue(
  { orgId, number }: typeof acme,
  kinds: readonly string[],
  change: Partial<ReturnType<typeof encodeBody>> = {},
): Promise<string> {
  const id = uuid();
  const { events, rawOctets, months, layout, body } = {
    ...encodeBody(kinds.map((kind) => row(kind))),
    ...change,
  };
  await database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
     values ($1, $2, $3, '2026-11-30 12:00:01.234+00', $4, $5, $6, $7, $8)`,
    [orgId, id, number, events, rawOctets, months, layout, body],
  );
  return id;
}

/** As many batches of one event. */
async function queueMany({ orgId, number }: typeof acme, batches: number): Promise<void> {
  const { events, rawOctets, months, layout, body } = encodeBody([row('many')]);
  await database.query(
    `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
     select $1, uuidv7(), $2, '2026-11-30 12:00:01.234+00', $3, $4, $5, $6, $7 from generate_series(1, $8)`,
    [orgId, number, events, rawOctets, months, layout, body, batches],
  );
}

/** A batch of more months than a block may have. */
async function queueWide(project: typeof acme, kind: string): Promise<void> {
  const rows = Array.from({ length: 60 }, (_, n) =>
    row(kind, `${1990 + Math.floor(n / 12)}-${String(1 + (n % 12)).padStart(2, '0')}`),
  );
  await queue(project, [], encodeBody(rows));
}

async function queued(): Promise<string[]> {
  const rows = await database.query<{ id: string }>('select id from ingest_batch order by id');
  return rows.map(({ id }) => id);
}

async function deadLetters(): Promise<string[]> {
  const rows = await database.query<{ id: string }>('select id from ingest_dead_letter order by id');
  return rows.map(({ id }) => id);
}

async function untilQueued(...ids: string[]): Promise<void> {
  await eventually(`${ids.length} batches are queued`, async () => {
    return JSON.stringify(await queued()) === JSON.stringify(ids);
  });
}

function kindsStored(): string[] {
  return sink.stored.map((line) => String(JSON.parse(line)[3])).sort();
}

describe('the drain', () => {
  test('waits while the store is away, and loses nothing', async () => {
    let tries = 0;
    sink.refuse = () => (++tries < 4 ? { code: 'ECONNREFUSED' } : undefined);
    await queue(acme, ['a', 'b']);
    await drain();
    await untilQueued();
    expect(kindsStored()).toEqual(['a', 'b']);
    expect(await deadLetters()).toEqual([]);
  });

  test('buries nothing while the store refuses everything', async () => {
    sink.refuse = () => ({ code: '16' });
    sink.isThere = false;
    const [first, second] = [await queue(acme, ['a']), await queue(globex, ['b'])];
    await drain();
    await eventually('every batch was tried alone', async () => sink.blocks.length >= 6);
    expect(await queued()).toEqual([first, second]);
    expect(await deadLetters()).toEqual([]);
  });

  test('finds the batches that the store refuses, and stores the others', async () => {
    sink.refuse = (lines) => (lines.some((line) => line.includes('poison')) ? { code: '27' } : undefined);
    const poisons = [];
    for (let n = 0; n < 40; n += 1) {
      if (n === 13 || n === 14 || n === 39) poisons.push(await queue(acme, ['good', 'poison']));
      else await queue(n % 2 ? acme : globex, [`good ${n}`]);
    }
    await drain();
    await untilQueued();
    expect(await deadLetters()).toEqual(poisons);
    expect(sink.stored).toHaveLength(37);
  });

  test('buries a lone batch that the store refuses, when the store takes others', async () => {
    sink.refuse = () => ({ code: '27' });
    const poison = await queue(acme, ['poison']);
    await drain();
    await untilQueued();
    expect(await deadLetters()).toEqual([poison]);
  });

  test('buries a batch that cannot be unpacked, and stores the others', async () => {
    const broken = await queue(acme, ['a'], { body: Buffer.from('nonsense') });
    await queue(globex, ['b']);
    await drain();
    await untilQueued();
    expect(await deadLetters()).toEqual([broken]);
    expect(kindsStored()).toEqual(['b']);
  });

  test('leaves what a newer version wrote', async () => {
    const newer = await queue(acme, ['a'], { layout: 99 });
    await queue(acme, ['b']);
    await drain();
    await untilQueued(newer);
    expect(kindsStored()).toEqual(['b']);
  });

  test('isolates a batch that breaks the store, and buries it in the end', async () => {
    sink.refuse = (lines) =>
      lines.some((line) => line.includes('killer')) ? { code: 'ECONNRESET' } : undefined;
    const killer = await queue(acme, ['killer']);
    for (let n = 0; n < 20; n += 1) await queue(globex, ['good']);
    await drain();
    await untilQueued(killer);
    expect(sink.stored).toHaveLength(20);
    await eventually('the batch was tried several times', async () => {
      await database.query('update ingest_batch set retry_at = now()');
      return (await queued()).length === 0;
    });
    expect(await deadLetters()).toEqual([killer]);
  });

  test('isolates a batch that takes the store down for a while, and buries it once the store is up again', async () => {
    let away = 0;
    sink.takesInserts = async () => away === 0;
    sink.refuse = (lines) => {
      if (away > 0) {
        away -= 1;
        return { code: 'ECONNREFUSED' };
      }
      if (!lines.some((line) => line.includes('killer'))) return undefined;
      away = 2;
      return { code: 'ECONNRESET' };
    };
    const killer = await queue(acme, ['killer']);
    for (let n = 0; n < 6; n += 1) await queue(globex, ['good', 'good']);
    await drain();
    await untilQueued(killer);
    expect(sink.stored).toHaveLength(12);
    await eventually('the batch was tried several times', async () => {
      away = Math.max(0, away - 1);
      await database.query('update ingest_batch set retry_at = now()');
      return (await queued()).length === 0;
    });
    expect(await deadLetters()).toEqual([killer]);
  });

  test('stores the events of a quiet project within one round, whatever another has queued', async () => {
    await queueMany(acme, 3_000);
    await queue(globex, ['quiet']);
    await drain();
    await eventually('the first block is stored', async () => sink.blocks.length > 0);
    expect(sink.blocks[0]?.filter((line) => line.includes('quiet'))).toHaveLength(1);
    await untilQueued();
  });

  test('has batches of many months wait for those of others, and stores one after the other', async () => {
    for (let n = 0; n < 3; n += 1) await queueWide(acme, 'wide');
    await queue(globex, ['narrow']);
    await drain();
    await untilQueued();
    expect(sink.blocks.map(([line]) => JSON.parse(String(line))[3])).toEqual([
      'narrow',
      'wide',
      'wide',
      'wide',
    ]);
  });

  test('makes the same rows of the same batch, with project, batch and time from the queue', async () => {
    const id = await queue(acme, ['a', 'b']);
    const [kept] = await database.query<{ copy: string }>(
      'select to_jsonb(b)::text as copy from ingest_batch b',
    );
    await drain();
    await untilQueued();
    const first = [...sink.stored];
    await database.query(
      'insert into ingest_batch select * from jsonb_populate_record(null::ingest_batch, $1)',
      [kept?.copy],
    );
    await eventually('it was stored again', async () => sink.stored.length === 4);
    expect(sink.stored.slice(2)).toEqual(first);
    for (const line of first)
      expect(JSON.parse(line).slice(0, 3)).toEqual([acme.number, id, '2026-11-30 12:00:01.234']);
  });

  test('puts batches of several projects into one block', async () => {
    for (const project of [acme, globex, acme]) await queue(project, ['a']);
    await drain();
    await untilQueued();
    expect(sink.blocks).toHaveLength(1);
    expect(sink.stored.map((line) => JSON.parse(line)[0])).toEqual([7, 8, 7]);
  });

  test('raises the version of each project whose events it stored, once for a block', async () => {
    await database.query('truncate analytics_version');
    const versions = () =>
      database.query('select org_id, project, version::int from analytics_version order by project');
    for (const project of [acme, globex, acme]) await queue(project, ['a']);
    await drain();
    await untilQueued();
    const [one, other] = [acme, globex].map(({ orgId, number }) => ({ org_id: orgId, project: number }));
    expect(await versions()).toEqual([
      { ...one, version: 1 },
      { ...other, version: 1 },
    ]);
    sink.refuse = () => ({ code: '27' });
    await queue(acme, ['poison']);
    await untilQueued();
    sink.refuse = () => undefined;
    await queue(globex, ['a']);
    await untilQueued();
    expect(await versions()).toEqual([
      { ...one, version: 1 },
      { ...other, version: 2 },
    ]);
  });

  test('shares the queue with others: nothing is stored twice', async () => {
    for (let n = 0; n < 60; n += 1) await queue(n % 2 ? acme : globex, [String(n)]);
    await Promise.all([drain(), drain(), drain()]);
    await untilQueued();
    expect(new Set(kindsStored()).size).toBe(60);
    expect(sink.stored).toHaveLength(60);
  });

  test('finishes what it has claimed when it is stopped', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const insert = sink.insert.bind(sink);
    sink.insert = async (columns, rows) => held.then(() => insert(columns, rows));
    await queue(acme, ['a']);
    const started = await drain();
    await eventually('the batch is claimed', async () => {
      const free = await database.query('select from ingest_batch for update skip locked');
      return free.length === 0;
    });
    const stopped = started.stop();
    release();
    await stopped;
    expect(await queued()).toEqual([]);
    expect(kindsStored()).toEqual(['a']);
  });
});
