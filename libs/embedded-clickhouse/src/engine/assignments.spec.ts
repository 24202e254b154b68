import { expect, test } from '@jest/globals';
import { assignmentsOf } from './assignments.js';

test.each([['a b'], ['a = 1, b'], [''], ["x'"]])('refuses %j as a name', (name) => {
  expect(() => assignmentsOf({ settings: [[name, '1']], parameters: [] })).toThrow(
    `Unknown setting '${name}'`,
  );
  expect(() => assignmentsOf({ settings: [], parameters: [[` ${name}`, '1']] })).toThrow('Unknown setting');
});

test('nothing is set for nothing', () => {
  expect(assignmentsOf({ settings: [], parameters: [] })).toEqual([]);
});

test('values are quoted, and readonly comes last', () => {
  const given = {
    settings: [['readonly', '1'] as const, ['a', "it's \\"] as const],
    parameters: [['p', '1'] as const],
  };
  expect(assignmentsOf(given)).toEqual(["SET a = 'it\\'s \\\\', param_p = '1'", "SET readonly = '1'"]);
});

test('a long parameter does not change how long the statement may be', () => {
  const parameters = [['p', 'x'.repeat(200_000)] as const];
  const [first, second] = assignmentsOf({ settings: [], parameters });
  expect(first).toBe("SET max_query_size = '1073741824'");
  expect(second).toMatch(/, max_query_size = '262144'$/);
  const [, own] = assignmentsOf({ settings: [['max_query_size', '9']], parameters });
  expect(own).toMatch(/, max_query_size = '9'$/);
});
