import { Injectable } from '@nestjs/common';
import { EventLoopYield } from '@dovecote/rpc';
import {
  type AnalyticsQuery,
  AnalyticsStore,
  type StatementOwner,
} from '../../../platform/analytics-store/index.js';
import { exponentOf, type NoisyTable, type Slice } from './budget.rules.js';
import { areEnough, medianOf } from './cohort.rules.js';
import { partsOf, type ResampledCell } from './grid.rules.js';
import {
  coarseStatement,
  cohortStatement,
  daysStatement,
  fineStatement,
  type HeatSelection,
  type WithinCellsInput,
} from './heat-statements.js';
import { DayNoise } from './noise.js';
import { FINEST_CELLS, touchKinds } from './touch.rules.js';

export interface HeatQuestion {
  readonly screen: string;
  /** Empty: touches on any campaign, and on none. */
  readonly campaignId: string;
  /** Closed days, `YYYY-MM-DD`, ascending, without gaps; not empty. */
  readonly days: readonly string[];
  /** For each of the days. */
  readonly epsilons: readonly number[];
  readonly kinds: readonly number[];
  readonly resolution: number;
  readonly isMedian: boolean;
  /** Buckets of the organization. */
  readonly bucketCount: number;
}

interface HeatPoint {
  /** Centre of a cell, 0 to 1. */
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

export interface HeatMap {
  readonly areEnough: boolean;
  readonly points: readonly HeatPoint[];
}

/** Counts with noise of a grid, row by row, and the variance of the noise of each cell. */
interface NoisyGrid {
  readonly perRow: number;
  readonly counts: Float64Array;
  /** Cells of which nothing is told. */
  readonly isShown: (cell: number) => boolean;
  readonly variance: number;
}

/** Cells of the coarse grid in a row, and of the finest in one side of a coarse one. */
const COARSE_CELLS = 50;
const SIDE = FINEST_CELLS / COARSE_CELLS;
const COARSE_RESOLUTION = 1 / COARSE_CELLS;
/** A place in a table has a number for each kind of touch, so that the noise of a kind does not depend on what is asked. */
const KINDS = touchKinds.length;
/** Buckets that an organization can have: those that it does not have yet have their noise already. */
const MOST_BUCKETS = 4096;
/** A value below so many standard deviations of its noise is not told apart from nothing. */
const DEVIATIONS = 2;
/** Random numbers that one answer draws for its cohorts, and rows that it reads: the hottest cells come first. */
const MOST_DRAWS = 20_000_000;
const MOST_COHORT_ROWS = 150_000;
/** The median of n normal numbers has this variance, divided by n. */
const MEDIAN_VARIANCE = Math.PI / 2;

/** Draws heat maps of counts with noise. Every answer is made of the tables of budget.rules.ts only. */
@Injectable()
export class HeatDrawing {
  constructor(private readonly store: AnalyticsStore) {}

  /** `seed`: from which the noise follows. Throws what AnalyticsStore throws. */
  async draw(owner: StatementOwner, seed: Buffer, question: HeatQuestion): Promise<HeatMap> {
    const days = await this.store.query(owner, daysStatement, selectionOf(question));
    if (!areEnough(days.flatMap(({ cohorts }) => cohorts))) return { areEnough: false, points: [] };
    const prints = new Map(days.map(({ of_day, touches, hash }) => [of_day, `${touches}/${hash}`]));
    const run = new HeatRun(this.store, { owner, seed, question, prints });
    return { areEnough: true, points: await run.points() };
  }
}

interface HeatRunInput {
  readonly owner: StatementOwner;
  readonly seed: Buffer;
  readonly question: HeatQuestion;
  /** What each day holds; a day without touches has none. */
  readonly prints: ReadonlyMap<string, string>;
}

/** One answer. */
class HeatRun {
  private readonly pause = new EventLoopYield();
  private readonly slice: Slice;
  private readonly kinds: readonly number[];

  constructor(
    private readonly store: AnalyticsStore,
    private readonly input: HeatRunInput,
  ) {
    this.slice = input.question.campaignId === '' ? 'screen' : 'campaign';
    this.kinds = input.question.kinds.map((kind) => touchKinds.indexOf(kind));
  }

