import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { auditOf } from '../support/members.js';
import { newUser, patchOf, type ScimBody, type ScimWorld, startScimWorld } from '../support/scim.js';

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

describe('a user', () => {
  test('is not made of somebody who is there, but found and changed', async () => {
    const { erin } = world.cast;
    const before = await member(erin.userId);
    const user = newUser({ userName: erin.email.toUpperCase(), displayName: 'Erin' });
    const made = await world.scim('POST', '/Users', { body: user });
    expect(made).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
    expect(await member(erin.userId)).toEqual(before);
    const [found] = (await search(`userName eq "${erin.email}"`)).body.Resources;
    expect(found?.id).toBe(erin.userId);
    const changed = await world.scim('PUT', `/Users/${erin.userId}`, { body: user });
    expect(changed).toMatchObject({ status: 200, body: { externalId: user.externalId } });
    expect(await member(erin.userId)).toMatchObject({ name: 'Erin', email: erin.email });
  });

  test('is answered as they are when the request that made them is repeated, and to no other', async () => {
    const user = await create({ title: 'Clerk' });
    const again = { ...newUser(user), title: 'Chief' };
    const repeated = await world.scim('POST', '/Users', { body: again });
    expect(repeated).toMatchObject({ status: 201, body: user });
    for (const externalId of ['', 'another']) {
      const other = await world.scim('POST', '/Users', { body: { ...again, externalId } });
      expect(other).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } });
    }
    expect((await member(user.id)).profile?.title).toBe('Clerk');
    expect(await events(user.id)).toEqual(['SCIM_USER_PROVISIONED']);
  });

  test('is known by one address however the directory writes it, and never by that of another', async () => {
    const user = await create({ userName: ' Karl@ACME.example. ' });
    expect((await member(user.id)).email).toBe('karl@acme.example');
    const twin = await world.scim('POST', '/Users', { body: newUser({ userName: 'KARL@acme.example' }) });
    expect(twin.status).toBe(409);
    for (const userName of ['\u212Aarl@acme.example', '\uFEFFkarl@acme.example', 'karl@\uFF41cme.example']) {
      const other = await world.scim('POST', '/Users', { body: newUser({ userName }) });
      expect(other).toMatchObject({ status: 400, body: { scimType: 'invalidValue' } });
    }
    expect(await events(user.id)).toEqual(['SCIM_USER_PROVISIONED']);
  });

  test('has the address of work first, in whatever case the directory says so', async () => {
    const emails = [
      { value: 'private@acme.example', type: 'Home' },
      { value: 'office@acme.example', type: 'Work' },
    ];
    const { id } = await create({ userName: 'office', emails });
    expect((await member(id)).email).toBe('office@acme.example');
    const body = patchOf({ op: 'replace', path: 'emails[type eq "work"].value', value: 'desk@acme.example' });
    const { body: patched } = await world.scim('PATCH', `/Users/${id}`, { body });
    expect(patched.emails).toEqual([emails[0], { value: 'desk@acme.example', type: 'Work' }]);
    expect((await member(id)).email).toBe('desk@acme.example');
    const first = await create();
    const added = patchOf({ op: 'replace', path: 'emails[type eq "WORK"].value', value: 'new@acme.example' });
    const { body: after } = await world.scim('PATCH', `/Users/${first.id}`, { body: added });
    expect(after.emails).toEqual([{ value: 'new@acme.example', type: 'work' }]);
  });

  test('has a name that can be read, whatever the directory sends', async () => {
    const { id } = await create({ displayName: ' Ro\u200Bsa\u202E  Miller\n', title: ' \u200B ' });
    const { name, profile } = await member(id);
    expect([name, profile?.title]).toEqual(['Rosa Miller', '']);
  });
});
