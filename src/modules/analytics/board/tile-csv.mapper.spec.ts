import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from '@jest/globals';
import type { QueryResponseSchema } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { csvOf, fileNameOf } from './tile-csv.mapper.js';

type Answer = MessageInitShape<typeof QueryResponseSchema>;
const fileOf = (...answers: Answer[]) =>
  [
    ...csvOf(answers.map((answer, index) => ({ answer, period: answers.length > 1 ? `p${index}` : '' }))),
  ].join('');
const lines = (...all: string[]) => all.map((line) => `${line}\r\n`).join('');
const day = timestampFromMs(Date.parse('2026-03-01T00:00:00Z'));

describe('a file', () => {
  test('of trends has a row for each point, with its breakdown', () => {
    const series = [
      { eventKind: '=view', breakdown: { plan: '@pro' }, points: [{ time: day, value: -1.5 }] },
    ];
    expect(fileOf({ result: { case: 'trends', value: { series } } })).toBe(
      lines('"event","plan","time","value"', `"'=view","'@pro","2026-03-01T00:00:00.000Z",-1.5`),
    );
  });

  test('of nothing has a header', () => {
    expect(fileOf({ result: { case: 'trends', value: {} } })).toBe(lines('"event","time","value"'));
  });

  test('of a number has one row, and a row for each period', () => {
    const answer: Answer = { result: { case: 'segmentation', value: { total: 7 } } };
    expect(fileOf(answer)).toBe(lines('"value"', '7'));
    expect(fileOf(answer, answer)).toBe(lines('"period","value"', '"p0",7', '"p1",7'));
  });

  test('of a funnel has a row for each step', () => {
    const timing = {
      avg: { seconds: 1n, nanos: 500_000_000 },
      median: { seconds: 1n },
      p95: { seconds: 2n },
    };
    const steps = [
      { eventKind: 'a', total: 2 },
      { eventKind: 'b', total: 1, timing },
    ];
    expect(fileOf({ result: { case: 'funnel', value: { series: [{ steps }] } } })).toBe(
      lines(
        '"step","event","persons","average_seconds","median_seconds","p95_seconds"',
        '1,"a",2,"","",""',
        '2,"b",1,1.5,1,2',
      ),
    );
  });

  test('of retention has a row for each return', () => {
    const cohorts = [{ cohort: '2026-03-01T00:00:00Z', cohortSize: 4, points: [{ time: day, value: 25 }] }];
    expect(fileOf({ result: { case: 'retention', value: { series: [{ cohorts }] } } })).toBe(
      lines(
        '"cohort","persons","time","percent_returned"',
        '"2026-03-01T00:00:00Z",4,"2026-03-01T00:00:00.000Z",25',
      ),
    );
  });

  test('of a user flow has a row for each link, and of a ranking one for each value', () => {
    const nodes = [
      { id: '0:a', depth: 0, label: 'a' },
      { id: '1:b', depth: 1, label: 'b' },
    ];
    const links = [{ source: '0:a', target: '1:b', value: 3n }];
    expect(fileOf({ result: { case: 'userFlow', value: { nodes, links } } })).toBe(
      lines('"step","from","to","sessions"', '1,"a","b",3'),
    );
    const rows = [
      { dimensionValue: 'SE', value: 2 },
      { value: 1, isOthers: true },
    ];
    expect(fileOf({ result: { case: 'topK', value: { rows } } })).toBe(
      lines('"name","value"', '"SE",2', '"$others",1'),
    );
  });

  test('of many rows is made in pieces', () => {
    const points = Array.from({ length: 2_500 }, () => ({ time: day, value: 1 }));
    const answer: Answer = { result: { case: 'trends', value: { series: [{ eventKind: 'a', points }] } } };
    const pieces = [...csvOf([{ period: '', answer }])];
    expect(pieces).toHaveLength(3);
    expect(pieces.join('').split('\r\n')).toHaveLength(2_502);
  });
});

test('names of files are plain and differ', () => {
  const taken = new Set<string>();
  const titles = ['Daily Users', 'daily/../users', '', '../../etc/passwd', 'Täglich: 用户', 'x'.repeat(200)];
  expect(titles.map((title) => fileNameOf(title, taken))).toEqual([
    'daily-users.csv',
    'daily-users-2.csv',
    'tile.csv',
    'etc-passwd.csv',
    'ta-glich-用户.csv',
    `${'x'.repeat(80)}.csv`,
  ]);
});
