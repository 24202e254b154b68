import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recordStatements } from '../plans/recorder.js';
import { newUser, patchOf, type ScimBody, type ScimWorld, startScimWorld } from '../support/scim.js';

const core = 'urn:ietf:params:scim:schemas:core:2.0:';
const sent = recordStatements();
let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});
afterAll(() => world?.stop());

async function create(path: string, body: Record<string, unknown>): Promise<ScimBody> {
  const reply = await world.scim('POST', path, { body });
  expect(reply.status).toBe(201);
  return reply.body;
}

const user = (more: Record<string, unknown> = {}) => create('/Users', newUser(more));
const group = (displayName: string, ...members: ScimBody[]) =>
  create('/Groups', { displayName, members: members.map(({ id }) => ({ value: id })) });
const shown = ({ id, displayName }: ScimBody) => ({
  value: id,
  $ref: `https://dovecote.example/scim/v2/Groups/${id}`,
  display: displayName,
  type: 'direct',
});
const read = async (id: string, query = '') => (await world.scim('GET', `/Users/${id}${query}`)).body;

describe('the groups of a user', () => {
  test('are those of the connection, and go with it', async () => {
    const [ada, bob] = [await user(), await user()];
    const [one, two] = [await group('One', ada, bob), await group('Two', ada)];
    const erin = world.cast.erin.userId;
    expect((await read(ada.id)).groups).toEqual([shown(one), shown(two)]);
    expect((await read(bob.id)).groups).toEqual([shown(one)]);
    expect(await read(erin)).not.toHaveProperty('groups');
    await world.scim('DELETE', `/Groups/${one.id}`);
    expect((await read(ada.id)).groups).toEqual([shown(two)]);
    expect(await read(bob.id)).not.toHaveProperty('groups');
  });

  test('are not changed through the user', async () => {
    const ada = await user();
    const home = await group('Home', ada);
    const other = await group('Other');
    const groups = [{ value: other.id }];
    for (const operation of [
      { op: 'add', path: 'groups', value: groups },
      { op: 'remove', path: 'groups' },
      { op: 'replace', path: `groups[value eq "${home.id}"].display`, value: 'X' },
    ]) {
      const { status, body } = await world.scim('PATCH', `/Users/${ada.id}`, { body: patchOf(operation) });
      expect({ status, type: body.scimType }).toEqual({ status: 400, type: 'mutability' });
    }
    const body = newUser({ userName: ada.userName, externalId: ada.externalId, groups });
    const put = await world.scim('PUT', `/Users/${ada.id}`, { body });
    expect(put.body.groups).toEqual([shown(home)]);
    expect((await create('/Users', newUser({ groups }))).groups).toBeUndefined();
  });

  test('leave the version of the user as it is', async () => {
    const ada = await user();
    const { etag } = Object.fromEntries((await world.scim('GET', `/Users/${ada.id}`)).headers);
    await group('Later', ada);
    const headers = { 'if-match': etag ?? '' };
    const body = patchOf({ op: 'replace', path: 'title', value: 'Clerk' });
    expect((await world.scim('PATCH', `/Users/${ada.id}`, { body, headers })).status).toBe(200);
  });

  test('are read when they are shown, and by one statement for a page', async () => {
    const people = [
      await user({ title: 'Paged' }),
      await user({ title: 'Paged' }),
      await user({ title: 'Paged' }),
    ];
    const paged = await group('Paged', ...people);
    const list = async (query: string) => {
      sent.clear();
      const { body } = await world.scim('GET', `/Users?filter=title eq "paged"${query}`);
      expect(body.Resources).toHaveLength(3);
      return body.Resources.map(({ groups }) => groups);
    };
    const all = people.map(() => [shown(paged)]);
    expect(await list('')).toEqual(all);
    expect([...sent.keys()].filter((name) => name.startsWith('scim_group'))).toEqual([
      'scim_group_member.groups_of',
    ]);
    for (const name of ['groups', `${core}User:groups`]) {
      expect(await list(`&attributes=${name}`)).toEqual(all);
      expect(await list(`&excludedAttributes=${name}`)).toEqual([undefined, undefined, undefined]);
      expect(sent.has('scim_group_member.groups_of')).toBe(false);
    }
    expect(await list('&attributes=groups.display')).toEqual(people.map(() => [{ display: 'Paged' }]));
    expect(await list('&attributes=userName')).toEqual([undefined, undefined, undefined]);
    expect(sent.has('scim_group_member.groups_of')).toBe(false);
  });
});

test('members of a group are asked for by the long name as well', async () => {
  const ada = await user();
  const { id } = await group('Named', ada);
  const { body } = await world.scim('GET', `/Groups/${id}?attributes=${core}Group:members.value`);
  expect(body.members).toEqual([{ value: ada.id }]);
});
