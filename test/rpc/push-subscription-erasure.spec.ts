import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { DevicesService } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { v7 as uuid } from 'uuid';
import { type ErasureWorld, startErasureWorld } from '../support/erasures.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';

jest.setTimeout(120_000);

let world: ErasureWorld;

beforeAll(async () => {
  world = await startErasureWorld();
});
afterAll(() => world?.stop());

const id = (name: string): string => `${name}-${uuid().slice(-8)}`;
const devices = (project = world.cast.site) => project.keys.public.client(DevicesService);
const subscribe = (deviceId: string, profileExternalId: string, project = world.cast.site) =>
  devices(project).subscribe({ deviceId, platform: 'ios', profileExternalId, token: uuid() });

async function people(ids: readonly string[], project = world.cast.site): Promise<string[]> {
  const rows = await world.s.database.query<{ person: string }>(
    `select distinct_id as person from push_subscription where project = $1 and distinct_id = any ($2)
      order by array_position($2, distinct_id)`,
    [project.number, ids],
  );
  return rows.map(({ person }) => person);
}

test('devices of an erased person are deleted at once, under each of their ids and in this project only', async () => {
  const [ann, anon, bea] = [id('ann'), id('anon'), id('bea')];
  const { profileId } = await world.identify(ann, anon);
  const ids = [ann, anon, profileId, bea];
  for (const person of ids) {
    const device = id('device');
    await subscribe(device, person);
    await subscribe(device, person, world.cast.otherSite);
  }
  const phone = id('phone');
  await subscribe(phone, ann);
  const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
  expect(await people(ids)).toEqual([bea]);
  const lost = await refusalOf(devices().updateStatus({ id: phone, status: 'active' }));
  expect(lost.code).toBe(Code.NotFound);
  await world.completed(requestId);
  expect(await people(ids)).toEqual([bea]);
  expect(await people(ids, world.cast.otherSite)).toEqual(ids);
});

test('an erased id gets no device again, and the external id one of the person who came back', async () => {
  const [ann, anon, unknown] = [id('ann'), id('anon'), id('unknown')];
  const { profileId } = await world.identify(ann, anon);
  await subscribe(id('device'), unknown);
  const requests = await Promise.all(
    [ann, unknown].map((externalId) => world.people().deleteDataSubject({ externalId })),
  );
  for (const person of [ann, anon, profileId, unknown]) await subscribe(id('device'), person);
  expect(await people([ann, anon, profileId, unknown])).toEqual([ann, unknown]);
  for (const { requestId } of requests) await world.completed(requestId);
  expect(await people([ann, anon, profileId, unknown])).toEqual([ann, unknown]);
});

test('what a call wrote while the person was erased is erased later, and not what they subscribed to since', async () => {
  const [ann, anon] = [id('ann'), id('anon')];
  await world.identify(ann, anon);
  const { requestId } = await world.people().deleteDataSubject({ externalId: ann });
  await world.completed(requestId);
  await subscribe(id('device'), ann);
  await world.s.database.query(
    `insert into push_subscription
       (org_id, project, device_id, distinct_id, platform, sealed_token, token_hash, properties, active, created_at, changed_at)
     values ($1, $2, $3, $4, 'web', '', '', '{}', true, now(), now())`,
    [world.cast.acme.id, world.cast.site.number, id('device'), anon],
  );
  expect(await people([ann, anon])).toEqual([ann, anon]);
  await world.s.travel(11 * 60_000);
  await eventually('the late device is erased', async () => (await people([anon])).length === 0, 60_000);
  expect(await people([ann])).toEqual([ann]);
});
