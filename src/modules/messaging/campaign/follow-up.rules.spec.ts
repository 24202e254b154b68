import { describe, expect, test } from '@jest/globals';
import { deliveryStatus, type FollowedMessage } from '../delivery/index.js';
import {
  followed,
  type FollowUpCondition,
  recipientsAtOnce,
  stepsSettledByRecipient,
  tellings,
} from './follow-up.rules.js';

type Word = keyof typeof deliveryStatus;

const message = (more: Partial<FollowedMessage> = {}): FollowedMessage => ({
  deliveryId: 'd',
  userId: 'ada',
  status: deliveryStatus.delivered,
  isRendered: true,
  isReachable: true,
  isRestricted: false,
  ...more,
});

describe('a step follows up', () => {
  const words = Object.keys(deliveryStatus) as Word[];
  test.each<[FollowUpCondition, Word[]]>([
    ['open', ['pending', 'sent', 'delivered', 'noDevice']],
    ['not_acknowledged', ['pending', 'sent', 'delivered', 'noDevice', 'missed']],
    ['any', ['pending', 'sent', 'delivered', 'noDevice', 'missed', 'acknowledged']],
  ])('on messages that are %s', (condition, expected) => {
    const kept = words.filter((word) => {
      const one = message({ status: deliveryStatus[word], isRendered: word !== 'failed' });
      return followed([one], condition, false).messages.length > 0;
    });
    expect(new Set(kept)).toEqual(new Set(expected));
  });

  test.each<[Partial<FollowedMessage>, FollowUpCondition, string | undefined]>([
    [{ status: deliveryStatus.failed, isRendered: false }, 'not_acknowledged', 'not_rendered'],
    [{ status: deliveryStatus.failed, isRendered: false }, 'open', undefined],
    [{ status: deliveryStatus.acknowledged }, 'open', undefined],
    [{ isReachable: false }, 'open', 'recipient_inactive'],
    [{ isRestricted: true }, 'any', 'recipient_restricted'],
  ])('not on %j, and says why', (more, condition, reason) => {
    const { messages, skips } = followed([message(more)], condition, false);
    expect(messages).toEqual([]);
    expect(skips).toEqual(reason ? [{ deliveryId: 'd', reason, amount: 1 }] : []);
  });

  test('on restricted recipients where the campaign includes them', () => {
    expect(followed([message({ isRestricted: true })], 'open', true).messages).toHaveLength(1);
  });
});

test('all recipients of a piece share the room of the step', () => {
  const messages = ['a', 'b', 'c'].map((userId) => message({ userId, deliveryId: `d-${userId}` }));
  const named = { userIds: ['x', 'y'], total: 2 };
  const { told, skips } = tellings(messages, { managers: undefined, named, room: 3 });
  expect(told).toEqual([
    { parentId: 'd-a', userId: 'x' },
    { parentId: 'd-a', userId: 'y' },
    { parentId: 'd-b', userId: 'x' },
  ]);
  expect(skips).toEqual([
    { deliveryId: 'd-b', reason: 'over_step_limit', amount: 1 },
    { deliveryId: 'd-c', reason: 'over_step_limit', amount: 2 },
  ]);
});

test('a recipient whom the managers do not list has none', () => {
  const none = { userIds: [], total: 0 };
  const { skips } = tellings([message()], { managers: new Map(), named: none, room: 10 });
  expect(skips).toEqual([{ deliveryId: 'd', reason: 'no_manager', amount: 1 }]);
});

test('pieces are the smaller, the more addressees a recipient has', () => {
  expect([0, 1, 2, 50].map(recipientsAtOnce)).toEqual([2_000, 2_000, 2_000, 80]);
});

test('copies of reminders, and of escalations that ask for an acknowledgement, are settled by it', () => {
  const escalate = (id: string, condition: 'IF_NOT_ACKED' | 'IF_NOT_CLOSED') => ({
    id,
    type: 'ESCALATE' as const,
    transitions: {},
    config: {
      kind: 'ESCALATE' as const,
      condition,
      targets: [],
      repeatCount: 0,
      repeatIntervalMinutes: 0,
      mode: 'DELIVER' as const,
      thirdPartyChannels: [],
    },
  });
  const steps = [
    { id: 'note', type: 'SEND_REMINDER' as const, transitions: {} },
    escalate('up', 'IF_NOT_ACKED'),
    escalate('always', 'IF_NOT_CLOSED'),
  ];
  expect(stepsSettledByRecipient({ steps })).toEqual(['note', 'up']);
});
