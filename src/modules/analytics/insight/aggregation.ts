import { type Fragment, sql } from '../../../platform/analytics-store/index.js';
import type { Aggregation } from './insight-query.js';
import type { EventSource } from './source.js';

/**
 * What is counted or computed, in two stages, so that what a limit leaves over is computed exactly: events are grouped
 * into cells (of a bucket and the values of a breakdown), which hold partial results; cells are folded into values.
 */
export interface Measure {
  /** Which events take part: where persons are counted, those without one make no bucket and no row. */
  readonly conditions: readonly Fragment[];
  /** Columns by which cells are grouped besides bucket and breakdown. */
  readonly cellKeys: readonly Column[];
  /** Columns of a cell: aggregates over its events. */
  readonly partials: readonly Column[];
  /** Float64: what one cell adds to the sum over buckets, from its columns. */
  readonly value: Fragment;
  /** Float64: the value of several cells together, an aggregate over their columns. */
  readonly folded: Fragment;
}

export interface Column {
  readonly name: Fragment;
  readonly expression: Fragment;
}

const n: Column = { name: sql`n`, expression: sql`count()` };

/** `manyCells`: of buckets and many values of a breakdown, so that most cells hold few persons. */
export function measureOf(aggregation: Aggregation, source: EventSource, manyCells: boolean): Measure {
  switch (aggregation.type) {
    case 'total':
      return {
        conditions: [],
        cellKeys: [],
        partials: [n],
        value: sql`toFloat64(n)`,
        folded: sql`toFloat64(sum(n))`,
      };
    case 'unique_users':
      return manyCells ? distinctPersons(source) : setsOfPersons(source);
    case 'per_user_average':
      return {
        conditions: [source.hasPerson()],
        cellKeys: [],
        partials: [n, { name: sql`persons`, expression: sql`uniqExactState(${source.person()})` }],
        value: sql`n / finalizeAggregation(persons)`,
        folded: sql`if(sum(n) = 0, 0, sum(n) / uniqExactMerge(persons))`,
      };
    case 'sum':
    case 'average':
    case 'minimum':
    case 'maximum':
      return measureOfNumbers(aggregation, source);
  }
}

/** A cell for each person: many small sets cost half as much again, few large ones half as much. */
function distinctPersons(source: EventSource): Measure {
  return {
    conditions: [source.hasPerson()],
    cellKeys: [{ name: sql`counted`, expression: source.person() }],
    partials: [],
    value: sql`toFloat64(1)`,
    folded: sql`toFloat64(uniqExact(counted))`,
  };
}

function setsOfPersons(source: EventSource): Measure {
  return {
    conditions: [source.hasPerson()],
    cellKeys: [],
    partials: [{ name: sql`persons`, expression: sql`uniqExactState(${source.person()})` }],
    value: sql`toFloat64(finalizeAggregation(persons))`,
    folded: sql`toFloat64(uniqExactMerge(persons))`,
  };
}

function measureOfNumbers(
  { type, property: name }: Extract<Aggregation, { property: string }>,
  source: EventSource,
): Measure {
  const property = source.property(name);
  const counts = source.countsAsNumber(property);
  const amount: Column = { name: sql`amount`, expression: sql`sumIf(${property.number}, ${counts})` };
  const numbers: Column = { name: sql`n`, expression: sql`countIf(${counts})` };
  const common = { conditions: [], cellKeys: [] };
  switch (type) {
    case 'sum':
      return { ...common, partials: [amount], value: sql`amount`, folded: sql`sum(amount)` };
    case 'average':
      return {
        ...common,
        partials: [amount, numbers],
        value: sql`if(n = 0, 0, amount / n)`,
        folded: sql`if(sum(n) = 0, 0, sum(amount) / sum(n))`,
      };
    case 'minimum':
      return {
        ...common,
        partials: [{ name: sql`least`, expression: sql`minIf(${property.number}, ${counts})` }, numbers],
        value: sql`least`,
        folded: sql`minIf(least, n > 0)`,
      };
    case 'maximum':
      return {
        ...common,
        partials: [{ name: sql`most`, expression: sql`maxIf(${property.number}, ${counts})` }, numbers],
        value: sql`most`,
        folded: sql`maxIf(most, n > 0)`,
      };
  }
}

/** The columns of a cell, as `expression AS name`. */
export function selected(columns: readonly Column[]): Fragment {
  return sql.join(columns.map(({ name, expression }) => sql`${expression} AS ${name}`));
}

export function names(columns: readonly Column[]): Fragment {
  return sql.join(columns.map(({ name }) => name));
}
