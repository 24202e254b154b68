import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEnvelope } from '@dovecote/secret';
import { ApiKeyKind, ProjectsService } from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { type Actor, addMember, addProject, type Cast, inProject, seedCast } from '../support/cast.js';
import { addViewer, signedInEarlier, signInAgain } from '../support/dashboards.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let viewer: Actor;
let made = 0;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  viewer = await addViewer(s, cast);
});
afterAll(() => s?.stop());

const projects = (who: Actor, projectId = cast.site.id) => inProject(who, { id: projectId }, ProjectsService);
const newName = () => `Shop ${(made += 1)}`;

async function create(who: Actor = cast.alice, orgId = cast.acme.id) {
  const { project } = await who.client(ProjectsService).create({ orgId, displayName: newName() });
  if (!project) throw new Error('No project came back.');
  return project;
}

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const account = {
  type: 'service_account',
  project_id: 'shop-1',
  private_key: privateKey,
  client_email: 'push@shop-1.iam.gserviceaccount.com',
};
const keyFile = JSON.stringify(account);

async function trailOf(entityId: string) {
  return s.database.query<{ event_type: string; metadata: Record<string, string> }>(
    'select event_type, metadata from audit_event where entity_id = $1 order by id',
    [entityId],
  );
}

const event = () => ({
  eventId: crypto.randomUUID(),
  kind: 'view',
  distinctId: 'anon-1',
  sessionId: crypto.randomUUID(),
  occurTime: timestampNow(),
});
const send = (key: string) =>
  s.client(EventsService, { 'x-api-key': key }).batchCreate({ events: [event()] });

describe('projects of another organization', () => {
  test('are not listed, and as good as not there', async () => {
    const theirs = cast.mallory.client(ProjectsService);
    const { projects: listed } = await theirs.batchGet({ orgId: cast.other.id });
    expect(listed.map(({ id }) => id)).toEqual([cast.otherSite.id]);
    for (const orgId of [cast.acme.id, crypto.randomUUID(), 'acme']) {
      const refused = await refusalsOf([
        theirs.batchGet({ orgId }),
        theirs.create({ orgId, displayName: 'Mine' }),
      ]);
      for (const refusal of refused)
        expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'ORG_NOT_A_MEMBER' });
    }
    const onSite = projects(cast.mallory, cast.site.id);
    const calls = [
      onSite.get({}),
      onSite.updateMeta({ displayName: 'Mine' }),
      onSite.delete({}),
      onSite.updateFCMServiceJSON({ fcmServiceJson: keyFile }),
      onSite.listApiKeys({}),
      onSite.createApiKey({ kind: ApiKeyKind.PUBLIC }),
      onSite.deleteApiKey({ id: cast.site.keys.public.keyId }),
    ];
    for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.Unauthenticated);
    const own = projects(cast.mallory, cast.otherSite.id).deleteApiKey({ id: cast.site.keys.public.keyId });
    expect(await refusalOf(own)).toMatchObject({ code: Code.NotFound, reason: 'API_KEY_NOT_FOUND' });
    expect((await projects(cast.alice).get({})).project?.displayName).toBe('Site');
    await send(cast.site.keys.public.key);
  });
});

