import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ComplianceRequestStatus as Status } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
import { eventually } from '../support/eventually.js';
import { allMirrored, storeEvents } from '../support/people.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';

jest.setTimeout(120_000);

let world: ErasureWorld;

beforeAll(async () => {
  world = await startErasureWorld();
});
afterAll(() => world?.stop());

const id = (name: string): string => `${name}-${uuid().slice(-8)}`;

describe('an erasure is refused', () => {
  test('of a person who does not exist, and leaves no entry', async () => {
    expect(await refusalOf(world.people().delete({ id: 'stranger' }))).toMatchObject({
      reason: 'PROFILE_NOT_FOUND',
    });
    expect(await world.s.database.query(`select from erasure_request`)).toEqual([]);
  });

  test('of people of another project', async () => {
    const [ann, anon] = [id('ann'), id('anon')];
    const { profileId } = await world.identify(ann, anon);
    await storeEvents(world.store, world.cast.site.number, [{ id: anon, at: '01 10:00' }]);
    const calls = [profileId, ann, anon].map((one) => world.people(world.cast.otherSite).delete({ id: one }));
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'PROFILE_NOT_FOUND' });
    expect((await world.people().get({ id: anon })).profile?.id).toBe(profileId);
  });

  test('as a request of another project, and as something that is no id', async () => {
    const { requestId } = await world.people().deleteDataSubject({ externalId: id('x') });
    const calls = [
      world.people(world.cast.otherSite).getDeletionRequest({ requestId }),
      world.people().getDeletionRequest({ requestId: uuid() }),
      world.people().getDeletionRequest({ requestId: 'x' }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'DELETION_REQUEST_NOT_FOUND' });
  });
});

describe('a person is erased', () => {
  test.each(['profile', 'external id', 'anonymous id'])(
    'by %s, everywhere and in this project only',
    async (by) => {
      const [ann, anon, bea] = [id('ann'), id('anon'), id('bea')];
      const { profileId } = await world.identify(ann, anon);
      await world.identify(ann, anon, world.cast.otherSite);
      await world.identify(bea);
      for (const project of [world.cast.site, world.cast.otherSite])
        await storeEvents(world.store, project.number, [
          { id: ann, at: '01 10:00' },
          { id: anon, at: '01 09:00', copies: 2 },
          { id: bea, at: '01 10:00' },
        ]);
      await allMirrored(world.s);
      const named = { profile: profileId, 'external id': ann, 'anonymous id': anon }[by] ?? '';
      const { requestId, status } = await world.people().delete({ id: named });
      expect(status).toBe(Status.PENDING);
      for (const hidden of [profileId, ann, anon])
        expect(await refusalOf(world.people().get({ id: hidden }))).toMatchObject({
          reason: 'PROFILE_NOT_FOUND',
        });
      expect(await world.completed(requestId)).toMatchObject({
        externalId: ann,
        profileId,
        eventsIdentified: 2n,
      });
      expect(await world.traces([ann, anon])).toEqual([]);
      expect(
        await world.engine(
          `select 1 from {}.profiles final where profile_id = '${profileId}' and not deleted`,
        ),
      ).toEqual([]);
      expect(await world.traces([bea])).toEqual([
        'events',
        'persons',
        'person_aliases',
        'profiles',
        'profile',
        'profile_alias',
      ]);
      expect(await world.traces([ann], world.cast.otherSite)).toContain('events');
    },
  );

  test('without a profile, also a visitor of a day', async () => {
    const [anon, visitor] = [id('anon'), `cookieless-${uuid()}`];
    await storeEvents(world.store, world.cast.site.number, [
      { id: anon, at: '01 10:00' },
      { id: visitor, at: '01 10:00', cookieless: true },
    ]);
    for (const one of [anon, visitor]) {
      const { requestId } = await world.people().delete({ id: one });
      expect(await refusalOf(world.people().get({ id: one }))).toMatchObject({ reason: 'PROFILE_NOT_FOUND' });
      const erasure = await world.completed(requestId);
      expect(erasure).toMatchObject({ profileId: one, externalId: '', eventsIdentified: 1n });
      expect(await world.traces([one])).toEqual([]);
    }
  });

  test('who was merged, with the one they were merged into', async () => {
    const [old, now] = [id('old'), id('now')];
    const { profileId } = await world.identify(old);
    await world.identify(now, id('anon'));
    await world.cast.site.keys.sdk.client(ProfilesSDKService).alias({ previousId: old, externalId: now });
    await storeEvents(
      world.store,
      world.cast.site.number,
      [old, now, profileId].map((one) => ({ id: one, at: '01 10:00' })),
    );
    const { requestId } = await world.people().delete({ id: profileId });
    expect(await world.completed(requestId)).toMatchObject({ eventsIdentified: 3n });
    expect(await world.traces([old, now, profileId])).toEqual([]);
  });

  test('with ten thousand ids', async () => {
    const [ann, tag] = [id('ann'), id('many')];
    const { profileId } = await world.identify(ann);
    await world.s.database.query(
      `insert into profile_alias (org_id, project, alias, profile_id, names_profile, version, is_mirrored)
       select $1, $2, $3 || n, $4, false, 1, false from generate_series(1, 9998) n`,
      [world.cast.acme.id, world.cast.site.number, tag, profileId],
    );
    await storeEvents(world.store, world.cast.site.number, [
      { id: `${tag}1`, at: '01 10:00' },
      { id: `${tag}9998`, at: '01 10:00' },
    ]);
    await allMirrored(world.s);
    const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
    expect(await world.completed(requestId)).toMatchObject({ eventsIdentified: 2n });
    expect(await world.traces([`${tag}1`, `${tag}5000`, `${tag}9998`, ann])).toEqual([]);
  });

  test('once, by two who ask at once and later again', async () => {
    const ann = id('ann');
    const { profileId } = await world.identify(ann);
    const both = await Promise.all([
      world.people().delete({ id: profileId }),
      world.people().deleteDataSubject({ externalId: ann }),
      world.people().delete({ id: ann }),
    ]);
    expect(new Set(both.map(({ requestId }) => requestId)).size).toBe(1);
    const first = both[0]?.requestId ?? '';
    await world.completed(first);
    const again = await world.people().deleteDataSubject({ externalId: ann });
    expect(again.requestId).not.toBe(first);
    expect(await world.completed(again.requestId)).toMatchObject({ eventsIdentified: 0n });
    expect(await refusalOf(world.people().delete({ id: profileId }))).toMatchObject({
      reason: 'PROFILE_NOT_FOUND',
    });
  });

  test('again after it failed, under the same request', async () => {
    const ann = id('ann');
    await world.identify(ann);
    const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
    await world.completed(requestId);
    await world.s.database.query(
      `update erasure_request set status = 4, error = 'The store is away.', returning_ids = array[$2] where id = $1`,
      [requestId, ann],
    );
    expect(await world.people().getDeletionRequest({ requestId })).toMatchObject({
      status: Status.FAILED,
      error: 'The store is away.',
    });
    expect(await world.people().delete({ id: ann })).toMatchObject({ requestId, status: Status.PENDING });
    expect((await world.completed(requestId)).error).toBe('');
  });
});

