import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { ApiKeyType, ProjectsService } from '@dovecote/contract/projects/v1/projects_pb';
import { type Actor, addMember, type Cast, inProject, seedCast } from '../support/cast.js';
import { addViewer, signedInEarlier, signInAgain } from '../support/dashboards.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
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
/** Without a project in the header. */
const above = (who: Actor) => who.client(ProjectsService);
const newName = () => `Shop ${(made += 1)}`;
const send = (key: string, projectId = cast.site.id) =>
  s
    .client(EventsService, { authorization: `Bearer ${key}`, 'x-project-id': projectId })
    .batchCreate({ events: [{ name: 'view' }] });

async function create(who: Actor = cast.alice) {
  const { project } = await above(who).create({ name: newName() });
  if (!project) throw new Error('No project came back.');
  return project;
}

describe('a project of another organization', () => {
  test('is not there', async () => {
    const theirs = above(cast.mallory);
    const { id } = cast.site;
    const calls = [theirs.get({ id }), theirs.update({ id, name: 'Mine' })];
    for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.NotFound);
    for (const unknown of ['proj_1', crypto.randomUUID()])
      expect((await refusalOf(theirs.get({ id: unknown }))).code).toBe(Code.NotFound);
    const keys = projects(cast.mallory);
    const inSite = [
      keys.get({}),
      keys.update({ name: 'Mine' }),
      keys.get({ id: cast.otherSite.id }),
      keys.list({}),
      keys.createApiKey({ type: ApiKeyType.SDK }),
      keys.listApiKeys({}),
      keys.revokeApiKey({ id: cast.site.keys.sdk.keyId }),
    ];
    for (const refusal of await refusalsOf(inSite)) expect(refusal.code).toBe(Code.Unauthenticated);
    const own = projects(cast.mallory, cast.otherSite.id);
    expect((await refusalOf(own.revokeApiKey({ id: cast.site.keys.sdk.keyId }))).code).toBe(Code.NotFound);
    expect((await above(cast.alice).get({ id })).project?.name).toBe('Site');
    await send(cast.site.keys.sdk.key);
  });

  test('and its organization are refused to strangers', async () => {
    const orgId = cast.acme.id;
    const calls = [above(cast.mallory).list({ orgId }), above(cast.mallory).create({ name: 'x', orgId })];
    for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.PermissionDenied);
  });
});

