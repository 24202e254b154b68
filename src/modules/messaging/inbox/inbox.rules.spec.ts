import { describe, expect, test } from '@jest/globals';
import { campaignStatus } from '../campaign/index.js';
import { deliveryKind, deliveryStatus, notReceived } from '../delivery/index.js';
import { offeredActions, refuseAction, syncLimit } from './inbox.rules.js';

const ack = { id: 'ack', type: 'ACK', label: 'Read' } as const;
const nothing = new Uint8Array();
const entry = (more: object) => ({
  actions: [ack],
  kind: deliveryKind.primary as (typeof deliveryKind)[keyof typeof deliveryKind],
  status: deliveryStatus.delivered as (typeof deliveryStatus)[keyof typeof deliveryStatus],
  campaignStatus: campaignStatus.running as (typeof campaignStatus)[keyof typeof campaignStatus],
  ...more,
});

describe('the limit of Sync', () => {
  test.each([
    [0, 50],
    [1, 1],
    [200, 200],
  ])('%i is %i', (requested, limit) => {
    expect(syncLimit(requested)).toBe(limit);
  });

  test.each([-1, 201, 2 ** 31 - 1, -(2 ** 31)])('%i is refused', (requested) => {
    expect(() => syncLimit(requested)).toThrow(
      expect.objectContaining({ details: { violations: [expect.objectContaining({ field: 'limit' })] } }),
    );
  });
});

describe('an action', () => {
  test.each(Object.entries(deliveryStatus))('on a message that is %s', (name, status) => {
    const settled = ['acknowledged', 'missed', 'failed'].includes(name);
    const refusal = refuseAction(entry({ status }), { actionId: 'ack', payload: nothing });
    expect(refusal?.reason).toBe(settled ? 'DELIVERY_SETTLED' : undefined);
  });

  test.each(Object.entries(campaignStatus))('in a campaign that is %s', (name, status) => {
    const refusal = refuseAction(entry({ campaignStatus: status }), { actionId: 'ack', payload: nothing });
    expect(refusal?.reason).toBe(name === 'running' ? undefined : 'CAMPAIGN_NOT_RUNNING');
  });

  test.each([
    ['which the message does not have', { actionId: 'ACK', payload: nothing }, 'action_id'],
    ['without an id', { actionId: '', payload: nothing }, 'action_id'],
    ['to acknowledge, with more to say', { actionId: 'ack', payload: Uint8Array.of(0) }, 'payload'],
  ])('%s is refused', (_, action, field) => {
    expect(refuseAction(entry({}), action)?.details.violations).toMatchObject([{ field }]);
  });

  test('a message of another campaign’s end says what it is, not what the campaign is', () => {
    const over = entry({ status: deliveryStatus.acknowledged, campaignStatus: campaignStatus.completed });
    expect(refuseAction(over, { actionId: 'ack', payload: nothing })?.reason).toBe('DELIVERY_SETTLED');
  });
});

test('actions are offered while the campaign runs and nothing was missed', () => {
  expect(offeredActions(entry({}))).toEqual([ack]);
  expect(offeredActions(entry({ status: deliveryStatus.acknowledged }))).toEqual([ack]);
  expect(offeredActions(entry({ status: deliveryStatus.missed }))).toEqual([]);
  for (const status of [campaignStatus.completed, campaignStatus.failed, campaignStatus.cancelled])
    expect(offeredActions(entry({ campaignStatus: status }))).toEqual([]);
});

test('a note of a reminder offers and takes no action', () => {
  const note = entry({ kind: deliveryKind.reminderFyi });
  expect(offeredActions(note)).toEqual([]);
  const refusal = refuseAction(note, { actionId: 'ack', payload: nothing });
  expect(refusal?.details.violations).toMatchObject([{ field: 'action_id' }]);
  expect(offeredActions(entry({ kind: deliveryKind.escalation }))).toEqual([ack]);
});

test('what a client received, or what cannot be received, is not waiting to be', () => {
  const { delivered, acknowledged, missed, failed } = deliveryStatus;
  for (const status of [delivered, acknowledged, missed, failed]) expect(notReceived).not.toContain(status);
});
