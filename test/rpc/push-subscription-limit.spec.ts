import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DevicesService } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api', DEVICES_PER_PROJECT: '25' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

function subscribe(
  project: TestProject,
  deviceId: string,
  person = deviceId,
  token = `token of ${deviceId}`,
) {
  const client = project.keys.public.client(DevicesService);
  return client.subscribe({ deviceId, platform: 'web', profileExternalId: person, token });
}

async function counted({ orgId, number }: TestProject): Promise<[counted: number, rows: number]> {
  const [row] = await s.database.query<{ counted: number; rows: number }>(
    `select (select devices::int from push_subscription_count where org_id = $1 and project = $2) as counted,
            (select count(*)::int from push_subscription where org_id = $1 and project = $2) as rows`,
    [orgId, number],
  );
  return [row?.counted ?? -1, row?.rows ?? -1];
}

test('a new device is refused beyond the limit of its project, also of many at once; others are not', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 40 }, (_, index) => subscribe(cast.site, `d${index}`)),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(25);
  expect(await counted(cast.site)).toEqual([25, 25]);
  expect(await refusalOf(subscribe(cast.site, 'one-more'))).toMatchObject({
    code: Code.FailedPrecondition,
    message: expect.stringContaining('at most 25 devices') as unknown,
  });
  // What is there stays, and can change; the other tenant and a sibling have their own limit.
  const kept = outcomes.findIndex(({ status }) => status === 'fulfilled');
  await subscribe(cast.site, `d${kept}`, 'ann', 'another token');
  const devices = cast.site.keys.public.client(DevicesService);
  await devices.updateStatus({ id: `d${kept}`, status: 'inactive' });
  await subscribe(cast.otherSite, 'one-more');
  await subscribe(await addProject(s, cast.acme, 'Sibling'), 'one-more');
  expect(await counted(cast.site)).toEqual([25, 25]);
});

test('a refused device takes no token, and devices that go make room', async () => {
  const shop = await addProject(s, cast.acme, 'Shop');
  for (let index = 0; index < 25; index += 1) await subscribe(shop, `s${index}`);
  expect((await refusalOf(subscribe(shop, 'thief', 'thief', 'token of s1'))).code).toBe(
    Code.FailedPrecondition,
  );
  const active = await s.database.query(
    `select from push_subscription where project = $1 and device_id = 's1' and active`,
    [shop.number],
  );
  expect(active).toHaveLength(1);
  await s.database.query(`delete from push_subscription where project = $1 and device_id <> 's1'`, [
    shop.number,
  ]);
  expect(await counted(shop)).toEqual([1, 1]);
  // One person keeps twenty: the count does not grow with their others.
  for (let index = 0; index < 30; index += 1) await subscribe(shop, `of-one-${index}`, 'one');
  expect(await counted(shop)).toEqual([21, 21]);
  await s.database.query('delete from project where number = $1', [shop.number]);
  expect(await counted(shop)).toEqual([-1, 0]);
});