describe('by role', () => {
  test('viewers read projects and keys, and change nothing', async () => {
    expect((await above(viewer).list({})).projects.map(({ id }) => id)).toContain(cast.site.id);
    expect((await projects(viewer).get({})).project?.id).toBe(cast.site.id);
    const { apiKeys } = await projects(viewer).listApiKeys({});
    expect(apiKeys.map(({ key }) => key)).toEqual(apiKeys.map(() => ''));
    const calls = [
      above(viewer).create({ name: 'Mine' }),
      projects(viewer).update({ name: 'Mine' }),
      projects(viewer).createApiKey({ type: ApiKeyType.SDK }),
      projects(viewer).revokeApiKey({ id: cast.site.keys.sdk.keyId }),
    ];
    for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test('members change projects and keys, and make no projects', async () => {
    expect((await refusalOf(above(cast.max).create({ name: 'Mine' }))).code).toBe(Code.PermissionDenied);
    const { id } = await create();
    const { project } = await above(cast.max).update({ id, timezone: 'europe/oslo' });
    expect(project?.timezone).toBe('Europe/Oslo');
    const { apiKey } = await projects(cast.max, id).createApiKey({ type: ApiKeyType.SHARED });
    await projects(cast.max, id).revokeApiKey({ id: apiKey?.id });
  });

  test('employees, who read no analytics, are refused', async () => {
    const calls = [above(cast.erin).list({}), above(cast.erin).get({ id: cast.site.id })];
    for (const refusal of await refusalsOf(calls)) expect(refusal.code).toBe(Code.PermissionDenied);
  });
});

describe('a project', () => {
  test.each([
    ['no name', {}, 'name', 'value is required'],
    ['a name of blanks', { name: '  ' }, 'name', 'must have at least one visible character'],
    ['an unknown zone', { name: 'x', timezone: 'Mars/Olympus' }, 'timezone', 'must be the IANA name'],
    ['an offset for a zone', { name: 'x', timezone: '+01:00' }, 'timezone', 'must be the IANA name'],
  ])('is refused with %s, with a detail for each violation', async (_what, body, field, description) => {
    const response = await fetch(`${s.url}/projects.v1.ProjectsService/Create`, {
      method: 'POST',
      headers: { ...cast.alice.headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: 'validation error',
      details: [{ field, description: expect.stringContaining(description) }],
    });
  });

  test('has a name that no other has, also when two ask for it at once', async () => {
    const name = newName();
    const both = await Promise.allSettled([0, 1].map(() => above(cast.alice).create({ name })));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { id } = await create();
    const refused = await refusalsOf([
      above(cast.alice).create({ name }),
      above(cast.alice).update({ id, name }),
    ]);
    for (const refusal of refused) expect(refusal.code).toBe(Code.AlreadyExists);
  });

  test('begins without keys, and a change keeps what it does not name', async () => {
    const project = await create();
    expect(project).toMatchObject({ orgId: cast.acme.id, timezone: 'UTC' });
    expect((await projects(cast.alice, project.id).listApiKeys({})).apiKeys).toEqual([]);
    const name = newName();
    const { project: renamed } = await above(cast.alice).update({ id: project.id.toUpperCase(), name });
    expect(renamed).toMatchObject({ name, timezone: 'UTC', createdAt: project.createdAt });
    expect(renamed?.updatedAt).not.toEqual(project.updatedAt);
    const { project: unchanged } = await above(cast.alice).update({ id: project.id });
    expect(unchanged).toEqual(renamed);
    const empty = above(cast.alice).update({ id: project.id, name: '' });
    expect((await refusalOf(empty)).fields).toEqual(['name']);
    const { projects: listed } = await above(cast.alice).list({});
    expect([listed[0]?.id, listed.at(-1)?.id]).toEqual([cast.site.id, project.id]);
  });

  test('is that of the header where the request names none', async () => {
    expect((await projects(cast.alice).get({})).project?.id).toBe(cast.site.id);
    const { id } = await create();
    expect((await projects(cast.alice).get({ id })).project?.id).toBe(id);
    const nowhere = await refusalOf(above(cast.alice).get({}));
    expect(nowhere).toMatchObject({
      code: Code.Unauthenticated,
      message: 'x-project-id header is required',
    });
  });

  test('of a member of two organizations is made where the request or the header says', async () => {
    const email = newEmail();
    const both = await addMember(s, cast.acme, { email, role: 'super_admin' });
    await addMember(s, cast.other, { email, role: 'super_admin' });
    const refused = await refusalOf(above(both).list({}));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['org_id'] });
    const { project } = await projects(both, cast.otherSite.id).create({ name: newName() });
    expect(project?.orgId).toBe(cast.other.id);
    const named = await projects(both, cast.otherSite.id).create({ name: newName(), orgId: cast.acme.id });
    expect(named.project?.orgId).toBe(cast.acme.id);
  });
});

describe('keys', () => {
  test('are shown once, and only those of this contract', async () => {
    const { apiKey } = await projects(cast.alice).createApiKey({ type: ApiKeyType.SDK, name: 'Web' });
    expect(apiKey).toMatchObject({
      name: 'Web',
      type: ApiKeyType.SDK,
      key: expect.stringMatching(/^pk_sdk_[0-9a-z]{32}$/),
      masked: `pk_sdk_…${apiKey?.key.slice(-4)}`,
    });
    await send(apiKey?.key ?? '');
    const { apiKeys } = await projects(cast.alice).listApiKeys({});
    const { sdk, shared } = cast.site.keys;
    expect(apiKeys.map(({ id }) => id).slice(0, 2)).toEqual([sdk.keyId, shared.keyId]);
    expect(apiKeys.at(-1)?.id).toBe(apiKey?.id);
    expect(apiKeys.map(({ key }) => key).filter((key) => key !== '')).toEqual([]);
    const foreign = projects(cast.alice).revokeApiKey({ id: cast.site.keys.public.keyId });
    expect((await refusalOf(foreign)).code).toBe(Code.NotFound);
  });

  test('are refused once revoked, and only after a sign-in of these minutes', async () => {
    const { apiKey } = await projects(cast.alice).createApiKey({ type: ApiKeyType.SDK });
    const [id, key] = [apiKey?.id ?? '', apiKey?.key ?? ''];
    await send(key);
    const headers = { ...(await signedInEarlier(s, cast.alice)), 'x-project-id': cast.site.id };
    const refused = await refusalOf(s.client(ProjectsService, headers).revokeApiKey({ id }));
    expect(refused.code).toBe(Code.FailedPrecondition);
    expect(refused.message).toMatch(signInAgain);
    await send(key);
    await projects(cast.alice).revokeApiKey({ id });
    const sent = await refusalOf(send(key));
    expect(sent.code).toBe(Code.Unauthenticated);
    expect((await refusalOf(projects(cast.alice).revokeApiKey({ id }))).code).toBe(Code.NotFound);
  });

  test('need a project in the header, and a type', async () => {
    expect((await refusalOf(above(cast.alice).listApiKeys({}))).code).toBe(Code.Unauthenticated);
    expect(await refusalOf(projects(cast.alice).createApiKey({}))).toMatchObject({
      code: Code.InvalidArgument,
      fields: ['type'],
    });
  });
});
