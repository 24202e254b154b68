// What do feeds of single events cost, when one person has 100,000 of them, beside SQL by hand?
import { askedOfActivity, walk, type Walk } from './activity/asked.js';
import { type Busy, makeActivity } from './activity/events.js';
import { withAnalytics } from './support/analytics-world.js';
import { besideHand, type Compared, comparedNotes, comparedTable } from './support/beside-hand.js';
import type { Effort } from './support/effort.js';
import { figure, type Report, type Table } from './support/report.js';
import { percentile } from './support/statistics.js';

const MILLION = 1_000_000;

interface Measured {
  readonly busy: Busy;
  readonly walk: Walk;
  readonly compared: readonly Compared[];
}

export async function answerActivity({ millions, events, passes }: Effort): Promise<Report> {
  const measured: Measured[] = [];
  for (const size of millions)
    measured.push(await measureAt({ events: Math.round(size * MILLION), ofPerson: events }, passes));
  return {
    title: 'What do feeds of single events cost?',
    method: [
      'Pages of shared.activity.v1 through the server’s port, with the generated client, against SQL that is written by hand',
      'for them, on the same databases and rows in the same run, with equal answers. One person has very many events, under',
      `five ids, one of them of a merged profile. Medians of ${passes} passes, in turns; the server forgets its answers before each.`,
    ].join('\n'),
    tables: measured.flatMap(({ busy, compared, walk: pages }) => {
      const size = `${figure(busy.events)} of ${figure(busy.all)} events`;
      return [comparedTable(`A person with ${size}`, compared), walkTable(size, pages)];
    }),
    notes: [
      ...comparedNotes,
      'The live page asks for the newest 1,000 events of half an hour, as a dashboard does every ten seconds; 1,500 events happened in it. The history ends when it is made, so that a page is looked for where it is.',
    ],
  };
}

function measureAt(size: Parameters<typeof makeActivity>[1], passes: number): Promise<Measured> {
  return withAnalytics(async (world) => {
    const busy = await makeActivity(world, size);
    const pages = await walk(world, busy);
    const compared: Compared[] = [];
    for (const asked of askedOfActivity(world, busy, pages))
      compared.push(await besideHand(world, asked, passes));
    return { busy, walk: pages, compared };
  });
}

function walkTable(size: string, { pages, events }: Walk): Table {
  const sum = pages.reduce((total, page) => total + page, 0);
  return {
    title: `${size}: all pages of the person, one after the other`,
    head: ['', 'pages', 'p50 ms', 'p95 ms', 'longest ms', 'events a second'],
    rows: [
      [
        'pages of 1,000',
        figure(pages.length),
        ...[0.5, 0.95, 1].map((share) => figure(percentile(pages, share))),
        figure((events / sum) * 1_000),
      ],
    ],
  };
}
