import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DevicesService, type SubscribeRequestSchema } from '@dovecote/contract/sdk/devices/v1/devices_pb';
import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { CampaignService } from '@dovecote/contract/shared/campaigns/v1/campaigns_pb';
import { DeliveryService } from '@dovecote/contract/shared/delivery/v1/delivery_pb';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let apart: TestProject;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  apart = await addProject(s, cast.acme, 'Apart');
});
afterAll(() => s?.stop());

type Asked = Omit<MessageInitShape<typeof SubscribeRequestSchema>, '$typeName'>;
const devices = (project = cast.site) => project.keys.public.client(DevicesService);
const subscribe = (deviceId: string, more: Asked = {}, project = cast.site) =>
  devices(project).subscribe({
    deviceId,
    platform: 'android',
    profileExternalId: 'ann',
    token: `token of ${deviceId}`,
    ...more,
  });

interface Row {
  device: string;
  person: string;
  active: boolean;
}
async function stored(where: string, project = cast.site): Promise<string[]> {
  const rows = await s.database.query<Row & Record<string, unknown>>(
    `select device_id as device, distinct_id as person, active from push_subscription
      where org_id = $1 and project = $2 and device_id like $3 order by device_id`,
    [project.orgId, project.number, where],
  );
  return rows.map(({ device, person, active }) => `${device} ${person} ${active ? 'active' : 'inactive'}`);
}

describe('a push subscription is refused', () => {
  test('to keys that only read, and to members', async () => {
    const shared = cast.site.keys.shared.client(DevicesService);
    expect((await refusalOf(shared.updateStatus({ id: 'x', status: 'active' }))).code).toBe(
      Code.PermissionDenied,
    );
    const alice = inProject(cast.alice, cast.site, DevicesService);
    expect((await refusalOf(alice.updateToken({ id: 'x', token: 't' }))).code).toBe(Code.PermissionDenied);
  });

  test.each<[string, Asked]>([
    ['a device without an id', { deviceId: '' }],
    ['an id that is too long', { deviceId: 'x'.repeat(37) }],
    ['another platform', { platform: 'windows' }],
    ['no person', { profileExternalId: '', profileId: '' }],
    ['no token', { token: '' }],
    ['an endless token', { token: 'x'.repeat(4_097) }],
    ['many properties', { properties: { text: 'x'.repeat(9_000) } }],
    ['NUL in the id of the person', { profileExternalId: 'a\0b' }],
  ])('for %s', async (_, request) => {
    expect((await refusalOf(subscribe('refused', request))).code).toBe(Code.InvalidArgument);
    expect(await stored('refused')).toEqual([]);
  });

  test('when it is to change and does not exist, or is of another project', async () => {
    await subscribe('mine');
    for (const project of [apart, cast.otherSite]) {
      for (const change of [
        () => devices(project).updateStatus({ id: 'mine', status: 'inactive' }),
        () => devices(project).updateStatus({ id: 'mine', status: 'active' }),
        () => devices(project).updateToken({ id: 'mine', token: 'stolen' }),
      ])
        expect((await refusalOf(change())).code).toBe(Code.NotFound);
    }
    expect((await refusalOf(devices().updateStatus({ id: 'mine', status: 'asleep' }))).code).toBe(
      Code.InvalidArgument,
    );
    expect(await stored('mine')).toEqual(['mine ann active']);
  });
});

