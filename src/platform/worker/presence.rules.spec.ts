import { expect, test } from '@jest/globals';
import { deadLanes, describeLanes, type SeenLane } from './presence.rules.js';

const lanes = ['mail', 'webhook'] as const;
const noon = new Date('2026-01-02T12:00:00Z');
const earlier = new Date('2026-01-02T11:00:00Z');

function seen(lane: SeenLane['lane'], isAlive: boolean, seenAt = noon): SeenLane {
  return { lane, isAlive, seenAt };
}

test.each<[string, SeenLane[], string]>([
  ['without any worker', [], 'none seen yet'],
  [
    'whose workers are all dead',
    [seen('mail', false, earlier), seen('webhook', false)],
    'none seen since 2026-01-02T12:00:00.000Z',
  ],
  ['with a worker for each lane', [seen('mail', true), seen('webhook', true)], 'ok'],
  [
    'with a dead lane',
    [seen('mail', true), seen('webhook', false), seen('webhook', false, earlier)],
    'no worker for webhook jobs since 2026-01-02T12:00:00.000Z',
  ],
  [
    'with a dead worker beside a living one',
    [seen('mail', true), seen('mail', false), seen('webhook', true)],
    'ok',
  ],
  ['with a lane that no worker has run', [seen('mail', true)], 'no worker for webhook jobs'],
  ['with a worker of an earlier release, which runs all jobs', [seen('', true)], 'ok'],
  [
    'whose worker of an earlier release is dead',
    [seen('', false), seen('mail', true)],
    'no worker for webhook jobs since 2026-01-02T12:00:00.000Z',
  ],
])('an installation %s', (_what, found, text) => {
  expect(describeLanes(lanes, deadLanes(lanes, found))).toBe(text);
});
