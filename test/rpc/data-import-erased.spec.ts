import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ImportService, ImportSource, ImportState } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { v7 as uuid } from 'uuid';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
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
  const imports = s.client(ImportService, { ...cast.alice.headers, 'x-project-id': cast.site.id });
  const done = await imported(imports, file, { source: ImportSource.SEGMENT });
  expect(done.state).toBe(ImportState.COMPLETED);
  const ids = (await storedEvents(s, cast.site)).map((event) => event.distinct_id);
  expect(ids).toEqual([ben]);
  expect(await world.traces([ann, anon])).toEqual([]);
});
