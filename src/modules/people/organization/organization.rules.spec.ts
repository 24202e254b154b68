import { describe, expect, test } from '@jest/globals';
import { validate } from '@dovecote/workflow';
import { AppError } from '../../../platform/errors/index.js';
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

describe('a webhook of the default workflow', () => {
  const urlsRefusedIn = (host: string): unknown => {
    const config = { kind: 'CALL_WEBHOOK' as const, name: 'hook', url: `https://${host}/`, headers: {} };
    const steps = [{ id: 'call', type: config.kind, transitions: {}, config }];
    try {
      changeOf({ defaultWorkflow: { steps } }, {});
      return [];
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return error.details.violations?.map(({ field }) => field);
    }
  };

  test.each([
    ...['127.1', '0x7f000001', '2130706433', '0.0.0.0', '10.1.2.3', '172.31.0.1', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '[::1]', '[::]', '[fd00::1]', '[fe80::1]', '[::ffff:10.0.0.1]'],
    ...['[64:ff9b::a00:1]', '[2002:a00:1::]'],
  ])('must not lead to %s', (host) => {
    expect(urlsRefusedIn(host)).toEqual(['default_workflow.steps[0].call_webhook.url']);
  });

  test.each(['8.8.8.8:8443', '[2606:4700::1111]', 'hooks.acme.example'])('may lead to %s', (host) => {
    expect(urlsRefusedIn(host)).toEqual([]);
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
