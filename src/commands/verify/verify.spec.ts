import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { beginning, type ChainedEvent, hashOf } from '../../platform/audit/audit-chain.js';
import {
  readTrail,
  type TrailEnd,
  type TrailFormat,
  type TrailRow,
  writeTrail,
} from '../../platform/audit/trail-file/index.js';
import { checkTrail, type Verdict } from './check-trail.js';

const formats: TrailFormat[] = ['csv', 'json', 'parquet'];
const orgId = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';
/** What has to survive every format: formulas, quotes, line breaks, the guard itself, other scripts. */
const nasty = [
  '=1+1',
  `'quoted'`,
  '"',
  'a,b',
  'line\r\nbreak',
  '@x',
  '-1',
  '+1',
  '\ttab',
  '夜勤 🐦',
  '',
  '\\',
];

let folder: string;
let files = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function event(seq: number, change: Partial<ChainedEvent> = {}): ChainedEvent {
  return {
    orgId,
    seq,
    id: `0190f5e2-5e6b-7c3a-9b1f-${String(seq).padStart(12, '0')}`,
    eventType: 'ROLE_CREATED',
    actorKind: 'member',
    actorId: 'somebody',
    entityType: 'role',
    entityId: nasty[seq % nasty.length] ?? '',
    metadata: { b: nasty[(seq + 1) % nasty.length] ?? '', a: 'x' },
    requestId: `request-${seq}`,
    createdAt: '2026-01-31T12:00:00.123456Z',
    ...change,
  };
}

function chainOf(events: readonly ChainedEvent[], start = beginning): TrailRow[] {
  let previousHash = start;
  return events.map((one) => {
    const row = { ...one, previousHash, hash: hashOf(previousHash, one) };
    previousHash = row.hash;
    return row;
  });
}

const sound = chainOf(Array.from({ length: 30 }, (_, index) => event(index + 1)));

function endOf(rows: readonly TrailRow[]): TrailEnd {
  const [first, last] = [rows[0], rows.at(-1)];
  return {
    orgId,
    events: rows.length,
    firstSeq: first?.seq ?? 0,
    lastSeq: last?.seq ?? 0,
    head: last?.hash ?? beginning,
    exportedAt: '2026-02-01T00:00:00.000Z',
  };
}

async function* each(rows: readonly TrailRow[]): AsyncGenerator<TrailRow> {
  yield* rows;
}

async function write(format: TrailFormat, rows: readonly TrailRow[], end = endOf(sound)): Promise<string> {
  const path = join(folder, `trail-${(files += 1)}`);
  await writeTrail({ path, format }, each(rows), end);
  return path;
}

async function verdictOf(format: TrailFormat, rows: readonly TrailRow[], end?: TrailEnd): Promise<Verdict> {
  return checkTrail(await readTrail(await write(format, rows, end)));
}

/** The line on which the n-th event begins; a Parquet file has rows, and no header. */
async function lineOf(format: TrailFormat, rows: readonly TrailRow[], index: number): Promise<number> {
  if (format !== 'csv') return index + 1;
  const text = await readFile(await write(format, rows.slice(0, index)), 'utf8');
  // The end of the trail stands where the event would.
  return text.slice(0, text.indexOf('"","","","","END_OF_TRAIL"')).split('\n').length;
}

