import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Insights } from '../../src/modules/analytics/insight/insights.service.js';
import { openStore } from '../support/analytics-events.js';
import { createAnalytics, type TestAnalytics } from '../support/analytics-store.js';
import { linesOf } from './cases/lines.js';
import { june, select, window } from './cases/write.js';
import { storedAnswer } from './stored-worlds.js';

const PROJECT = 1;
/** More sessions and persons than a question has memory for. */
const PAST = 600_000;
const memory = 100 * 1024 ** 2;

const today = { ...june, ...window('10', '12'), granularity: 'day' } as const;
const sessions = { ...today, type: 'sessions', metric: 'sessions', scope: select('') } as const;
const lifecycle = { ...today, type: 'lifecycle', event: select('') } as const;

let analytics: TestAnalytics;
let opened: ReturnType<typeof openStore>;
let insights: Insights;

beforeAll(async () => {
  analytics = await createAnalytics();
  opened = openStore(analytics, { memory });
  insights = new Insights(opened.store);
  // The store creates its tables when it is used for the first time.
  await storedAnswer(insights, PROJECT, sessions);
  const insert = `INSERT INTO ${analytics.database}.events (project, kind, occur_time, distinct_id, session_id, event_id, received_at)`;
  const rows = (time: string, count: number) =>
    `${insert} SELECT ${PROJECT}, 'view', toDateTime64('${time}', 3, 'UTC'), concat('person-', toString(number)),
      concat('session-', toString(number)), concat('${time}', toString(number)), now64(3) FROM numbers(${count})`;
  await analytics.client.command({ query: rows('2026-05-01 12:00:00', PAST) });
  await analytics.client.command({ query: rows('2026-06-10 12:00:00', 2) });
  await analytics.client.command({ query: rows('2026-06-11 12:00:00', 3).replaceAll('session-', 'later-') });
}, 120_000);

afterAll(async () => {
  await opened?.stop();
  await analytics?.drop();
});

describe('a long history takes no memory of a question about today', () => {
  test('in sessions', async () => {
    const answer = await storedAnswer(insights, PROJECT, sessions);
    // Those of the 10th began in May.
    expect(linesOf(sessions, answer)).toEqual(['(all): 11=3 total 3']);
  });

  test('in lifecycle', async () => {
    const answer = await storedAnswer(insights, PROJECT, lifecycle);
    expect(linesOf(lifecycle, answer)).toEqual(['10: 0 0 2 0', '11: 0 2 1 0']);
  });
});
