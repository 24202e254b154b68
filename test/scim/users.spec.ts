import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { addMember } from '../support/cast.js';
import { auditOf } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import {
  newUser,
  patchOf,
  type ScimBody,
  scimDirectory,
  type ScimWorld,
  startScimWorld,
} from '../support/scim.js';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});

afterAll(() => world?.stop());

async function create(more: Record<string, unknown> = {}): Promise<ScimBody> {
  const { status, body } = await world.scim('POST', '/Users', { body: newUser(more) });
  expect({ status, body }).toMatchObject({ status: 201 });
  return body;
}

async function member(userId: string) {
  return (await world.cast.alice.client(MemberService).getUser({ userId })).user!;
}

async function events(userId: string): Promise<unknown[]> {
  return (await auditOf(world.s, userId)).map((event) => event.event_type);
}

const search = (filter: string) => world.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);

describe('users are refused', () => {
  test('of another organization, as if they were not there', async () => {
    const user = await create();
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', newUser()],
      ['PATCH', patchOf({ op: 'replace', path: 'active', value: false })],
      ['DELETE', undefined],
    ] as const) {
      const reply = await world.foreign(method, `/Users/${user.id}`, { body });
      expect(reply).toMatchObject({ status: 404, body: { status: '404', detail: 'User not found.' } });
    }
    const found = await world.foreign('GET', `/Users?filter=id eq "${user.id}"`);
    expect(found.body.totalResults).toBe(0);
    expect((await member(user.id)).status).toBe(UserStatus.ACTIVE);
    expect((await world.scim('GET', '/Users/nobody')).status).toBe(404);
  });

  test.each(['someone@elsewhere.example', 'no address'])('with no address of ours: %s', async (userName) => {
    const { status, body } = await world.scim('POST', '/Users', { body: newUser({ userName }) });
    expect(status).toBe(400);
    expect(body).toMatchObject({ scimType: 'invalidValue', schemas: [expect.stringContaining(':Error')] });
    expect(body.detail).toContain('proven');
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '{"userName":'],
    ['a list', '[]'],
    ['no name', '{}'],
    ['lists without end', '['.repeat(500_000)],
    ['more values than anybody has', `[${'1,'.repeat(200_000)}1]`],
    ['a number in the place of a list', '{"userName":"a@acme.example","emails":7}'],
    ['a text that is no boolean', '{"userName":"a@acme.example","active":"perhaps"}'],
    ['a NUL', '{"userName":"a@acme.example","title":"\\u0000"}'],
    ['a text without end', JSON.stringify({ userName: 'a@acme.example', title: 'x'.repeat(1001) })],
    ['too many values', JSON.stringify({ userName: 'a@acme.example', emails: Array(51).fill('a@b.c') })],
  ])('with a body of %s', async (_what, body) => {
    const reply = await world.scim('POST', '/Users', { body });
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({ status: '400' });
  });

  test('with a body that is too large, or of another type', async () => {
    const large = await world.scim('POST', '/Users', { body: `"${'x'.repeat(1024 * 1024)}"` });
    expect(large).toMatchObject({ status: 413, body: { status: '413' } });
    const requestId = large.headers.get('x-request-id');
    expect(world.s.logLines().some((line) => line.requestId === requestId)).toBe(true);
    const stranger = scimDirectory(world.s, 'nobody');
    expect((await stranger('POST', '/Users', { body: '{' })).status).toBe(401);
    const headers = { 'content-type': 'text/plain' };
    const text = await world.scim('POST', '/Users', { body: 'x', headers });
    expect(text).toMatchObject({ status: 415, body: { status: '415' } });
  });

  test.each([
    '('.repeat(1900),
    `${'not '.repeat(40)}active eq true`,
    'userName',
    'userName eq',
    'password eq "x"',
    'userName eq "a" garbage',
    '__proto__ eq "x"',
    'active gt true',
    'meta.lastModified gt "yesterday"',
    'userName like "a"',
    'id gt "00000000-0000-7000-8000-000000000000"',
    'meta.created co "2026-01-01T00:00:00Z"',
    'emails.type sw "w"',
    'displayName gt null',
    `userName eq "${'x'.repeat(2000)}"`,
    `${'('.repeat(21)}active eq true${')'.repeat(21)}`,
    // Exponential in the parser: with forty of them it would not return.
    `userName eq "${'\n'.repeat(40)}`,
  ])('with the filter number %#', async (filter) => {
    const { status, body } = await search(filter);
    expect({ status, scimType: body.scimType }).toEqual({ status: 400, scimType: 'invalidFilter' });
  });

  test('when they would leave nobody who may do everything', async () => {
    const { alice } = world.cast;
    const path = `/Users/${alice.userId}`;
    const out = await world.scim('PATCH', path, {
      body: patchOf({ op: 'replace', value: { active: false } }),
    });
    expect(out).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('last active super admin') },
    });
    expect((await world.scim('DELETE', path)).status).toBe(409);
    expect((await member(alice.userId)).status).toBe(UserStatus.ACTIVE);
    expect((await world.scim('GET', path)).body.active).toBe(true);
  });

  test('when somebody else holds the externalId', async () => {
    const user = await create();
    const other = newUser({ externalId: user.externalId });
    const { status, body } = await world.scim('POST', '/Users', { body: other });
    expect({ status, scimType: body.scimType }).toEqual({ status: 409, scimType: 'uniqueness' });
    const renamed = newUser({ userName: user.userName });
    expect((await world.scim('POST', '/Users', { body: renamed })).status).toBe(409);
  });
});