describe('members and viewers', () => {
  test.each<[string, () => Actor]>([
    ['a member', () => cast.max],
    ['a viewer', () => viewer],
  ])('%s reads projects and keys, and changes neither', async (_who, actor) => {
    const who = actor();
    await projects(cast.alice).updateFCMServiceJSON({ fcmServiceJson: keyFile });
    const { projects: listed } = await who.client(ProjectsService).batchGet({ orgId: cast.acme.id });
    const { project } = await projects(who).get({});
    const { apiKeys } = await projects(who).listApiKeys({});
    expect(apiKeys.map(({ id }) => id)).toContain(cast.site.keys.private.keyId);
    const told = inspect([listed, project, apiKeys], { depth: 9 });
    expect(told).not.toContain(privateKey.slice(60, 100));
    expect(told).not.toContain(cast.site.keys.private.key);
    const calls = [
      who.client(ProjectsService).create({ orgId: cast.acme.id, displayName: 'Mine' }),
      projects(who).updateMeta({ displayName: 'Mine' }),
      projects(who).delete({}),
      projects(who).updateFCMServiceJSON({ fcmServiceJson: '' }),
      projects(who).createApiKey({ kind: ApiKeyKind.PUBLIC }),
      projects(who).deleteApiKey({ id: cast.site.keys.public.keyId }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'ORG_ROLE_FORBIDDEN' });
  });

  test('employees, who read no analytics, are refused', async () => {
    const refused = await refusalsOf([
      cast.erin.client(ProjectsService).batchGet({ orgId: cast.acme.id }),
      projects(cast.erin).get({}),
      projects(cast.erin).listApiKeys({}),
    ]);
    for (const refusal of refused) expect(refusal.code).toBe(Code.PermissionDenied);
  });
});

