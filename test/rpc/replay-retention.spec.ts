import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { filesOf, recordedOrganization, recorder, recordingsOf, Session } from '../support/recordings.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

let s: TestServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-replay-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const untilFiles = (orgId: string, count: number) =>
  eventually(`${count} files are left`, async () => (await filesOf(folder, orgId)).length === count);

/** An organization with a session of an employee. */
async function recorded() {
  const own = await recordedOrganization(s);
  const rita = await hire(s, own);
  await new Session(rita).send(0);
  return { ...own, rita };
}

test('recordings are deleted after 30 days, or as the organization sets it, in pieces', async () => {
  const [short, usual] = [await recorded(), await recorded()];
  for (let n = 0; n < 25; n += 1) await new Session(short.rita).send(0);
  const settings = recorder(short.admin);
  expect(await settings.getRecordingSettings({})).toMatchObject({ settings: { retentionDays: 30 } });
  for (const retentionDays of [0, 366, -1])
    expect((await refusalOf(settings.updateRecordingSettings({ retentionDays }))).code).toBe(
      Code.InvalidArgument,
    );
  const byRita = recorder(short.rita);
  expect((await refusalOf(byRita.updateRecordingSettings({ retentionDays: 3 }))).code).toBe(
    Code.PermissionDenied,
  );
  expect((await refusalOf(byRita.getRecordingSettings({}))).code).toBe(Code.PermissionDenied);
  await s.travel(4 * DAY_MS);
  await new Session(short.rita, Date.now() + 4 * DAY_MS - 60_000).send(0);
  await settings.updateRecordingSettings({ retentionDays: 3 });
  await eventually('the old ones are deleted', async () => (await recordingsOf(short.admin)).length === 1);
  await untilFiles(short.id, 1);
  expect(await recorder(usual.admin).getRecordingSettings({})).toMatchObject({
    settings: { retentionDays: 30 },
  });
  expect(await recordingsOf(usual.admin)).toHaveLength(1);
  await s.travel(26 * DAY_MS + 60_000);
  // As the hour does.
  await s.database.query(`select graphile_worker.add_job('replay.find-expired', '{}')`);
  await untilFiles(usual.id, 0);
  await untilFiles(short.id, 0);
  expect(await s.database.query('select from recording')).toEqual([]);
  const used = await s.database.query<{ bytes: string }>('select bytes from recording_use');
  expect(new Set(used.map(({ bytes }) => Number(bytes)))).toEqual(new Set([0]));
});
