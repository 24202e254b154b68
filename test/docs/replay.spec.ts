import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Page } from './support/page.js';
import { serve, type ServedPage } from './support/served-page.js';

const page = Page.open('docs/replay.md');
let reader: ServedPage;

beforeAll(async () => {
  reader = await serve(page);
  const { cast, server, shell } = reader;
  const token = cast.alice.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token} ORG=${cast.acme.id}`);
  await reader.type('call() {');
});
afterAll(() => reader?.stop());

test('a session is recorded, listed, played back, kept for a week and deleted', async () => {
  const shown = JSON.parse(page.take('storedEvents', 'json')) as object;
  expect(JSON.parse(await reader.type('AddChunk'))).toEqual(shown);
  const played = await reader.type('ListSessionRecordings');
  expect(played).toContain('startTime');
  expect(played).toContain('snapshotData');
  expect(played).toContain(String.raw`\"width\":1280`);
  expect(await reader.type('UpdateRecordingSettings')).toContain('"retentionDays":7');
  expect(await reader.shell.run(`call pidgr.v1.ReplayService/ListSessionRecordings '{}'`)).not.toContain(
    'startTime',
  );
});

test('every snippet of the page was run', () => {
  expect(page.untaken).toEqual([]);
});
