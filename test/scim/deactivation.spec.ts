import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { auditOf } from '../support/members.js';
import { newUser, patchOf, type ScimBody, type ScimWorld, startScimWorld } from '../support/scim.js';

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
  await create({ userName: 'taken@acme.example' });
});
afterAll(() => world?.stop());

async function create(more: Record<string, unknown> = {}): Promise<ScimBody> {
  const { status, body } = await world.scim('POST', '/Users', { body: newUser(more) });
  expect(status).toBe(201);
  return body;
}

async function member(userId: string) {
  return (await world.cast.alice.client(MemberService).getUser({ userId })).user!;
}

const off = { op: 'replace', path: 'active', value: false };
const replace = (path: string, value: unknown) => ({ op: 'replace', path, value });

/** What stands beside it, and is refused. */
const wrong: [string, Record<string, unknown>][] = [
  ['a userName outside of the domains', { userName: 'me@elsewhere.example', emails: undefined }],
  ['an address outside of the domains', { userName: 'me', emails: [{ value: 'me@elsewhere.example' }] }],
  ['an address of somebody else', { userName: 'taken@acme.example' }],
  ['no userName', { userName: '' }],
  ['a title that is too long', { title: 'x'.repeat(1001) }],
  ['a title that is no text', { title: { a: 1 } }],
  ['a NUL', { title: 'x\0' }],
  ['too many addresses', { emails: Array(51).fill({ value: 'a@b.example' }) }],
  ['a boolean that is none', { emails: [{ value: 'a@acme.example', primary: 'perhaps' }] }],
];

describe('whoever is not active any more is shut out by PUT, beside', () => {
  test.each(wrong)('%s', async (_what, more) => {
    const user = await create({ title: 'Clerk' });
    for (const active of [false, 'False']) {
      const body = { ...newUser({ externalId: user.externalId, userName: user.userName }), ...more, active };
      const reply = await world.scim('PUT', `/Users/${user.id}`, { body });
      expect(reply).toMatchObject({ status: 200, body: { ...user, active: false, meta: {} } });
      expect(reply.headers.get('warning')).toMatch(/^299 dovecote "The user is deactivated; [ -~]+"$/);
    }
    const { status, email, profile } = await member(user.id);
    expect([status, email, profile?.title]).toEqual([UserStatus.DEACTIVATED, user.userName, 'Clerk']);
    const trail = await auditOf(world.s, user.id);
    expect(trail.map(({ event_type }) => event_type)).toEqual([
      'SCIM_USER_PROVISIONED',
      'SCIM_USER_DEPROVISIONED',
    ]);
    // Nobody comes back beside what is refused.
    const back = {
      ...newUser({ externalId: user.externalId, userName: user.userName }),
      ...more,
      active: true,
    };
    expect((await world.scim('PUT', `/Users/${user.id}`, { body: back })).status).toBeGreaterThanOrEqual(400);
    expect((await member(user.id)).status).toBe(UserStatus.DEACTIVATED);
  });
});

describe('whoever is not active any more is shut out by PATCH, beside', () => {
  test.each<[string, unknown[]]>([
    ['a userName outside of the domains', [off, replace('userName', 'me@elsewhere.example')]],
    ['an address of somebody else', [replace('userName', 'taken@acme.example'), off]],
    ['an unknown path', [off, replace('password', 'x')]],
    ['a path that cannot be read', [off, replace('emails[type eq', 'x')]],
    ['a value that selects nothing', [off, replace('emails[value co "x"].type', 'x')]],
    ['what cannot be written', [off, replace('groups', [{ value: 'x' }])]],
    ['an unknown operation', [off, { op: 'move', path: 'title', value: 'x' }]],
    ['an operation that is none', [off, 'x', null]],
    ['a title that is too long', [off, replace('title', 'x'.repeat(1001))]],
    ['a value in the word of Entra', [{ op: 'Replace', path: 'active', value: 'False' }, replace('no', 1)]],
    [
      'a value in a list, as Entra wrote it once',
      [{ op: 'Replace', path: 'active', value: [{ $ref: null, value: 'False' }] }],
    ],
    ['a value in an object', [{ op: 'replace', path: 'active', value: { active: false } }]],
    [
      'other members of one value',
      [{ op: 'replace', value: { active: false, userName: 'me@elsewhere.example' } }],
    ],
    ['names with the schema before', [replace(`${core}:active`, 'false'), replace(`${core}:no`, 'x')]],
    ['a value under the schema', [{ op: 'add', value: { [core]: { active: false } } }]],
    ['what was said before', [replace('active', true), replace('no', 1), off]],
  ])('%s', async (_what, operations) => {
    const user = await create();
    const reply = await world.scim('PATCH', `/Users/${user.id}`, { body: patchOf(...operations) });
    expect(reply).toMatchObject({ status: 200, body: { id: user.id, active: false } });
    expect(reply.headers.get('warning')).toContain('the rest of the request was refused');
    const { status, email } = await member(user.id);
    expect([status, email]).toEqual([UserStatus.DEACTIVATED, user.userName]);
  });
});

test('what is refused for other reasons, or says that somebody is active, stays refused', async () => {
  const user = await create();
  const path = `/Users/${user.id}`;
  const body = patchOf(off, replace('no', 1));
  expect((await world.scim('PATCH', path, { body, headers: { 'if-match': 'W/"old"' } })).status).toBe(412);
  expect((await world.foreign('PATCH', path, { body })).status).toBe(404);
  for (const operations of [
    [off, replace('no', 1), replace('active', 'True')],
    [replace('no', 1)],
    [{ op: 'remove', path: 'active' }, replace('no', 1)],
    [replace('active', 'perhaps')],
  ]) {
    expect((await world.scim('PATCH', path, { body: patchOf(...operations) })).status).toBe(400);
  }
  expect((await member(user.id)).status).toBe(UserStatus.ACTIVE);
  const { alice } = world.cast;
  const last = await world.scim('PATCH', `/Users/${alice.userId}`, { body });
  expect(last).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('last active super admin') },
  });
});

test('whoever is deactivated is not let in by a PUT that does not say so', async () => {
  const user = await create({ title: 'Clerk' });
  await world.scim('PATCH', `/Users/${user.id}`, { body: patchOf(off) });
  const { active: _active, meta: _meta, ...silent } = user;
  const reply = await world.scim('PUT', `/Users/${user.id}`, { body: { ...silent, title: 'Chief' } });
  expect(reply).toMatchObject({ status: 200, body: { active: false, title: 'Chief' } });
  expect((await member(user.id)).status).toBe(UserStatus.DEACTIVATED);
});
