import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Platform } from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { v7 as uuid } from 'uuid';
import { Permission as P } from '../../src/platform/access/index.js';
import { type Actor, addMember } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { newUser, type ScimWorld, startScimWorld } from '../support/scim.js';
import { unzipped } from '../support/unzip.js';

let world: ScimWorld;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-dossier-'));
  world = await startScimWorld({ DATA_DIR: folder });
});
afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

const exportOf = async (who: Actor) => {
  const { requests } = await who.client(PrivacyService).listPrivacyRequests({ requestType: 'export' });
  return requests[0];
};

test('an export holds what directories say, no secret, and is not handed to mere readers', async () => {
  const { cast, s, scim } = world;
  const ada = await addMember(s, cast.acme, { email: 'ada@acme.example', role: 'employee' });
  const pushToken = `token-${uuid()}`;
  await ada.client(DeviceService).register({ deviceId: uuid(), platform: Platform.IOS, pushToken });
  const home = 'Unter den Linden 1';
  const addresses = [{ formatted: home, type: 'home' }];
  await scim('PUT', `/Users/${ada.userId}`, { body: newUser({ userName: ada.email, addresses }) });
  await scim('POST', '/Groups', { body: { displayName: 'Lodgers', members: [{ value: ada.userId }] } });
  const { dataCategories } = await cast.alice
    .client(PrivacyService)
    .getDataExistenceConfirmation({ userId: ada.userId });
  expect(dataCategories).toContain('directory');

  await cast.alice.client(PrivacyService).exportUserData({ userId: ada.userId });
  const done = await eventually('the export is made', async () => {
    const request = await exportOf(cast.alice);
    return request?.status === PrivacyRequestStatus.COMPLETED && request;
  });
  const response = await fetch(s.url + new URL(done.metadata.result_url ?? '').pathname);
  const path = join(folder, 'export.zip');
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  const files = unzipped(path);
  expect(files['directory_users.ndjson']).toMatchObject([{ document: { addresses } }]);
  expect(files['directory_groups.ndjson']).toMatchObject([{ name: 'Lodgers' }]);
  expect(files['devices.ndjson']).toHaveLength(1);
  expect(JSON.stringify(files)).not.toMatch(/token_hash|sealed|"org_id"/);

  const { role } = await cast.alice
    .client(RoleService)
    .createRole({ name: 'Reader', permissions: [P.PRIVACY_READ] });
  // In the place of another role of the cast.
  const roles = { ...cast.acme.roles, employee: role?.id ?? '' };
  const reader = await addMember(
    s,
    { ...cast.acme, roles },
    { email: 'reader@acme.example', role: 'employee' },
  );
  expect(await exportOf(reader)).toMatchObject({ id: done.id });
  expect((await exportOf(reader))?.metadata).not.toHaveProperty('result_url');
  await cast.alice.client(PrivacyService).exportOrgData({});
  const { requests } = await reader.client(PrivacyService).listPrivacyRequests({});
  expect(requests).toHaveLength(2);
  for (const { metadata } of requests) expect(metadata).not.toHaveProperty('decryption_key');
  const own = async (who: Actor) =>
    (await who.client(PrivacyService).listMyPrivacyRequests({})).requests.map(({ id }) => id);
  expect(await own(ada)).toEqual([done.id]);
  for (const who of [reader, cast.erin, cast.mallory]) expect(await own(who)).toEqual([]);
});
