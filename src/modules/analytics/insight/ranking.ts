import { type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import { type Column, type Measure, names, selected } from './aggregation.js';

/** Cells of a question: one row for each combination of kind, bucket and values of the breakdown. */
export interface Cells {
  /** String; series of different kinds are ranked apart. */
  readonly kind: Fragment;
  /** Int64: milliseconds at which the bucket starts. */
  readonly bucket: Fragment;
  /** Texts: the values of the breakdown. */
  readonly keys: readonly Fragment[];
  readonly measure: Pick<Measure, 'cellKeys' | 'partials' | 'value' | 'folded'>;
  /** ` FROM … WHERE …` */
  readonly from: Fragment;
}

export interface Ranking {
  /** How many combinations of values are kept for each kind; the others are folded into one. */
  readonly limit: number;
  readonly rankBy: 'sum_of_buckets' | 'window';
}

/** A row of `rankedCells`. */
export interface CellRow {
  readonly kind: string;
  /** 1 is the largest; `limit` + 1: all others together. 0: there is no breakdown. */
  readonly place: number;
  /** Values of the breakdown, over the whole window; of the others: arbitrary. Empty in a bucket. */
  readonly keys: readonly string[];
  readonly bucket: number | string;
  /** 1: over the whole window; `bucket` says nothing then. */
  readonly whole: 0 | 1;
  readonly value: number;
}

/** A SELECT of CellRow, in no order: the value of each series in each bucket and over the whole window. */
export function rankedCells(cells: Cells, ranking: Ranking): Fragment {
  const { folded } = cells.measure;
  if (cells.keys.length === 0)
    return sql`SELECT series AS kind, 0 AS place, emptyArrayString() AS keys, bucket, grouping(bucket) AS whole, ${folded} AS value
      FROM (${cellRows(cells)}) GROUP BY GROUPING SETS ((series, bucket), (series))`;
  return sql`SELECT series AS kind, place, if(grouping(bucket) = 1, any(keys), []) AS keys, bucket, grouping(bucket) AS whole, ${folded} AS value
    FROM (${placedCells(cells, ranking)}) GROUP BY GROUPING SETS ((series, place, bucket), (series, place))`;
}

/** The cells with the place of their combination of values, which is found once for all of its buckets. */
function placedCells(cells: Cells, { limit, rankBy }: Ranking): Fragment {
  const { cellKeys, partials, value: valueOfCell, folded } = cells.measure;
  const keys = keyColumns(cells);
  const lists: readonly Column[] = [bucketColumn(cells), ...cellKeys, ...partials].map(({ name }, index) => ({
    name: sql.numbered('list', index),
    expression: sql`groupArray(${name})`,
  }));
  const unfolded = [bucketColumn(cells), ...cellKeys, ...partials].map(
    ({ name }, index) => sql`${sql.numbered('list', index)} AS ${name}`,
  );
  const weight = rankBy === 'window' ? folded : sql`sum(${valueOfCell})`;
  return sql`SELECT series, place, keys, ${names([bucketColumn(cells), ...cellKeys, ...partials])}
    FROM (
      SELECT series, [${sql.join(keys.map(({ name }) => sql`CAST(${name}, 'String')`))}] AS keys, ${names(lists)},
        least(row_number() OVER (PARTITION BY series ORDER BY weight DESC, ${names(keys)}), ${value(limit + 1, 'UInt32')}) AS place
      FROM (
        SELECT series, ${names(keys)}, ${selected(lists)}, ${weight} AS weight
        FROM (${cellRows(cells)}) GROUP BY series, ${names(keys)}
      )
    ) ARRAY JOIN ${sql.join(unfolded)}`;
}

function cellRows(cells: Cells): Fragment {
  const { cellKeys, partials } = cells.measure;
  const groups = [
    // Another name than the column's, which conditions ask for.
    { name: sql`series`, expression: cells.kind },
    bucketColumn(cells),
    ...keyColumns(cells),
    ...cellKeys,
  ];
  return sql`SELECT ${selected([...groups, ...partials])} ${cells.from} GROUP BY ${sql.join(
    groups.map(({ expression }) => expression),
  )}`;
}

function bucketColumn(cells: Cells): Column {
  return { name: sql`bucket`, expression: cells.bucket };
}

function keyColumns(cells: Cells): readonly Column[] {
  return cells.keys.map((expression, index) => ({ name: sql.numbered('key', index), expression }));
}
