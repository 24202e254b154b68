import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditExportFormat, AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { Platform } from '@dovecote/contract/pidgr/v1/common_pb';
import { DeviceService } from '@dovecote/contract/pidgr/v1/device_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { v7 as uuid } from 'uuid';
import { createTemplate, untilStep, workflow } from '../support/campaigns.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { members } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-forgets-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Somebody who has left a trace in every table that takes one, with the canary wherever there is room for text. */
async function somebody(canary: string): Promise<Actor> {
  const person = await addMember(s, cast.acme, {
    email: `${canary}@acme.example`,
    role: 'super_admin',
    name: canary,
  });
  await s.database.query(`update session set device_name = $2, address = $2 where identity_id = $1`, [
    person.identityId,
    canary,
  ]);
  await s.database.query(`update identity set subject = $2 where id = $1`, [person.identityId, canary]);
  await s.database.query(
    `insert into webauthn_credential (credential_id, identity_id, public_key, name, created_at) values ($2, $1, '', $3, now())`,
    [person.identityId, Buffer.from(canary), canary],
  );
  await s.database.query(
    `insert into webauthn_challenge (challenge_hash, purpose, email, expires_at)
     values (decode(md5($1), 'hex'), 'sign_in', $1, now() + interval '1 day')`,
    [person.email],
  );
  await addLogins(person, canary);
  await s.client(AuthService).requestSignInCode({ email: person.email });
  await eventually('the code was mailed', async () =>
    (await found(canary)).some((place) => place.startsWith('captured_mail')),
  );
  await members(person).updateUserProfile({
    profile: { firstName: canary, phone: canary, customAttributes: { nickname: canary } },
  });
  await person
    .client(DeviceService)
    .register({ deviceId: uuid(), platform: Platform.IOS, pushToken: canary });
  await person.client(OrganizationService).updateOrgPrivacySettings({ aiClusteringEnabled: true });
  await members(cast.alice).updateUserRegion({ userId: person.userId, dataGovernanceRegion: 'EU' });
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: `Group ${uuid()}` });
  await groups.addGroupMembers({ groupId: group?.id, userIds: [person.userId] });
  return person;
}

/** One that succeeded, and one that came to nothing; the connection does not matter. */
async function addLogins({ userId, email }: Actor, canary: string): Promise<void> {
  await s.database.query('set session_replication_role = replica');
  for (const user of [userId, null]) {
    await s.database.query(
      `insert into sso_login (org_id, id, connection_id, test, idp_initiated, created_at, expires_at, outcome, user_id,
         subject, detail, attributes, address)
       values ($1, gen_random_uuid(), gen_random_uuid(), false, false, now(), now(), 1, $2, $3, $4, $5, 'somewhere')`,
      [
        cast.acme.id,
        user,
        user ? canary : '',
        user ? canary : `Nobody is called ${email}.`,
        { mail: [email] },
      ],
    );
  }
  await s.database.query(
    `insert into sso_subject (org_id, connection_id, subject, user_id, created_at)
     values ($1, gen_random_uuid(), $2, $3, now())`,
    [cast.acme.id, canary, userId],
  );
  await s.database.query('set session_replication_role = origin');
}

/** One message made for each, and one that both got. */
async function write(to: readonly Actor[], canary: string): Promise<void> {
  const campaigns = cast.max.client(CampaignService);
  for (const body of ['Hello {{name}}.', `All of you, read this: ${to.length}.`]) {
    const templateId = await createTemplate(cast.max, body);
    const audience = to.map(({ userId }, index) => ({
      userId,
      variables: { name: index === 0 ? canary : 'Erin' },
    }));
    const { campaign } = await campaigns.createCampaign({ name: 'Hello', templateId, workflow, audience });
    await campaigns.startCampaign({ campaignId: campaign?.id });
    await untilStep(cast.max, campaign?.id ?? '', 'wait');
  }
}

/** Where in the database and in the files the text still stands. */
async function found(canary: string): Promise<string[]> {
  const tables = await s.database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
  );
  const places: string[] = [];
  const hex = Buffer.from(canary).toString('hex');
  for (const { name } of tables) {
    const rows = await s.database.query<{ row: string }>(
      `select t::text as row from ${name} t where t::text ilike '%' || $1 || '%' or t::text ilike '%' || $2 || '%'`,
      [canary, hex],
    );
    places.push(...rows.map(({ row }) => `${name.replace('public.', '')}: ${row}`));
  }
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(canary)) places.push(path);
  }
  return places;
}

