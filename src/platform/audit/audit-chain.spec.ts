import { describe, expect, test } from '@jest/globals';
import { beginning, type ChainedEvent, hashOf } from './audit-chain.js';

const event: ChainedEvent = {
  orgId: '0198f1b0-0000-7000-8000-000000000001',
  seq: 7,
  id: '0198f1b0-0000-7000-8000-000000000002',
  eventType: 'ROLE_CHANGED',
  actorKind: 'member',
  actorId: '0198f1b0-0000-7000-8000-000000000003',
  entityType: 'user',
  entityId: '0198f1b0-0000-7000-8000-000000000004',
  metadata: { to: 'admin', from: 'employee' },
  requestId: 'request-1',
  createdAt: '2026-01-31T12:00:00.000001Z',
};

describe('the hash of an event', () => {
  test('is that of the format, which never changes', () => {
    // sha256sum of the array as Python's json.dumps writes it, without spaces.
    expect(hashOf(beginning, event)).toBe('7d836ddee0ef71bb0c367cb68076cd6e1db9db844d2602a520c52ffbffbad923');
  });

  test.each<Partial<ChainedEvent>>([
    { orgId: event.id },
    { seq: 8 },
    { id: event.orgId },
    { eventType: 'ROLE_CREATED' },
    { actorKind: 'api_key' },
    { actorId: event.entityId },
    { entityType: 'role' },
    { entityId: event.actorId },
    { metadata: { to: 'admin' } },
    { metadata: { to: 'admin', from: 'manager' } },
    { metadata: { to: 'admin', of: 'employee' } },
    { requestId: 'request-2' },
    { createdAt: '2026-01-31T12:00:00.000002Z' },
  ])('is another when the event is: %j', (change) => {
    expect(hashOf(beginning, { ...event, ...change })).not.toBe(hashOf(beginning, event));
  });

  test('is another when it follows another event', () => {
    expect(hashOf('1'.repeat(64), event)).not.toBe(hashOf(beginning, event));
  });

  test('is the same in whatever order the pairs came', () => {
    const turned = { ...event, metadata: { from: 'employee', to: 'admin' } };
    expect(hashOf(beginning, turned)).toBe(hashOf(beginning, event));
  });
});
