import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { type ScimBody, type ScimWorld, startScimWorld } from '../support/scim.js';

// What directories send, in the order and the form in which they document it; the values are ours.

const core = 'urn:ietf:params:scim:schemas:core:2.0:User';
const coreGroup = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const patchOp = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});

afterAll(() => world?.stop());

async function send(
  status: number,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<ScimBody> {
  const reply = await world.scim(method, path, { body, headers });
  expect([method, path, reply.status, reply.body.detail]).toEqual([method, path, status, undefined]);
  return reply.body;
}

async function member(userId: string) {
  return (await world.cast.alice.client(MemberService).getUser({ userId })).user!;
}

test('Okta: looks for the person, creates, updates by PUT, deactivates by PATCH, and pushes a group', async () => {
  const search = await send(
    200,
    'GET',
    '/Users?filter=userName%20eq%20%22okta%40acme.example%22&startIndex=1&count=100',
  );
  expect(search).toMatchObject({ totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] });
  const user = {
    schemas: [core],
    userName: 'okta@acme.example',
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: 'okta@acme.example', type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId: '00ujl29u0le5T6Aj10h7',
    groups: [],
    password: '1mz050nq',
    active: true,
  };
  const { id, ...created } = await send(201, 'POST', '/Users', user);
  expect(created.password).toBeUndefined();
  expect(await send(200, 'GET', `/Users/${id}`)).toMatchObject({ id, userName: user.userName, active: true });
  await send(200, 'PUT', `/Users/${id}`, { ...user, id, name: { givenName: 'Another', familyName: 'User' } });
  expect((await member(id)).profile).toMatchObject({ firstName: 'Another', lastName: 'User' });
  const off = { schemas: [patchOp], Operations: [{ op: 'replace', value: { active: false } }] };
  expect(await send(200, 'PATCH', `/Users/${id}`, off)).toMatchObject({ active: false });
  expect((await member(id)).status).toBe(UserStatus.DEACTIVATED);
  // Assigned again, Okta finds the person and says so.
  const found = await send(
    200,
    'GET',
    '/Users?filter=userName%20eq%20%22okta%40acme.example%22&startIndex=1&count=100',
  );
  expect(found.Resources).toMatchObject([{ id, active: false }]);
  await send(200, 'PUT', `/Users/${id}`, { ...user, id, active: true });
  expect((await member(id)).status).toBe(UserStatus.ACTIVE);

  const group = await send(201, 'POST', '/Groups', {
    schemas: [coreGroup],
    displayName: 'Test SCIMv2',
    members: [],
  });
  const patch = (...Operations: unknown[]) =>
    send(204, 'PATCH', `/Groups/${group.id}`, { schemas: [patchOp], Operations });
  await patch({ op: 'replace', value: { id: group.id, displayName: 'Test SCIMv2 renamed' } });
  await patch({ op: 'add', path: 'members', value: [{ value: id, display: 'okta@acme.example' }] });
  expect(await send(200, 'GET', `/Groups/${group.id}`)).toMatchObject({
    displayName: 'Test SCIMv2 renamed',
    members: [{ value: id, display: 'Test User' }],
  });
  await patch({ op: 'remove', path: `members[value eq "${id}"]` });
  expect((await send(200, 'GET', `/Groups/${group.id}`)).members).toBeUndefined();
  await patch({ op: 'replace', path: 'members', value: [{ value: id, display: 'okta@acme.example' }] });
  await send(204, 'DELETE', `/Groups/${group.id}`);
});