const trail = (): Promise<unknown[]> =>
  s.database.query(
    `select e.*, c.seq, c.hash from audit_event e left join audit_chain c on c.org_id = e.org_id and c.event_id = e.id
      where e.org_id = $1 order by e.id`,
    [cast.acme.id],
  );

async function forget(person: Actor, anonymize: boolean): Promise<void> {
  const privacy = cast.alice.client(PrivacyService);
  const { exportId } = await privacy.exportUserData({ userId: person.userId });
  await ended(exportId);
  const { requestId } = await privacy.deleteUserData({ userId: person.userId, anonymize });
  await privacy.immediateDelete({ requestId, confirmationEmail: person.email });
  await ended(requestId);
}

async function ended(id: string): Promise<void> {
  await eventually('the request is completed', async () => {
    const { requests } = await cast.alice.client(PrivacyService).listPrivacyRequests({ pageSize: 100 });
    return requests.find((request) => request.id === id)?.status === PrivacyRequestStatus.COMPLETED;
  });
}

/** Chains what has happened so far. */
async function exportTrail(): Promise<void> {
  const audit = cast.alice.client(AuditService);
  await audit.exportAuditTrail({ format: AuditExportFormat.JSON });
  await eventually('the trail is exported', async () => {
    const [newest] = (await audit.listAuditExports({})).exports;
    return newest?.status === PrivacyRequestStatus.COMPLETED;
  });
}

describe.each([
  ['replaced by nobody', true],
  ['deleted', false],
])('who is %s', (_how, anonymize) => {
  test('is named nowhere any more, and nobody else has lost anything', async () => {
    const canary = `canary${uuid().slice(-8)}`;
    const person = await somebody(canary);
    await write([person, cast.erin], canary);
    await exportTrail();
    const before = (await trail()) as { id: string; seq: number | null }[];
    const inbox = cast.erin.client(InboxService);
    const received = (await inbox.sync({})).entries.map(({ deliveryId }) => deliveryId);
    const tables = new Set((await found(canary)).map((place) => place.split(':')[0]));
    const expected = [
      'member',
      'identity',
      'session',
      'message',
      'campaign_audience_member',
      'privacy_consent',
      'captured_mail',
      'sign_in_code',
      'webauthn_challenge',
      'webauthn_credential',
      'sso_login',
      'sso_subject',
    ];
    expect([...tables]).toEqual(expect.arrayContaining(expected));

    await forget(person, anonymize);

    expect(await found(canary)).toEqual([]);
    const chained = before.filter(({ seq }) => seq !== null).map(({ id }) => id);
    const after = (await trail()) as { id: string }[];
    expect(chained.length).toBeGreaterThan(5);
    expect(after.filter(({ id }) => chained.includes(id))).toEqual(
      before.filter(({ id }) => chained.includes(id)),
    );
    expect((await inbox.sync({})).entries.map(({ deliveryId }) => deliveryId)).toEqual(received);
    const [left] = await s.database.query(
      `select (select count(*)::int from delivery where user_id = $1) as deliveries,
              (select count(*)::int from delivery where user_id = $1 and content_id is not null) as texts,
              (select count(*)::int from device where user_id = $1) as devices,
              (select count(*)::int from member where id = $1) as members`,
      [person.userId],
    );
    expect(left).toEqual(
      // The text that others got as well says nothing about them.
      anonymize
        ? { deliveries: 2, texts: 1, devices: 0, members: 1 }
        : { deliveries: 0, texts: 0, devices: 0, members: 0 },
    );
  });
});

test('somebody who is a member elsewhere stays who they are there', async () => {
  const email = `both-${uuid().slice(-8)}@both.example`;
  const here = await addMember(s, cast.acme, { email, role: 'employee' });
  const there = await addMember(s, cast.other, { email, role: 'employee' });
  await forget(here, false);
  const { user } = await members(cast.mallory).getUser({ userId: there.userId });
  expect(user?.email).toBe(email);
  expect((await members(there).getUser({})).user?.id).toBe(there.userId);
});
