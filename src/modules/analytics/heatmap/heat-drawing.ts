import { Injectable } from '@nestjs/common';
import { EventLoopYield } from '@dovecote/rpc';
import { AnalyticsStore, type StatementOwner } from '../../../platform/analytics-store/index.js';
import { exponentOf, type NoisyTable, type Slice } from './budget.rules.js';
import { areEnough, medianOf } from './cohort.rules.js';
import { spansOf } from './grid.rules.js';
import {
  cellsStatement,
  cohortCellsStatement,
  daysStatement,
  type HeatSelection,
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
    const counts = await this.counted(SIDE);
    const variance = await this.eachDay('coarse', (noise) => {
      noise.each(0, counts.length * KINDS, (drawn, index) => {
        if (this.kinds.includes(index % KINDS)) add(counts, Math.trunc(index / KINDS), drawn);
      });
    });
    return { perRow: COARSE_CELLS, counts, variance, isShown: () => true };
  }

  private async fine(coarse: NoisyGrid): Promise<NoisyGrid> {
    const counts = await this.counted(1);
    const shown = outstanding(coarse);
    const width = SIDE * SIDE * KINDS;
    const variance = await this.eachDay('fine', (noise) => {
      for (const cell of shown)
        noise.each(cell * width, width, (drawn, index) => {
          if (this.kinds.includes(index % KINDS))
            add(counts, fineCell(cell, Math.trunc(index / KINDS)), drawn);
        });
    });
    const within = new Set(shown);
    return { perRow: FINEST_CELLS, counts, variance, isShown: (cell) => within.has(coarseCell(cell)) };
  }

  private async medians(coarse: NoisyGrid, resolution: number): Promise<HeatPoint[]> {
    const { bucketCount, days, kinds } = this.input.question;
    const most = Math.min(
      Math.floor(MOST_DRAWS / (days.length * kinds.length * bucketCount)),
      Math.floor(MOST_COHORT_ROWS / bucketCount),
    );
    const cells = outstanding(coarse).slice(0, Math.max(1, most));
    const counts = await this.cohortCounts(cells, bucketCount);
    const variance = await this.eachDay('cohorts', (noise) => {
      for (const cell of cells)
        for (const kind of this.kinds)
          noise.each((cell * KINDS + kind) * MOST_BUCKETS, bucketCount, (drawn, bucket) => {
            const ofCell = counts.get(cell);
            if (ofCell) add(ofCell, bucket, drawn);
          });
    });
    const spans = spansOf(resolution, COARSE_CELLS);
    return spans.flatMap((row) =>
      spans.flatMap((column) => {
        const sums = new Float64Array(bucketCount);
        let spread = 0;
        for (const { cell: y, part: down } of row.parts)
          for (const { cell: x, part: across } of column.parts) {
            const ofCell = counts.get(y * COARSE_CELLS + x);
            if (!ofCell) continue;
            for (let bucket = 0; bucket < bucketCount; bucket += 1)
              add(sums, bucket, across * down * (ofCell[bucket] ?? 0));
            spread += (across * down) ** 2;
          }
        const value = medianOf(sums);
        const deviation = Math.sqrt((MEDIAN_VARIANCE * variance * spread) / bucketCount);
        return spread > 0 && value > DEVIATIONS * deviation
          ? [{ x: column.centre, y: row.centre, value }]
          : [];
      }),
    );
  }

  private resampled({ perRow, counts, variance, isShown }: NoisyGrid, resolution: number): HeatPoint[] {
    const spans = spansOf(resolution, perRow);
    return spans.flatMap((row) =>
      spans.flatMap((column) => {
        let value = 0;
        let spread = 0;
        for (const { cell: y, part: down } of row.parts)
          for (const { cell: x, part: across } of column.parts) {
            const cell = y * perRow + x;
            if (!isShown(cell)) continue;
            value += across * down * (counts[cell] ?? 0);
            spread += (across * down) ** 2;
          }
        return spread > 0 && value > DEVIATIONS * Math.sqrt(variance * spread)
          ? [{ x: column.centre, y: row.centre, value }]
          : [];
      }),
    );
  }

  /** Touches in each cell of a grid, without noise: nothing of it leaves before `eachDay` has added some. */
  private async counted(side: number): Promise<Float64Array> {
    const { question, owner } = this.input;
    const perRow = FINEST_CELLS / side;
    const counts = new Float64Array(perRow * perRow);
    const rows = await this.store.query(owner, cellsStatement, {
      ...selectionOf(question),
      kinds: question.kinds,
      side,
    });
    for (const { cx, cy, touches } of rows) counts[cy * perRow + cx] = touches;
    return counts;
  }

  private async cohortCounts(
    cells: readonly number[],
    bucketCount: number,
  ): Promise<Map<number, Float64Array>> {
    const { question, owner } = this.input;
    const counts = new Map(cells.map((cell) => [cell, new Float64Array(bucketCount)]));
    if (cells.length === 0) return counts;
    const rows = await this.store.query(owner, cohortCellsStatement, {
      ...selectionOf(question),
      kinds: question.kinds,
      side: SIDE,
      perRow: COARSE_CELLS,
      cells,
    });
    for (const { cell, bucket, touches } of rows) {
      const ofCell = counts.get(cell);
      if (ofCell && bucket < bucketCount) ofCell[bucket] = touches;
    }
    return counts;
  }

  /** Adds the noise of every day, also of those without touches. Returns the variance in one cell. */
  private async eachDay(table: NoisyTable, addNoise: (noise: DayNoise) => void): Promise<number> {
    const { question, seed, prints, owner } = this.input;
    const { screen, campaignId, days, epsilons } = question;
    let variance = 0;
    for (const [index, day] of days.entries()) {
      owner.signal?.throwIfAborted();
      const exponent = exponentOf(epsilons[index] ?? 0, this.slice, table);
      const fingerprint = prints.get(day) ?? '';
      const noise = new DayNoise(seed, {
        slice: this.slice,
        table,
        screen,
        campaignId,
        day,
        fingerprint,
        exponent,
      });
      addNoise(noise);
      variance += noise.variance * this.kinds.length;
      await this.pause.whenDue();
    }
    return variance;
  }
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