describe('a user', () => {
  test('becomes an active member with the role of new members', async () => {
    const user = await create({
      name: { givenName: 'Ada', familyName: 'Lovelace' },
      displayName: 'Ada L.',
      title: 'Analyst',
      phoneNumbers: [{ value: '+44 1', type: 'work' }],
      [enterprise]: {
        employeeNumber: '7',
        department: 'Engines',
        manager: { value: world.cast.alice.userId },
      },
    });
    expect(await member(user.id)).toMatchObject({
      email: user.userName,
      name: 'Ada L.',
      status: UserStatus.ACTIVE,
      role: { slug: 'employee' },
      profile: {
        firstName: 'Ada',
        lastName: 'Lovelace',
        title: 'Analyst',
        phone: '+44 1',
        employeeId: '7',
        department: 'Engines',
        managerId: world.cast.alice.userId,
      },
    });
    expect(await auditOf(world.s, user.id)).toMatchObject([
      { event_type: 'SCIM_USER_PROVISIONED', actor_kind: 'api_key' },
    ]);
    const { status, headers, body } = await world.scim('GET', `/Users/${user.id}`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/scim+json; charset=utf-8');
    expect(headers.get('x-request-id')).toBeTruthy();
    expect(headers.get('etag')).toBe((body.meta as { version: string }).version);
    expect(body).toEqual(user);
    expect(body.meta).toMatchObject({ location: `https://dovecote.example/scim/v2/Users/${user.id}` });
  });

  test('is made once by two who come at the same moment', async () => {
    const body = newUser();
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => world.scim('POST', '/Users', { body })),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(201));
    const ids = new Set(replies.map((reply) => reply.body.id));
    expect(ids.size).toBe(1);
    expect(await events([...ids][0]!)).toEqual(['SCIM_USER_PROVISIONED']);
  });

  test('keeps what others say of them, and leaves no trace of what does not change', async () => {
    const user = await create({ title: 'Clerk' });
    const { meta: _meta, ...same } = user;
    const again = await world.scim('PUT', `/Users/${user.id}`, { body: same });
    expect(again.body).toEqual(user);
    expect(await events(user.id)).toEqual(['SCIM_USER_PROVISIONED']);
    const changed = await world.scim('PUT', `/Users/${user.id}`, { body: { ...same, title: undefined } });
    expect(changed.body.title).toBeUndefined();
    expect((await member(user.id)).profile?.title).toBe('');
    expect(await events(user.id)).toEqual(['SCIM_USER_PROVISIONED', 'SCIM_USER_UPDATED']);
  });

  test('has a manager of the same organization, or none', async () => {
    const { alice, mallory } = world.cast;
    const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    const { id } = await create({ [enterprise]: { manager: { value: alice.userId } } });
    expect((await member(id)).profile?.managerId).toBe(alice.userId);
    const body = patchOf({ op: 'replace', path: `${enterprise}:manager`, value: mallory.userId });
    expect((await world.scim('PATCH', `/Users/${id}`, { body })).status).toBe(200);
    expect((await member(id)).profile?.managerId).toBe('');
  });

  test('moves to another address', async () => {
    const user = await create();
    const moved = newUser({ externalId: user.externalId });
    const { status } = await world.scim('PUT', `/Users/${user.id}`, { body: moved });
    expect(status).toBe(200);
    expect((await member(user.id)).email).toBe(moved.userName);
    const elsewhere = { ...moved, userName: 'me@elsewhere.example' };
    expect((await world.scim('PUT', `/Users/${user.id}`, { body: elsewhere })).status).toBe(400);
    expect((await member(user.id)).email).toBe(moved.userName);
  });

  test('who is deactivated is refused at once, and comes back', async () => {
    const actor = await addMember(world.s, world.cast.acme, {
      email: 'leaver@acme.example',
      role: 'manager',
    });
    const list = () => actor.client(MemberService).listUsers({});
    await list();
    const path = `/Users/${actor.userId}`;
    const body = patchOf({ op: 'Replace', path: 'active', value: 'False' });
    expect((await world.scim('PATCH', path, { body })).body.active).toBe(false);
    const refusal = await refusalOf(list());
    expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'MEMBER_DEACTIVATED' });
    await world.scim('PATCH', path, { body: patchOf({ op: 'replace', path: 'active', value: true }) });
    expect((await list()).users).not.toEqual([]);
    expect(await events(actor.userId)).toEqual(['SCIM_USER_DEPROVISIONED', 'SCIM_USER_UPDATED']);
  });

  test('who is deleted is gone for the directory, and shut out here', async () => {
    const user = await create();
    expect((await world.scim('DELETE', `/Users/${user.id}`)).status).toBe(204);
    expect((await world.scim('GET', `/Users/${user.id}`)).status).toBe(404);
    expect((await world.scim('DELETE', `/Users/${user.id}`)).status).toBe(404);
    expect((await search(`id eq "${user.id}"`)).body.totalResults).toBe(0);
    expect((await member(user.id)).status).toBe(UserStatus.DEACTIVATED);
    const back = await world.scim('POST', '/Users', { body: newUser({ userName: user.userName }) });
    expect({ status: back.status, id: back.body.id }).toEqual({ status: 201, id: user.id });
    expect((await member(user.id)).status).toBe(UserStatus.ACTIVE);
    const trail = ['SCIM_USER_PROVISIONED', 'SCIM_USER_DEPROVISIONED', 'SCIM_USER_PROVISIONED'];
    expect(await events(user.id)).toEqual(trail);
  });
});

