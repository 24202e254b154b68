import { describe, expect, test } from '@jest/globals';
import { emailsIn, groupsIn, mappedRole, profileIn } from './attributes.rules.js';

const none = { email: '', givenName: '', familyName: '' };

describe('the address', () => {
  test.each<[string, Record<string, string[]>, string, string, string | undefined]>([
    ['is found by usual names', { mail: ['Ada@Example.com'] }, '', 'u1', 'ada@example.com'],
    ['is the subject where nothing else is one', { name: ['Ada'] }, '', 'ada@example.com', 'ada@example.com'],
    ['is the first that is one', { email: ['none'], mail: ['a@b.c'] }, '', 'u1', 'a@b.c'],
    ['is read from the named attribute alone', { email: ['a@b.c'], work: ['w@b.c'] }, 'work', 'u1', 'w@b.c'],
    ['is not guessed where one is named', { email: ['a@b.c'] }, 'work', 'u@b.c', undefined],
    ['is none', { email: ['a@b@c d'] }, '', 'u1', undefined],
    ['is not what objects inherit', {}, 'constructor', 'u1', undefined],
    ['keeps no blanks around it', { email: [' A@b.c\r\n'] }, '', 'u1', 'a@b.c'],
    ['is nobody else’s for a Kelvin sign', { email: ['mar\u212A@b.c'] }, '', 'u1', undefined],
    ['is nobody else’s for a byte order mark', { email: ['\uFEFFmark@b.c'] }, '', '\u00A0a@b.c', undefined],
    ['is not too long', { email: [`${'a'.repeat(64)}@${'b'.repeat(250)}`] }, '', 'u1', undefined],
  ])('%s', (_what, attributes, name, subject, expected) =>
    expect(emailsIn(attributes, name, subject)[0]?.[0]).toBe(expected),
  );
});

describe('addresses', () => {
  const attributes = { email: ['Old@b.c', 'none', 'new@b.c', 'old@b.c'], mail: ['m@b.c'], upn: ['u@b.c'] };

  test('are told attribute by attribute, each once', () =>
    expect(emailsIn(attributes, '', 's@b.c')).toEqual([
      ['old@b.c', 'new@b.c'],
      ['m@b.c'],
      ['u@b.c'],
      ['s@b.c'],
    ]));

  test('that are not verified do not count beside one that is', () => {
    expect(emailsIn(attributes, '', 's@b.c', 'email')).toEqual([['old@b.c', 'new@b.c']]);
    expect(emailsIn({ upn: ['u@b.c'] }, '', 's', 'email')).toEqual([['u@b.c']]);
    expect(emailsIn(attributes, 'upn', 's', 'email')).toEqual([['u@b.c']]);
  });
});

test('groups are gathered once each, from usual names or the named one', () => {
  const attributes = { groups: ['a', 'b'], memberOf: ['b', 'c'], teams: ['d'] };
  expect(groupsIn(attributes, '')).toEqual(['a', 'b', 'c']);
  expect(groupsIn(attributes, 'teams')).toEqual(['d']);
});

describe('the profile', () => {
  test('holds what was said and nothing else, cut to what it can hold', () => {
    const half = `${'x'.repeat(199)}😀`;
    const profile = profileIn(
      { givenName: [half], dept: ['Engines'], start: ['2025-02-30'], badge: ['y'.repeat(2000)], empty: [''] },
      none,
      [
        { idpClaim: 'dept', profileField: 'department' },
        { idpClaim: 'start', profileField: 'start_date' },
        { idpClaim: 'badge', profileField: 'custom:badge' },
        { idpClaim: 'empty', profileField: 'title' },
        { idpClaim: 'dept', profileField: 'constructor' },
      ],
    );
    expect(profile).toEqual({
      firstName: 'x'.repeat(199),
      department: 'Engines',
      customAttributes: { badge: 'y'.repeat(1000) },
    });
  });

  test('has at most fifty attributes of one’s own', () => {
    const many = Array.from({ length: 60 }, (_, n) => ({ idpClaim: `c${n}`, profileField: `custom:c${n}` }));
    const attributes = Object.fromEntries(many.map(({ idpClaim }) => [idpClaim, ['v']]));
    expect(Object.keys(profileIn(attributes, none, many).customAttributes ?? {})).toHaveLength(50);
  });
});

describe('the role', () => {
  const [lead, boss] = [
    { id: 'lead', permissions: [1] },
    { id: 'boss', permissions: [1, 2] },
  ];
  const roles = new Map([lead, boss].map((role) => [role.id, role]));
  const mappings = [
    { group: 'gone', roleId: 'deleted' },
    { group: 'bosses', roleId: 'boss' },
    { group: 'leads', roleId: 'lead' },
  ];

  test.each([
    [['leads'], [1, 2], lead, undefined],
    [['leads', 'bosses'], [1, 2], boss, undefined],
    [['bosses'], [1], undefined, boss],
    [['Leads', 'others'], [1, 2], undefined, undefined],
    [['gone', 'leads'], [1], lead, undefined],
  ])('of %j under %j', (groups, ceiling, role, exceeding) =>
    expect(mappedRole(groups, mappings, roles, ceiling)).toEqual({ role, exceeding }),
  );
});
