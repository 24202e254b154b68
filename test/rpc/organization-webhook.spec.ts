import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ChannelName } from '@dovecote/contract/pidgr/v1/channel_events_pb';
import { Permission } from '../../src/platform/access/index.js';
import { addApiKey, addMember, addOrganization, type Actor, type Cast, seedCast } from '../support/cast.js';
import { integrations } from '../support/organization-webhook.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { OUTBOUND_ALLOWED_HOSTS: 'planning.test:8443' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const url = 'https://planning.example/hook';
const set = (actor: Actor, change: { url?: string; enabled?: boolean; secret?: string; orgId?: string }) =>
  integrations(actor).setOrgWebhookConfig({ orgId: actor.orgId, url, enabled: true, ...change });
const get = (actor: Actor, orgId = actor.orgId) => integrations(actor).getOrgWebhookConfig({ orgId });

async function superAdmin(): Promise<Actor> {
  const organization = await addOrganization(s, 'Fresh');
  const email = `${organization.id}@fresh.example`;
  return addMember(s, organization, { email, role: 'super_admin' });
}

const storedOf = async (orgId: string): Promise<Record<string, unknown> | undefined> =>
  (
    await s.database.query<Record<string, unknown>>('select * from organization_webhook where org_id = $1', [
      orgId,
    ])
  )[0];

function trailOf(orgId: string): Promise<{ event_type: string; metadata: Record<string, string> }[]> {
  return s.database.query(
    `select event_type, metadata from audit_event
      where org_id = $1 and event_type like 'ORG_WEBHOOK%' order by created_at, id`,
    [orgId],
  );
}

describe('are refused', () => {
  test('callers without ORG_WRITE, and keys where it is set', async () => {
    for (const actor of [cast.max, cast.erin]) {
      expect((await refusalOf(get(actor))).code).toBe(Code.PermissionDenied);
      expect((await refusalOf(set(actor, {}))).code).toBe(Code.PermissionDenied);
    }
    const reader = await addApiKey(s, cast.acme, [Permission.ORG_READ]);
    expect((await refusalOf(get(reader))).code).toBe(Code.PermissionDenied);
    expect((await refusalOf(set(cast.kiosk, {}))).code).toBe(Code.PermissionDenied);
    expect(await get(cast.kiosk)).toMatchObject({ url: '' });
  });

  test('another organization, which stays as it is', async () => {
    await set(cast.alice, { secret: 'x'.repeat(16) });
    const before = await storedOf(cast.acme.id);
    const refusals = [
      await refusalOf(get(cast.mallory, cast.acme.id)),
      await refusalOf(set(cast.mallory, { orgId: cast.acme.id, url: 'https://mallory.example/' })),
      await refusalOf(set(cast.mallory, { orgId: cast.acme.id, url: '', enabled: false })),
    ];
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual(
      Array.from({ length: 3 }, () => [Code.PermissionDenied, 'OTHER_ORGANIZATION']),
    );
    expect(await storedOf(cast.acme.id)).toEqual(before);
    expect(await get(cast.mallory)).toMatchObject({ url: '', hasSecret: false });
  });

  test.each([
    ['15 bytes', 'x'.repeat(15)],
    ['257 bytes', 'x'.repeat(257)],
    ['257 bytes in 130 characters', `${'é'.repeat(127)}xyz`],
    ['no bytes', ''],
  ])('secrets of %s', async (_, secret) => {
    const admin = await superAdmin();
    expect(await refusalOf(set(admin, { secret }))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['secret'],
    });
    expect(await storedOf(admin.orgId)).toBeUndefined();
  });

  test.each([
    ['over http', 'http://planning.example/hook'],
    ['of this machine', 'https://127.0.0.1/hook'],
    ['of a private network', 'https://[fd00::1]/hook'],
    ['with a password', 'https://ada:secret@planning.example/hook'],
    ['without a scheme', 'planning'],
    ['that are empty, of an enabled webhook', ''],
  ])('URLs %s', async (_, bad) => {
    const admin = await superAdmin();
    expect(await refusalOf(set(admin, { url: bad, secret: 'x'.repeat(16) }))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['url'],
    });
    expect(await storedOf(admin.orgId)).toBeUndefined();
    expect(await trailOf(admin.orgId)).toEqual([]);
  });
});