describe('a push subscription', () => {
  test('is stored with a sealed token, and replaced', async () => {
    await subscribe('phone', {
      token: 'a token in the clear',
      properties: { model: 'X', 'nul\0': '\0', deep: { a: [1] } },
    });
    await subscribe('phone', { token: 'a token in the clear', profileExternalId: 'bob', platform: 'ios' });
    expect(await stored('phone')).toEqual(['phone bob active']);
    const [row] = await s.database.query<Record<string, unknown>>(
      `select sealed_token, token_hash, platform from push_subscription where device_id = 'phone'`,
    );
    expect(row).toMatchObject({ platform: 'ios' });
    expect(String(row?.['sealed_token'])).not.toContain('clear');
  });

  test('takes the token of another device, in its project only', async () => {
    await subscribe('token-old', { token: 'moved' });
    await subscribe('token-old', { token: 'moved' }, apart);
    await subscribe('token-new', { token: 'moved' });
    expect(await stored('token-%')).toEqual(['token-new ann active', 'token-old ann inactive']);
    expect(await stored('token-%', apart)).toEqual(['token-old ann active']);
    // Switched on again, it takes the token back.
    await devices().updateStatus({ id: 'token-old', status: 'active' });
    expect(await stored('token-%')).toEqual(['token-new ann inactive', 'token-old ann active']);
    await devices().updateToken({ id: 'token-new', token: 'renewed' });
    await devices().updateStatus({ id: 'token-new', status: 'active' });
    await devices().updateStatus({ id: 'token-old', status: 'inactive' });
    expect(await stored('token-%')).toEqual(['token-new ann active', 'token-old ann inactive']);
  });

  test('has one active device for a token, also of calls at once', async () => {
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        subscribe(`race-${index}`, { token: 'raced', profileExternalId: `r${index}` }),
      ),
    );
    expect((await stored('race-%')).filter((row) => row.endsWith(' active'))).toHaveLength(1);
  });

  test('swaps tokens with another device at once', async () => {
    for (let round = 0; round < 10; round++) {
      const tokens = round % 2 === 0 ? ['left', 'right'] : ['right', 'left'];
      await Promise.all(
        tokens.map((token, index) => subscribe(`swap-${index}`, { token, profileExternalId: 'swap' })),
      );
      const kept = await stored('swap-%');
      expect(kept).toHaveLength(2);
      for (const index of [0, 1])
        await devices().updateToken({ id: `swap-${index}`, token: tokens[index] ?? '' });
    }
  });

  test('is one of at most 20 of a person', async () => {
    for (let index = 10; index < 35; index++)
      await subscribe(`many-${index}`, { profileExternalId: 'collector' });
    const kept = await stored('many-%');
    expect([kept.length, kept.at(-1)]).toEqual([20, 'many-34 collector active']);
  });

  test('follows the person whom Identify names', async () => {
    await subscribe('tablet', { profileExternalId: 'carl' });
    const sdk = cast.site.keys.public.client(ProfilesSDKService);
    await sdk.identify({ externalId: 'dora', deviceId: 'tablet' });
    expect(await stored('tablet')).toEqual(['tablet dora active']);
    await apart.keys.public.client(ProfilesSDKService).identify({ externalId: 'eve', deviceId: 'tablet' });
    expect(await stored('tablet')).toEqual(['tablet dora active']);
    // A device without a subscription gets none.
    await sdk.identify({ externalId: 'dora', deviceId: 'unheard' });
    expect(await stored('unheard')).toEqual([]);
  });

  test('goes with its project', async () => {
    const project = await addProject(s, cast.acme, 'Brief');
    await subscribe('brief', {}, project);
    await s.database.query('delete from project where number = $1', [project.number]);
    expect(await stored('brief', project)).toEqual([]);
  });
});

describe('pushes to the people of a project', () => {
  test('are still to come, which a caller learns who may call', async () => {
    const { private: key, public: writes } = cast.site.keys;
    const record = { campaignId: 'c', messageId: 'm', deviceId: 'd' };
    expect((await refusalOf(key.client(DeliveryService).recordEvent(record))).code).toBe(Code.Unimplemented);
    expect((await refusalOf(writes.client(DeliveryService).recordEvent(record))).code).toBe(
      Code.PermissionDenied,
    );
    for (const client of [key.client(CampaignService), inProject(cast.max, cast.site, CampaignService)])
      for (const call of [
        () => client.batchGet({}),
        () => client.get({ id: 'x' }),
        () => client.create({ name: 'x' }),
        () => client.update({ id: 'x' }),
        () => client.delete({ id: 'x' }),
      ])
        expect((await refusalOf(call())).code).toBe(Code.Unimplemented);
    const mallory = inProject(cast.mallory, cast.site, CampaignService);
    expect((await refusalOf(mallory.batchGet({}))).code).toBe(Code.Unauthenticated);
  });
});