describe.each(formats)('an export as %s', (format) => {
  test('is sound as it was written, whatever is in it', async () => {
    expect(await verdictOf(format, sound)).toEqual({ sound: true, end: endOf(sound) });
    expect(await verdictOf(format, [], endOf([]))).toEqual({ sound: true, end: endOf([]) });
    const slice = sound.slice(10, 20);
    expect(await verdictOf(format, slice, endOf(slice))).toMatchObject({ sound: true });
  });

  test.each<[string, (rows: TrailRow[]) => TrailRow[], number, RegExp]>([
    ['a changed row', (rows) => rows.with(7, { ...rows[7]!, actorId: 'nobody' }), 7, /changed/],
    [
      'a changed pair of its metadata',
      (rows) => rows.with(7, { ...rows[7]!, metadata: { ...rows[7]!.metadata, a: 'y' } }),
      7,
      /changed/,
    ],
    [
      'a changed row with a hash of its own',
      (rows) => {
        const forged = { ...rows[7]!, actorId: 'nobody' };
        return rows.with(7, { ...forged, hash: hashOf(forged.previousHash, forged) });
      },
      8,
      /does not continue/,
    ],
    ['a removed row', (rows) => rows.toSpliced(7, 1), 7, /an event is missing/],
    ['removed rows', (rows) => rows.toSpliced(7, 3), 7, /3 events are missing/],
    [
      'an inserted row',
      (rows) => rows.toSpliced(8, 0, chainOf([event(8, { actorId: 'x' })], rows[7]!.hash)[0]!),
      8,
      /moved or inserted/,
    ],
    ['two rows exchanged', (rows) => rows.with(7, rows[8]!).with(8, rows[7]!), 7, /missing before/],
    ['a row twice', (rows) => rows.toSpliced(8, 0, rows[7]!), 8, /moved or inserted/],
    [
      'a row of another organization',
      (rows) => rows.with(7, chainOf([event(8, { orgId: 'other' })], rows[6]!.hash)[0]!),
      7,
      /another organization/,
    ],
    [
      'a beginning that is none',
      (rows) => [...chainOf([event(1)], 'f'.repeat(64)), ...rows.slice(1)],
      0,
      /not the first/,
    ],
    ['the last rows cut off', (rows) => rows.slice(0, 25), 25, /5 events are missing/],
  ])('shows %s', async (_name, tamper, index, problem) => {
    const rows = tamper([...sound]);
    const verdict = await verdictOf(format, rows);
    expect(verdict).toMatchObject({ sound: false, problem: expect.stringMatching(problem) });
    expect(verdict).toMatchObject({ line: await lineOf(format, rows, index) });
  });

  test('shows an end that is another one’s, or cut off with it', async () => {
    const other = { ...endOf(sound), head: 'f'.repeat(64) };
    expect(await verdictOf(format, sound, other)).toMatchObject({ sound: false });
    const path = await write(format, sound);
    const bytes = await readFile(path);
    for (const share of [0.5, 0.9, 0.99]) {
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * share)));
      expect(await checkTrail(await readTrail(path))).toMatchObject({ sound: false });
    }
  });

  test('shows any byte of an event that was flipped', async () => {
    const path = await write(format, sound);
    const bytes = await readFile(path);
    // Of a Parquet file the pages of the first columns; its index and statistics are not what is read.
    const places = format === 'parquet' ? [20, 40, 60] : [200, 1500, Math.floor(bytes.length / 2)];
    for (const place of places) {
      const damaged = Buffer.from(bytes);
      damaged[place] = damaged[place]! ^ 1;
      await writeFile(path, damaged);
      expect(await checkTrail(await readTrail(path))).toMatchObject({ sound: false });
    }
  });
});

describe('an export that is to follow an earlier one', () => {
  const [earlier, later] = [sound.slice(0, 20), sound.slice(20)];
  const after = endOf(earlier);
  const verdictBehind = async (rows: readonly TrailRow[], end = endOf(rows), behind = after) =>
    checkTrail(await readTrail(await write('json', rows, end)), { after: behind });

  test('does when it goes on, also with events that both hold', async () => {
    for (const rows of [later, sound.slice(15), sound.slice(19), sound]) {
      expect(await verdictBehind(rows)).toEqual({ sound: true, end: endOf(rows) });
    }
  });

  const strangers = chainOf(later.map((row) => event(row.seq, { orgId: 'other' })));
  const forged = chainOf(Array.from({ length: 30 }, (_, index) => event(index + 1, { actorId: 'forger' })));
  test.each<[string, TrailRow[], RegExp]>([
    ['leaves an event out', sound.slice(21), /an event is missing between/],
    ['leaves events out', sound.slice(24), /4 events are missing between/],
    ['was written anew', forged.slice(20), /does not continue event 20/],
    ['overlaps with what was written anew', forged.slice(15), /event 20 is not the last event/],
    ['ends where the earlier one does not', forged.slice(5, 15), /before the end of the earlier/],
    ['holds nothing', [], /no events to continue/],
  ])('does not when it %s', async (_name, rows, problem) => {
    expect(await verdictBehind(rows)).toMatchObject({
      sound: false,
      problem: expect.stringMatching(problem),
    });
  });

  test('does not when one of them is of another organization, or the earlier one is empty', async () => {
    const end = { ...endOf(strangers), orgId: 'other' };
    expect(await verdictBehind(strangers, end)).toMatchObject({
      sound: false,
      problem: expect.stringContaining('another organization'),
    });
    expect(await verdictBehind(sound, endOf(sound), endOf([]))).toMatchObject({
      sound: false,
      problem: expect.stringContaining('has no events'),
    });
  });
});

test('a CSV holds no cell that a spreadsheet would run', async () => {
  const path = await write('csv', sound);
  const cells = (await readFile(path, 'utf8')).split(/^"|","|"\r\n"?/m);
  expect(cells.length).toBeGreaterThan(300);
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
  expect(cells).toEqual(expect.arrayContaining([`'=1+1`, `''quoted'`]));
});

test('the encoding of an event is pinned: exports of years ago must be checked by it', () => {
  expect(hashOf(beginning, event(1))).toBe(sound[0]?.hash);
  expect(sound[0]?.hash).toMatchInlineSnapshot(
    `"34f8b5fe64e6e90f7ce3868e9248f546cb3277514566d0483602dfc2479d901b"`,
  );
});
