import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { v7 as uuid } from 'uuid';
import { openExportCommand } from '../../src/commands/open-export.js';
import { AccessTokens } from '../../src/platform/caller/access-tokens.js';
import { UsageRecorder } from '../../src/platform/caller/usage-recorder.js';
import { type Actor, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { invite } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { unzipped } from '../support/unzip.js';

/** What belongs to a person across organizations, and who gets it. */

let s: TestServer;
let cast: Cast;
let folder: string;
/** A member of Acme with a passkey, and whom Mallory's organization has invited. */
let bob: Actor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-across-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
  bob = await addMember(s, cast.acme, { email: 'bob@acme.example', role: 'employee' });
  await s.database.query(
    `insert into webauthn_credential (credential_id, identity_id, public_key, name, created_at)
     values ('bob', $1, '', 'Bob’s phone', now())`,
    [bob.identityId],
  );
  await bob.client(PrivacyService).listMyPrivacyRequests({});
  await usesAreWritten();
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const privacy = (who: Actor) => who.client(PrivacyService);
const usesAreWritten = () => s.server.app.get(UsageRecorder, { strict: false }).flush();

async function listed(who: Actor, id: string) {
  return eventually('the export is made', async () => {
    const { requests } = await privacy(who).listPrivacyRequests({ requestType: 'export', pageSize: 100 });
    const found = requests.find((request) => request.id === id);
    return found?.status === PrivacyRequestStatus.COMPLETED && found;
  });
}

async function filesBehind(url: string | undefined): Promise<Record<string, unknown[]>> {
  const response = await fetch(s.url + new URL(url ?? '').pathname);
  const path = join(folder, `${uuid()}.zip`);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return unzipped(path);
}

/** What an administrator learns about a member. */
async function known(admin: Actor, userId: string) {
  const { dataCategories } = await privacy(admin).getDataExistenceConfirmation({ userId });
  const { exportId } = await privacy(admin).exportUserData({ userId });
  const files = await filesBehind((await listed(admin, exportId)).metadata.result_url);
  return { dataCategories, files };
}

/** The own requests of somebody, as they see them in a session that Acme's provider vouched for. */
async function inSsoSession({ identityId, email, orgId }: Actor): Promise<Actor['client']> {
  const sessionId = uuid();
  await s.database.query(
    `insert into session (id, identity_id, created_at, last_used_at, expires_at, proof, sso_organization_id, sso_connection_id)
     values ($1, $2, now(), now(), now() + interval '1 day', 'sso', $3, $4)`,
    [sessionId, identityId, orgId, uuid()],
  );
  const { token } = await s.server.app
    .get(AccessTokens, { strict: false })
    .issue({ identityId, sessionId, email, orgId, provenAt: Date.now() });
  return (service) => s.client(service, { authorization: `Bearer ${token}` });
}

describe('another organization, which has invited an address', () => {
  test('learns the same about who has an account and who has none', async () => {
    const stranger = await invite(cast.mallory, { email: 'zoe@acme.example' });
    const account = await invite(cast.mallory, { email: bob.email });
    const [ofNobody, ofBob] = [await known(cast.mallory, stranger.id), await known(cast.mallory, account.id)];
    expect(ofBob.dataCategories).toEqual(ofNobody.dataCategories);
    const counts = ({ files }: typeof ofBob) =>
      Object.entries(files).map(([name, lines]) => [name, lines.length]);
    expect(counts(ofBob)).toEqual(counts(ofNobody));
    expect(ofBob.files).not.toHaveProperty('passkeys.ndjson');
    expect(JSON.stringify(ofBob.files)).not.toMatch(/Bob’s phone|identity_id/);
    expect(JSON.stringify(ofBob.files)).not.toContain(bob.sessionId);
  });

  test('deletes its own row, and not how the person signs in elsewhere', async () => {
    const lodger = await addMember(s, cast.acme, { email: 'lodger@acme.example', role: 'employee' });
    const invited = await invite(cast.mallory, { email: lodger.email });
    await s.database.query('delete from member where id = $1', [lodger.userId]);
    const { requestId } = await privacy(cast.mallory).deleteUserData({ userId: invited.id });
    await privacy(cast.mallory).immediateDelete({ requestId, confirmationEmail: lodger.email });
    await eventually('the row is gone', async () => {
      const rows = await s.database.query('select from member where id = $1', [invited.id]);
      return rows.length === 0;
    });
    const sessions = await s.database.query('select from session where id = $1', [lodger.sessionId]);
    expect(sessions).toHaveLength(1);
  });
});

describe('an organization in which somebody works', () => {
  test('knows of the sessions that have worked in it, and of no others', async () => {
    const guest = await addMember(s, cast.other, { email: 'guest@acme.example', role: 'employee' });
    const atHome = await addMember(s, cast.acme, { email: guest.email, role: 'employee' });
    await atHome.client(PrivacyService).listMyPrivacyRequests({});
    await usesAreWritten();
    const before = await known(cast.mallory, guest.userId);
    expect(before.files['sessions.ndjson']).toEqual([]);
    expect(before.dataCategories).not.toContain('sessions');

    await guest.client(PrivacyService).listMyPrivacyRequests({});
    await usesAreWritten();
    const after = await known(cast.mallory, guest.userId);
    expect(after.files['sessions.ndjson']).toEqual([expect.objectContaining({ id: guest.sessionId })]);
    expect(after.dataCategories).toContain('sessions');
    expect(JSON.stringify(after.files)).not.toContain(atHome.sessionId);
  });

  test('sees that somebody took their data along, and does not get them', async () => {
    const { exportId } = await privacy(bob).exportUserData({ userId: bob.userId });
    expect((await listed(cast.alice, exportId)).metadata).not.toHaveProperty('result_url');
    const own = (await privacy(bob).listMyPrivacyRequests({ requestType: 'export' })).requests;
    const files = await filesBehind(own.find(({ id }) => id === exportId)?.metadata.result_url);
    expect(files['passkeys.ndjson']).toEqual([expect.objectContaining({ name: 'Bob’s phone' })]);
    expect(files['sessions.ndjson']).toEqual([expect.objectContaining({ id: bob.sessionId })]);
  });

  test('gets nothing beyond its own through its identity provider either', async () => {
    const throughProvider = await inSsoSession(bob);
    const vouched = throughProvider(PrivacyService);
    const { requests } = await vouched.listMyPrivacyRequests({ requestType: 'export' });
    expect(requests.length).toBeGreaterThan(0);
    for (const { metadata } of requests) expect(metadata).not.toHaveProperty('result_url');

    const { exportId } = await vouched.exportUserData({ userId: bob.userId });
    const files = await filesBehind((await listed(cast.alice, exportId)).metadata.result_url);
    expect(files).not.toHaveProperty('passkeys.ndjson');
  });
});

describe('a bundle', () => {
  const aboutMember = [
    ...['profile', 'devices', 'deliveries', 'audiences', 'groups_and_teams', 'region_changes', 'sso_logins'],
    ...['provider_accounts', 'directory_users', 'directory_groups', 'consents', 'privacy_requests'],
    ...['audit_events', 'sessions'],
  ];
  const ofOrganization = [
    ...['organization', 'roles', 'members', 'teams_and_groups', 'templates', 'campaigns'],
    ...[
      'organization_deliveries',
      'organization_events',
      'audience_rules',
      'campaign_approvals',
      'dashboard_shares',
      'dashboards',
      'data_exports',
    ],
    ...[
      'data_imports',
      'email_provider',
      'organization_webhook',
      'profiles',
      'project_keys',
      'project_push_accounts',
      'projects',
    ],
    ...['push_subscriptions', 'webhook_calls', 'webhook_secrets'],
  ];
  const named = (names: string[]) => names.map((name) => `${name}.ndjson`);

  test('has its files in the order that clients know', async () => {
    const { files } = await known(cast.alice, cast.erin.userId);
    expect(Object.keys(files)).toEqual(
      named([
        ...aboutMember,
        'audience_omissions',
        'campaign_approvals',
        'session_recordings',
        'test_messages',
        'webhook_posts',
      ]),
    );

    const own = await privacy(cast.erin).exportUserData({ userId: cast.erin.userId });
    await listed(cast.alice, own.exportId);
    const { requests } = await privacy(cast.erin).listMyPrivacyRequests({ requestType: 'export' });
    const url = requests.find(({ id }) => id === own.exportId)?.metadata.result_url;
    expect(Object.keys(await filesBehind(url))).toEqual(
      named([
        ...aboutMember,
        'passkeys',
        'audience_omissions',
        'campaign_approvals',
        'password',
        'session_recordings',
        'test_messages',
        'webhook_posts',
      ]),
    );

    const { exportId } = await privacy(cast.alice).exportOrgData({});
    const { result_url: sealed, decryption_key: key = '' } = (await listed(cast.alice, exportId)).metadata;
    const path = join(folder, 'organization.sealed');
    const response = await fetch(s.url + new URL(sealed ?? '').pathname);
    await writeFile(path, Buffer.from(await response.arrayBuffer()));
    await openExportCommand(path, { key, out: `${path}.zip` });
    expect(Object.keys(unzipped(`${path}.zip`))).toEqual(named(ofOrganization));
  });

  test('and the categories are named in the order that clients know', async () => {
    const order = [
      ...[
        'profile',
        'devices',
        'groups',
        'audiences',
        'deliveries',
        'regions',
        'consents',
        'requests',
        'audit',
      ],
      ...['logins', 'provider_accounts', 'directory', 'sessions', 'passkeys'],
    ];
    const { userId } = cast.alice;
    const { dataCategories } = await privacy(cast.alice).getDataExistenceConfirmation({ userId });
    expect(dataCategories.length).toBeGreaterThan(2);
    expect(dataCategories).toEqual(order.filter((category) => dataCategories.includes(category)));
  });
});
