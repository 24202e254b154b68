import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bars, funnel, sparkline } from '../../scripts/demo/drawing.mjs';
import { DAYS, eventsFrom, steps, windowBefore } from '../../scripts/demo/visitors.mjs';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { Shell } from './support/shell.js';

jest.setTimeout(100_000);

describe('a sparkline', () => {
  test.each([
    ['nothing', [], ''],
    ['zeros', [0, 0], '▁▁'],
    ['from nothing to the largest', [0, 1, 2, 3, 4, 5, 6, 7], '▁▂▃▄▅▆▇█'],
    ['one value', [5], '█'],
    ['a negative number as nothing', [-1, 2], '▁█'],
  ])('shows %s', (_what, values, line) => {
    expect(sparkline(values)).toBe(line);
  });
});

describe('bars', () => {
  test('are in proportion, in columns, and seen however short', () => {
    const rows = [
      { label: 'Direct', value: 1000 },
      { label: 'Email', value: 500 },
      { label: 'Ads', value: 1 },
      { label: 'None', value: 0 },
    ];
    expect(bars(rows, 8)).toEqual([
      'Direct  ████████  1000',
      'Email   ████       500',
      'Ads     █            1',
      'None                 0',
    ]);
  });

  test('of nothing are no lines', () => {
    expect(bars([])).toEqual([]);
    expect(bars([{ label: 'a', value: 0 }], 2)).toEqual(['a      0']);
  });
});

test('a funnel shows the share of the first step', () => {
  const walked = [
    { label: 'Visit', count: 400, rate: 1 },
    { label: 'Signed up', count: 84, rate: 0.21 },
  ];
  expect(funnel(walked, 10)).toEqual([
    'Visit      ██████████  400  100 %',
    'Signed up  ██           84   21 %',
  ]);
});

describe('the visitors', () => {
  const { start, end } = windowBefore(Date.parse('2026-11-30T15:00:00Z'));
  const events = eventsFrom(start);

  test('come in the two weeks before the day', () => {
    expect([start, end].map((at) => new Date(at).toISOString())).toEqual([
      '2026-11-16T00:00:00.000Z',
      '2026-11-30T00:00:00.000Z',
    ]);
    const times = events.map(({ occurTime }) => Number(occurTime.seconds) * 1000);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(start);
    expect(Math.max(...times)).toBeLessThan(end);
    expect(new Set(times.map((at) => Math.floor((at - start) / 86_400_000))).size).toBe(DAYS);
  });

  test('are the same each time, with different ids', () => {
    expect(eventsFrom(start)).toEqual(events);
    expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
  });

  test('are several hundred, and fewer at each step', () => {
    const reached = steps.map(
      ({ kind }) => new Set(events.filter((one) => one.kind === kind).map((one) => one.distinctId)).size,
    );
    expect(reached[0]).toBe(400);
    expect([...reached].sort((one, other) => other - one)).toEqual(reached);
    expect(new Set(reached).size).toBe(steps.length);
  });
});

describe('the part of the demo about analytics', () => {
  let s: TestServer;
  let cast: Cast;
  let shell: Shell;

  beforeAll(async () => {
    s = await startTestServer({ analytics: true });
    cast = await seedCast(s);
    const apiKey = cast.kiosk.headers.authorization.replace('Bearer ', '');
    shell = await Shell.open({ DOVECOTE_URL: s.url, API_KEY: apiKey });
  });
  afterAll(async () => {
    await shell?.close();
    await s?.stop();
  });

  const play = () => shell.run('node scripts/demo/main.mjs analytics');
  const drawn = (printed: string): string => printed.slice(printed.indexOf('Funnel:'));

  test('draws what a second run draws again, from the same project', async () => {
    const first = await play();
    expect(first).toMatch(/Visit +█+ +400 +100 %/);
    expect(first).toMatch(/[▁-█]{14} {2}\d+ to \d+ a day, 400 in all/);
    for (const channel of ['Organic Search', 'Direct', 'Paid Search', 'Email'])
      expect(first).toContain(channel);
    const second = await play();
    expect(second).toContain('it is there already');
    expect(drawn(second)).toBe(drawn(first));
  });

  test('ends with a call that gives the funnel', async () => {
    const [command = ''] = /^ {2}curl [\s\S]*/m.exec(await play()) ?? [];
    const answer = JSON.parse(await shell.run(command)) as { funnel: { steps: { count: number }[] } };
    expect(answer.funnel.steps.map(({ count }) => count)).toEqual([400, 217, 128, 84]);
  });
});
