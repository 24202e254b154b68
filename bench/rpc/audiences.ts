import type { Transport } from '@connectrpc/connect';
import type { Call } from '../support/calls.js';
import { figure, ratio, type Table } from '../support/report.js';
import { answerOf } from '../support/seed.js';
import { median } from '../support/statistics.js';

/** ListCampaigns of a few campaigns, all with an audience of this size. */
export interface Audience {
  readonly size: number;
  readonly transport: Transport;
  readonly call: Call;
}

export interface AudienceFigures {
  readonly size: number;
  /** The first call after the audience was made, then the median of one call after the other. Milliseconds. */
  readonly first: number;
  readonly then: number;
}

const CALLS = 15;

/** One call at a time, in turns: a call that counts its audience takes seconds. */
export async function measureAudiences(audiences: readonly Audience[]): Promise<AudienceFigures[]> {
  const times = new Map<Audience, number[]>(audiences.map((audience) => [audience, []]));
  for (let number = 0; number <= CALLS; number++) {
    for (const audience of audiences) times.get(audience)!.push(await timeOf(audience));
  }
  return audiences.map((audience) => {
    const [first = NaN, ...rest] = times.get(audience)!;
    return { size: audience.size, first, then: median(rest) };
  });
}

async function timeOf({ transport, call }: Audience): Promise<number> {
  const begin = performance.now();
  await answerOf(transport, call);
  return performance.now() - begin;
}

export function bySize(measured: readonly AudienceFigures[]): Table {
  return {
    title: 'ListCampaigns by the size of the audiences',
    head: ['members in each audience', 'first call ms', 'then ms', '÷ smallest'],
    rows: measured.map(({ size, first, then }) => [
      figure(size),
      figure(first, 1),
      figure(then, 1),
      ratio(then, measured[0]!.then),
    ]),
  };
}
