import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { figure, ratio, type Report, type Table } from '../support/report.js';
import { percentile } from '../support/statistics.js';
import type { Compared } from './compare.js';
import type { PageTimes } from './page.js';
import type { Filled } from './rows.js';

/** How long the engine is left alone before its memory is read. */
export const AT_REST_MS = 5_000;
const DAY_MS = 86_400_000;

/** Pages over one window. */
export interface Opened {
  readonly window: Window;
  readonly questions: number;
  readonly cold: readonly PageTimes[];
  readonly warm: readonly PageTimes[];
}

/** What was measured at one number of events. */
export interface Sized {
  readonly millions: number;
  readonly filled: Filled;
  /** Until the events were made and merged. */
  readonly seconds: number;
  readonly compared: readonly Compared[];
  readonly pages: readonly Opened[];
  /** MiB of the engine. */
  readonly memory: Readonly<Record<'fresh' | 'atRest' | 'questions' | 'pages', number>>;
}

export function report(sizes: readonly Sized[], passes: number): Report {
  return {
    title: 'What does an answer of analytics cost?',
    method: [
      'Each kind of question through the evaluator of the product, against SQL that is written by hand for it, on the same',
      'engine and rows in the same run, with equal answers: each copy of an event once, without robots and cookieless',
      'visitors, the same identities. Over 90 days and all of their events; lifecycle over seven weeks and the history before',
      `them. Medians of ${passes} passes, in turns, after the answers have been compared.`,
    ].join('\n'),
    tables: sizes.flatMap((size) => [
      ...[false, true].map((merge) => questionsOf(size, merge)),
      pagesOf(size),
      memoryOf(size),
    ]),
    notes: [
      ...sizes.map(({ filled, seconds }) => {
        const { events, copies, persons, aliases } = filled;
        return `${figure(events)} events of up to ${figure(persons)} persons, ${figure(aliases)} joined ids, ${figure(copies)} copies that are not merged; made in ${figure(seconds)} s.`;
      }),
      'CPU is processor time of the engine, which takes both cores for most statements. The product ÷ by hand is of processor time; the goal is 1.2.',
      'PostgreSQL is the embedded one of the product, with a plain table of the same events and indexes by kind and time, time, and session; work_mem is 256 MB. It is asked at one million events only, twice each; the second answer counts.',
      'The page is 26 questions at once through shared.insights.v1.Query, over the real port as JSON. Cold: the caches of the engine and of the file system are emptied before each page. Their windows differ by milliseconds, so that no answer is given again. Warm: the same page again within a minute, when the server still has its answers. Goals at 10 million events: p95 below 1.5 s cold and 0.3 s warm.',
      `Memory is resident memory of the engine's process; at rest is read ${AT_REST_MS / 1_000} s after the last statement.`,
    ],
  };
}

function questionsOf({ millions, compared }: Sized, merged: boolean): Table {
  const rows = compared.filter(({ merge }) => merge === merged);
  const withPostgres = rows.some(({ postgres }) => postgres !== undefined);
  return {
    title: `${millions} million events, ${merged ? 'identities merged' : 'each id a person'}`,
    head: [
      ...['', 'product CPU ms', 'by hand CPU ms', 'product ÷ by hand', 'product ms', 'by hand ms'],
      ...(withPostgres ? ['PostgreSQL ms', 'PostgreSQL ÷ product'] : []),
    ],
    rows: rows.map(({ asked, ours, hand, postgres = NaN }) => [
      asked,
      ...[
        figure(ours.cpu),
        figure(hand.cpu),
        ratio(ours.cpu, hand.cpu),
        figure(ours.wall),
        figure(hand.wall),
      ],
      ...(withPostgres ? [figure(postgres), ratio(postgres, ours.wall)] : []),
    ]),
  };
}

function pagesOf({ millions, pages }: Sized): Table {
  const row = (name: string, times: readonly PageTimes[]): string[] => {
    const whole = Float64Array.from(times.map(({ page }) => page)).sort();
    const answers = Float64Array.from(times.flatMap((page) => page.answers)).sort();
    const cells = [whole, answers].flatMap((sorted) => [percentile(sorted, 0.5), percentile(sorted, 0.95)]);
    const refused = times.reduce((sum, page) => sum + page.refused, 0);
    return [name, figure(times.length), ...cells.map((value) => figure(value)), figure(refused)];
  };
  return {
    title: `${millions} million events: a page of ${pages[0]?.questions} questions at once`,
    head: ['', 'pages', 'page p50 ms', 'page p95 ms', 'answer p50 ms', 'answer p95 ms', 'refused answers'],
    rows: pages.flatMap(({ window: { from, to }, cold, warm }) => {
      const days = `${(to - from) / DAY_MS} days`;
      return [row(`${days}, cold`, cold), row(`${days}, warm`, warm)];
    }),
  };
}

function memoryOf({ millions, memory }: Sized): Table {
  return {
    title: `${millions} million events: memory of the engine`,
    head: ['', 'MiB'],
    rows: [
      ['at rest, no events', figure(memory.fresh)],
      ['at rest', figure(memory.atRest)],
      ['largest, one question at a time', figure(memory.questions)],
      ['largest, pages', figure(memory.pages)],
    ],
  };
}