test('Entra: tests with a name nobody has, creates, patches with words for booleans, and edits groups', async () => {
  await send(200, 'GET', '/Users?filter=userName+eq+%22f3a0d4e2-nobody%22');
  expect(await send(200, 'GET', '/Users?filter=externalId+eq+%22entra-1%22')).toMatchObject({
    totalResults: 0,
  });
  const { id } = await send(201, 'POST', '/Users', {
    schemas: [core, enterprise],
    externalId: 'entra-1',
    userName: 'entra@acme.example',
    active: true,
    emails: [{ primary: true, type: 'work', value: 'entra@acme.example' }],
    meta: { resourceType: 'User' },
    name: { formatted: 'Given Family', familyName: 'Family', givenName: 'Given' },
    roles: [],
  });
  const patched = await send(200, 'PATCH', `/Users/${id}`, {
    schemas: [patchOp],
    Operations: [
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'entra.new@acme.example' },
      { op: 'Replace', path: 'name.familyName', value: 'Updated' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555' },
      { op: 'Add', path: 'addresses[type eq "work"].locality', value: 'Paris' },
      { op: 'Add', path: `${enterprise}:department`, value: 'Finance' },
      { op: 'Add', path: `${enterprise}:manager`, value: world.cast.alice.userId },
    ],
  });
  expect(patched).toMatchObject({
    emails: [{ primary: true, type: 'work', value: 'entra.new@acme.example' }],
    addresses: [{ type: 'work', locality: 'Paris' }],
    [enterprise]: { department: 'Finance', manager: { value: world.cast.alice.userId } },
  });
  expect(await member(id)).toMatchObject({
    email: 'entra.new@acme.example',
    profile: {
      lastName: 'Updated',
      phone: '+1 555',
      department: 'Finance',
      managerId: world.cast.alice.userId,
    },
  });
  // The name that Entra matches by is still the one it gave.
  expect(
    (await send(200, 'GET', '/Users?filter=userName+eq+%22entra%40acme.example%22')).Resources,
  ).toMatchObject([{ id }]);
  const out = { schemas: [patchOp], Operations: [{ op: 'Replace', path: 'active', value: 'False' }] };
  expect(await send(200, 'PATCH', `/Users/${id}`, out)).toMatchObject({ active: false });
  const back = { schemas: [patchOp], Operations: [{ op: 'Replace', path: 'active', value: 'True' }] };
  expect(await send(200, 'PATCH', `/Users/${id}`, back)).toMatchObject({ active: true });

  const filter = encodeURIComponent('displayName eq "Entra group"');
  expect(await send(200, 'GET', `/Groups?excludedAttributes=members&filter=${filter}`)).toMatchObject({
    totalResults: 0,
  });
  const group = await send(201, 'POST', '/Groups', {
    schemas: [coreGroup, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
    displayName: 'Entra group',
    meta: { resourceType: 'Group' },
  });
  const path = `/Groups/${group.id}`;
  const change = (...Operations: unknown[]) => send(204, 'PATCH', path, { schemas: [patchOp], Operations });
  await change({ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] });
  await change({ op: 'Add', path: 'members', value: [{ $ref: null, value: world.cast.erin.userId }] });
  await change({ op: 'Replace', path: 'displayName', value: 'Entra group, renamed' });
  await change({ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] });
  expect(await send(200, 'GET', `${path}?excludedAttributes=members`)).toMatchObject({
    displayName: 'Entra group, renamed',
  });
  expect((await send(200, 'GET', path)).members).toMatchObject([{ value: world.cast.erin.userId }]);
  await send(204, 'DELETE', path);
  await send(204, 'DELETE', `/Users/${id}`);
  expect((await member(id)).status).toBe(UserStatus.DEACTIVATED);
});

test('AWS IAM Identity Center: one patch without a path for many attributes, and groups by id and member', async () => {
  const headers = { 'content-type': 'application/json' };
  const { id } = await send(
    201,
    'POST',
    '/Users',
    {
      externalId: '701984',
      userName: 'aws@acme.example',
      name: { formatted: 'Ms. Barbara J Jensen, III', familyName: 'Jensen', givenName: 'Barbara' },
      displayName: 'Babs Jensen',
      emails: [{ value: 'aws@acme.example', type: 'work', primary: true }],
      timezone: 'America/Los_Angeles',
      active: true,
      [enterprise]: { employeeNumber: '701984', costCenter: '4130' },
    },
    headers,
  );
  const updated = await send(200, 'PATCH', `/Users/${id}`, {
    schemas: [patchOp],
    Operations: [
      {
        op: 'replace',
        value: {
          displayName: 'New name',
          title: 'Tour Guide',
          active: 'true',
          [`${enterprise}:costCenter`]: '5000',
          'name.givenName': 'Bibi',
        },
      },
    ],
  });
  expect(updated).toMatchObject({
    displayName: 'New name',
    title: 'Tour Guide',
    active: true,
    name: { familyName: 'Jensen', givenName: 'Bibi' },
    [enterprise]: { employeeNumber: '701984', costCenter: '5000' },
  });
  const group = await send(201, 'POST', '/Groups', { displayName: 'Group Bar', externalId: '1' }, headers);
  await send(204, 'PATCH', `/Groups/${group.id}`, {
    schemas: [patchOp],
    Operations: [{ op: 'add', path: 'members', value: [{ value: id }] }],
  });
  const filter = encodeURIComponent(`id eq "${group.id}" and members eq "${id}"`);
  expect(await send(200, 'GET', `/Groups?filter=${filter}`)).toMatchObject({
    totalResults: 1,
    Resources: [{ id: group.id }],
  });
  const both = encodeURIComponent('userName eq "aws@acme.example" and externalId eq "701984"');
  expect(await send(200, 'GET', `/Users?filter=${both}`)).toMatchObject({ totalResults: 1 });
});
