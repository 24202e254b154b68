import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../platform/errors/index.js';
import { campaignStatus } from './campaign.js';
import {
  checkAudience,
  type CheckedAudience,
  checkedWorkflow,
  hasFailedTooOften,
  isHopeless,
  isOver,
  isPassing,
  notRunning,
  refuseAudience,
  refuseCancel,
  refuseDuplicate,
  refuseEdit,
  refusePause,
  refuseResume,
  refuseOtherContent,
  refuseStart,
} from './campaign.rules.js';

const ada = '0190f0a0-0000-7000-8000-00000000000a';
const bob = '0190f0a0-0000-7000-8000-00000000000b';
const path = (index: number, field: string): string => `audience[${index}].${field}`;
const entry = (userId: string, variables: Record<string, string> = {}) => ({ userId, variables });

/** What is checked in pieces, at once. */
function checkedAudience(...given: Parameters<typeof checkAudience>): CheckedAudience {
  const work = checkAudience(...given);
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

describe('an audience', () => {
  test('has everybody once, whatever the case of the id; the first entry counts', () => {
    const { members, indexes, defects } = checkedAudience(
      [entry(ada.toUpperCase(), { a: '1' }), entry(bob), entry(ada, { a: '2' })],
      path,
    );
    expect(members).toEqual([entry(ada, { a: '1' }), entry(bob)]);
    expect(indexes).toEqual([0, 1]);
    expect(defects).toEqual([]);
  });

  test.each([
    ['no id', entry('ada'), 'audience[1].user_id'],
    ['an empty id', entry(''), 'audience[1].user_id'],
    [
      'a key that is too long',
      entry(ada, { ['k'.repeat(101)]: '' }),
      `audience[1].variables["${'k'.repeat(100)}"]`,
    ],
    ['a value that is too long', entry(ada, { k: 'v'.repeat(10_001) }), 'audience[1].variables["k"]'],
    ['a key of JSON’s specials', entry(ada, { '"]': 'v'.repeat(10_001) }), 'audience[1].variables["\\"]"]'],
    [
      'too many variables',
      entry(ada, Object.fromEntries(Array.from({ length: 101 }, (_, key) => [key, '']))),
      'audience[1].variables',
    ],
  ])('with %s is refused at the entry', (_, bad, field) => {
    const audience = checkedAudience([entry(bob), bad], path);
    expect(refuseAudience(audience, [], path)?.details.violations).toMatchObject([{ field }]);
  });

  test('at its limits is accepted', () => {
    const variables = Object.fromEntries(
      Array.from({ length: 100 }, (_, key) => [String(key).padEnd(100, 'k'), 'v'.repeat(10_000)]),
    );
    expect(refuseAudience(checkedAudience([entry(ada, variables)], path), [], path)).toBeUndefined();
  });

  test('names strangers and bad entries in the order of the request', () => {
    const audience = checkedAudience([entry(ada), entry('x'), entry(bob)], path);
    const refusal = refuseAudience(audience, [2, 0], path);
    expect(refusal?.details.violations?.map(({ field }) => field)).toEqual(
      [0, 1, 2].map((at) => path(at, 'user_id')),
    );
  });

  test('of strangers is not answered with a sentence for each', () => {
    const strangers = Array.from({ length: 5_000 }, () => entry('x'));
    const violations = refuseAudience(checkedAudience(strangers, path), [], path)?.details.violations ?? [];
    expect(violations.length).toBeGreaterThan(0);
    expect(violations.length).toBeLessThanOrEqual(101);
  });
});

describe.each(Object.entries(campaignStatus))('a campaign that is %s', (name, status) => {
  const isNew = status === campaignStatus.created;
  const isRunning = status === campaignStatus.running;

  test(`can ${isNew ? '' : 'not '}be changed and started`, () => {
    expect(refuseEdit(status)?.reason).toBe(isNew ? undefined : 'CAMPAIGN_NOT_EDITABLE');
    expect(refuseStart(status)?.reason).toBe(isNew ? undefined : 'CAMPAIGN_ALREADY_STARTED');
    if (!isNew) expect(refuseStart(status)?.message.toLowerCase()).toContain(name);
  });

  test(`can ${isNew || isRunning ? '' : 'not '}be cancelled`, () => {
    expect(isOver(status)).toBe(!isNew && !isRunning);
    expect(refuseCancel(status)?.reason).toBe(isNew || isRunning ? undefined : 'CAMPAIGN_OVER');
  });
});

describe('a failed piece of work', () => {
  const now = new Date('2026-01-01T12:00:00Z');
  const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);

  test.each([
    [9, 600, false],
    [10, 59, false],
    [10, 60, true],
    [1_000, 1, false],
  ])('%i times in a row for %i minutes: hopeless is %s', (failures, minutes, hopeless) => {
    expect(isHopeless({ failures, since: ago(minutes) }, now)).toBe(hopeless);
  });

  test.each([
    [new AppError('unavailable', 'X', ''), true],
    [new AppError('aborted', 'X', ''), true],
    [new AppError('invalid_argument', 'X', ''), false],
    [new AppError('internal', 'X', ''), false],
    [new TypeError('x'), false],
    [undefined, false],
  ])('with %p: passing is %s', (error, passing) => {
    expect(isPassing(error)).toBe(passing);
  });
});

