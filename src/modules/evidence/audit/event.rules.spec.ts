import { expect, test } from '@jest/globals';
import { auditEventTypes } from '../../../platform/audit/audit-event-type.js';
import { classOf, managementTypes, refuseRange } from './event.rules.js';

test.each([
  ['ROLE_CREATED', 'management'],
  ['MESSAGE_SENT', 'system'],
  ['ACK_REGISTERED', 'system'],
  // Told by a sibling; no type of ours.
  ['SOMETHING_NEW', 'system'],
  ['', 'system'],
])('%j is of the class %s', (type, expected) => {
  expect(classOf(type)).toBe(expected);
});

test('every type of ours is of one class, and what people do is most of them', () => {
  const system = auditEventTypes.filter((type) => classOf(type) === 'system');
  expect(new Set([...managementTypes, ...system])).toEqual(new Set(auditEventTypes));
  expect(system.length).toBeLessThan(managementTypes.length / 2);
});

const [early, late] = [new Date(1), new Date(2)];
test.each([
  [null, null, false],
  [late, null, false],
  [null, early, false],
  [early, late, false],
  [early, early, true],
  [late, early, true],
])('from %p to %p is refused: %s', (from, to, refused) => {
  expect(refuseRange({ from, to })?.details.violations?.[0]?.field).toBe(refused ? 'end_time' : undefined);
});
