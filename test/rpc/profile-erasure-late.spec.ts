import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { v7 as uuid } from 'uuid';
import { encodeBody, linesOf } from '../../src/modules/analytics/event/batch-body.js';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
import { eventually } from '../support/eventually.js';
import { allMirrored, storeEvents } from '../support/people.js';

jest.setTimeout(120_000);

let world: ErasureWorld;

beforeAll(async () => {
  world = await startErasureWorld();
});
afterAll(() => world?.stop());

const id = (name: string): string => `${name}-${uuid().slice(-8)}`;

describe('what arrives after the request', () => {
  const send = (distinctId: string, at: number, name = 'late') =>
    world.cast.site.keys.sdk
      .client(EventsService)
      .batchCreate({ events: [{ name, distinctId, timestamp: timestampFromMs(at) }] });
  const stored = async (distinctId: string) =>
    (
      await world.engine(
        `select 1 from {}.events final where project = ${world.cast.site.number} and distinct_id = '${distinctId}'`,
      )
    ).length;
  const drained = () =>
    eventually(
      'the queue is empty',
      async () => (await world.s.database.query('select from ingest_batch')).length === 0,
    );

  test('is refused under an anonymous id', async () => {
    const [ann, anon] = [id('ann'), id('anon')];
    await world.identify(ann, anon);
    const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
    await world.completed(requestId);
    await send(anon, Date.now());
    await drained();
    expect(await stored(anon)).toBe(0);
    // Also when the SDK links it again, as it remembers it.
    const { profileId } = await world.identify(ann, anon);
    expect((await world.people().get({ id: ann })).profile?.id).toBe(profileId);
    expect(await world.traces([anon])).toEqual([]);
    await send(anon, Date.now());
    await drained();
    expect(await stored(anon)).toBe(0);
  });

  test('counts for a new profile when the application names the person again, but not what happened before', async () => {
    const ann = id('ann');
    const before = await world.identify(ann);
    const early = Date.now() - 1_000;
    const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
    const after = await world.identify(ann);
    expect(after.profileId).not.toBe(before.profileId);
    await send(ann, early);
    await send(ann, Date.now() + 1_000);
    await drained();
    await world.completed(requestId);
    expect(await stored(ann)).toBe(1);
    await allMirrored(world.s);
    const { profile } = await world.people().getByExternalId({ externalId: ann });
    expect(profile).toMatchObject({ id: after.profileId, activity: { totalEvents: 1n } });
    const [alias] = await world.engine<{ profile_id: string }>(
      `select profile_id from {}.person_aliases final where project = ${world.cast.site.number} and distinct_id = '${ann}'`,
    );
    expect(alias?.profile_id).toBe(after.profileId);
  });

  test('is accepted under an id without a profile, as soon as it is identified', async () => {
    const user = id('user');
    await storeEvents(world.store, world.cast.site.number, [{ id: user, at: '01 10:00' }]);
    await world.completed((await world.people().delete({ id: user })).requestId);
    await send(user, Date.now());
    await drained();
    expect(await stored(user)).toBe(0);
    await world.identify(user);
    await send(user, Date.now() + 1_000);
    await drained();
    expect(await stored(user)).toBe(1);
  });

  test('and waits in the queue or as a dead letter does not come back', async () => {
    const [ann, bea] = [id('ann'), id('bea')];
    await world.identify(ann);
    await send(ann, Date.now());
    await send(bea, Date.now());
    await drained();
    const letters = async () =>
      world.s.database.query<{ id: string; events: number; body: Buffer }>(
        'select id, events, body from ingest_dead_letter order by id',
      );
    const row = (distinctId: string) => ({
      project: 0,
      batch_id: '',
      received_at: '',
      kind: 'late',
      occur_time: '2026-06-01 10:00:00.000',
      distinct_id: distinctId,
      event_id: uuid(),
      properties: {},
      numbers: {},
      types: {},
    });
    for (const ids of [[ann], [ann, bea, ann], [bea]]) {
      const body = encodeBody(ids.map(row));
      await world.s.database.query(
        `insert into ingest_dead_letter
           (org_id, id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
         values ($1, $2, $3, now(), $4, $5, $6, $7, now(), 'x', $8)`,
        [
          world.cast.acme.id,
          uuid(),
          world.cast.site.number,
          body.events,
          body.rawOctets,
          body.months,
          body.layout,
          body.body,
        ],
      );
    }
    const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
    expect(await world.completed(requestId)).toMatchObject({ eventsIdentified: 4n });
    const left = await letters();
    expect(left.map(({ events }) => events)).toEqual([1, 1]);
    expect(left.flatMap(({ body }) => linesOf(body)).join()).not.toContain(ann);
    expect(left.flatMap(({ body }) => linesOf(body)).join()).toContain(bea);
  });
});
