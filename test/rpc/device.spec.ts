import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import { createEnvelope } from '@dovecote/secret';
import { Platform } from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { runningCampaign } from '../support/campaigns.js';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const unknownId = '0199aaaa-0000-7000-8000-000000000000';

let server: TestServer;
let cast: Cast;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
});

afterAll(() => server.stop());

async function registered(who: Actor, deviceId: string = randomUUID(), pushToken: string = randomUUID()) {
  const { device } = await who
    .client(DeviceService)
    .register({ deviceId, platform: Platform.IOS, pushToken });
  if (!device) throw new Error('No device came back.');
  return device;
}

async function ownIds(who: Actor): Promise<string[]> {
  return (await who.client(DeviceService).listDevices({})).devices.map(({ deviceId }) => deviceId);
}

async function activeIds(who: Actor): Promise<string[]> {
  const { devices } = await who.client(DeviceService).listDevices({});
  return devices
    .filter(({ active }) => active)
    .map(({ deviceId }) => deviceId)
    .sort();
}

async function refusal(call: Promise<unknown>): Promise<Code> {
  return call.then(
    () => Promise.reject(new Error('It was not refused.')),
    (error: unknown) => ConnectError.from(error).code,
  );
}

describe('a device of somebody else', () => {
  test('is not found when stopped, by a colleague or from another organization', async () => {
    const { deviceId } = await registered(cast.erin);
    for (const who of [cast.alice, cast.mallory]) {
      expect(await refusal(who.client(DeviceService).deactivate({ deviceId }))).toBe(Code.NotFound);
    }
    expect(await refusal(cast.erin.client(DeviceService).deactivate({ deviceId: unknownId }))).toBe(
      Code.NotFound,
    );
    const { devices } = await cast.erin.client(DeviceService).listDevices({});
    expect(devices.find((device) => device.deviceId === deviceId)?.active).toBe(true);
  });

  test('is listed for those who may read members, and for nobody else', async () => {
    const { deviceId } = await registered(cast.max);
    const userId = cast.max.userId;
    const list = (who: Actor) => who.client(DeviceService).listMemberDevices({ userId });
    const keyWithout = await addApiKey(server, cast.acme, []);
    expect(await refusal(list(cast.erin))).toBe(Code.PermissionDenied);
    expect(await refusal(list(keyWithout))).toBe(Code.PermissionDenied);
    expect(await refusal(list(cast.mallory))).toBe(Code.NotFound);
    for (const who of [cast.alice, cast.kiosk, cast.max]) {
      expect((await list(who)).devices.map((device) => device.deviceId)).toContain(deviceId);
    }
  });

  test('is not found for a member who does not exist', async () => {
    const { listMemberDevices } = cast.alice.client(DeviceService);
    expect(await refusal(listMemberDevices({ userId: unknownId }))).toBe(Code.NotFound);
  });
});

describe('an API key', () => {
  test('has no devices of its own', async () => {
    const kiosk = cast.kiosk.client(DeviceService);
    const deviceId = randomUUID();
    expect(await refusal(kiosk.register({ deviceId, platform: Platform.IOS }))).toBe(Code.PermissionDenied);
    expect(await refusal(kiosk.deactivate({ deviceId }))).toBe(Code.PermissionDenied);
    expect(await refusal(kiosk.listDevices({}))).toBe(Code.PermissionDenied);
  });
});

