import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Export,
  ExportFormat,
  ExportService,
  ExportState,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { AuditExportFormat, AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { ObjectStore } from '../../src/platform/object-store/index.js';
import { type Cast, inProject, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let release: () => void = () => undefined;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterEach(async () => {
  release();
  jest.restoreAllMocks();
  await noJobs();
});
afterAll(() => s?.stop());

const mine = () => inProject(cast.alice, cast.site, ExportService);

const objects = (): ObjectStore => s.server.app.get(ObjectStore, { strict: false });

/** Holds back the first file that is to be written, until `release`; the result waits for that moment. */
function holdFirstFile(): () => Promise<unknown> {
  const store = objects();
  const put = store.put.bind(store);
  const released = new Promise<void>((resolve) => (release = resolve));
  let isHeld = false;
  jest.spyOn(store, 'put').mockImplementation(async (...args) => {
    const isFirst = !isHeld;
    isHeld = true;
    if (isFirst) await released;
    await put(...args);
  });
  return () => eventually('a file is to be written', async () => isHeld);
}

async function inState(exportId: string | undefined, state: ExportState): Promise<Export> {
  return eventually(`the export is ${ExportState[state]}`, async () => {
    const { export: found } = await mine().getExport({ exportId });
    return found?.state === state && found;
  });
}

const create = async () =>
  (await mine().createProjectExport({ format: ExportFormat.NDJSON })).export?.id ?? '';

/** A second job beside the one that runs, as when a worker is taken for dead that is not. */
async function double(id: string): Promise<void> {
  await s.database.query(
    `insert into graphile_worker._private_jobs (task_id, payload, max_attempts)
     select task_id, payload, max_attempts from graphile_worker._private_jobs
      where locked_at is not null and payload::text like '%' || $1 || '%' limit 1`,
    [id],
  );
}

async function noJobs(besides = 0): Promise<void> {
  await eventually('no other run is left', async () => {
    const jobs = await s.database.query(
      `select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier in ('data-export.make', 'privacy.export', 'audit.export')`,
    );
    return jobs.length === besides;
  });
}

async function statusesOf(urls: readonly string[]): Promise<number[]> {
  const answers = await Promise.all(urls.map((url) => fetch(s.url + new URL(url).pathname)));
  for (const { body } of answers) await body?.cancel();
  return answers.map(({ status }) => status);
}

async function keysIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const key of objects().keys()) if (key.startsWith(folder)) found.push(key);
  return found;
}

async function attemptsAt(id: string): Promise<number | undefined> {
  const [row] = await s.database.query<{ attempts: number }>(
    'select attempts from data_export where id = $1',
    [id],
  );
  return row?.attempts;
}

describe('an export of a project', () => {
  test('is not begun again when one that waits for it is cancelled', async () => {
    const held = holdFirstFile();
    const running = await create();
    await held();
    const waiting = await create();
    await mine().cancelExport({ exportId: waiting });
    const next = await create();
    release();
    const { files } = await inState(running, ExportState.COMPLETED);
    expect(await attemptsAt(running)).toBe(1);
    expect(await statusesOf(files.map(({ url }) => url))).toEqual([200, 200, 200, 200]);
    await inState(next, ExportState.COMPLETED);
    expect(await attemptsAt(waiting)).toBe(0);
  });

  test('keeps its files when an attempt that was taken for dead comes to its end behind another', async () => {
    const held = holdFirstFile();
    const exportId = await create();
    await held();
    // As when the first attempt had written one before.
    const folder = `${cast.acme.id}/data-exports/${exportId}`;
    await objects().put(`${folder}/1/left.ndjson`, Readable.from('{}'), 'application/x-ndjson');
    await double(exportId);
    const { files } = await inState(exportId, ExportState.COMPLETED);
    expect(await attemptsAt(exportId)).toBe(2);
    expect(await keysIn(`${folder}/`)).toEqual(Array(4).fill(expect.stringContaining(`${folder}/2/`)));
    release();
    await noJobs();
    expect(await keysIn(`${folder}/`)).toEqual(Array(4).fill(expect.stringContaining(`${folder}/2/`)));
    expect(await statusesOf(files.map(({ url }) => url))).toEqual([200, 200, 200, 200]);
  });
});

describe('a run that was taken for dead', () => {
  const privacy = () => cast.alice.client(PrivacyService);
  const audit = () => cast.alice.client(AuditService);
  const kinds = [
    {
      what: 'a copy of what is known',
      table: 'privacy_request',
      create: async () => (await privacy().exportOrgData({})).exportId,
      linkOf: async (exportId: string) => {
        const { requests } = await privacy().listPrivacyRequests({ pageSize: 100 });
        return requests.find(({ id }) => id === exportId)?.metadata['result_url'];
      },
    },
    {
      what: 'an export of the trail',
      table: 'audit_export',
      create: async () => {
        await audit().exportAuditTrail({ format: AuditExportFormat.CSV });
        return (await audit().listAuditExports({})).exports[0]?.id ?? '';
      },
      linkOf: async (exportId: string) => {
        const { exports } = await audit().listAuditExports({});
        return exports.find(({ id }) => id === exportId)?.resultUrl;
      },
    },
  ];

  test.each(kinds)('and comes to its end behind another, leaves $what', async ({ create, linkOf }) => {
    const held = holdFirstFile();
    const exportId = await create();
    await held();
    await double(exportId);
    const url = await eventually('it is complete', () => linkOf(exportId));
    release();
    await noJobs();
    expect(await statusesOf([url])).toEqual([200]);
  });

  test.each(kinds)('and fails for the last time behind another, leaves $what', async (kind) => {
    const store = objects();
    const put = store.put.bind(store);
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    release = () => held.forEach(({ resolve }) => resolve());
    let writes = 0;
    jest.spyOn(store, 'put').mockImplementation(async (...args) => {
      await held[writes++]?.promise;
      await put(...args);
    });
    const exportId = await kind.create();
    await eventually('the first run writes', async () => writes === 1);
    // The next run is the last one that may fail.
    await s.database.query(`update ${kind.table} set attempts = 4 where id = $1`, [exportId]);
    await double(exportId);
    await eventually('the second run writes', async () => writes === 2);
    await double(exportId);
    const url = await eventually('it is complete', () => kind.linkOf(exportId));
    held[1]?.reject(new Error('The store is away.'));
    await noJobs(1);
    expect(await kind.linkOf(exportId)).toBeTruthy();
    expect(await statusesOf([url])).toEqual([200]);
  });
});
