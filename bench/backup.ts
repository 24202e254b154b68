// How fast are backup and restore, beside copies by hand of the same bytes?
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { ClickHouseClient } from '@clickhouse/client';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import { fill } from './insights/rows.js';
import { ownerOf } from './support/database.js';
import { Dovecote } from './support/dovecote.js';
import type { Effort } from './support/effort.js';
import { connectTo, database, engineOf } from './support/engine.js';
import { root } from './support/paths.js';
import { createProject } from './support/project.js';
import { figure, ratio, type Report, type Table } from './support/report.js';
import { withTemporaryFolder } from './support/temporary-folder.js';

const MILLION = 1_000_000;
/** The engine takes at most 1 GiB in one INSERT: by hand so many rows are inserted, and the time is scaled. */
const INSERTED_ROWS = MILLION;
const MEBIBYTE = 1024 ** 2;
const run = promisify(execFile);

export async function answerBackup({ millions }: Effort): Promise<Report> {
  const tables: Table[] = [];
  for (const size of millions) tables.push(await withTemporaryFolder((folder) => measure(folder, size)));
  return {
    title: 'How fast are backup and restore?',
    method: [
      'The command `dovecote backup` beside a running server with embedded stores, `restore --check`, and `restore` into an empty folder,',
      'each with its start. Limits in the same run, on the same disk: the rows of the table of events as the engine writes them, to a file,',
      'by one connection; a million of them inserted by hand into an empty table of the same engine, and the time scaled; a plain copy of the files of the backup.',
    ].join('\n'),
    tables,
    notes: [
      'The limits neither compress, hash nor flush what they write. The restore starts both stores, makes schema and indexes, and fills the activity of persons again.',
      'One run each: a second one finds its files in the memory of the system.',
    ],
  };
}

async function measure(folder: string, millions: number): Promise<Table> {
  const dataDir = join(folder, 'data');
  const backup = join(folder, 'backup');
  const server = await Dovecote.start({ dataDir, compileCache: join(folder, 'compiled') });
  const owner = await ownerOf(dataDir);
  const rows: string[][] = [];
  let events = 0;
  const note = (name: string, seconds: number, bytes: number, limit: number): void => {
    process.stderr.write(`  ${name}: ${figure(seconds, 1)} s\n`);
    rows.push([
      name,
      figure(seconds, 1),
      figure(events / seconds),
      figure(bytes / MEBIBYTE / seconds, 1),
      ratio(seconds, limit),
    ]);
  };
  try {
    const project = await createProject(owner, 'Site');
    const transport = createConnectTransport({
      baseUrl: server.url,
      httpVersion: '1.1',
      interceptors: [
        (next) => (request) => {
          for (const [name, value] of Object.entries(project.private)) request.header.set(name, value);
          return next(request);
        },
      ],
    });
    // A question starts the engine.
    await createClient(ActivityService, transport).getEventExplorer({});
    const engine = connectTo(await engineOf(dataDir));
    try {
      process.stderr.write(`Making ${millions} million events …\n`);
      const filled = await fill(engine, project.number, millions * MILLION);
      events = filled.events + filled.copies;
      const text = join(folder, 'events.tsv');
      const read = await secondsOf(() => readByHand(engine, text));
      const bytes = (await stat(text)).size;
      note('rows of events to a file, by hand', read, bytes, read);
      const part = join(folder, 'part.tsv');
      await readByHand(engine, part, INSERTED_ROWS);
      const inserted =
        (await secondsOf(() => insertByHand(engine, part))) * Math.max(1, events / INSERTED_ROWS);
      note('the same rows inserted, by hand', inserted, bytes, inserted);
      note('backup', await secondsOf(() => dovecote(['backup', backup], dataDir)), bytes, read);
      const size = await sizeOf(backup);
      const copied = await secondsOf(() => cp(backup, join(folder, 'copy'), { recursive: true }));
      note('plain copy of the backup', copied, size, copied);
      note(
        'restore --check',
        await secondsOf(() => dovecote(['restore', backup, '--check'], dataDir)),
        size,
        copied,
      );
      const machine = join(folder, 'machine');
      await mkdir(machine);
      await cp(join(dataDir, 'master.key'), join(machine, 'master.key'));
      note('restore', await secondsOf(() => dovecote(['restore', backup], machine)), bytes, inserted);
      return {
        title: `${figure(events)} rows of events: ${figure(bytes / MEBIBYTE)} MiB of text, ${figure(size / MEBIBYTE)} MiB of backup`,
        head: ['', 'seconds', 'events/s', 'MiB/s', 'time ÷ limit'],
        rows,
      };
    } finally {
      await engine.close();
    }
  } finally {
    await owner.end();
    await server.stop();
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1_000;
}

async function readByHand(engine: ClickHouseClient, file: string, most?: number): Promise<void> {
  const limit = most === undefined ? '' : `LIMIT ${most}`;
  const { stream } = await engine.exec({
    query: `SELECT * FROM ${database}.events ${limit} FORMAT TabSeparated`,
  });
  await pipeline(stream, createWriteStream(file));
}

async function insertByHand(engine: ClickHouseClient, file: string): Promise<void> {
  await engine.command({ query: `CREATE TABLE ${database}.by_hand AS ${database}.events` });
  const { stream } = await engine.exec({
    query: `INSERT INTO ${database}.by_hand SETTINGS max_partitions_per_insert_block = 0 FORMAT TabSeparated`,
    values: createReadStream(file),
  });
  for await (const _ of stream) {
    // The end says that the insert has ended.
  }
  await engine.command({ query: `DROP TABLE ${database}.by_hand SYNC` });
}

async function dovecote(words: readonly string[], dataDir: string): Promise<void> {
  const env = { ...process.env, DATA_DIR: dataDir, ENVIRONMENT: 'production', LOG_FORMAT: 'json' };
  await run(process.execPath, [join(root, 'dist/main.js'), ...words], { env });
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name));
      return found.isFile() ? found.size : 0;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
