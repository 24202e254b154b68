import { describe, expect, test } from '@jest/globals';
import { AppError, failedPrecondition } from '../../../platform/errors/index.js';
import { campaignStatus } from '../campaign/index.js';
import { localTime, type ScheduledStart, startState } from './scheduled-start.js';
import { keptReasonOf, seen, unlessOvertaken } from './steering.rules.js';

const startsAt = new Date('2027-01-01T00:00:00Z');
const after = (milliseconds: number): Date => new Date(startsAt.getTime() + milliseconds);

const start: ScheduledStart = {
  ...{ campaignId: 'c', wallTime: '2027-01-01T00:00:00', zone: 'UTC', startsAt, localTime: localTime.unique },
  ...{
    scheduledBy: { kind: 'member', id: 'm' },
    scheduledAt: after(-60_000),
    digest: 'now',
    state: startState.waiting,
  },
  ...{ endedAt: null, reason: '', detail: '' },
};

describe('a scheduled start', () => {
  test('that waits is overtaken once the campaign can no longer start', () => {
    expect(unlessOvertaken(start, campaignStatus.created).state).toBe(startState.waiting);
    for (const status of [campaignStatus.running, campaignStatus.cancelled])
      expect(unlessOvertaken(start, status).state).toBe(startState.overtaken);
  });

  test.each([startState.started, startState.cancelled, startState.notStarted])(
    'that has ended in state %d stays there',
    (state) => {
      expect(unlessOvertaken({ ...start, state }, campaignStatus.running).state).toBe(state);
    },
  );

  test('that waits is bound to its content, unless it was scheduled before starts were', () => {
    expect(seen(start, 'now').contentChanged).toBe(false);
    expect(seen(start, 'changed').contentChanged).toBe(true);
    expect(seen(start, undefined).contentChanged).toBe(false);
    expect(seen({ ...start, digest: null }, 'changed').contentChanged).toBe(false);
    expect(seen({ ...start, state: startState.started }, 'changed').contentChanged).toBe(false);
  });

  test('that is refused keeps the refusal at once', () => {
    const refusal = failedPrecondition('CAMPAIGN_UNAPPROVED', 'The campaign is not approved.');
    expect(keptReasonOf(refusal, startsAt, startsAt)).toEqual({
      reason: 'CAMPAIGN_UNAPPROVED',
      detail: 'The campaign is not approved.',
    });
  });

  test('that fails is tried for an hour, and says nothing of the cause', () => {
    const defect = new Error('relation "campaign_run" does not exist');
    expect(keptReasonOf(defect, startsAt, after(3_599_999))).toBeUndefined();
    expect(keptReasonOf(defect, startsAt, after(3_600_000))).toMatchObject({ reason: 'INTERNAL' });
    expect(keptReasonOf(defect, startsAt, after(3_600_000))?.detail).not.toContain('campaign_run');
  });

  test('that meets a database that is away is tried for as long as that lasts', () => {
    const away = new AppError('unavailable', 'UNAVAILABLE', 'The database is away.');
    expect(keptReasonOf(away, startsAt, after(86_400_000))).toBeUndefined();
  });
});