describe('Register', () => {
  test('refuses what is no device', async () => {
    const { register } = cast.erin.client(DeviceService);
    const good = { deviceId: randomUUID(), platform: Platform.ANDROID, pushToken: 't' };
    for (const bad of [
      { ...good, deviceId: 'phone' },
      { ...good, platform: Platform.UNSPECIFIED },
      { ...good, platform: 3 },
      { ...good, pushToken: 't'.repeat(4097) },
    ]) {
      expect(await refusal(register(bad))).toBe(Code.InvalidArgument);
    }
    expect((await register({ ...good, pushToken: 't'.repeat(4096) })).device?.active).toBe(true);
  });

  test('keeps the push token sealed, bound to the device', async () => {
    const { deviceId } = await registered(cast.erin, randomUUID(), 'very-secret-token');
    const [row] = await server.database.query<{ sealed: Buffer }>(
      'select sealed_push_token as sealed from device where device_id = $1',
      [deviceId],
    );
    expect(row?.sealed.includes('very-secret-token')).toBe(false);
    const opened = createEnvelope(testMasterKey).open(row!.sealed, `device/${cast.acme.id}/${deviceId}`);
    expect(opened.toString()).toBe('very-secret-token');
  });

  test('renews a known device and wakes it up', async () => {
    const before = await registered(cast.erin);
    const erin = cast.erin.client(DeviceService);
    await erin.deactivate({ deviceId: before.deviceId });
    await server.travel(60_000);
    const { device: after } = await erin.register({
      deviceId: before.deviceId.toUpperCase(),
      platform: Platform.ANDROID,
      pushToken: 'new',
    });
    expect(after).toMatchObject({
      deviceId: before.deviceId,
      platform: Platform.ANDROID,
      active: true,
      createdAt: before.createdAt,
    });
    expect(Number(after!.lastSeen!.seconds - before.lastSeen!.seconds)).toBeGreaterThanOrEqual(59);
    expect((await ownIds(cast.erin)).filter((id) => id === before.deviceId)).toHaveLength(1);
  });

  test('gives a shared phone to whoever signed in on it last', async () => {
    const { deviceId } = await registered(cast.erin);
    await server.travel(60_000);
    const taken = await registered(cast.max, deviceId);
    expect(taken).toMatchObject({ userId: cast.max.userId, createdAt: taken.lastSeen });
    expect(await ownIds(cast.erin)).not.toContain(deviceId);
    expect(await ownIds(cast.max)).toContain(deviceId);
    expect(await refusal(cast.erin.client(DeviceService).deactivate({ deviceId }))).toBe(Code.NotFound);
  });

  test('leaves the same phone in another organization alone', async () => {
    const { deviceId } = await registered(cast.erin);
    await registered(cast.mallory, deviceId);
    expect(await ownIds(cast.erin)).toContain(deviceId);
    expect(await ownIds(cast.mallory)).toContain(deviceId);
  });

  test('leaves a push token with one device: the one that registered it last', async () => {
    const token = randomUUID();
    const before = await registered(cast.erin, randomUUID(), token);
    const foreign = await registered(cast.mallory, randomUUID(), token);
    const reinstalled = await registered(cast.erin, randomUUID(), token);
    expect(await activeIds(cast.erin)).toContain(reinstalled.deviceId);
    expect(await activeIds(cast.erin)).not.toContain(before.deviceId);
    const colleague = await registered(cast.max, randomUUID(), token);
    expect(await activeIds(cast.max)).toContain(colleague.deviceId);
    expect(await activeIds(cast.erin)).not.toContain(reinstalled.deviceId);
    expect(await activeIds(cast.mallory)).toContain(foreign.deviceId);
    // The first one comes back, with its old id.
    await registered(cast.erin, before.deviceId, token);
    expect(await activeIds(cast.max)).not.toContain(colleague.deviceId);
  });

  test('leaves it with one device when many register it at once', async () => {
    const token = randomUUID();
    const who = [cast.erin, cast.max, cast.alice, cast.erin, cast.max, cast.alice];
    const made = await Promise.all(who.map((each) => registered(each, randomUUID(), token)));
    const active = (await Promise.all([cast.erin, cast.max, cast.alice].map(activeIds))).flat();
    expect(made.filter(({ deviceId }) => active.includes(deviceId))).toHaveLength(1);
  });

  test('takes no device for another because neither has a token', async () => {
    const first = await registered(cast.erin, randomUUID(), '');
    const second = await registered(cast.erin, randomUUID(), '');
    expect(await activeIds(cast.erin)).toEqual(expect.arrayContaining([first.deviceId, second.deviceId]));
  });

  test('stops the device seen longest ago when a member has more than twenty', async () => {
    const nora = await addMember(server, cast.acme, { email: 'nora@acme.example', role: 'employee' });
    const ids: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      await server.travel(1000);
      ids.push((await registered(nora)).deviceId);
    }
    // The first one is seen again; the second is now the one seen longest ago.
    await server.travel(1000);
    await registered(nora, ids[0]);
    expect(await activeIds(nora)).toEqual([...ids].sort());
    const last = await registered(nora);
    expect(last.active).toBe(true);
    expect(await activeIds(nora)).toEqual([...ids.filter((id) => id !== ids[1]), last.deviceId].sort());
    expect(await ownIds(nora)).toHaveLength(21);
  });

  test('leaves twenty active when thirty register at once', async () => {
    const nils = await addMember(server, cast.acme, { email: 'nils@acme.example', role: 'employee' });
    await Promise.all(Array.from({ length: 30 }, () => registered(nils)));
    expect(await activeIds(nils)).toHaveLength(20);
  });

  test('has one owner when two people register a phone at once', async () => {
    const deviceId = randomUUID();
    await Promise.all([cast.erin, cast.max, cast.erin, cast.max].map((who) => registered(who, deviceId)));
    const owners = await Promise.all([cast.erin, cast.max].map(ownIds));
    expect(owners.filter((ids) => ids.includes(deviceId))).toHaveLength(1);
  });
});

describe('Deactivate', () => {
  test('may be repeated; the device stays in the list', async () => {
    const { deviceId } = await registered(cast.erin);
    const erin = cast.erin.client(DeviceService);
    expect((await erin.deactivate({ deviceId })).success).toBe(true);
    expect((await erin.deactivate({ deviceId: deviceId.toUpperCase() })).success).toBe(true);
    const { devices } = await erin.listDevices({});
    expect(devices.find((device) => device.deviceId === deviceId)?.active).toBe(false);
  });
});

describe('ListDevices', () => {
  test('starts with the device that registered first', async () => {
    const nadia = await addMember(server, cast.acme, { email: 'nadia@acme.example', role: 'employee' });
    const made: string[] = [];
    for (let index = 0; index < 3; index++) {
      await server.travel(1000);
      made.push((await registered(nadia)).deviceId);
    }
    expect(await ownIds(nadia)).toEqual(made);
  });
});

describe('a device that has not registered for nine months', () => {
  test('is retired when a campaign starts, in its organization alone', async () => {
    const silent = await registered(cast.max);
    const fresh = await registered(cast.max);
    const elsewhere = await registered(cast.mallory);
    await server.database.query(`update device set last_seen = $2 where device_id = any($1)`, [
      [silent.deviceId, elsewhere.deviceId],
      new Date(Date.now() - 271 * 24 * 60 * 60_000),
    ]);
    await runningCampaign(cast.max, [cast.erin.userId]);
    await eventually('it is retired', async () => !(await activeIds(cast.max)).includes(silent.deviceId));
    expect(await activeIds(cast.max)).toContain(fresh.deviceId);
    expect(await activeIds(cast.mallory)).toContain(elsewhere.deviceId);
  });
});
