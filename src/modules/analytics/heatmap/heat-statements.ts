import {
  analyticsQuery,
  type Fragment,
  sql,
  touches,
  value,
} from '../../../platform/analytics-store/index.js';

/** Which touches: those of whole days on a screen, and of one campaign if it is named. */
export interface HeatSelection {
  readonly screen: string;
  /** Empty: of all. */
  readonly campaignId: string;
  /** `YYYY-MM-DD`, both included. */
  readonly from: string;
  readonly to: string;
}

interface CellsInput extends HeatSelection {
  readonly kinds: readonly number[];
  /** Cells of the finest grid in one side of a coarse cell. */
  readonly side: number;
}

export interface WithinCellsInput extends CellsInput {
  /** Coarse cells by their numbers, row by row. */
  readonly cells: readonly number[];
  readonly perRow: number;
}

const example: HeatSelection = { screen: 'Inbox', campaignId: '', from: '2026-03-01', to: '2026-03-31' };
const onCampaign = { ...example, campaignId: '0190f5e2-5e6b-7c3a-9b1f-000000000001' };

function selected({ screen, campaignId, from, to }: HeatSelection): Fragment {
  const conditions = [
    sql`screen = ${value(screen, 'String')}`,
    sql`day >= ${value(from, 'Date')}`,
    sql`day <= ${value(to, 'Date')}`,
    ...(campaignId === '' ? [] : [sql`campaign = ${value(campaignId, 'String')}`]),
  ];
  return sql.join(conditions, sql` AND `);
}

/**
 * What each day holds, and which cohorts. Days without touches are missing. The engine collects numbers in a third of the
 * time that it takes for pairs.
 */
export const daysStatement = analyticsQuery<
  HeatSelection,
  { of_day: string; touches: number; hash: string; cohorts: [number, number][] }
>({
  name: 'heatmap.days',
  build: (
    input,
  ) => sql`SELECT toString(day) AS of_day, count() AS touches, toString(groupBitXor(touch)) AS hash,
      arrayMap(cohort -> (toUInt32(bitShiftRight(cohort, 16)), toUInt16(bitAnd(cohort, 65535))),
               groupUniqArray(bitOr(bitShiftLeft(toUInt64(salted_at), 16), toUInt64(bucket)))) AS cohorts
    FROM ${touches} WHERE ${selected(input)} GROUP BY day`,
  examples: [example, onCampaign],
});

const touched = ({ kinds, ...input }: Pick<CellsInput, 'kinds'> & HeatSelection): Fragment =>
  sql`${selected(input)} AND kind IN ${value(kinds, 'Array(UInt8)')}`;

const coarseCell = ({ side, perRow }: Pick<WithinCellsInput, 'side' | 'perRow'>): Fragment =>
  sql`intDiv(y, ${value(side, 'UInt8')}) * ${value(perRow, 'UInt32')} + intDiv(x, ${value(side, 'UInt8')})`;

const within: WithinCellsInput = {
  ...{ ...example, kinds: [1, 2, 3, 4], side: 4, perRow: 50 },
  cells: Array.from({ length: 2_500 }, (_, n) => n),
};
const withinOnCampaign = { ...onCampaign, kinds: [1], side: 4, perRow: 50, cells: [0, 1_275] };

/** Touches of some kinds in each coarse cell that has any. */
export const coarseStatement = analyticsQuery<CellsInput, { cx: number; cy: number; touches: number }>({
  name: 'heatmap.coarse',
  build: ({ side, ...input }) => sql`SELECT intDiv(x, ${value(side, 'UInt8')}) AS cx,
      intDiv(y, ${value(side, 'UInt8')}) AS cy, count() AS touches
    FROM ${touches} WHERE ${touched(input)} GROUP BY cx, cy`,
  examples: [
    { ...example, kinds: [1, 2, 3, 4], side: 4 },
    { ...onCampaign, kinds: [1], side: 4 },
  ],
});

/** The same in each cell of the finest grid within some coarse ones. */
export const fineStatement = analyticsQuery<WithinCellsInput, { x: number; y: number; touches: number }>({
  name: 'heatmap.fine',
  build: ({ side, cells, perRow, ...input }) => sql`SELECT x, y, count() AS touches
    FROM ${touches} WHERE ${touched(input)}
      AND ${coarseCell({ side, perRow })} IN ${value(cells, 'Array(UInt32)')} GROUP BY x, y`,
  examples: [within, withinOnCampaign],
});

/** The same in some coarse cells, for each cohort. */
export const cohortStatement = analyticsQuery<
  WithinCellsInput,
  { cell: number; bucket: number; touches: number }
>({
  name: 'heatmap.cohorts',
  build: ({ side, cells, perRow, ...input }) => {
    const cell = coarseCell({ side, perRow });
    return sql`SELECT ${cell} AS cell, bucket, count() AS touches
      FROM ${touches} WHERE ${touched(input)}
        AND ${cell} IN ${value(cells, 'Array(UInt32)')} GROUP BY cell, bucket`;
  },
  examples: [within, withinOnCampaign],
});
