import { analyticsQuery, sql } from '../../../platform/analytics-store/index.js';
import { measureOf, selected } from './aggregation.js';
import type { MapQuery } from './insight-query.js';
import type { TopKResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface MapRow {
  readonly label: string;
  readonly value: number;
}

export const mapStatement = analyticsQuery<MapQuery, MapRow>({
  name: 'insight.map',
  build: (query) => {
    const source = new EventSource(query);
    const measure = measureOf(query.aggregation, source, false);
    const country = source.property('$country').text;
    const from = source.from({
      selectors: [query.scope],
      window: query.window,
      conditions: [...measure.conditions, sql`match(${country}, '^[A-Z][A-Z]$')`],
    });
    return sql`SELECT label, ${measure.value} AS value
      FROM (SELECT ${country} AS label, ${selected(measure.partials)} ${from} GROUP BY ${country})
      ORDER BY value DESC, label`;
  },
  examples: [
    {
      ...everything,
      type: 'map',
      scope: { kind: 'view', filters: [] },
      aggregation: { type: 'unique_users' },
    },
  ],
});

export function mapResult(rows: readonly MapRow[]): TopKResult {
  return {
    type: 'map',
    rows: rows.map(({ label, value }) => ({ label, value, others: false })),
  };
}