test('the ledger forgets the ids at once, and after 30 days whom it was about', async () => {
  const [ann, anon] = [id('ann'), id('anon')];
  const { profileId } = await world.identify(ann, anon);
  const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
  await world.completed(requestId);
  await world.s.travel(11 * 60_000);
  await eventually(
    'the ids are forgotten',
    async () => {
      const [row] = await world.s.database.query<{ ids: number }>(
        `select cardinality(distinct_ids) + cardinality(returning_ids) as ids from erasure_request where id = $1`,
        [requestId],
      );
      return row?.ids === 0;
    },
    60_000,
  );
  expect(await world.people().getDeletionRequest({ requestId })).toMatchObject({ externalId: ann });
  await world.s.travel(31 * 24 * 60 * 60_000);
  await eventually(
    'the name is forgotten',
    async () => (await world.people().getDeletionRequest({ requestId })).externalId === '',
    60_000,
  );
  expect(await world.people().getDeletionRequest({ requestId })).toMatchObject({
    profileId,
    status: Status.COMPLETED,
  });
});

test('who erased whom is in the trail, without the person’s ids', async () => {
  const ann = id('ann');
  await world.identify(ann);
  const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
  await world.completed(requestId);
  const rows = await world.s.database.query<{ type: string; actor_id: string; metadata: unknown }>(
    `select event_type as type, actor_id, metadata from audit_event where entity_id = $1 order by created_at, id`,
    [requestId],
  );
  expect(rows.map(({ type }) => type)).toEqual(['PROFILE_ERASURE_REQUESTED', 'PROFILE_ERASED']);
  expect(rows[0]?.actor_id).toBe(world.cast.site.keys.private.keyId);
  expect(JSON.stringify(rows)).not.toContain(ann);
});