describe('the webhook of an organization', () => {
  test('is empty until it is set', async () => {
    const admin = await superAdmin();
    const found = await get(admin);
    expect(found).toMatchObject({ orgId: admin.orgId, url: '', enabled: false, hasSecret: false });
    expect([found.createdAt, found.updatedAt]).toEqual([undefined, undefined]);
  });

  test('keeps its secret until another is given, and never shows it', async () => {
    const admin = await superAdmin();
    expect(await set(admin, {})).toMatchObject({ url, enabled: true, hasSecret: false });
    const secret = `${'é'.repeat(8)} of Acme`;
    expect(await set(admin, { secret })).toMatchObject({ hasSecret: true });
    const first = await storedOf(admin.orgId);
    expect(Buffer.from(first?.sealed_secret as Uint8Array).includes(secret)).toBe(false);

    const moved = await set(admin, { url: 'https://planning.test:8443/x', enabled: false });
    expect(moved).toMatchObject({ url: 'https://planning.test:8443/x', enabled: false, hasSecret: true });
    const second = await storedOf(admin.orgId);
    expect(second?.sealed_secret).toEqual(first?.sealed_secret);
    expect(second?.created_at).toEqual(first?.created_at);

    await set(admin, { secret: 'y'.repeat(256) });
    expect((await storedOf(admin.orgId))?.sealed_secret).not.toEqual(first?.sealed_secret);
    const shown = JSON.stringify(await get(admin), (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
    expect(shown).not.toContain('yyyy');
  });

  test('is removed with its secret by an empty URL, also twice', async () => {
    const admin = await superAdmin();
    await set(admin, { secret: 'x'.repeat(16) });
    for (let time = 0; time < 2; time += 1)
      expect(await set(admin, { url: '', enabled: false })).toMatchObject({ url: '', hasSecret: false });
    expect(await storedOf(admin.orgId)).toBeUndefined();
    expect(await set(admin, {})).toMatchObject({ hasSecret: false });
    const trail = await trailOf(admin.orgId);
    expect(trail.map(({ event_type, metadata }) => [event_type, metadata.host, metadata.secret])).toEqual([
      ['ORG_WEBHOOK_SET', 'planning.example', 'set'],
      ['ORG_WEBHOOK_REMOVED', undefined, undefined],
      ['ORG_WEBHOOK_SET', 'planning.example', 'kept'],
    ]);
  });

  test('is set by two admins at once, and is whole afterwards', async () => {
    const admin = await superAdmin();
    const urls = Array.from({ length: 8 }, (_, index) => `https://planning.example/${index}`);
    await Promise.all(
      urls.map((each, index) => set(admin, { url: each, secret: index === 3 ? 'x'.repeat(16) : undefined })),
    );
    const found = await get(admin);
    expect(urls).toContain(found.url);
    expect(found).toMatchObject({ enabled: true, hasSecret: true });
  });
});

test('the other RPCs of the service say that they do not exist yet, to those who may call them', async () => {
  const call = { orgId: cast.acme.id, userId: cast.erin.userId, channel: ChannelName.SLACK };
  const refusals = [
    await refusalOf(integrations(cast.alice).getReachability(call)),
    await refusalOf(integrations(cast.alice).createChannelConnectLink(call)),
    await refusalOf(integrations(cast.erin).getRegionPolicy(call)),
  ];
  expect(refusals.map(({ code }) => code)).toEqual([
    ...[Code.Unimplemented, Code.Unimplemented],
    Code.PermissionDenied,
  ]);
});
