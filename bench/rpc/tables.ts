import { figure, ratio, type Table } from '../support/report.js';
import type { Figures, Measured } from './measure.js';

/** The name under which our own server stands in the tables. */
export const dovecote = 'Dovecote';
export const transportAlone = 'libs/rpc alone';
export const byHand = 'by hand, with PostgreSQL';

/** The cost of the same answers in a server written by hand. */
export function againstHand(measured: readonly Measured[]): Table {
  const both = groups(measured).filter(({ rows }) => rows.some(({ server }) => server === byHand));
  return {
    title: 'By hand ÷ Dovecote: processor time of a call, Node and PostgreSQL together',
    head: ['call', 'by hand µs', 'Dovecote µs', 'by hand ÷ ours', 'Node alone', 'PostgreSQL alone'],
    rows: both.map(({ title, rows }) => {
      const [hand, ours] = [figuresOf(rows, byHand), figuresOf(rows, dovecote)];
      return [
        title,
        figure(together(hand)),
        figure(together(ours)),
        ratio(together(hand), together(ours)),
        ratio(hand.cpu, ours.cpu),
        ratio(hand.databaseCpu, ours.databaseCpu),
      ];
    }),
  };
}

function together({ cpu, databaseCpu }: Figures): number {
  return cpu + databaseCpu;
}

/** One table for each call and protocol: the others, and Dovecote against each of them. */
export function comparisons(measured: readonly Measured[]): Table[] {
  return groups(measured).map(({ title, rows }) => {
    const ours = figuresOf(rows, dovecote);
    return {
      title,
      head: [
        'server',
        'calls/s',
        'p50 ms',
        'p99 ms',
        'CPU µs/call',
        'PostgreSQL µs/call',
        'our calls/s ÷ its',
        'our CPU ÷ its',
      ],
      rows: rows.map(({ server, figures }) => [
        server,
        figure(figures.perSecond),
        figure(figures.p50, 2),
        figure(figures.p99, 2),
        figure(figures.cpu),
        server === dovecote || server === byHand ? figure(figures.databaseCpu) : '',
        ratio(ours.perSecond, figures.perSecond),
        ratio(ours.cpu, figures.cpu),
      ]),
    };
  });
}

/** What of the cost of a call belongs to which part of Dovecote. */
export function layers(measured: readonly Measured[]): Table {
  return {
    title: 'Where the processor time of a Dovecote call goes (µs)',
    head: ['call', 'transport', 'pipeline and database client', 'PostgreSQL', 'together'],
    rows: groups(measured)
      .filter(({ rows }) => rows.some(({ server }) => server === transportAlone))
      .map(({ title, rows }) => {
        const ours = figuresOf(rows, dovecote);
        const transport = figuresOf(rows, transportAlone).cpu;
        return [
          title,
          figure(transport),
          figure(ours.cpu - transport),
          figure(ours.databaseCpu),
          figure(ours.cpu + ours.databaseCpu),
        ];
      }),
  };
}

/** How many calls a second the load generator could make if servers cost nothing. */
export function generatorCeilings(measured: readonly Measured[]): string {
  const ceilings = groups(measured).map(({ title, rows }) => {
    const cheapest = Math.min(...rows.map(({ figures }) => figures.generatorCpu));
    return `${title}: ${figure(1e6 / cheapest)}`;
  });
  return `The load generator's own ceiling, from its processor time against the server where it had least to wait for, in calls/s. ${ceilings.join('; ')}. Where a server comes near it, its calls/s are the generator's; its CPU per call is not affected.`;
}

export function largestSpread(measured: readonly Measured[]): number {
  return Math.max(...measured.map(({ figures }) => figures.spread));
}

function groups(measured: readonly Measured[]): { title: string; rows: Measured[] }[] {
  const byTitle = Map.groupBy(measured, ({ call, protocol }) => `${call}, ${protocol}`);
  return [...byTitle].map(([title, rows]) => ({ title, rows }));
}

function figuresOf(rows: readonly Measured[], server: string): Figures {
  const row = rows.find((candidate) => candidate.server === server);
  if (!row) throw new Error(`${server} was not measured.`);
  return row.figures;
}
