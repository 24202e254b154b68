import { analyticsQuery, sql } from '../../../platform/analytics-store/index.js';
import { measureOf, selected } from './aggregation.js';
import type { SegmentationQuery } from './insight-query.js';
import type { NumberResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { EventSource } from './source.js';

interface SegmentationRow {
  readonly total: number;
}

export const segmentationStatement = analyticsQuery<SegmentationQuery, SegmentationRow>({
  name: 'insight.segmentation',
  build: (query) => {
    const source = new EventSource(query);
    const measure = measureOf(query.aggregation, source, false);
    const from = source.from({
      selectors: query.events,
      window: query.window,
      conditions: measure.conditions,
    });
    return sql`SELECT ${measure.folded} AS total FROM (SELECT ${selected(measure.partials)} ${from})`;
  },
  examples: [
    {
      ...everything,
      type: 'segmentation',
      events: [
        { kind: 'view', filters: [{ property: 'plan', source: 'event', operator: 'is_set' }] },
        { kind: 'buy', filters: [] },
      ],
      aggregation: { type: 'unique_users' },
    },
    {
      ...everything,
      type: 'segmentation',
      events: [{ kind: '', filters: [] }],
      aggregation: { type: 'per_user_average' },
    },
    {
      ...everything,
      type: 'segmentation',
      events: [{ kind: '', filters: [] }],
      aggregation: { type: 'maximum', property: 'amount' },
    },
  ],
});

export function segmentationResult(rows: readonly SegmentationRow[]): NumberResult {
  return { type: 'segmentation', total: rows[0]?.total ?? 0 };
}
