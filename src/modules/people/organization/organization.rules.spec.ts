import { describe, expect, test } from '@jest/globals';
import { validate } from '@dovecote/workflow';
import { callsWebhook, changeOf, firstWorkflow, orgType, refuseChange } from './organization.rules.js';

test('the workflow that an organization begins with can run, and sends nothing outside', () => {
  expect(validate(firstWorkflow)).toEqual([]);
  expect(callsWebhook(firstWorkflow)).toBe(false);
});

describe('a change', () => {
  test('is what is named: also empty, zero and false', () => {
    const request = { name: '', industry: 0, mlCancelledCounts: false, companySize: undefined };
    expect(Object.entries(changeOf(request, {}))).toEqual([
      ['name', ''],
      ['industry', 0],
      ['mlCancelledCounts', false],
    ]);
  });

  test('of the default workflow is refused with the path to what is wrong', () => {
    const steps = [{ ...firstWorkflow.steps[0]!, transitions: { completed: 'nowhere' } }]; // it has three
    expect(() => changeOf({ defaultWorkflow: { steps } }, {})).toThrow(
      expect.objectContaining({
        details: {
          violations: expect.arrayContaining([
            expect.objectContaining({ field: expect.stringMatching(/^default_workflow/) }),
          ]),
        },
      }),
    );
  });
});

test.each([
  [orgType.sandbox, true, 'ORGANIZATION_IS_SANDBOX'],
  [orgType.sandbox, false, 'ORGANIZATION_IS_SANDBOX'],
  [orgType.sandbox, undefined, undefined],
  [orgType.standard, true, undefined],
  [orgType.staff, false, undefined],
])(
  'provisional archetypes in an organization of type %i set to %s: %s',
  (type, provisionalArchetypesEnabled, reason) => {
    expect(refuseChange({ orgType: type }, { provisionalArchetypesEnabled })?.reason).toBe(reason);
  },
);
