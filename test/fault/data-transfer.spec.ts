import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ExportFormat, ExportService, ExportState } from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { ImportService, ImportSource, ImportState } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { type Cast, inProject, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { inState, uploaded } from '../support/imports.js';
import { KillableEngine } from '../support/killable-engine.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(300_000);

const EVENTS = 40_000;

let s: TestServer;
let cast: Cast;
let engine: KillableEngine;
let folder: string;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-transfer-'));
  engine = await KillableEngine.start();
  s = await startTestServer({ env: { ROLE: 'api', DATA_DIR: folder, CLICKHOUSE_URL: engine.url } });
  cast = await seedCast(s);
});
afterEach(() => workers.killAll());
afterAll(async () => {
  await s?.stop();
  await engine?.remove();
  await rm(folder, { recursive: true, force: true });
});

const imports = () => inProject(cast.alice, cast.site, ImportService);

async function startWorker(): Promise<void> {
  // Slow enough to be killed in the middle three times, on a busy machine too.
  const env = { DATA_DIR: folder, CLICKHOUSE_URL: engine.url, IMPORT_EVENTS_PER_SECOND: '2500' };
  workers.start(env);
  await workers.atWork();
}

/** As when memory runs out; another worker takes the job over. */
async function killAndReplace(): Promise<void> {
  await workers.killAll();
  await workers.declareDead();
  await startWorker();
  await workers.hurry();
}

async function stored(): Promise<{ events: number; ids: number }> {
  const [row] = await engine.query<{ events: string; ids: string }>(
    `SELECT count() AS events, uniqExact(event_id) AS ids FROM dovecote.events FINAL WHERE project = ${cast.site.number}`,
  );
  return { events: Number(row?.events), ids: Number(row?.ids) };
}

function file(tag: string): string {
  const lines = Array.from({ length: EVENTS }, (_, n) =>
    JSON.stringify({
      type: 'track',
      event: 'seen',
      messageId: `${tag}-${n}`,
      userId: `user-${n % 50}`,
      timestamp: new Date(Date.UTC(2025, n % 12, 1, 0, 0, n)).toISOString(),
    }),
  );
  return `${lines.join('\n')}\n`;
}

async function started(tag: string): Promise<string> {
  const importId = await uploaded(imports(), file(tag), { source: ImportSource.SEGMENT });
  await imports().checkImport({ importId });
  await inState(imports(), importId, [ImportState.CHECKED]);
  await imports().startImport({ importId });
  return importId;
}

/** Waits until the import has stored more than that, and not all. */
async function inTheMiddle(importId: string, more: number): Promise<number> {
  return eventually(
    'some events are stored',
    async () => {
      const found = (await imports().getImport({ importId })).import;
      return Number(found?.eventsStored) > more && Number(found?.eventsStored);
    },
    60_000,
  );
}

describe('events of a file', () => {
  test('are stored once although workers are killed in the middle, and deleted although one is killed then, too', async () => {
    await startWorker();
    const kept = await started('kept');
    let reached = 0;
    for (let kill = 0; kill < 3; kill += 1) {
      reached = await inTheMiddle(kept, reached);
      await killAndReplace();
    }
    const done = await inState(imports(), kept, [ImportState.COMPLETED], 120_000);
    expect(done.eventsStored).toBe(BigInt(EVENTS));
    expect(await stored()).toEqual({ events: EVENTS, ids: EVENTS });

    const undone = await started('undone');
    await inTheMiddle(undone, 0);
    await Promise.all([imports().undoImport({ importId: undone }), workers.killAll()]);
    await killAndReplace();
    await inState(imports(), undone, [ImportState.UNDONE], 120_000);
    expect(await stored()).toEqual({ events: EVENTS, ids: EVENTS });
    expect(workers.lastWords).toEqual([]);

    const exports = inProject(cast.alice, cast.site, ExportService);
    const { export: asked } = await exports.createProjectExport({ format: ExportFormat.NDJSON });
    const exported = (state: ExportState) =>
      eventually(
        `the export is in state ${ExportState[state]}`,
        async () => {
          const { export: found } = await exports.getExport({ exportId: asked?.id });
          return (found?.state ?? 0) >= state && found;
        },
        60_000,
      );
    await exported(ExportState.RUNNING);
    await killAndReplace();
    const { files, state } = await exported(ExportState.COMPLETED);
    expect(state).toBe(ExportState.COMPLETED);
    const response = await fetch(s.url + new URL(files[0]?.url ?? '').pathname);
    const lines = gunzipSync(Buffer.from(await response.arrayBuffer()))
      .toString()
      .trim()
      .split('\n');
    expect(new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id)).size).toBe(EVENTS);
    expect(lines).toHaveLength(EVENTS);
  });
});