describe('searching', () => {
  test('finds by what directories match', async () => {
    const user = await create({ displayName: 'Searched "One"', name: { givenName: 'Zoë' } });
    for (const filter of [
      `userName eq "${String(user.userName).toUpperCase()}"`,
      `externalId eq "${String(user.externalId)}"`,
      `id eq "${user.id}"`,
      `emails.value eq "${String(user.userName)}"`,
      `emails[type eq "work" and value eq "${String(user.userName)}"]`,
      'displayName sw "searched \\"o"',
      `displayName co "ched" and active eq true and not (title pr)`,
      `(name.givenName eq "zoë" or userName eq "x") and externalId ne "y"`,
      `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "${String(user.userName)}"`,
    ]) {
      const { body } = await search(filter);
      expect([filter, body.Resources?.map(({ id }) => id)]).toEqual([filter, [user.id]]);
    }
    const { lastModified } = user.meta as { lastModified: string };
    expect(
      (await search(`meta.lastModified ge "${lastModified}" and id eq "${user.id}"`)).body.totalResults,
    ).toBe(1);
    expect(
      (await search(`meta.lastModified gt "${lastModified}" and id eq "${user.id}"`)).body.totalResults,
    ).toBe(0);
    expect((await search(`externalId eq "${String(user.externalId).toUpperCase()}"`)).body.totalResults).toBe(
      0,
    );
    // Nothing in a text means more than itself.
    for (const text of ["' or 1=1 --", '%', '_', 'Searched_', '%One%']) {
      for (const op of ['eq', 'co', 'sw', 'ew']) {
        const { status, body } = await search(`displayName ${op} "${text}"`);
        expect([text, op, status, body.totalResults]).toEqual([text, op, 200, 0]);
      }
    }
  });

  test('counts exactly and pages from one', async () => {
    const ids = [];
    for (let index = 0; index < 3; index += 1) ids.push((await create({ displayName: 'Paged' })).id);
    const page = async (query: string) =>
      (await world.scim('GET', `/Users?filter=${encodeURIComponent('displayName eq "paged"')}${query}`)).body;
    expect(await page('&count=0')).toMatchObject({ totalResults: 3, itemsPerPage: 0, Resources: [] });
    expect((await page('&startIndex=0&count=2')).Resources.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await page('&startIndex=3&count=2')).Resources.map(({ id }) => id)).toEqual(ids.slice(2));
    expect((await page('&startIndex=9')).Resources).toEqual([]);
    expect(await page('&count=-1')).toMatchObject({ totalResults: 3, itemsPerPage: 0 });
  });

  test('shows two hundred at once, whoever asks for more', async () => {
    await world.s.database.query(
      `with person as (
         insert into identity (id, email) select gen_random_uuid(), 'crowd-' || n || '@acme.example'
           from generate_series(1, 201) n returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id, created_at)
       select $1, gen_random_uuid(), id, email, 'Crowd', 2, $2, now() from person`,
      [world.cast.acme.id, world.cast.acme.roles.employee],
    );
    const query = 'filter=displayName eq "crowd"&count=1000&attributes=id';
    const { body } = await world.scim('GET', `/Users?${query}`);
    expect(body).toMatchObject({ totalResults: 201, itemsPerPage: 200 });
    expect(body.Resources).toHaveLength(200);
  });

  test('is asked for by POST as well', async () => {
    const user = await create({ displayName: 'By POST' });
    const body = { filter: 'displayName eq "by post"', count: 1, startIndex: 1, attributes: ['userName'] };
    const found = await world.scim('POST', '/Users/.search', { body });
    const { schemas, id, userName } = user;
    expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ schemas, id, userName }] });
    expect(found.body.Resources[0]?.displayName).toBeUndefined();
    expect((await world.scim('POST', '/Users/.search', { body: [] })).status).toBe(400);
  });

  test('answers the attributes that are asked for', async () => {
    const user = await create({ name: { givenName: 'A', familyName: 'B' }, title: 'C' });
    const only = await world.scim('GET', `/Users/${user.id}?attributes=userName,name.givenName`);
    expect(only.body).toEqual({
      schemas: user.schemas,
      id: user.id,
      userName: user.userName,
      name: { givenName: 'A' },
    });
    const without = await world.scim('GET', `/Users/${user.id}?excludedAttributes=title,name.familyName,id`);
    const { title: _title, ...rest } = user;
    expect(without.body).toEqual({ ...rest, name: { givenName: 'A' } });
  });
});
