import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ImportService, ImportSource, ImportState } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { ComplianceRequestStatus } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { Client } from 'pg';
import { v7 as uuid } from 'uuid';
import { inProject } from '../support/cast.js';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
import { plantEvents } from '../support/analytics-events.js';
import { eventually } from '../support/eventually.js';
import { imported, ndjson, storedEvents, track } from '../support/imports.js';

jest.setTimeout(120_000);

let world: ErasureWorld;

beforeAll(async () => {
  world = await startErasureWorld();
});
afterAll(() => world?.stop());

test('a file brings back no event of an erased person, and none of anyone else is lost', async () => {
  const { cast, s } = world;
  const run = uuid().slice(-8);
  const [ann, anon, ben] = [`ann-${run}`, `anon-${run}`, `ben-${run}`];
  await world.identify(ann, anon);
  const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
  await world.completed(requestId);
  const file = ndjson([
    track(1, { userId: ann }),
    track(2, { userId: undefined, anonymousId: anon }),
    track(3, { userId: ben }),
  ]);
  const imports = inProject(cast.alice, cast.site, ImportService);
  const done = await imported(imports, file, { source: ImportSource.SEGMENT });
  expect(done.state).toBe(ImportState.COMPLETED);
  const ids = (await storedEvents(s, cast.site)).map((event) => event.distinct_id);
  expect(ids).toEqual([ben]);
  expect(await world.traces([ann, anon])).toEqual([]);
});

test('an erasure waits for a chunk of an import that asked for erased ids before the request', async () => {
  const { cast, s } = world;
  const { number } = cast.site;
  const person = `carl-${uuid().slice(-8)}`;
  await world.identify(person);
  // As the transaction of a chunk, between its question and its insert.
  const chunk = new Client({ connectionString: s.database.ownerUrl });
  await chunk.connect();
  try {
    await chunk.query('begin');
    await chunk.query(`select pg_advisory_xact_lock(hashtextextended('write_turn/' || $1, 0))`, [number]);
    const { requestId } = await world.people().deleteDataSubject({ externalId: person });
    await eventually('the erasure waits for the chunk', async () => {
      const waiting = await s.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'
            and query like '%write_turn/%'`,
      );
      return waiting.length > 0;
    });
    const { status } = await world.people().getDeletionRequest({ requestId });
    expect(status).not.toBe(ComplianceRequestStatus.COMPLETED);
    await plantEvents(world.store, [{ project: number, distinctId: person }]);
    await chunk.query('commit');
    await world.completed(requestId);
    expect(await world.traces([person])).toEqual([]);
  } finally {
    await chunk.end();
  }
});
