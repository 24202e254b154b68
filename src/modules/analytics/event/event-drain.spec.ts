import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DrainRig } from '../../../../test/support/drain-rig.js';
import { eventually } from '../../../../test/support/eventually.js';

let rig: DrainRig;

beforeAll(async () => {
  rig = await DrainRig.create();
});
beforeEach(() => rig.reset());
afterEach(() => rig.stopDrains());
afterAll(() => rig?.end());

describe('the drain', () => {
  test('waits while the store is away, and loses nothing', async () => {
    let tries = 0;
    rig.sink.refuse = () => (++tries < 4 ? { code: 'ECONNREFUSED' } : undefined);
    await rig.queue(rig.acme, ['a', 'b']);
    await rig.drain();
    await rig.untilQueued();
    expect(rig.kindsStored()).toEqual(['a', 'b']);
    expect(await rig.deadLetters()).toEqual([]);
  });

  test('buries nothing while the store refuses everything', async () => {
    rig.sink.refuse = () => ({ code: '16' });
    rig.sink.isThere = false;
    const [first, second] = [await rig.queue(rig.acme, ['a']), await rig.queue(rig.globex, ['b'])];
    await rig.drain();
    await eventually('every batch was tried alone', async () => rig.sink.blocks.length >= 6);
    expect(await rig.queued()).toEqual([first, second]);
    expect(await rig.deadLetters()).toEqual([]);
  });

  test('finds the batches that the store refuses, and stores the others', async () => {
    rig.sink.refuse = (lines) => (lines.some((line) => line.includes('poison')) ? { code: '27' } : undefined);
    const poisons = [];
    for (let n = 0; n < 40; n += 1) {
      if (n === 13 || n === 14 || n === 39) poisons.push(await rig.queue(rig.acme, ['good', 'poison']));
      else await rig.queue(n % 2 ? rig.acme : rig.globex, [`good ${n}`]);
    }
    await rig.drain();
    await rig.untilQueued();
    expect(await rig.deadLetters()).toEqual(poisons);
    expect(rig.sink.stored).toHaveLength(37);
  });

  test('buries a lone batch that the store refuses, when the store takes others', async () => {
    rig.sink.refuse = () => ({ code: '27' });
    const poison = await rig.queue(rig.acme, ['poison']);
    await rig.drain();
    await rig.untilQueued();
    expect(await rig.deadLetters()).toEqual([poison]);
  });

  test('buries a batch that cannot be unpacked, and stores the others', async () => {
    const broken = await rig.queue(rig.acme, ['a'], { body: Buffer.from('nonsense') });
    await rig.queue(rig.globex, ['b']);
    await rig.drain();
    await rig.untilQueued();
    expect(await rig.deadLetters()).toEqual([broken]);
    expect(rig.kindsStored()).toEqual(['b']);
  });

  test('leaves what a newer version wrote', async () => {
    const newer = await rig.queue(rig.acme, ['a'], { layout: 99 });
    await rig.queue(rig.acme, ['b']);
    await rig.drain();
    await rig.untilQueued(newer);
    expect(rig.kindsStored()).toEqual(['b']);
  });

  test('isolates a batch that breaks the store, and buries it in the end', async () => {
    rig.sink.refuse = (lines) =>
      lines.some((line) => line.includes('killer')) ? { code: 'ECONNRESET' } : undefined;
    const killer = await rig.queue(rig.acme, ['killer']);
    for (let n = 0; n < 20; n += 1) await rig.queue(rig.globex, ['good']);
    await rig.drain();
    await rig.untilQueued(killer);
    expect(rig.sink.stored).toHaveLength(20);
    await eventually('the batch was tried several times', async () => {
      await rig.database.query('update ingest_batch set retry_at = now()');
      return (await rig.queued()).length === 0;
    });
    expect(await rig.deadLetters()).toEqual([killer]);
  });

  test('isolates a batch that takes the store down for a while, and buries it once the store is up again', async () => {
    let away = 0;
    rig.sink.takesInserts = async () => away === 0;
    rig.sink.refuse = (lines) => {
      if (away > 0) {
        away -= 1;
        return { code: 'ECONNREFUSED' };
      }
      if (!lines.some((line) => line.includes('killer'))) return undefined;
      away = 2;
      return { code: 'ECONNRESET' };
    };
    const killer = await rig.queue(rig.acme, ['killer']);
    for (let n = 0; n < 6; n += 1) await rig.queue(rig.globex, ['good', 'good']);
    await rig.drain();
    await rig.untilQueued(killer);
    expect(rig.sink.stored).toHaveLength(12);
    await eventually('the batch was tried several times', async () => {
      away = Math.max(0, away - 1);
      await rig.database.query('update ingest_batch set retry_at = now()');
      return (await rig.queued()).length === 0;
    });
    expect(await rig.deadLetters()).toEqual([killer]);
  });

  test('stores the events of a quiet project within one round, whatever another has queued', async () => {
    await rig.queueMany(rig.acme, 3_000);
    await rig.queue(rig.globex, ['quiet']);
    await rig.drain();
    await eventually('the first block is stored', async () => rig.sink.blocks.length > 0);
    expect(rig.sink.blocks[0]?.filter((line) => line.includes('quiet'))).toHaveLength(1);
    await rig.untilQueued();
  });

  test('has batches of many months wait for those of others, and stores one after the other', async () => {
    for (let n = 0; n < 3; n += 1) await rig.queueWide(rig.acme, 'wide');
    await rig.queue(rig.globex, ['narrow']);
    await rig.drain();
    await rig.untilQueued();
    expect(rig.sink.blocks.map(([line]) => JSON.parse(String(line))[3])).toEqual([
      'narrow',
      'wide',
      'wide',
      'wide',
    ]);
  });

  test('makes the same rows of the same batch, with project, batch and time from the queue', async () => {
    const id = await rig.queue(rig.acme, ['a', 'b']);
    const [kept] = await rig.database.query<{ copy: string }>(
      'select to_jsonb(b)::text as copy from ingest_batch b',
    );
    await rig.drain();
    await rig.untilQueued();
    const first = [...rig.sink.stored];
    await rig.database.query(
      'insert into ingest_batch select * from jsonb_populate_record(null::ingest_batch, $1)',
      [kept?.copy],
    );
    await eventually('it was stored again', async () => rig.sink.stored.length === 4);
    expect(rig.sink.stored.slice(2)).toEqual(first);
    for (const line of first)
      expect(JSON.parse(line).slice(0, 3)).toEqual([rig.acme.number, id, '2026-11-30 12:00:01.234']);
  });

  test('puts batches of several projects into one block', async () => {
    for (const project of [rig.acme, rig.globex, rig.acme]) await rig.queue(project, ['a']);
    await rig.drain();
    await rig.untilQueued();
    expect(rig.sink.blocks).toHaveLength(1);
    expect(rig.sink.stored.map((line) => JSON.parse(line)[0])).toEqual([7, 8, 7]);
  });

  test('raises the version of each project whose events it stored, once for a block', async () => {
    await rig.database.query('update analytics_version set version = 0');
    const versions = () =>
      rig.database.query('select org_id, project, version::int from analytics_version order by project');
    for (const project of [rig.acme, rig.globex, rig.acme]) await rig.queue(project, ['a']);
    await rig.drain();
    await rig.untilQueued();
    const [one, other] = [rig.acme, rig.globex].map(({ orgId, number }) => ({
      org_id: orgId,
      project: number,
    }));
    expect(await versions()).toEqual([
      { ...one, version: 1 },
      { ...other, version: 1 },
    ]);
    rig.sink.refuse = () => ({ code: '27' });
    await rig.queue(rig.acme, ['poison']);
    await rig.untilQueued();
    rig.sink.refuse = () => undefined;
    await rig.queue(rig.globex, ['a']);
    await rig.untilQueued();
    expect(await versions()).toEqual([
      { ...one, version: 1 },
      { ...other, version: 2 },
    ]);
  });

  test('shares the queue with others: nothing is stored twice', async () => {
    for (let n = 0; n < 60; n += 1) await rig.queue(n % 2 ? rig.acme : rig.globex, [String(n)]);
    await Promise.all([rig.drain(), rig.drain(), rig.drain()]);
    await rig.untilQueued();
    expect(new Set(rig.kindsStored()).size).toBe(60);
    expect(rig.sink.stored).toHaveLength(60);
  });

  test('finishes what it has claimed when it is stopped', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const insert = rig.sink.insert.bind(rig.sink);
    rig.sink.insert = async (columns, rows) => held.then(() => insert(columns, rows));
    await rig.queue(rig.acme, ['a']);
    const started = await rig.drain();
    await eventually('the batch is claimed', async () => {
      const free = await rig.database.query('select from ingest_batch for update skip locked');
      return free.length === 0;
    });
    const stopped = started.stop();
    release();
    await stopped;
    expect(await rig.queued()).toEqual([]);
    expect(rig.kindsStored()).toEqual(['a']);
  });
});
