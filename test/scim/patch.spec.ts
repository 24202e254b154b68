import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newUser, patchOf, type ScimBody, type ScimWorld, startScimWorld } from '../support/scim.js';

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const work = { value: 'w@elsewhere.example', type: 'work', primary: true };
const home = { value: 'h@elsewhere.example', type: 'home' };
let world: ScimWorld;

beforeAll(async () => {
  world = await startScimWorld();
});

afterAll(() => world?.stop());

async function create(more: Record<string, unknown> = {}): Promise<ScimBody> {
  return (await world.scim('POST', '/Users', { body: newUser(more) })).body;
}

async function patched(more: Record<string, unknown>, ...operations: unknown[]): Promise<ScimBody> {
  const { id } = await create(more);
  const { status, body } = await world.scim('PATCH', `/Users/${id}`, { body: patchOf(...operations) });
  expect({ status, body }).toMatchObject({ status: 200 });
  expect((await world.scim('GET', `/Users/${id}`)).body).toEqual(body);
  return body;
}

describe('a patch changes', () => {
  test.each<[string, Record<string, unknown>, unknown, Record<string, unknown>]>([
    ['a text', {}, { op: 'add', path: 'title', value: 'Clerk' }, { title: 'Clerk' }],
    ['a text, whatever the case', {}, { OP: 'REPLACE', Path: 'TITLE', value: 'Clerk' }, { title: 'Clerk' }],
    [
      'a part of the name',
      { name: { familyName: 'B' } },
      { op: 'replace', path: 'name.givenName', value: 'A' },
      { name: { familyName: 'B', givenName: 'A' } },
    ],
    [
      'the name, part by part',
      { name: { familyName: 'B' } },
      { op: 'replace', path: 'name', value: { givenName: 'A' } },
      { name: { familyName: 'B', givenName: 'A' } },
    ],
    [
      'by the name of the schema',
      {},
      { op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:title', value: 'X' },
      { title: 'X' },
    ],
    [
      'an extension',
      {},
      { op: 'add', path: `${enterprise}:department`, value: 'D' },
      { [enterprise]: { department: 'D' } },
    ],
    [
      'a manager who is a text',
      {},
      { op: 'add', path: `${enterprise}:manager`, value: 'm' },
      { [enterprise]: { manager: { value: 'm' } } },
    ],
    [
      'a part of the manager',
      {},
      { op: 'add', path: `${enterprise}:manager.value`, value: 'm' },
      { [enterprise]: { manager: { value: 'm' } } },
    ],
    [
      'without a path',
      { title: 'X' },
      {
        op: 'replace',
        value: {
          displayName: 'D',
          'name.givenName': 'A',
          [`${enterprise}:department`]: 'E',
          [enterprise]: { division: 'F' },
        },
      },
      {
        title: 'X',
        displayName: 'D',
        name: { givenName: 'A' },
        [enterprise]: { department: 'E', division: 'F' },
      },
    ],
    [
      'a selected value',
      { emails: [work, home] },
      { op: 'replace', path: 'emails[type eq "home"].value', value: 'x@y.z' },
      { emails: [work, { ...home, value: 'x@y.z' }] },
    ],
    [
      'a value that is not there yet',
      {},
      { op: 'Add', path: 'emails[type eq "work"].value', value: 'x@y.z' },
      { emails: [{ type: 'work', value: 'x@y.z' }] },
    ],
    [
      'a value that was to be replaced and is not there',
      {},
      { op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: '1' },
      { phoneNumbers: [{ type: 'mobile', value: '1' }] },
    ],
    [
      'one more value, which is the primary one now',
      { emails: [work] },
      { op: 'add', path: 'emails', value: [{ ...home, primary: true }] },
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    [
      'nothing by adding the same',
      { emails: [work] },
      { op: 'add', path: 'emails', value: work },
      { emails: [work] },
    ],
    ['all values', { emails: [work] }, { op: 'replace', path: 'emails', value: [home] }, { emails: [home] }],
    [
      'a flag by a filter on a flag',
      { emails: [work, home] },
      { op: 'replace', path: 'emails[primary eq "True"].display', value: 'W' },
      { emails: [{ ...work, display: 'W' }, home] },
    ],
  ])('%s', async (_what, before, operation, after) => {
    expect(await patched(before, operation)).toMatchObject(after);
  });

  test.each<[string, Record<string, unknown>, unknown, Record<string, unknown>]>([
    ['a text', { title: 'X' }, { op: 'remove', path: 'title' }, { title: undefined }],
    ['a text, by null', { title: 'X' }, { op: 'replace', path: 'title', value: null }, { title: undefined }],
    [
      'the last part of the name',
      { name: { givenName: 'A' } },
      { op: 'remove', path: 'name.givenName' },
      { name: undefined },
    ],
    ['all values', { emails: [work] }, { op: 'remove', path: 'emails' }, { emails: undefined }],
    [
      'selected values',
      { emails: [work, home] },
      { op: 'remove', path: 'emails[type eq "work" or type eq "other"]' },
      { emails: [home] },
    ],
    [
      'named values',
      { emails: [work, home] },
      { op: 'remove', path: 'emails', value: [{ type: 'home' }] },
      { emails: [work] },
    ],
    [
      'nothing by a value that names nobody',
      { emails: [work] },
      { op: 'remove', path: 'emails', value: [] },
      { emails: [work] },
    ],
    [
      'an extension',
      { [enterprise]: { department: 'D' } },
      { op: 'remove', path: enterprise },
      { [enterprise]: undefined },
    ],
  ])('by removing %s', async (_what, before, operation, after) => {
    const body = await patched(before, operation);
    for (const [name, value] of Object.entries(after)) expect([name, body[name]]).toEqual([name, value]);
  });

  test('one after the other, or not at all', async () => {
    const user = await create({ title: 'X' });
    const body = patchOf(
      { op: 'replace', path: 'title', value: 'Y' },
      { op: 'add', path: 'nothing', value: 1 },
    );
    const reply = await world.scim('PATCH', `/Users/${user.id}`, { body });
    expect(reply).toMatchObject({ status: 400, body: { scimType: 'invalidPath' } });
    expect((await world.scim('GET', `/Users/${user.id}`)).body).toEqual(user);
  });
});

describe('a patch is refused', () => {
  test.each<[unknown, string]>([
    [{ op: 'move', path: 'title', value: 'x' }, 'invalidSyntax'],
    [{ path: 'title', value: 'x' }, 'invalidSyntax'],
    ['title', 'invalidSyntax'],
    [{ op: 'remove' }, 'noTarget'],
    [{ op: 'add', value: 'x' }, 'invalidValue'],
    [{ op: 'add', path: 7, value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: '__proto__.polluted', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 'constructor.prototype.polluted', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 'title[type eq "x"]', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 'emails[', value: 'x' }, 'invalidPath'],
    [{ op: 'add', path: 'emails[type].value', value: 'x' }, 'invalidFilter'],
    [{ op: 'add', path: `emails[${'('.repeat(1500)}].value`, value: 'x' }, 'invalidFilter'],
    [{ op: 'add', path: `emails[value eq "${'\n'.repeat(40)}].value`, value: 'x' }, 'invalidFilter'],
    [{ op: 'add', path: 'emails[__proto__ eq "x"].value', value: 'x' }, 'invalidFilter'],
    [{ op: 'replace', path: 'emails[type ne "x"].value', value: 'x' }, 'noTarget'],
    [{ op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
    [{ op: 'replace', path: 'title', value: { a: 1 } }, 'invalidValue'],
    [{ op: 'remove', path: 'userName' }, 'invalidValue'],
    [{ op: 'replace', path: 'userName', value: 'me@elsewhere.example' }, 'invalidValue'],
    [{ op: 'replace', path: `${enterprise}:manager.displayName`, value: 'x' }, 'mutability'],
  ])('for %j', async (operation, scimType) => {
    const { id } = await create();
    const { status, body } = await world.scim('PATCH', `/Users/${id}`, { body: patchOf(operation) });
    expect({ status, scimType: body.scimType }).toEqual({ status: 400, scimType });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test.each([
    [{}],
    [{ Operations: [] }],
    [{ Operations: 'x' }],
    [[]],
    [{ Operations: Array(1001).fill({ op: 'remove', path: 'title' }) }],
  ])('with a body like %.30j', async (body) => {
    const { id } = await create();
    expect((await world.scim('PATCH', `/Users/${id}`, { body })).status).toBe(400);
  });

  test('when it would add values without end', async () => {
    const { id } = await create({ emails: [work] });
    const several = (from: number) =>
      Array.from({ length: 40 }, (_, index) => ({ value: `v${from + index}@elsewhere.example` }));
    const add = (from: number) => ({ op: 'add', path: 'emails', value: several(from) });
    const at = `/Users/${id}`;
    const { status, body } = await world.scim('PATCH', at, { body: patchOf(add(0), add(40)) });
    expect({ status, type: body.scimType }).toEqual({ status: 400, type: 'invalidValue' });
    expect((await world.scim('PATCH', at, { body: patchOf(add(0)) })).status).toBe(200);
    expect((await world.scim('PATCH', at, { body: patchOf(add(40)) })).status).toBe(400);
    expect((await world.scim('GET', at)).body.emails).toHaveLength(41);
  });

  test('when the resource is another by now', async () => {
    const user = await create();
    const etag = (user.meta as { version: string }).version;
    const headers = { 'if-match': etag };
    const body = patchOf({ op: 'replace', path: 'title', value: 'Y' });
    const first = await world.scim('PATCH', `/Users/${user.id}`, { body, headers });
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).not.toBe(etag);
    const calls = [
      world.scim('PATCH', `/Users/${user.id}`, { body, headers }),
      world.scim('PUT', `/Users/${user.id}`, { body: newUser(), headers }),
      world.scim('DELETE', `/Users/${user.id}`, { headers }),
    ];
    for (const late of await Promise.all(calls))
      expect(late).toMatchObject({ status: 412, body: { status: '412' } });
    const any = { 'if-match': '*' };
    expect((await world.scim('PATCH', `/Users/${user.id}`, { body, headers: any })).status).toBe(200);
    const unchanged = { 'if-none-match': `"x", ${first.headers.get('etag')}` };
    expect((await world.scim('GET', `/Users/${user.id}`, { headers: unchanged })).status).toBe(304);
  });
});
