import type { Escalate, WorkflowDefinition } from '@dovecote/workflow';
import { describe, expect, test } from '@jest/globals';
import {
  deliveryKind,
  type DeliveryRecord,
  deliveryStatus,
  type Happening,
  skipReason,
} from '../delivery/index.js';
import { followingSteps, MOST_EVENTS, timelineOf } from './timeline.rules.js';

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00Z');
const hour = (hours: number): Date => new Date(START + hours * HOUR);

const up: Escalate = {
  kind: 'ESCALATE',
  condition: 'IF_NOT_ACKED',
  mode: 'DELIVER',
  targets: [],
  thirdPartyChannels: [],
  repeatCount: 1,
  repeatIntervalMinutes: 60,
};
const workflow: WorkflowDefinition = {
  steps: [
    { id: 'send', type: 'SEND_NOTIFICATION', transitions: { completed: 'remind' } },
    { id: 'remind', type: 'SEND_REMINDER', transitions: { completed: 'up' } },
    { id: 'up', type: 'ESCALATE', config: up, transitions: { completed: 'always' } },
    {
      id: 'always',
      type: 'ESCALATE',
      config: { ...up, condition: 'IF_NOT_CLOSED' },
      transitions: { completed: 'late' },
    },
    { id: 'late', type: 'SEND_NOTIFICATION', transitions: {} },
  ],
};

const ada = { userId: 'ada', name: 'Ada', isErased: false };
const bob = { userId: 'bob', name: 'Bob', isErased: false };

const record = (more: Partial<DeliveryRecord> = {}): DeliveryRecord => ({
  ...{ id: 'd', campaignId: 'c', stepId: 'send', round: 0, kind: deliveryKind.primary, failure: '' },
  ...{ status: deliveryStatus.sent, hasContent: true, recipient: ada },
  ...{
    parentDeliveryId: null,
    parentRecipient: null,
    createdAt: hour(0),
    sentAt: hour(0),
    deliveredAt: null,
  },
  ...{ readAt: null, actedAt: null, missedAt: null, dismissedAt: null },
  ...more,
});

const happening = (source: Happening['source'], more: Partial<Happening> = {}): Happening => ({
  ...{
    source,
    at: hour(5),
    stepId: 'up',
    round: 0,
    person: null,
    copyId: null,
    reason: 0,
    channel: 0,
    amount: 1,
  },
  ...more,
});

const told = (given: DeliveryRecord, ...happenings: Happening[]) =>
  timelineOf(workflow, given, happenings).events.map(({ type, at, text }) => [
    type,
    at && (at.getTime() - START) / HOUR,
    text,
  ]);

const types = (given: DeliveryRecord, ...happenings: Happening[]) =>
  told(given, ...happenings).map(([type]) => type);

/** The text of the one event that is not the beginning. */
const textOf = (...happenings: Happening[]) =>
  told(record(), ...happenings)
    .slice(2)
    .map(([, , text]) => text);

describe('the beginning', () => {
  test('of a message that was pushed says to how many devices', () => {
    const push = happening('push', { stepId: 'send', at: hour(0), amount: 3 });
    const { events } = timelineOf(workflow, record(), [push]);
    expect(events).toMatchObject([{ type: 'CREATED' }, { type: 'SENT', at: hour(0), amount: 3 }]);
  });

  test('of a message without a device says so, and when one was there', () => {
    const status = deliveryStatus.noDevice;
    expect(told(record({ status, sentAt: null }))).toEqual([
      ['CREATED', 0, 'Created for the recipient.'],
      ['SKIPPED', 0, 'Not pushed: the recipient had no device.'],
    ]);
    expect(told(record({ sentAt: hour(2) })).slice(1)).toEqual([
      ['SKIPPED', 0, 'Not pushed: the recipient had no device.'],
      ['SENT', 2, 'Pushed, once the recipient had a device.'],
    ]);
  });

  test('of a message that is still to be pushed is its creation', () => {
    expect(types(record({ status: deliveryStatus.pending, sentAt: null }))).toEqual(['CREATED']);
  });

  test('of a message without a text says why', () => {
    const given = record({
      ...{ status: deliveryStatus.failed, sentAt: null, hasContent: false },
      failure: 'The required variable x has no value.',
    });
    expect(told(given).slice(1)).toEqual([
      ['NOT_RENDERED', 0, 'Not rendered. The required variable x has no value.'],
    ]);
  });
});

test('a recipient is reminded, and others are told of it, in this order at one instant', () => {
  const [copy, push] = [
    happening('copy', { stepId: 'remind', person: bob }),
    happening('push', { stepId: 'remind' }),
  ];
  for (const found of [
    [copy, push],
    [push, copy],
  ])
    expect(types(record(), ...found)).toEqual(['CREATED', 'SENT', 'REMINDED', 'NOTED']);
});

test('what recipient and steps did is in order, and at one instant the delivery comes first', () => {
  const given = record({
    ...{ deliveredAt: hour(1), readAt: hour(5), missedAt: hour(6), status: deliveryStatus.missed },
  });
  expect(types(given, happening('copy', { person: bob, copyId: 'x' }))).toEqual([
    ...['CREATED', 'SENT', 'DELIVERED', 'READ', 'ESCALATED', 'MISSED'],
  ]);
});

