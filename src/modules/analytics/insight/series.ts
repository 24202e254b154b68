import type { BreakdownKey, Point } from './insight-result.js';
import type { CellRow } from './ranking.js';

export interface Series {
  readonly kind: string;
  readonly breakdown: BreakdownKey;
  readonly points: readonly Point[];
  readonly total: number;
}

/** Rows of `rankedCells` as series: by kind, then place, others last; points ascend. */
export function groupedSeries(rows: readonly CellRow[], limit: number | undefined): Series[] {
  const groups = new Map<string, CellRow[]>();
  for (const row of rows) {
    const key = `${row.place} ${row.kind}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()]
    .map((group) => seriesOf(group, limit))
    .sort(bySeriesOrder)
    .map(({ series }) => series);
}

interface Placed {
  readonly place: number;
  readonly series: Series;
}

function seriesOf(group: readonly CellRow[], limit: number | undefined): Placed {
  const whole = group.find((row) => row.whole === 1);
  if (!whole) throw new Error('A series has a value over the whole window.');
  const points = group
    .filter((row) => row.whole === 0)
    .map((row) => ({ time: Number(row.bucket), value: row.value }))
    .sort((left, right) => left.time - right.time);
  const others = limit !== undefined && whole.place > limit;
  const breakdown = others ? 'others' : whole.keys;
  return { place: whole.place, series: { kind: whole.kind, breakdown, points, total: whole.value } };
}

function bySeriesOrder(left: Placed, right: Placed): number {
  return compareTexts(left.series.kind, right.series.kind) || left.place - right.place;
}

/** The order of the store: that of the bytes of UTF-8, which differs from JavaScript's beyond U+FFFF. */
export function compareTexts(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