  async points(): Promise<HeatPoint[]> {
    const { resolution, isMedian } = this.input.question;
    const isFine = resolution < COARSE_RESOLUTION && !isMedian;
    const coarse = await this.coarse();
    if (isMedian) return this.medians(coarse, Math.max(resolution, COARSE_RESOLUTION));
    return this.resampled(isFine ? await this.fine(coarse) : coarse, resolution);
  }

  /** The table that every answer looks at first; the others are asked for the cells that stand out of its noise. */
  private async coarse(): Promise<NoisyGrid> {
    const counts = new Float64Array(COARSE_CELLS * COARSE_CELLS);
    const rows = await this.store.query(this.input.owner, coarseStatement, {
      ...this.selection(),
      side: SIDE,
    });
    for (const { cx, cy, touches } of rows) counts[cy * COARSE_CELLS + cx] = touches;
    const days = this.noiseOf('coarse');
    await this.eachDay(days, (noise) => {
      noise.each(0, counts.length * KINDS, (drawn, index) => {
        if (this.kinds.includes(index % KINDS)) add(counts, Math.trunc(index / KINDS), drawn);
      });
    });
    return { perRow: COARSE_CELLS, counts, variance: this.varianceOf(days), isShown: () => true };
  }

  private async fine(coarse: NoisyGrid): Promise<NoisyGrid> {
    const shown = outstanding(coarse);
    const counts = new Float64Array(FINEST_CELLS * FINEST_CELLS);
    for (const { x, y, touches } of await this.within(fineStatement, shown))
      counts[y * FINEST_CELLS + x] = touches;
    const width = SIDE * SIDE * KINDS;
    const days = this.noiseOf('fine');
    await this.eachDay(days, (noise) => {
      for (const cell of shown)
        noise.each(cell * width, width, (drawn, index) => {
          if (this.kinds.includes(index % KINDS))
            add(counts, fineCell(cell, Math.trunc(index / KINDS)), drawn);
        });
    });
    const shownCells = new Set(shown);
    return {
      ...{ perRow: FINEST_CELLS, counts, variance: this.varianceOf(days) },
      isShown: (cell) => shownCells.has(coarseCell(cell)),
    };
  }

  private async medians(coarse: NoisyGrid, resolution: number): Promise<HeatPoint[]> {
    const { bucketCount } = this.input.question;
    const days = this.noiseOf('cohorts');
    const variance = (MEDIAN_VARIANCE * this.varianceOf(days)) / bucketCount;
    const parts = partsOf(resolution, COARSE_CELLS);
    const cells = this.promising(coarse, parts, variance);
    const counts = await this.cohortCounts(cells, days);
    return parts.flatMap(({ x, y, cells: within }) => {
      const sums = new Float64Array(bucketCount);
      let spread = 0;
      for (const { cell, part } of within) {
        const ofCell = counts.get(cell);
        if (!ofCell) continue;
        for (let bucket = 0; bucket < bucketCount; bucket += 1)
          add(sums, bucket, part * (ofCell[bucket] ?? 0));
        spread += part ** 2;
      }
      const value = medianOf(sums);
      return standsOut(value, variance * spread) ? [{ x, y, value }] : [];
    });
  }

  /**
   * The cells of which a median may be shown, the hottest first. A median of counts is at most twice their mean, and the
   * mean is known already from the coarse table.
   */
  private promising(coarse: NoisyGrid, parts: readonly ResampledCell[], variance: number): number[] {
    const { bucketCount, days, kinds } = this.input.question;
    const most = Math.min(
      Math.floor(MOST_DRAWS / (days.length * kinds.length * bucketCount)),
      Math.floor(MOST_COHORT_ROWS / bucketCount),
    );
    const hottest = outstanding(coarse);
    const found = new Set(hottest);
    const wanted = new Set<number>();
    for (const { cells } of parts) {
      const within = cells.filter(({ cell }) => found.has(cell));
      const sum = within.reduce((total, { cell, part }) => total + part * (coarse.counts[cell] ?? 0), 0);
      const spread = within.reduce((total, { part }) => total + part ** 2, 0);
      if (standsOut((2 * sum) / bucketCount, variance * spread))
        for (const { cell } of within) wanted.add(cell);
    }
    return hottest.filter((cell) => wanted.has(cell)).slice(0, Math.max(1, most));
  }