test('a duplicate is refused when the workflow names what is no longer there, and says where', () => {
  expect(refuseDuplicate([])).toBeUndefined();
  const field = 'workflow.steps[1].escalate_config.targets[0].target_id';
  const refusal = refuseDuplicate([{ field, description: 'is not a group of this organization' }]);
  expect(refusal).toMatchObject({ reason: 'CAMPAIGN_OUTDATED', message: expect.stringContaining(field) });
});

test.each([
  [{ recipients: 20, failed: 1 }, 5, true],
  [{ recipients: 100, failed: 4 }, 5, false],
  [{ recipients: 100, failed: 5 }, 5, true],
  [{ recipients: 19, failed: 19 }, 5, false],
  [{ recipients: 100, failed: 100 }, 0, false],
  [{ recipients: 0, failed: 0 }, 1, false],
])('of %j messages, %d percent have failed: %p', (written, percent, expected) => {
  expect(hasFailedTooOften(written, percent)).toBe(expected);
});

describe('a pause', () => {
  test('begins once and ends once', () => {
    expect(refusePause(undefined)).toBeUndefined();
    expect(refusePause({})?.reason).toBe('CAMPAIGN_PAUSED');
    expect(refuseResume({})).toBeUndefined();
    expect(refuseResume(undefined)?.reason).toBe('CAMPAIGN_NOT_PAUSED');
  });

  test('of a campaign that does not run is refused with its status', () => {
    expect(notRunning(campaignStatus.cancelled)).toMatchObject({
      reason: 'CAMPAIGN_NOT_RUNNING',
      message: expect.stringContaining('is cancelled'),
    });
  });
});

describe('a workflow', () => {
  const step = {
    id: 'a',
    type: 'SEND_NOTIFICATION',
    transitions: { completed: 'end' },
    config: {
      kind: 'SEND_NOTIFICATION',
      type: 'push',
      templateId: '',
      templateVersion: 0,
      actionLabel: '',
      actionType: 'UNSPECIFIED',
      customVariables: {},
    },
  } as const;

  test('that is well-formed is taken as it is', () => {
    expect(checkedWorkflow({ steps: [step] }, [])).toEqual({ steps: [step] });
  });

  test('without steps is refused, with its field', () => {
    expect(() => checkedWorkflow({ steps: [] }, [])).toThrow(
      expect.objectContaining({ kind: 'invalid_argument' }),
    );
  });
});

test('a start that is bound to a content starts no other', () => {
  expect(refuseOtherContent('now', 'now')).toBeUndefined();
  expect(refuseOtherContent('now', null)).toBeUndefined();
  expect(refuseOtherContent('now', 'then')?.reason).toBe('EDITED_SINCE');
});
