import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { Client } from 'pg';
import { AnalyticsCohorts } from '../../src/modules/people/organization/index.js';
import { Permission } from '../../src/platform/access/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { type Actor, addApiKey, addMember, addOrganization, type Cast, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const organizationsOf = (actor: Actor) => actor.client(OrganizationService);

async function superAdminOf(name: string): Promise<Actor> {
  const organization = await addOrganization(s, name);
  return addMember(s, organization, { email: `${name}@${name}.example`, role: 'super_admin' });
}

function consents(orgId: string): Promise<Record<string, unknown>[]> {
  return s.database.query('select * from privacy_consent where org_id = $1 order by created_at, id', [orgId]);
}

function updates(orgId: string): Promise<{ actor_id: string; metadata: Record<string, string> }[]> {
  return s.database.query(
    `select actor_id, metadata from audit_event where org_id = $1 and event_type = 'ORG_UPDATED' order by id`,
    [orgId],
  );
}

describe('privacy switches', () => {
  test('are read with PRIVACY_READ and set with PRIVACY_WRITE', async () => {
    for (const actor of [cast.max, cast.erin]) {
      expect((await refusalOf(organizationsOf(actor).getOrgPrivacySettings({}))).code).toBe(
        Code.PermissionDenied,
      );
    }
    const reader = await addApiKey(s, cast.acme, [Permission.PRIVACY_READ]);
    const writing = organizationsOf(reader).updateOrgPrivacySettings({ aiClusteringEnabled: false });
    expect((await refusalOf(writing)).code).toBe(Code.PermissionDenied);
    const { settings } = await organizationsOf(reader).getOrgPrivacySettings({});
    expect(settings?.aiClustering?.enabled).toBe(true);
  });

  test('stand as they are at first, turned by nobody', async () => {
    const { settings } = await organizationsOf(cast.mallory).getOrgPrivacySettings({});
    const never = { lastChangedByEmail: '' };
    expect(settings).toMatchObject({
      aiClustering: { enabled: true, ...never },
      behavioralAnalytics: { enabled: true, ...never },
      thirdPartyChannels: { enabled: false, ...never },
    });
    expect(settings?.thirdPartyChannels?.lastChangedAt).toBeUndefined();
  });

  test('change where the request says so, each with who and when of its own', async () => {
    const olga = await superAdminOf('consent');
    const client = organizationsOf(olga);
    await client.updateOrgPrivacySettings({ aiClusteringEnabled: false });
    await s.travel(60_000);
    const { settings } = await client.updateOrgPrivacySettings({ thirdPartyChannelsEnabled: true });
    expect(settings).toMatchObject({
      aiClustering: { enabled: false, lastChangedByEmail: olga.email },
      behavioralAnalytics: { enabled: true, lastChangedByEmail: '' },
      thirdPartyChannels: { enabled: true, lastChangedByEmail: olga.email },
    });
    const times = [settings?.aiClustering, settings?.thirdPartyChannels].map((toggle) =>
      toggle?.lastChangedAt ? timestampDate(toggle.lastChangedAt).getTime() : NaN,
    );
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThanOrEqual(60_000);
    expect((await client.getOrgPrivacySettings({})).settings).toEqual(settings);
    expect(await updates(olga.orgId)).toMatchObject([
      { actor_id: olga.userId, metadata: { ai_clustering: 'on -> off' } },
      { actor_id: olga.userId, metadata: { third_party_channels: 'off -> on' } },
    ]);
    const receipts = await s.database.query(
      `select metadata from audit_event where org_id = $1 and event_type = 'CONSENT_RECEIPTS_WRITTEN' order by id`,
      [olga.orgId],
    );
    expect(receipts).toEqual([
      { metadata: { switches: 'ai_clustering' } },
      { metadata: { switches: 'third_party_channels' } },
    ]);
  });

  test('a request that names none changes nothing and leaves no trace', async () => {
    const olga = await superAdminOf('silence');
    const { settings } = await organizationsOf(olga).updateOrgPrivacySettings({});
    expect(settings?.behavioralAnalytics?.enabled).toBe(true);
    expect(await consents(olga.orgId)).toEqual([]);
    expect(await updates(olga.orgId)).toEqual([]);
  });

  test('yes said again is said once more', async () => {
    const olga = await superAdminOf('again');
    await organizationsOf(olga).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: true });
    const { settings } = await organizationsOf(olga).getOrgPrivacySettings({});
    expect(settings?.behavioralAnalytics).toMatchObject({ enabled: true, lastChangedByEmail: olga.email });
    expect(await consents(olga.orgId)).toMatchObject([
      { toggle: 'behavioral_analytics', was_enabled: true, enabled: true, actor_email: olga.email },
    ]);
  });

  test('two who set different switches at once both have their way; the trail is a chain', async () => {
    const olga = await superAdminOf('race');
    const client = organizationsOf(olga);
    await Promise.all([
      client.updateOrgPrivacySettings({ aiClusteringEnabled: false }),
      client.updateOrgPrivacySettings({ thirdPartyChannelsEnabled: true }),
    ]);
    const { settings } = await client.getOrgPrivacySettings({});
    expect(settings).toMatchObject({
      aiClustering: { enabled: false },
      thirdPartyChannels: { enabled: true },
    });
    await Promise.all(
      [false, true, false, true].map((on) => client.updateOrgPrivacySettings({ aiClusteringEnabled: on })),
    );
    const trail = (await consents(olga.orgId)).filter(({ toggle }) => toggle === 'ai_clustering');
    expect(trail).toHaveLength(5);
    // Whatever the order was, each left what the next one found: as many switches on as off, but for the last.
    const turnedOn = trail.filter((row) => !row.was_enabled && row.enabled).length;
    const turnedOff = trail.filter((row) => row.was_enabled && !row.enabled).length;
    const final = (await client.getOrgPrivacySettings({})).settings?.aiClustering?.enabled;
    expect(turnedOff - turnedOn).toBe(final ? 0 : 1);
  });

  test('the last word is the last, also after a clock that was ahead', async () => {
    const organization = await addOrganization(s, 'ahead');
    const [olga, otto] = [
      await addMember(s, organization, { email: 'olga@ahead.example', role: 'super_admin' }),
      await addMember(s, organization, { email: 'otto@ahead.example', role: 'super_admin' }),
    ];
    await s.travel(5 * 60_000);
    await organizationsOf(olga).updateOrgPrivacySettings({ aiClusteringEnabled: false });
    await s.travel(-5 * 60_000);
    await organizationsOf(otto).updateOrgPrivacySettings({ aiClusteringEnabled: true });
    const { settings } = await organizationsOf(olga).getOrgPrivacySettings({});
    expect(settings?.aiClustering).toMatchObject({ enabled: true, lastChangedByEmail: otto.email });
  });

  test('a program is named by its key', async () => {
    const olga = await superAdminOf('robot');
    const key = await addApiKey(s, { id: olga.orgId, roles: cast.acme.roles }, [
      Permission.PRIVACY_READ,
      Permission.PRIVACY_WRITE,
    ]);
    const { settings } = await organizationsOf(key).updateOrgPrivacySettings({ aiClusteringEnabled: false });
    expect(settings?.aiClustering?.lastChangedByEmail).toBe('api-key:kiosk');
    expect(await consents(olga.orgId)).toMatchObject([{ actor_kind: 'api_key', actor_id: key.userId }]);
  });

  test.each(['update privacy_consent set enabled = enabled', 'delete from privacy_consent'])(
    'the trail is not edited by the server: %s',
    async (sql) => {
      const server = new Client({ connectionString: s.database.appUrl });
      await server.connect();
      await expect(server.query(sql)).rejects.toMatchObject({ code: '42501' });
      await server.end();
    },
  );
});