  private resampled({ perRow, counts, variance, isShown }: NoisyGrid, resolution: number): HeatPoint[] {
    return partsOf(resolution, perRow).flatMap(({ x, y, cells }) => {
      let value = 0;
      let spread = 0;
      for (const { cell, part } of cells) {
        if (!isShown(cell)) continue;
        value += part * (counts[cell] ?? 0);
        spread += part ** 2;
      }
      return standsOut(value, variance * spread) ? [{ x, y, value }] : [];
    });
  }

  /** For each of the cells what each cohort did there, with the noise of all days. */
  private async cohortCounts(
    cells: readonly number[],
    days: readonly DayNoise[],
  ): Promise<Map<number, Float64Array>> {
    const { bucketCount } = this.input.question;
    const counts = new Map(cells.map((cell) => [cell, new Float64Array(bucketCount)]));
    for (const { cell, bucket, touches } of await this.within(cohortStatement, cells)) {
      const ofCell = counts.get(cell);
      if (ofCell && bucket < bucketCount) ofCell[bucket] = touches;
    }
    await this.eachDay(days, (noise) => {
      for (const [cell, ofCell] of counts)
        for (const kind of this.kinds)
          noise.each((cell * KINDS + kind) * MOST_BUCKETS, bucketCount, (drawn, bucket) =>
            add(ofCell, bucket, drawn),
          );
    });
    return counts;
  }

  /** Touches within coarse cells, without noise: nothing of it leaves before `eachDay` has added some. */
  private async within<Row>(
    statement: AnalyticsQuery<WithinCellsInput, Row>,
    cells: readonly number[],
  ): Promise<Row[]> {
    if (cells.length === 0) return [];
    const input = { ...this.selection(), side: SIDE, perRow: COARSE_CELLS, cells };
    return this.store.query(this.input.owner, statement, input);
  }

  private selection(): HeatSelection & { kinds: readonly number[] } {
    const { question } = this.input;
    return { ...selectionOf(question), kinds: question.kinds };
  }

  /** The noise of every day, also of those without touches. */
  private noiseOf(table: NoisyTable): DayNoise[] {
    const { question, seed, prints } = this.input;
    const { screen, campaignId, days, epsilons } = question;
    const { slice } = this;
    return days.map((day, index) => {
      const exponent = exponentOf(epsilons[index] ?? 0, slice, table);
      const fingerprint = prints.get(day) ?? '';
      return new DayNoise(seed, { slice, table, screen, campaignId, day, fingerprint, exponent });
    });
  }

  /** The variance of what the days add to one cell. */
  private varianceOf(days: readonly DayNoise[]): number {
    return this.kinds.length * days.reduce((sum, { variance }) => sum + variance, 0);
  }

  private async eachDay(days: readonly DayNoise[], addNoise: (noise: DayNoise) => void): Promise<void> {
    for (const noise of days) {
      this.input.owner.signal?.throwIfAborted();
      addNoise(noise);
      await this.pause.whenDue();
    }
  }
}

function standsOut(value: number, variance: number): boolean {
  return variance > 0 && value > DEVIATIONS * Math.sqrt(variance);
}

function selectionOf({ screen, campaignId, days }: HeatQuestion): HeatSelection {
  return { screen, campaignId, from: days[0] ?? '', to: days.at(-1) ?? '' };
}

/** The cells that stand out of the noise, the hottest first. */
function outstanding({ counts, variance }: NoisyGrid): number[] {
  const least = DEVIATIONS * Math.sqrt(variance);
  return [...counts.keys()]
    .filter((cell) => (counts[cell] ?? 0) > least)
    .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
}

/** The finest cell with a number within a coarse one. */
function fineCell(coarse: number, within: number): number {
  const y = Math.trunc(coarse / COARSE_CELLS) * SIDE + Math.trunc(within / SIDE);
  const x = (coarse % COARSE_CELLS) * SIDE + (within % SIDE);
  return y * FINEST_CELLS + x;
}

function coarseCell(fine: number): number {
  const y = Math.trunc(Math.trunc(fine / FINEST_CELLS) / SIDE);
  return y * COARSE_CELLS + Math.trunc((fine % FINEST_CELLS) / SIDE);
}

function add(counts: Float64Array, index: number, amount: number): void {
  counts[index] = (counts[index] ?? 0) + amount;
}
