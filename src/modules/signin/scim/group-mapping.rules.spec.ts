import { describe, expect, test } from '@jest/globals';
import {
  groupTarget,
  isFor,
  keyOf,
  leadingTo,
  mappingsFor,
  newMappings,
  roleFor,
  targetOf,
} from './group-mapping.rules.js';

const mapping = (group: string, target: number, targetId = 't1') => ({ group, target, targetId });
const group = (displayName: string, externalId: string | null = null) => ({ displayName, externalId });

describe('a mapping names a group', () => {
  test.each([
    ['by its name', 'Sales', group('Sales'), true],
    ['in another case', 'SALES', group('sales'), true],
    [
      'in another spelling of the same letters',
      'Vertrieb Mu\u0308nchen',
      group('Vertrieb M\u00fcnchen'),
      true,
    ],
    ['by its id in the directory', 'a-1', group('Sales', 'a-1'), true],
    ['by an id in exactly its case', 'A-1', group('Sales', 'a-1'), false],
    ['not by a part of it', 'Sale', group('Sales'), false],
    ['not when it has no id', 'null', group('Sales', null), false],
  ])('%s', (_, named, known, expected) => {
    expect(isFor(mapping(named, groupTarget.team), known)).toBe(expected);
  });

  test('and one group may lead to several targets', () => {
    const mappings = [
      mapping('Sales', groupTarget.team),
      mapping('sales', groupTarget.role),
      mapping('Ops', groupTarget.role),
    ];
    expect(mappingsFor(mappings, group('SALES'))).toEqual(mappings.slice(0, 2));
  });
});

test('a key says which kind of target it is: a team and a role of one id are two', () => {
  for (const target of Object.values(groupTarget)) {
    const targetId = '0190f0a0-0000-7000-8000-00000000000a';
    expect(targetOf(keyOf({ target, targetId }))).toEqual({ target, targetId });
  }
  expect(keyOf(mapping('x', groupTarget.team))).not.toBe(keyOf(mapping('x', groupTarget.role)));
});

test('a mapping is new when group, kind or target is another', () => {
  const before = [mapping('Sales', groupTarget.team)];
  expect(newMappings(before, before)).toEqual([]);
  const changed = [
    mapping('Ops', groupTarget.team),
    mapping('Sales', groupTarget.group),
    mapping('Sales', groupTarget.team, 't2'),
  ];
  expect(newMappings(before, [...before, ...changed])).toEqual(changed);
});

describe('somebody in several groups', () => {
  const mappings = [
    mapping('Ops', groupTarget.role, 'r-ops'),
    mapping('Sales', groupTarget.role, 'r-sales'),
    mapping('Sales', groupTarget.team, 'r-ops'),
  ];

  test('gets the role of the first mapping, not of the first group', () => {
    expect(roleFor(mappings, [group('Sales'), group('Ops')])).toBe('r-ops');
    expect(roleFor(mappings, [group('Sales')])).toBe('r-sales');
  });

  test('gets no role from a mapping to a team, nor from none', () => {
    expect(roleFor([mapping('Sales', groupTarget.team)], [group('Sales')])).toBeUndefined();
    expect(roleFor(mappings, [])).toBeUndefined();
  });

  test('is led to a target by the group that is mapped to exactly that', () => {
    const groups = [group('Ops'), group('Sales')];
    expect(leadingTo(mappings, groups, keyOf({ target: groupTarget.role, targetId: 'r-ops' }))).toBe(
      groups[0],
    );
    expect(leadingTo(mappings, groups, keyOf({ target: groupTarget.team, targetId: 'r-ops' }))).toBe(
      groups[1],
    );
    expect(
      leadingTo(mappings, groups, keyOf({ target: groupTarget.group, targetId: 'r-ops' })),
    ).toBeUndefined();
  });
});
