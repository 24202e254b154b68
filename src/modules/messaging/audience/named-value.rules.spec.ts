import { expect, test } from '@jest/globals';
import type { RuleCondition } from './audience-rule.js';
import { valuesNaming, withoutValues } from './named-value.rules.js';

const member = {
  email: 'ann@acme.example',
  name: 'Ann Lee',
  profile: { employeeId: 'E-7', department: '', customAttributes: { badge: 'B1', toString: 'x' } },
};

function valuesOf(attribute: string, ...values: string[]): string[] {
  return valuesNaming({ all: [{ any: [{ attribute, values }] }, { role: 'r' }] }, member).map(
    ({ value }) => value,
  );
}

test.each([
  ['employee_id', ['E-7', 'E-8'], ['E-7']],
  ['employee_id', [' e-7 '], [' e-7 ']],
  ['custom:badge', ['B1', 'E-7'], ['B1']],
  ['custom:mail', ['Ann@Acme.example', 'Ann Lee'], ['Ann@Acme.example']],
  ['manager_name', ['Ann Lee', 'Bob Lee'], ['Ann Lee']],
  ['last_name', ['Ann Lee'], []],
  ['department', [''], []],
  ['custom:constructor', ['x'], []],
  ['unknown', ['E-7'], []],
])('of %s %j, %j mean the member', (attribute, values, expected) => {
  expect(valuesOf(attribute, ...values)).toEqual(expected);
});

test('values are removed where they stand, and the rest of the rule stays', () => {
  const rule: RuleCondition = {
    any: [
      { all: [{ attribute: 'employee_id', values: ['E-7', 'E-8'] }, { hasDevice: true }] },
      { attribute: 'title', values: ['E-7'] },
    ],
  };
  const removed = valuesNaming(rule, member);
  expect(withoutValues(rule, removed)).toEqual({
    any: [
      { all: [{ attribute: 'employee_id', values: ['E-8'] }, { hasDevice: true }] },
      { attribute: 'title', values: ['E-7'] },
    ],
  });
  expect(withoutValues({ attribute: 'employee_id', values: ['E-7'] }, removed)).toEqual({
    attribute: 'employee_id',
    values: [],
  });
});
