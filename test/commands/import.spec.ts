import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ImportService, ImportSource } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { v7 as uuid } from 'uuid';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { Command, type CommandResult } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { amplitudeEvents, mixpanelEvents, posthogCsv } from '../support/export-samples.js';
import { imported, ndjson, storedEvents, track, tracks } from '../support/imports.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(180_000);

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-import-command-'));
  s = await startTestServer({
    analytics: true,
    env: { DATA_DIR: join(folder, 'data'), IMPORT_EVENTS_PER_SECOND: '100000' },
  });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
const newProject = () => addProject(s, cast.acme, `Project ${(made += 1)}`);
const kinds = async (project: TestProject) => (await storedEvents(s, project)).map(({ kind }) => kind);
const keyOf = (who: Cast['kiosk']) => who.headers.authorization.replace('Bearer ', '');

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

function start({ id }: TestProject, words: readonly string[], key = keyOf(cast.kiosk)): Command {
  const all = ['import', ...words, '--server', s.url, '--project', id];
  return Command.start(all, { env: { DOVECOTE_API_KEY: key }, folder });
}

function run(project: TestProject, words: readonly string[], key?: string): Promise<CommandResult> {
  return start(project, words, key).result();
}

const stateOf = async (importId: string) => {
  const [row] = await s.database.query<{ state: number }>('select state from data_import where id = $1', [
    importId,
  ]);
  return row?.state;
};
const batchIn = ({ output }: CommandResult) => /^Import (\S+) of/m.exec(output)?.[1] ?? '';

describe('dovecote import refuses', () => {
  test.each<[string, () => Promise<string[]>, string]>([
    ['neither a file nor an import', async () => [], 'Name a file to import'],
    ['a file that does not exist', async () => ['nowhere.ndjson'], 'nowhere.ndjson cannot be read'],
    ['an empty file', async () => [await fileOf('empty', '')], 'is empty'],
    ['a folder', async () => ['.'], 'is no file'],
    [
      'what it does not recognize',
      async () => [await fileOf('a.txt', 'hello')],
      '--format is one of amplitude',
    ],
    ['a ZIP', async () => [await fileOf('a.zip', 'PK\u0003\u0004')], 'is a ZIP: unpack it'],
    ['CSV without a mapping', async () => [await fileOf('a.csv', 'a,b\n1,2\n')], 'needs --mapping'],
    ['an unknown format', async () => ['x', '--format', 'heap'], 'Allowed choices are amplitude'],
    [
      'an unknown zone',
      async () => [await fileOf('z', tracks(1)), '--zone', 'Mars/X'],
      'options.zone is no time zone',
    ],
    ['an import that is no id', async () => ['--undo', 'x'], '--undo must be the id of an import'],
    ['an import that does not exist', async () => ['--undo', uuid()], 'import not found'],
  ])('%s', async (_what, words, complaint) => {
    const { exitCode, output } = await run(cast.site, await words());
    expect(output.toLowerCase()).toContain(complaint.toLowerCase());
    expect(output).not.toMatch(/^ {4}at /m);
    expect(exitCode).toBe(1);
  });

  test('a key that is wrong, may not write, or is of another organization', async () => {
    const file = await fileOf('refused.ndjson', tracks(2));
    const wrong = `${keyOf(cast.kiosk).slice(0, -4)}0000`;
    for (const [key, project] of [
      [wrong, cast.site],
      [keyOf(cast.kiosk), cast.otherSite],
      [cast.site.keys.public.key, cast.site],
    ] as const) {
      const { exitCode, output } = await run(project, [file], key);
      expect(output).toContain('The server refuses: ');
      expect(output).not.toContain(key);
      expect(exitCode).toBe(1);
    }
    const keyless = await run(cast.site, [file], '');
    expect(keyless).toMatchObject({ exitCode: 1, output: expect.stringContaining('Give an API key') });
    expect(await s.database.query('select from data_import')).toEqual([]);
  });

  test('to undo an import of another organization', async () => {
    const theirs = inProject(cast.mallory, cast.otherSite, ImportService);
    const { id } = await imported(theirs, tracks(3), { source: ImportSource.SEGMENT });
    for (const project of [cast.site, cast.otherSite]) {
      const { exitCode, output } = await run(project, ['--undo', id]);
      expect(output).toContain('The server refuses: ');
      expect(exitCode).toBe(1);
    }
    expect(await kinds(cast.otherSite)).toHaveLength(3);
  });

  test('a server that does not answer', async () => {
    const file = await fileOf('away.ndjson', tracks(1));
    const words = ['import', file, '--server', 'http://127.0.0.1:9', '--project', cast.site.id];
    const { exitCode, output } = await Command.run(words, { env: { DOVECOTE_API_KEY: 'k' }, folder });
    expect(output).toContain('http://127.0.0.1:9 does not answer');
    expect(exitCode).toBe(1);
  });
});