describe('an instant that was not stored', () => {
  test('is not told, and its event comes last', () => {
    const given = record({ status: deliveryStatus.missed, hasContent: false, readAt: hour(1) });
    expect(told(given).slice(2)).toEqual([
      ['READ', 1, 'Read by the recipient.'],
      ['MISSED', null, 'Marked as missed: the recipient did not acknowledge in time.'],
      ['CONTENT_ERASED', null, 'The text was erased.'],
    ]);
  });
});

test('a copy that was settled was not acknowledged by its reader', () => {
  const given = record({
    ...{ kind: deliveryKind.escalation, stepId: 'up', status: deliveryStatus.acknowledged },
    dismissedAt: hour(2),
  });
  expect(told(given)).toEqual([
    ['CREATED', 0, 'Created as a copy: the message was escalated.'],
    ['SENT', 0, 'Pushed to the recipient.'],
    ['DISMISSED', 2, 'Settled: the recipient of the message acknowledged.'],
  ]);
});

describe('what a step did', () => {
  test.each([
    [happening('copy', { person: bob }), 'Escalated to Bob.'],
    [happening('copy', { person: { ...bob, isErased: true } }), 'Escalated to an erased member.'],
    [happening('copy', { person: { ...bob, name: '' } }), 'Escalated to a member.'],
    [happening('copy', { stepId: 'remind', person: bob }), 'Noted for Bob: the recipient was reminded.'],
    [happening('push', { stepId: 'remind' }), 'The recipient was reminded.'],
    [happening('push', { person: bob }), 'Escalated to Bob by an alert.'],
  ])('%j is told as: %s', (given, text) => {
    expect(textOf(given)).toEqual([text]);
  });
});

describe('what a step left out', () => {
  const { no_manager, manager_cycle, target_inactive, target_restricted, no_device } = skipReason;
  test.each([
    ['up', { reason: no_manager }, 'Not escalated to the manager: the recipient has no manager.'],
    [
      'up',
      { reason: manager_cycle },
      'Not escalated to the manager: the managers above the recipient lead back to the recipient.',
    ],
    ['up', { reason: target_inactive, person: bob }, 'Not escalated to Bob: deactivated.'],
    [
      'up',
      { reason: target_restricted, person: bob },
      'Not escalated to Bob: the processing of their data is restricted.',
    ],
    [
      'up',
      { reason: skipReason.over_recipient_limit, amount: 12 },
      'Not escalated to 12 members: at most 50 members are told of one recipient in one round.',
    ],
    [
      'remind',
      { reason: skipReason.over_step_limit },
      'Not reminded, by a note to 1 member: a step writes at most 200,000 copies.',
    ],
    ['remind', { reason: no_device }, 'Not reminded: the recipient has no device.'],
    ['up', { reason: skipReason.recipient_inactive }, 'Not escalated: the recipient is deactivated.'],
    [
      'remind',
      { reason: skipReason.recipient_restricted },
      'Not reminded: the processing of data about the recipient is restricted.',
    ],
    ['up', { reason: skipReason.not_rendered }, 'Not escalated: the recipient has no text.'],
    [
      'up',
      { reason: skipReason.channel_unavailable, channel: 5 },
      'Not sent by SMS: the channel does not exist yet.',
    ],
    ['up', { reason: 99 }, 'Not escalated to 1 member: for a reason of a newer release.'],
  ])('by the step %s for %j is told as: %s', (stepId, more, text) => {
    expect(textOf(happening('skip', { stepId, ...more }))).toEqual([text]);
  });
});

describe('what was left out for all recipients of a round', () => {
  const skip = (stepId: string) =>
    happening('round_skip', { stepId, reason: skipReason.target_inactive, amount: 2 });

  test('concerns a message that was open', () => {
    const { events } = timelineOf(workflow, record(), [skip('up')]);
    expect(events.at(-1)).toMatchObject({
      text: 'Not escalated to 2 members: deactivated.',
      wholeRound: true,
      amount: 2,
    });
  });

  test.each([
    ['up', { actedAt: hour(4) }, false],
    ['up', { actedAt: hour(6) }, true],
    ['always', { actedAt: hour(4) }, true],
    ['up', { missedAt: hour(4) }, true],
    ['remind', { missedAt: hour(4) }, false],
    ['always', { status: deliveryStatus.failed }, false],
  ])('by %s concerns a message with %j: %p', (stepId, more, expected) => {
    expect(types(record(more), skip(stepId)).includes('SKIPPED')).toBe(expected);
  });
});

test('steps follow up on messages of recipients that were sent before, and on no copies', () => {
  const place = { campaignId: 'c', stepId: 'send', kind: deliveryKind.primary };
  expect(followingSteps(workflow, place)).toEqual(['remind', 'up', 'always']);
  expect(followingSteps(workflow, { ...place, stepId: 'late' })).toEqual([]);
  expect(followingSteps(workflow, { ...place, kind: deliveryKind.escalation })).toEqual([]);
});

test('an answer is bounded, and says that there is more', () => {
  const copies = Array.from({ length: MOST_EVENTS }, (_, index) =>
    happening('copy', { at: hour(index), person: bob }),
  );
  const { events, isTruncated } = timelineOf(workflow, record(), copies);
  expect(events).toHaveLength(MOST_EVENTS);
  expect(isTruncated).toBe(true);
  expect(timelineOf(workflow, record(), copies.slice(2)).isTruncated).toBe(false);
});
