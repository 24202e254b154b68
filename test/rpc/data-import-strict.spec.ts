import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ImportService, ImportSource, ImportState } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Client } from 'pg';
import { type Actor, addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { checked, imported, inState, ndjson, storedEvents, track, tracks } from '../support/imports.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
/** As many events as are stored at once. */
const CHUNK = 5_000;
const options = { source: ImportSource.SEGMENT };

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { IMPORT_EVENTS_PER_SECOND: '100000' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

let made = 0;
const newProject = () => addProject(s, cast.acme, `Project ${(made += 1)}`);
const into = (project: TestProject, who: Actor = cast.alice) => inProject(who, project, ImportService);
const count = async (project: TestProject) => (await storedEvents(s, project)).length;

async function begun(project: TestProject, file: string, strict = true): Promise<string> {
  const { id, check } = await checked(into(project), file, options);
  expect(check?.refused).toBe(0n);
  await into(project).startImport({ importId: id, strict });
  return id;
}

/** Five calls with traits that one profile has no place for: each is fine, and a check cannot know the profile. */
const tooManyTraits = ndjson(
  Array.from({ length: 5 }, (_, n) => ({
    type: 'identify',
    userId: 'anna',
    traits: Object.fromEntries(Array.from({ length: 60 }, (_each, m) => [`${n}-${m}`, 'x'.repeat(1_000)])),
  })),
);

test('a line that its check has refused: it does not start', async () => {
  const project = await newProject();
  const file = ndjson([track(1), track(2, { timestamp: 'yesterday' })]);
  const { id: importId } = await checked(into(project), file, options);
  const refused = await refusalOf(into(project).startImport({ importId, strict: true }));
  expect(refused.reason).toBe('IMPORT_HAS_PROBLEMS');
  expect(await count(project)).toBe(0);
});

test('a line that became too old since its check: nothing is stored', async () => {
  const project = await newProject();
  const at = (days: number) => ({ timestamp: new Date(Date.now() - days * DAY_MS).toISOString() });
  const file = ndjson([track(1, at(1)), track(2, at(40)), track(3, at(1))]);
  const { id: importId } = await checked(into(project), file, options);
  await cast.alice.client(ProjectService).updateProject({ projectId: project.id, retentionDays: 30 });
  await into(project).startImport({ importId, strict: true });
  const ended = await inState(into(project), importId, [ImportState.COMPLETED, ImportState.FAILED]);
  expect(ended).toMatchObject({ state: ImportState.FAILED, strict: true, eventsStored: 0n });
  expect(ended.error).toMatch(
    /^Line 2 cannot be taken: time is before 1970, or older than .* Nothing is stored\.$/,
  );
  expect(await count(project)).toBe(0);
});

test('a line that is refused while it runs: what was stored before is deleted', async () => {
  const project = await newProject();
  const theirs = await imported(into(cast.otherSite, cast.mallory), tracks(3), options);
  const file = tracks(CHUNK) + tooManyTraits;
  const lenient = await newProject();
  const kept = await begun(lenient, file, false);
  const done = await inState(into(lenient), kept, [ImportState.COMPLETED, ImportState.FAILED]);
  expect(done).toMatchObject({ state: ImportState.COMPLETED, eventsStored: BigInt(CHUNK), linesRefused: 1n });

  const importId = await begun(project, file);
  const ended = await inState(into(project), importId, [ImportState.COMPLETED, ImportState.FAILED]);
  expect(ended.state).toBe(ImportState.FAILED);
  expect(ended.error).toContain('No event of the import is kept.');
  await eventually('none is left', async () => (await count(project)) === 0);
  await eventually('none is counted', async () => {
    const { import: now } = await into(project).getImport({ importId });
    return now?.eventsStored === 0n && now.state === ImportState.FAILED;
  });
  expect(await count(lenient)).toBe(CHUNK);
  expect(await count(cast.otherSite)).toBe(Number(theirs.eventsStored));
});

test('it is cancelled in the middle: what was stored before is deleted, and else stays', async () => {
  const file = tracks(CHUNK) + ndjson([{ type: 'identify', userId: 'anna', traits: { plan: 'pro' } }]);
  for (const strict of [true, false]) {
    const project = await newProject();
    const holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    try {
      // Profiles of the project are busy: the import waits behind its first chunk.
      await holder.query('begin');
      await holder.query(`select pg_advisory_xact_lock(hashtextextended('profile/' || $1, 0))`, [
        project.number,
      ]);
      const importId = await begun(project, file, strict);
      await eventually('the first chunk is stored', async () => (await count(project)) === CHUNK);
      await into(project).cancelImport({ importId });
      await holder.query('commit');
      await inState(into(project), importId, [ImportState.CANCELLED]);
      const left = strict ? 0 : CHUNK;
      await eventually(`${left} are left`, async () => {
        const { import: now } = await into(project).getImport({ importId });
        return Number(now?.eventsStored) === left && (await count(project)) === left;
      });
    } finally {
      await holder.end();
    }
  }
});