describe('RotateAnalyticsSalt', () => {
  function cohortsOf(actor: Actor) {
    const app = s.server.app;
    return app
      .get(Scopes, { strict: false })
      .run({ caller: { kind: 'system', orgId: actor.orgId }, requestId: 'spec' }, (scope) =>
        app.get(AnalyticsCohorts, { strict: false }).get(scope),
      );
  }

  test('needs PRIVACY_WRITE and a number of buckets that can be', async () => {
    expect((await refusalOf(organizationsOf(cast.max).rotateAnalyticsSalt({}))).code).toBe(
      Code.PermissionDenied,
    );
    for (const newBucketCount of [-1, 63, 4097]) {
      const refused = await refusalOf(organizationsOf(cast.alice).rotateAnalyticsSalt({ newBucketCount }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['new_bucket_count'] });
    }
  });

  test('replaces the salt, which nobody gets to see; the buckets only grow', async () => {
    const olga = await superAdminOf('salt');
    const client = organizationsOf(olga);
    const before = await cohortsOf(olga);
    expect(before).toMatchObject({ bucketCount: 64, epsilon: 1 });
    expect(before.salt).toHaveLength(32);

    expect((await client.rotateAnalyticsSalt({})).bucketCount).toBe(64);
    expect((await client.rotateAnalyticsSalt({ newBucketCount: 4096 })).bucketCount).toBe(4096);
    expect((await client.rotateAnalyticsSalt({})).bucketCount).toBe(4096);
    const smaller = client.rotateAnalyticsSalt({ newBucketCount: 4095 });
    expect((await refusalOf(smaller)).code).toBe(Code.InvalidArgument);

    const after = await cohortsOf(olga);
    expect(after.salt.equals(before.salt)).toBe(false);
    const stored = await s.database.query<{ sealed_salt: Buffer }>(
      'select sealed_salt from analytics_cohort where org_id = $1',
      [olga.orgId],
    );
    expect(stored).toHaveLength(1);
    expect(stored[0]?.sealed_salt.includes(after.salt)).toBe(false);
    const trail = await updates(olga.orgId);
    expect(trail).toHaveLength(3);
    expect(JSON.stringify(trail)).not.toContain(after.salt.toString('hex'));
    expect(trail.at(-1)?.metadata).toEqual({ analytics_salt: 'rotated', bucket_count: '4096' });
  });

  test('two at once go one after the other, and none makes the buckets fewer', async () => {
    const olga = await superAdminOf('two');
    const client = organizationsOf(olga);
    const outcomes = await Promise.allSettled(
      [256, 128].map((newBucketCount) => client.rotateAnalyticsSalt({ newBucketCount })),
    );
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled', value: { bucketCount: 256 } });
    expect((await cohortsOf(olga)).bucketCount).toBe(256);
    const rotations = outcomes.filter(({ status }) => status === 'fulfilled');
    expect(await updates(olga.orgId)).toHaveLength(rotations.length);
  });
});

describe('UpdateAnalyticsEpsilon', () => {
  test('refuses what is no number between 0.5 and 5, and callers without PRIVACY_WRITE', async () => {
    expect((await refusalOf(organizationsOf(cast.max).updateAnalyticsEpsilon({ epsilon: 1 }))).code).toBe(
      Code.PermissionDenied,
    );
    for (const epsilon of [0, 0.49, 5.01, -1, NaN, Infinity, -Infinity]) {
      const refused = await refusalOf(organizationsOf(cast.alice).updateAnalyticsEpsilon({ epsilon }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument });
      expect(new Set(refused.fields)).toEqual(new Set(['epsilon']));
    }
  });

  test('answers what was stored', async () => {
    const olga = await superAdminOf('epsilon');
    for (const epsilon of [0.5, 5, 0.7]) {
      const reply = await organizationsOf(olga).updateAnalyticsEpsilon({ epsilon });
      expect(reply.epsilon).toBe(Math.fround(epsilon));
    }
    expect((await updates(olga.orgId)).map(({ metadata }) => metadata.analytics_epsilon)).toEqual([
      '1 -> 0.5',
      '0.5 -> 5',
      '5 -> 0.7',
    ]);
  });
});
