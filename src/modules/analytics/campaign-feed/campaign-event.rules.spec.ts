import { describe, expect, test } from '@jest/globals';
import { deliveryKind, type NotedEvent } from '../../messaging/delivery/index.js';
import { eventOf } from './campaign-event.rules.js';

const noted: NotedEvent = {
  event: 'sent',
  at: new Date('2026-11-30T10:00:00.123Z'),
  deliveryId: '01a22ee9-0000-7000-8000-000000000001',
  userId: '01a22ee9-0000-7000-8000-000000000002',
  kind: deliveryKind.primary,
  campaignId: '01a22ee9-0000-7000-8000-000000000003',
  campaignName: 'Fire drill',
  stepId: 'send',
  round: 0,
  templateId: '01a22ee9-0000-7000-8000-000000000004',
  locale: 'en',
};
const idOf = (change: Partial<NotedEvent>): string => eventOf({ ...noted, ...change }).eventId;

describe('the event of a happening', () => {
  test('is of the member, at that time, in a campaign', () => {
    expect(eventOf(noted)).toMatchObject({
      kind: 'campaign_sent',
      distinctId: noted.userId,
      occurTime: Date.parse('2026-11-30T10:00:00.123Z'),
    });
    expect([...eventOf(noted).properties].map(([name, { value }]) => [name, value])).toEqual([
      ['campaign_id', noted.campaignId],
      ['campaign_name', 'Fire drill'],
      ['step_id', 'send'],
      ['delivery_kind', 'primary'],
      ['template_id', noted.templateId],
      ['locale', 'en'],
      ['round', 0n],
    ]);
  });

  test('leaves out what is empty', () => {
    expect([...eventOf({ ...noted, locale: '' }).properties.keys()]).not.toContain('locale');
  });

  test.each([
    ['primary', 'campaign_read'],
    ['escalation', 'campaign_copy_read'],
    ['reminderFyi', 'campaign_copy_read'],
  ] as const)('of a delivery that is %s is %s', (kind, name) => {
    expect(eventOf({ ...noted, event: 'read', kind: deliveryKind[kind] }).kind).toBe(name);
  });
});

describe('its id', () => {
  test('is the same each time it is made', () => {
    expect(idOf({})).toBe(idOf({ at: new Date(0), campaignName: 'Renamed' }));
    expect(idOf({})).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  test('differs by delivery and by what happened', () => {
    const deliveryId = '01a22ee9-0000-7000-8000-000000000009';
    const ids = [idOf({}), idOf({ deliveryId }), idOf({ event: 'read' }), idOf({ event: 'reminded' })];
    expect(new Set(ids).size).toBe(4);
  });

  test('differs by step and round of what repeats only', () => {
    const later = { stepId: 'up', round: 1 };
    expect(idOf({ event: 'escalated', ...later })).not.toBe(idOf({ event: 'escalated', stepId: 'up' }));
    expect(idOf({ event: 'reminded', ...later })).not.toBe(idOf({ event: 'reminded', round: 1 }));
    expect(idOf({ event: 'sent', ...later })).toBe(idOf({ event: 'sent' }));
  });
});
