import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { hashSecret } from '@dovecote/secret';
import { KeyFamily, ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { v7 as uuid } from 'uuid';
import { UsageRecorder } from '../../src/platform/caller/usage-recorder.js';
import {
  type Actor,
  addApiKey,
  addMember,
  addOrganization,
  addProject,
  type Cast,
  seedCast,
  type TestOrganization,
} from '../support/cast.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let made = 0;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api', INGEST_PATHS: 'collect' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const projects = (who: Actor) => who.client(ProjectService);

async function create(who: Actor = cast.alice) {
  const name = `Project ${(made += 1)}`;
  const { project } = await projects(who).createProject({ name });
  if (!project) throw new Error('No project came back.');
  return project;
}

async function memberOf(organization: TestOrganization): Promise<Actor> {
  return addMember(s, organization, { email: newEmail(), role: 'manager' });
}

async function trailOf(entityId: string) {
  return s.database.query<{ event_type: string; metadata: Record<string, string>; actor_id: string }>(
    'select event_type, metadata, actor_id from audit_event where entity_id = $1 order by id',
    [entityId],
  );
}

describe('projects of another organization', () => {
  test('are neither listed nor found, changed or deleted, and have no keys for others', async () => {
    const { id: projectId } = cast.site;
    const listed = await projects(cast.mallory).listProjects({});
    expect(listed.projects.map(({ id }) => id)).toEqual([cast.otherSite.id]);
    const theirs = projects(cast.mallory);
    const calls = [
      theirs.getProject({ projectId }),
      theirs.updateProject({ projectId, name: 'Mine' }),
      theirs.deleteProject({ projectId, confirmationName: 'Site' }),
      theirs.createProjectKey({ projectId, family: KeyFamily.SDK, name: 'x' }),
      theirs.listProjectKeys({ projectId }),
      theirs.revokeProjectKey({ projectId, projectKeyId: cast.site.keys.sdk.keyId }),
      theirs.revokeProjectKey({ projectId: cast.otherSite.id, projectKeyId: cast.site.keys.sdk.keyId }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.code).toBe(Code.NotFound);
    expect((await projects(cast.alice).getProject({ projectId })).project?.name).toBe('Site');
  });

  test('may have the same name', async () => {
    const { project } = await projects(cast.mallory).createProject({ name: (await create()).name });
    expect(project?.id).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('a project is refused', () => {
  test('to members without the permission', async () => {
    const refused = await refusalOf(projects(cast.erin).createProject({ name: 'Mine' }));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    const listing = await refusalOf(projects(cast.erin).listProjects({}));
    expect(listing).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
  });

  test.each([
    ['an empty name', { name: '' }, 'name'],
    ['a name of blanks', { name: '  ' }, 'name'],
    ['a long name', { name: 'x'.repeat(151) }, 'name'],
    ['an unknown zone', { name: 'x', zone: 'Mars/Olympus' }, 'zone'],
    ['a zone that is an offset', { name: 'x', zone: '+0100' }, 'zone'],
    ['a zone with a statement', { name: 'x', zone: "UTC'; drop table project" }, 'zone'],
  ])('with %s', async (_what, request, field) => {
    const refused = await refusalOf(projects(cast.alice).createProject(request));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('with a name that people take for one that is there', async () => {
    const { name } = await create();
    const refused = await refusalOf(projects(cast.alice).createProject({ name: ` ${name.toUpperCase()} ` }));
    expect(refused).toMatchObject({ code: Code.AlreadyExists, reason: 'PROJECT_NAME_TAKEN' });
    const { id: projectId } = await create();
    const renamed = await refusalOf(projects(cast.alice).updateProject({ projectId, name }));
    expect(renamed.reason).toBe('PROJECT_NAME_TAKEN');
  });

  test('beyond a hundred, also when two calls ask for the last place at once', async () => {
    const crowded = await addOrganization(s, 'Crowded');
    await s.database.query(
      `insert into project (org_id, id, name, name_key)
       select $1, gen_random_uuid(), n::text, n::text from generate_series(1, 99) n`,
      [crowded.id],
    );
    const admin = await memberOf(crowded);
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((name) => projects(admin).createProject({ name })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = await refusalOf(projects(admin).createProject({ name: 'c' }));
    expect(refused).toMatchObject({ code: Code.ResourceExhausted, reason: 'PROJECT_LIMIT' });
  });
});

describe('a project', () => {
  test('begins with UTC, keeps events, keeps identities apart, and has no keys', async () => {
    const project = await create(cast.max);
    expect(project).toMatchObject({
      zone: 'UTC',
      retentionDays: 0,
      mergeIdentities: false,
      ingestPath: '',
      eventsPerSecond: 0,
    });
    const { projectKeys } = await projects(cast.max).listProjectKeys({ projectId: project.id });
    expect(projectKeys).toEqual([]);
    expect(await trailOf(project.id)).toEqual([
      {
        event_type: 'PROJECT_CREATED',
        metadata: { name: project.name, zone: 'UTC' },
        actor_id: cast.max.userId,
      },
    ]);
  });

  test('has its zone as the database of time zones spells it', async () => {
    const { id: projectId } = await create();
    for (const [given, kept] of [
      ['asia/kolkata', 'Asia/Kolkata'],
      ['Australia/Lord_Howe', 'Australia/Lord_Howe'],
      ['etc/gmt+5', 'Etc/GMT+5'],
      ['', 'UTC'],
    ]) {
      const { project } = await projects(cast.alice).updateProject({ projectId, zone: given });
      expect(project?.zone).toBe(kept);
    }
  });

  test('is changed in what the request sets, and the trail says what', async () => {
    const { id: projectId, name } = await create();
    const { project } = await projects(cast.alice).updateProject({
      projectId,
      retentionDays: 90,
      mergeIdentities: true,
      eventsPerSecond: 50,
      ingestPath: 'collect',
    });
    expect(project).toMatchObject({
      name,
      retentionDays: 90,
      mergeIdentities: true,
      eventsPerSecond: 50,
      ingestPath: 'collect',
    });
    await projects(cast.alice).updateProject({ projectId, eventsPerSecond: 50 });
    expect((await trailOf(projectId)).slice(1)).toEqual([
      {
        event_type: 'PROJECT_UPDATED',
        actor_id: cast.alice.userId,
        metadata: {
          retention_days: '90',
          merge_identities: 'true',
          events_per_second: '50',
          ingest_path: 'collect',
        },
      },
    ]);
    const back = await projects(cast.alice).updateProject({
      projectId,
      retentionDays: 0,
      eventsPerSecond: 0,
    });
    expect(back.project).toMatchObject({ retentionDays: 0, eventsPerSecond: 0, mergeIdentities: true });
  });

  test('has its events deleted by a new retention, at once and when accepted batches are stored', async () => {
    const { id: projectId } = await create();
    const jobs = () =>
      s.database.query<{ late: boolean }>(
        `select run_at > now() + interval '50 minutes' as late from graphile_worker.jobs
          where key like 'project.apply-retention/' || $1 || '%' order by run_at`,
        [projectId],
      );
    await projects(cast.alice).updateProject({ projectId, zone: 'Asia/Kolkata' });
    expect(await jobs()).toEqual([]);
    await projects(cast.alice).updateProject({ projectId, retentionDays: 30 });
    expect(await jobs()).toEqual([{ late: false }, { late: true }]);
  });

  test('sends events under no path but those of the operator', async () => {
    const { id: projectId } = await create();
    const refused = await refusalOf(
      projects(cast.alice).updateProject({ projectId, ingestPath: 'elsewhere' }),
    );
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['ingest_path'] });
  });

  test('stands in the list by its name', async () => {
    const organization = await addOrganization(s, 'Listing');
    for (const name of ['beta', 'Alpha', 'gamma']) await addProject(s, organization, name);
    const { projects: listed } = await projects(await memberOf(organization)).listProjects({});
    expect(listed.map(({ name }) => name)).toEqual(['Alpha', 'beta', 'gamma']);
  });
});

describe('a deleted project', () => {
  test('was confirmed by its name', async () => {
    const { id: projectId, name } = await create();
    for (const confirmationName of [name.toLowerCase(), ` ${name}`]) {
      const refused = await refusalOf(projects(cast.alice).deleteProject({ projectId, confirmationName }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['confirmation_name'] });
    }
  });

  test('leaves its number, which no other gets, and a job that deletes its events', async () => {
    const { id: projectId, name } = await create();
    const [row] = await s.database.query<{ number: number }>('select number from project where id = $1', [
      projectId,
    ]);
    const waiting = () =>
      s.database.query(
        `select from ingest_batch where project = $1 union all select from ingest_dead_letter where project = $1`,
        [row?.number],
      );
    await s.database.query(
      `insert into ingest_batch (org_id, id, project, received_at, events, raw_octets, months, layout, body)
       values ($1, $2, $3, now(), 1, 1, '{}', 1, '')`,
      [cast.acme.id, uuid(), row?.number],
    );
    await s.database.query(
      `insert into ingest_dead_letter
         (org_id, id, project, received_at, events, raw_octets, months, layout, failed_at, error, body)
       values ($1, $2, $3, now(), 1, 1, '{}', 1, now(), 'no', '')`,
      [cast.acme.id, uuid(), row?.number],
    );
    await projects(cast.alice).deleteProject({ projectId, confirmationName: name });
    expect(await waiting()).toEqual([]);
    expect((await refusalOf(projects(cast.alice).getProject({ projectId }))).code).toBe(Code.NotFound);
    expect((await trailOf(projectId)).at(-1)).toMatchObject({
      event_type: 'PROJECT_DELETED',
      metadata: { name },
    });
    const left = await s.database.query('select number, erased_at from deleted_project where number = $1', [
      row?.number,
    ]);
    expect(left).toEqual([{ number: row?.number, erased_at: null }]);
    const [job] = await s.database.query<{ count: number }>(
      `select count(*)::int as count from graphile_worker.jobs where task_identifier = 'project.erase-deleted'`,
    );
    expect(job?.count).toBe(1);
    const [next] = await s.database.query<{ number: number }>('select number from project where id = $1', [
      (await create()).id,
    ]);
    expect(next?.number).toBeGreaterThan(row?.number ?? Infinity);
  });
});

describe('a key', () => {
  const families = [
    [KeyFamily.SDK, /^pk_sdk_[0-9a-z]{32}$/, 'pk_sdk_'],
    [KeyFamily.SHARED, /^pk_shared_[0-9a-z]{32}$/, 'pk_shared_'],
    [KeyFamily.PUBLIC, /^pub_[0-9a-f]{20}$/, 'pub_'],
    [KeyFamily.PRIVATE, /^prv_[0-9a-f]{20}$/, 'prv_'],
  ] as const;

  test.each([
    ['without a family', { family: KeyFamily.UNSPECIFIED, name: 'x' }, 'family'],
    ['of an unknown family', { family: 9 as KeyFamily, name: 'x' }, 'family'],
    ['without a name', { family: KeyFamily.SDK, name: '' }, 'name'],
  ])('is refused %s', async (_what, request, field) => {
    const call = projects(cast.alice).createProjectKey({ projectId: cast.site.id, ...request });
    expect(await refusalOf(call)).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('is refused beyond fifty of a project', async () => {
    const { id: projectId } = await create();
    await s.database.query(
      `insert into project_key (org_id, project_id, id, family, key_hash, last_four)
       select $1, $2, gen_random_uuid(), 'sdk', convert_to('k' || n, 'UTF8'), 'xxxx' from generate_series(1, 49) n`,
      [cast.acme.id, projectId],
    );
    const another = () =>
      projects(cast.alice).createProjectKey({ projectId, family: KeyFamily.SDK, name: 'x' });
    const outcomes = await Promise.allSettled([another(), another()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusalOf(another())).toMatchObject({ reason: 'PROJECT_KEY_LIMIT' });
  });

  test('that reads is made only by a caller who may read', async () => {
    const { id: projectId } = await create();
    const writer = projects(await addApiKey(s, cast.acme, [Permission.ANALYTICS_WRITE]));
    for (const family of [KeyFamily.SHARED, KeyFamily.PRIVATE])
      expect(await refusalOf(writer.createProjectKey({ projectId, family, name: 'x' }))).toMatchObject({
        code: Code.PermissionDenied,
        reason: 'PERMISSION_MISSING',
      });
    const { key } = await writer.createProjectKey({ projectId, family: KeyFamily.SDK, name: 'x' });
    expect(key).toMatch(/^pk_sdk_/);
  });

  test.each(families)('of the family %i is shown once, unless it is public', async (family, form, prefix) => {
    const { id: projectId } = await create();
    const created = await projects(cast.alice).createProjectKey({ projectId, family, name: 'Web' });
    const { key, projectKey } = created;
    expect(key).toMatch(form);
    expect(projectKey).toMatchObject({ name: 'Web', family, masked: `${prefix}...${key.slice(-4)}` });
    const shown = family === KeyFamily.PUBLIC ? key : '';
    const { projectKeys } = await projects(cast.max).listProjectKeys({ projectId });
    expect(projectKeys.map((listed) => listed.key)).toEqual([shown]);
    expect(projectKey?.key).toBe(shown);
    const [row] = await s.database.query<{ key_hash: Buffer; row: string; sealed: boolean }>(
      `select key_hash, project_key::text as row, sealed_key is not null as sealed from project_key where id = $1`,
      [projectKey?.id],
    );
    expect(row?.key_hash).toEqual(hashSecret(key));
    expect(row?.sealed).toBe(family === KeyFamily.PUBLIC);
    expect(row?.row).not.toContain(Buffer.from(key).toString('hex'));
    expect(row?.row).not.toContain(key);
    expect(JSON.stringify(s.logLines())).not.toContain(key);
    expect(await trailOf(projectKey?.id ?? '')).toMatchObject([
      { event_type: 'PROJECT_KEY_CREATED', metadata: { project_id: projectId, name: 'Web' } },
    ]);
  });

  test('leaves the list when it is revoked, and may be revoked again without a second event', async () => {
    const { id: projectId } = await create();
    const create2 = () =>
      projects(cast.alice).createProjectKey({ projectId, family: KeyFamily.PUBLIC, name: 'x' });
    const [first, second] = [await create2(), await create2()];
    const projectKeyId = first.projectKey?.id ?? '';
    await projects(cast.alice).revokeProjectKey({ projectId, projectKeyId: projectKeyId.toUpperCase() });
    await projects(cast.alice).revokeProjectKey({ projectId, projectKeyId });
    const { projectKeys } = await projects(cast.alice).listProjectKeys({ projectId });
    expect(projectKeys.map(({ id }) => id)).toEqual([second.projectKey?.id]);
    expect((await trailOf(projectKeyId)).map(({ event_type }) => event_type)).toEqual([
      'PROJECT_KEY_CREATED',
      'PROJECT_KEY_REVOKED',
    ]);
    const unknown = await refusalOf(
      projects(cast.alice).revokeProjectKey({ projectId, projectKeyId: uuid() }),
    );
    expect(unknown).toMatchObject({ code: Code.NotFound, reason: 'PROJECT_KEY_NOT_FOUND' });
  });

  test('says when it was used last', async () => {
    const { keyId } = cast.site.keys.sdk;
    const usage = s.server.app.get(UsageRecorder, { strict: false });
    const at = new Date(Date.now() + 3_600_000);
    usage.projectKeyUsed(cast.acme.id, keyId, at);
    await usage.flush();
    const { projectKeys } = await projects(cast.alice).listProjectKeys({ projectId: cast.site.id });
    const used = projectKeys.find(({ id }) => id === keyId)?.lastUsedAt;
    expect(Number(used?.seconds)).toBe(Math.floor(at.getTime() / 1000));
  });
});
