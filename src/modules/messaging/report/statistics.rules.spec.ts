import type { StepConfig } from '@dovecote/workflow';
import { describe, expect, test } from '@jest/globals';
import { type CampaignSnapshot, campaignStatus } from '../campaign/index.js';
import { deliveryKind, deliveryStatus, type DeliveryTally } from '../delivery/index.js';
import { figuresOf } from './statistics.rules.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;

const push: StepConfig = {
  kind: 'SEND_NOTIFICATION',
  type: 'push',
  templateId: '',
  templateVersion: 0,
  actionLabel: '',
  actionType: 'ACK',
  customVariables: {},
};
const wait: StepConfig = { kind: 'DEADLINE_CHECK', delay: '2h' };
const workflow: CampaignSnapshot['workflow'] = {
  steps: [
    { id: 'first', type: 'SEND_NOTIFICATION', config: push, transitions: { completed: 'wait' } },
    { id: 'wait', type: 'DEADLINE_CHECK', config: wait, transitions: { completed: 'second' } },
    { id: 'second', type: 'SEND_NOTIFICATION', config: push, transitions: { completed: 'end' } },
  ],
};

const tally = (stepId: string, count: number, more: Partial<DeliveryTally> = {}): DeliveryTally => ({
  ...{ stepId, count, kind: deliveryKind.primary, status: deliveryStatus.sent, read: 0, dismissed: 0 },
  ...{ lately: { acknowledged: [0, 1, 2], read: [1, 1, 1] } },
  ...more,
});

const snapshot = (more: Partial<CampaignSnapshot> = {}): CampaignSnapshot => ({
  ...{
    campaignId: 'c',
    takenAt: NOW,
    status: campaignStatus.running,
    workflow,
    audienceSize: 100,
    leftOut: 0,
  },
  ...{ run: null, tallies: [], skips: [] },
  counted: { recipients: 0, acknowledged: 0, missed: 0, copies: 0 },
  ...more,
});

const at = (stepId: string, more: Partial<NonNullable<CampaignSnapshot['run']>> = {}) => ({
  ...{ stepId, enteredAt: NOW, round: 0, wakeAt: null, pausedAt: null, placesDone: 0 },
  ...more,
});

const without = (given: CampaignSnapshot) =>
  Object.fromEntries(
    figuresOf(given).steps.map(({ stepId, withoutDelivery }) => [stepId, withoutDelivery] as const),
  );

describe('the audience without a delivery', () => {
  test('waits for every step before the start', () => {
    expect(without(snapshot({ status: campaignStatus.created }))).toEqual({
      first: { waiting: 100, passedOver: 0 },
      wait: undefined,
      second: { waiting: 100, passedOver: 0 },
    });
  });

  test('waits for the rest of the step at hand, and for steps ahead', () => {
    const given = snapshot({ run: at('first', { placesDone: 60 }), tallies: [tally('first', 58)] });
    expect(without(given)).toMatchObject({
      first: { waiting: 40, passedOver: 2 },
      second: { waiting: 100, passedOver: 0 },
    });
  });

  test('is passed over by steps that are behind', () => {
    const given = snapshot({ run: at('wait'), tallies: [tally('first', 97)] });
    expect(without(given)).toMatchObject({ first: { waiting: 0, passedOver: 3 } });
  });

  test('is passed over by every step of a campaign that is over', () => {
    const given = snapshot({ status: campaignStatus.cancelled, tallies: [tally('first', 100)] });
    expect(without(given)).toMatchObject({
      first: { waiting: 0, passedOver: 0 },
      second: { waiting: 0, passedOver: 100 },
    });
  });
});

test('what is counted and no longer there was erased', () => {
  const { totals } = figuresOf(
    snapshot({
      tallies: [tally('first', 90), tally('up', 5, { kind: deliveryKind.escalation })],
      counted: { recipients: 100, acknowledged: 3, missed: 1, copies: 7 },
    }),
  );
  expect(totals).toEqual({
    ...{ recipients: 100, acknowledged: 3, missed: 1, copies: 7 },
    ...{ erasedRecipients: 10, erasedCopies: 2 },
  });
});

test('paces are those of all steps together', () => {
  expect(figuresOf(snapshot({ tallies: [tally('first', 1), tally('second', 1)] })).paces).toEqual([
    { windowMinutes: 1, acknowledged: 0, read: 2 },
    { windowMinutes: 60, acknowledged: 2, read: 2 },
    { windowMinutes: 1_440, acknowledged: 4, read: 2 },
  ]);
});

describe('the end', () => {
  test('is estimated by the timers ahead', () => {
    const end = new Date(NOW.getTime() + 2 * HOUR);
    const timers = [{ stepId: 'wait', at: end }];
    expect(figuresOf(snapshot({ run: at('first') })).end).toEqual({ at: end, timers, atWork: true });
    const waiting = snapshot({ run: at('wait', { wakeAt: end }) });
    expect(figuresOf(waiting).end).toEqual({ at: end, timers, atWork: false });
  });

  test('is not known without a timer ahead, in a pause, and of what does not run', () => {
    expect(figuresOf(snapshot({ run: at('first', { pausedAt: NOW }) })).end).toBeUndefined();
    expect(figuresOf(snapshot({ run: at('second') })).end).toBeUndefined();
    expect(figuresOf(snapshot({ status: campaignStatus.created })).end).toBeUndefined();
  });
});