describe('dovecote import', () => {
  const withProblem = ndjson([track(1), track(2), track(3, { timestamp: 'yesterday' })]);

  test('in a dry run shows what lines become and the problems, and imports nothing', async () => {
    const project = await newProject();
    const hostile = track(4, { event: 'bell\u0007\u001b[2J\u009b' });
    const file = await fileOf('dry.ndjson', withProblem + ndjson([hostile]));
    const result = await run(project, [file, '--dry-run']);
    expect(result.output).toContain('Format: segment, as recognized');
    expect(result.output).toContain('Line 1 becomes "Order Placed" of "user-1" at 2025-03-04T05:06:08.000Z:');
    expect(result.output).toContain('Line 3: "timestamp" is not a time');
    expect(result.output).toContain('this was a dry run');
    expect(result.output).toContain('"bell\\u0007\\u001b[2J\\u009b"');
    expect(result.exitCode).toBe(2);
    expect(await kinds(project)).toEqual([]);
    // Its file is not kept.
    expect(await stateOf(batchIn(result))).toBe(7);
  });

  test('imports a file, says what was left out, finds it there the next time, and undoes it', async () => {
    const project = await newProject();
    const file = await fileOf('spring.ndjson.gz', gzipSync(withProblem));
    const first = await run(project, [file]);
    expect(first.output).toContain('Stored 2 events');
    expect(first.output).toContain('Lines left out: 1.');
    expect(first.exitCode).toBe(2);
    const again = await run(project, [file]);
    expect(again.output).toContain('Stored 0 events and 0 profiles. There before: 2.');
    expect(batchIn(again)).not.toBe(batchIn(first));
    const undone = await run(project, ['--undo', batchIn(first)]);
    expect(undone).toMatchObject({ exitCode: 0, output: expect.stringContaining('are deleted') });
    expect(await kinds(project)).toEqual([]);
  });

  test('with strict imports nothing of it, and all of a file without problems', async () => {
    const project = await newProject();
    const refused = await run(project, [await fileOf('bad.ndjson', withProblem), '--strict']);
    expect(refused.output).toContain('Nothing is imported: 1 lines cannot be taken.');
    expect(refused.exitCode).toBe(1);
    expect(await kinds(project)).toEqual([]);
    const taken = await run(project, [await fileOf('good.ndjson', tracks(2)), '--strict']);
    expect(taken.exitCode).toBe(0);
    expect(await kinds(project)).toHaveLength(2);
  });

  test.each<[string, string, string, string[]]>([
    ['mixpanel', 'mixpanel.json', ndjson(mixpanelEvents), ['page_view', 'Order Placed']],
    ['amplitude', 'amplitude.json', ndjson(amplitudeEvents), ['page_view', 'Order Placed']],
    ['posthog', 'posthog.csv', posthogCsv, ['buy']],
  ])('recognizes %s', async (format, name, content, expected) => {
    const project = await newProject();
    const { exitCode, output } = await run(project, [await fileOf(name, content)]);
    expect(output).toContain(`Format: ${format}, as recognized`);
    expect(exitCode).toBe(0);
    expect(await kinds(project)).toEqual(expected);
  });

  test('reads CSV by a mapping, with the key in a file', async () => {
    const project = await newProject();
    const file = await fileOf('sales.csv', 'when;who;what\n3/4/2025 06:06:07;u1;sale\n');
    const mapping = { timeColumn: 'when', distinctIdColumn: 'who', eventColumn: 'what', delimiter: ';' };
    const path = await fileOf('mapping.json', JSON.stringify(mapping));
    const words = [
      file,
      '--format',
      'csv',
      '--mapping',
      path,
      '--zone',
      'Europe/Stockholm',
      '--date-order',
      'day-first',
    ];
    const keyFile = await fileOf('key', `${keyOf(cast.kiosk)}\n`);
    const done = await run(project, [...words, '--key-file', keyFile], '');
    expect(done.exitCode).toBe(0);
    expect(await storedEvents(s, project)).toMatchObject([
      { kind: 'sale', occur_time: '2025-04-03 04:06:07.000' },
    ]);
    const wrong = await run(project, [file, '--mapping', await fileOf('wrong.json', '{"column":1}')]);
    expect(wrong).toMatchObject({ exitCode: 1, output: expect.stringContaining('is no mapping') });
  });

  test('continues an upload that was killed', async () => {
    const project = await newProject();
    const lines = Array.from({ length: 40_000 }, (_, n) =>
      track(n, { properties: { text: `${n}`.padEnd(1_000, 'x') } }),
    );
    const file = await fileOf('large.ndjson', ndjson(lines));
    const uploaded = async () => {
      const [row] = await s.database.query<{ bytes: string }>(
        'select uploaded_bytes as bytes from data_import where project = $1 and uploaded_bytes > 0',
        [project.number],
      );
      return Number(row?.bytes ?? 0);
    };
    const killed = start(project, [file]);
    await eventually('a part has arrived', async () => (await uploaded()) > 0, 60_000);
    killed.signal('SIGKILL');
    expect((await killed.result()).exitCode).toBeNull();
    const before = await uploaded();
    const done = await run(project, [file]);
    const from = /from byte (\d+) on/.exec(done.output)?.[1];
    expect(Number(from)).toBeGreaterThanOrEqual(before);
    expect(done).toMatchObject({ exitCode: 0, output: expect.stringContaining('Stored 40000 events') });
    const rows = await s.database.query('select from data_import where project = $1', [project.number]);
    expect(rows).toHaveLength(1);
    expect(new Set((await storedEvents(s, project)).map(({ event_id }) => event_id)).size).toBe(40_000);
  });
});
