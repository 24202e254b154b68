import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Export,
  ExportFormat,
  ExportService,
  ExportState,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
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

/** Holds the first file that is written from now on behind its end, until `release`. Waits for it. */
function holdFirstFile(): () => Promise<unknown> {
  const store = s.server.app.get(ObjectStore, { strict: false });
  const put = store.put.bind(store);
  const released = new Promise<void>((resolve) => (release = resolve));
  let isHeld = false;
  jest.spyOn(store, 'put').mockImplementation(async (...args) => {
    const isFirst = !isHeld;
    isHeld = true;
    if (isFirst) await released;
    await put(...args);
  });
  return () => eventually('a file is written', async () => isHeld);
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
      where locked_at is not null and payload::text like '%' || $1 || '%'`,
    [id],
  );
}

async function noJobs(): Promise<void> {
  await eventually('no export is being made', async () => {
    const jobs = await s.database.query(
      `select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier in ('data-export.make', 'privacy.export')`,
    );
    return jobs.length === 0;
  });
}

async function statusesOf(urls: readonly string[]): Promise<number[]> {
  const answers = await Promise.all(urls.map((url) => fetch(s.url + new URL(url).pathname)));
  for (const { body } of answers) await body?.cancel();
  return answers.map(({ status }) => status);
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
    await double(exportId);
    const { files } = await inState(exportId, ExportState.COMPLETED);
    expect(await attemptsAt(exportId)).toBe(2);
    release();
    await noJobs();
    expect(await statusesOf(files.map(({ url }) => url))).toEqual([200, 200, 200, 200]);
  });
});

test('a copy of what is known keeps its file when a run that was taken for dead comes to its end behind another', async () => {
  const privacy = cast.alice.client(PrivacyService);
  const held = holdFirstFile();
  const { exportId } = await privacy.exportOrgData({});
  await held();
  await double(exportId);
  const url = await eventually('the copy is complete', async () => {
    const { requests } = await privacy.listPrivacyRequests({ pageSize: 100 });
    return requests.find(({ id }) => id === exportId)?.metadata['result_url'];
  });
  release();
  await noJobs();
  expect(await statusesOf([url])).toEqual([200]);
});