describe('a project', () => {
  test.each([
    ['an empty name', { displayName: '' }, 'display_name'],
    ['no name', {}, 'display_name'],
    ['a name of blanks', { displayName: '  ' }, 'display_name'],
    ['a long name', { displayName: 'x'.repeat(151) }, 'display_name'],
    ['a zone that no zone can spell', { displayName: 'x', reportingTimezone: 'a b' }, 'reporting_timezone'],
  ])('is refused with %s', async (_what, request, field) => {
    const call = cast.alice.client(ProjectsService).create({ orgId: cast.acme.id, ...request });
    expect(await refusalOf(call)).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('has a name that no other of the organization has, also when two ask for it at once', async () => {
    const displayName = newName();
    const both = await Promise.allSettled(
      [0, 1].map(() => cast.alice.client(ProjectsService).create({ orgId: cast.acme.id, displayName })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const taken = { code: Code.AlreadyExists, reason: 'PROJECT_NAME_TAKEN' };
    const again = cast.alice.client(ProjectsService).create({ orgId: cast.acme.id, displayName });
    expect(await refusalOf(again)).toMatchObject(taken);
    const { id } = await create();
    expect(await refusalOf(projects(cast.alice, id).updateMeta({ displayName }))).toMatchObject(taken);
    await cast.mallory.client(ProjectsService).create({ orgId: cast.other.id, displayName });
  });

  test('begins with one public key, and is listed last', async () => {
    const project = await create();
    expect(project).toMatchObject({ orgId: cast.acme.id, reportingTimezone: '', fcmServiceJson: '' });
    const { apiKeys } = await projects(cast.max, project.id).listApiKeys({});
    expect(apiKeys).toMatchObject([
      { kind: ApiKeyKind.PUBLIC, key: expect.stringMatching(/^pub_[\da-f]{20}$/) },
    ]);
    await send(apiKeys[0]?.key ?? '');
    const { projects: listed } = await cast.alice.client(ProjectsService).batchGet({ orgId: cast.acme.id });
    expect(listed[0]?.id).toBe(cast.site.id);
    expect(listed.at(-1)?.id).toBe(project.id);
    expect((await trailOf(project.id)).map(({ event_type }) => event_type)).toEqual(['PROJECT_CREATED']);
  });

  test('takes a zone that is unknown here for UTC when it is made, and refuses it afterwards', async () => {
    const made = async (reportingTimezone: string) => {
      const request = { orgId: cast.acme.id, displayName: newName(), reportingTimezone };
      return (await cast.alice.client(ProjectsService).create(request)).project;
    };
    expect((await made('Mars/Olympus'))?.reportingTimezone).toBe('');
    expect((await made('UTC'))?.reportingTimezone).toBe('');
    const project = await made('europe/stockholm');
    expect(project?.reportingTimezone).toBe('Europe/Stockholm');
    const its = projects(cast.alice, project?.id);
    const refused = await refusalOf(its.updateMeta({ reportingTimezone: 'Mars/Olympus' }));
    expect(refused).toMatchObject({
      code: Code.InvalidArgument,
      reason: 'INVALID_TIMEZONE',
      message: 'invalid timezone "Mars/Olympus"',
      fields: ['reporting_timezone'],
    });
    expect((await its.updateMeta({ displayName: newName() })).project?.reportingTimezone).toBe(
      'Europe/Stockholm',
    );
    expect((await its.updateMeta({ reportingTimezone: '' })).project?.reportingTimezone).toBe('');
  });

  test('is deleted with its keys, by a caller who has signed in lately', async () => {
    const project = await create();
    const [key] = (await projects(cast.alice, project.id).listApiKeys({})).apiKeys;
    await send(key?.key ?? '');
    const earlier = await signedInEarlier(s, cast.alice);
    const late = s.client(ProjectsService, { ...earlier, 'x-project-id': project.id });
    const refused = await refusalOf(late.delete({}));
    expect(refused.code).toBe(Code.FailedPrecondition);
    expect(refused.message).toMatch(signInAgain);
    await projects(cast.alice, project.id).delete({});
    expect((await refusalOf(send(key?.key ?? ''))).code).toBe(Code.Unauthenticated);
    const its = projects(cast.alice, project.id);
    expect((await refusalOf(its.get({}))).code).toBe(Code.Unauthenticated);
    expect((await trailOf(project.id)).at(-1)?.event_type).toBe('PROJECT_DELETED');
  });
});

describe('keys', () => {
  test('public ones can be read again, private ones once, those of other contracts are not shown', async () => {
    const project = await addProject(s, cast.acme, newName());
    const its = projects(cast.alice, project.id);
    const made = await its.createApiKey({ kind: ApiKeyKind.PRIVATE, displayName: 'Server' });
    expect(made.key).toMatch(/^prv_[\da-f]{20}$/);
    expect(made.apiKey).toMatchObject({
      displayName: 'Server',
      masked: `prv_...${made.key.slice(-4)}`,
      key: '',
    });
    const open = await its.createApiKey({ kind: ApiKeyKind.PUBLIC });
    const { apiKeys } = await its.listApiKeys({});
    expect(apiKeys.map(({ id }) => id)).toEqual([
      project.keys.public.keyId,
      project.keys.private.keyId,
      made.apiKey?.id,
      open.apiKey?.id,
    ]);
    expect(apiKeys.at(-1)?.key).toBe(open.key);
    expect(inspect(apiKeys, { depth: 9 })).not.toContain(made.key);
    const foreign = its.deleteApiKey({ id: project.keys.sdk.keyId });
    expect(await refusalOf(foreign)).toMatchObject({ code: Code.NotFound, reason: 'API_KEY_NOT_FOUND' });
  });

  test('that read, and the end of any, need a sign-in of these minutes', async () => {
    const headers = { ...(await signedInEarlier(s, cast.alice)), 'x-project-id': cast.site.id };
    const earlier = s.client(ProjectsService, headers);
    const { apiKey } = await earlier.createApiKey({ kind: ApiKeyKind.PUBLIC });
    const refused = await refusalsOf([
      earlier.createApiKey({ kind: ApiKeyKind.PRIVATE }),
      earlier.deleteApiKey({ id: apiKey?.id }),
    ]);
    for (const refusal of refused) {
      expect(refusal.code).toBe(Code.FailedPrecondition);
      expect(refusal.message).toMatch(signInAgain);
    }
  });

  test('are refused once deleted, and stay deleted', async () => {
    const { apiKey, key } = await projects(cast.alice).createApiKey({ kind: ApiKeyKind.PRIVATE });
    await send(key);
    const id = apiKey?.id ?? '';
    await projects(cast.alice).deleteApiKey({ id: id.toUpperCase() });
    expect((await refusalOf(send(key))).code).toBe(Code.Unauthenticated);
    for (const gone of [id, crypto.randomUUID(), 'key_1', ''])
      expect(await refusalOf(projects(cast.alice).deleteApiKey({ id: gone }))).toMatchObject({
        code: Code.NotFound,
        reason: 'API_KEY_NOT_FOUND',
      });
    expect((await trailOf(id)).map(({ event_type }) => event_type)).toEqual([
      'PROJECT_KEY_CREATED',
      'PROJECT_KEY_REVOKED',
    ]);
  });

  test.each([
    ['no kind', {}],
    ['the kind of none', { kind: ApiKeyKind.UNSPECIFIED }],
    ['an unknown kind', { kind: 7 as ApiKeyKind }], // as a newer client could send
  ])('are refused with %s', async (_what, request) => {
    const refused = await refusalOf(projects(cast.alice).createApiKey(request));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['kind'] });
  });
});

describe('the account for push messages', () => {
  test('is refused when it cannot be used, without a word of what it holds', async () => {
    const set = (fcmServiceJson: string) => projects(cast.alice).updateFCMServiceJSON({ fcmServiceJson });
    const inside = JSON.stringify({ ...account, token_uri: 'http://169.254.169.254/' });
    for (const given of ['{}', 'hush', inside, keyFile.padEnd(20_000)]) {
      const refused = await refusalOf(set(given));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['fcm_service_json'] });
      expect(refused.message).not.toContain('hush');
    }
  });

  test('is shown to admins without its key, kept sealed, and kept when the form sends back what it was shown', async () => {
    const { id } = await create();
    const its = projects(cast.alice, id);
    await its.updateFCMServiceJSON({ fcmServiceJson: keyFile });
    const shown = (await its.get({})).project?.fcmServiceJson ?? '';
    expect(JSON.parse(shown)).toEqual({ ...account, private_key: '***' });
    const stored = () =>
      s.database.query<{ sealed_account: Buffer }>(
        'select sealed_account from project_push_account where project_id = $1',
        [id],
      );
    const [row] = await stored();
    const sealed = row?.sealed_account ?? Buffer.alloc(0);
    expect(sealed.includes('PRIVATE KEY')).toBe(false);
    const context = `project_push_account.sealed_account/${cast.acme.id}/${id}`;
    expect(JSON.parse(createEnvelope(testMasterKey).open(sealed, context).toString())).toEqual(account);
    await its.updateFCMServiceJSON({ fcmServiceJson: shown });
    expect(await stored()).toEqual([row]);
    const other = JSON.stringify({ ...(JSON.parse(shown) as object), project_id: 'shop-2' });
    expect((await refusalOf(its.updateFCMServiceJSON({ fcmServiceJson: other }))).code).toBe(
      Code.InvalidArgument,
    );
    await its.updateFCMServiceJSON({ fcmServiceJson: '' });
    await its.updateFCMServiceJSON({ fcmServiceJson: '' });
    expect(await stored()).toEqual([]);
    expect((await trailOf(id)).map(({ metadata }) => metadata.push_account)).toEqual([
      undefined,
      account.client_email,
      '',
    ]);
    expect(JSON.stringify(s.logLines())).not.toContain(privateKey.slice(60, 100));
  });
});

test('a member of two organizations sees the projects of the one that the request names', async () => {
  const email = newEmail();
  const both = await addMember(s, cast.acme, { email, role: 'super_admin' });
  await addMember(s, cast.other, { email, role: 'employee' });
  expect((await both.client(ProjectsService).batchGet({ orgId: cast.acme.id })).projects).not.toEqual([]);
  const refused = await refusalOf(
    both.client(ProjectsService).create({ orgId: cast.other.id, displayName: 'x' }),
  );
  expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'ORG_ROLE_FORBIDDEN' });
});
