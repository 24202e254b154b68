import type { MessageInitShape } from '@bufbuild/protobuf';
import type { DashboardTileInputSchema } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import {
  AggregationType,
  type InsightQuerySpecSchema,
  InsightType,
  SessionMetric,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import { database } from '../support/engine.js';

type Spec = Exclude<MessageInitShape<typeof InsightQuerySpecSchema>, { $typeName: string }>;

const view = { kind: 'page_view' };
const views = { event: view, aggregation: AggregationType.TOTAL };
const visitors = { event: view, aggregation: AggregationType.UNIQUE_USERS };
const everybody = { event: {}, aggregation: AggregationType.UNIQUE_USERS };
const properties = ['$pathname', '$channel', '$browser'] as const;

const specs: readonly Spec[] = [
  { insightType: InsightType.SEGMENTATION, events: [visitors] },
  { insightType: InsightType.SEGMENTATION, events: [views] },
  { insightType: InsightType.SEGMENTATION, events: [everybody] },
  { insightType: InsightType.SEGMENTATION, session: { metric: SessionMetric.SESSIONS } },
  { insightType: InsightType.TRENDS, events: [visitors] },
  { insightType: InsightType.TRENDS, events: [views] },
  { insightType: InsightType.TRENDS, events: [views], breakdowns: [{ property: '$country' }] },
  ...properties.map((property) => ({
    insightType: InsightType.TOP_K,
    topK: {
      dimension: TopKQuery_Dimension.PROPERTY,
      property,
      scope: view,
      metric: AggregationType.UNIQUE_USERS,
    },
  })),
  { insightType: InsightType.TOP_K, topK: { dimension: TopKQuery_Dimension.EVENT_KIND } },
  { insightType: InsightType.MAP, map: { scope: view, metric: AggregationType.UNIQUE_USERS } },
];

/** A dozen questions about visitors. */
export const tiles: readonly Exclude<
  MessageInitShape<typeof DashboardTileInputSchema>,
  { $typeName: string }
>[] = specs.map((spec) => ({ content: { case: 'insight', value: { spec } } }));

/** The same as an expert writes them, in their order. */
export function handStatements(project: number, { from, to }: Window): string[] {
  const time = (instant: number) => `fromUnixTimestamp64Milli(${instant}, 'UTC')`;
  const scope = (...conditions: string[]) =>
    `FROM ${database}.events FINAL WHERE ${[`project = ${project}`, 'NOT bot', `occur_time >= ${time(from)}`, `occur_time < ${time(to)}`, ...conditions].join(' AND ')}
     SETTINGS do_not_merge_across_partitions_select_final = 1, optimize_move_to_prewhere_if_final = 1`;
  const grouped = (...conditions: string[]) =>
    scope(...conditions).replace('\n     SETTINGS', '\n GROUPED SETTINGS');
  const by = (key: string, value: string, ...conditions: string[]) =>
    `SELECT ${key} AS key, ${value} AS n ${grouped(...conditions).replace('GROUPED', 'GROUP BY key ORDER BY n DESC LIMIT 11')}`;
  const isView = `kind = 'page_view'`;
  const persons = 'person != 0 AND NOT cookieless';
  const people = 'uniqExact(person)';
  return [
    `SELECT ${people} ${scope(isView, persons)}`,
    `SELECT count() ${scope(isView)}`,
    `SELECT ${people} ${scope(persons)}`,
    `SELECT uniqExact(session_id, person) ${scope(`session_id != ''`)}`,
    by('toStartOfDay(occur_time)', people, isView, persons).replace('LIMIT 11', ''),
    by('toStartOfDay(occur_time)', 'count()', isView).replace('LIMIT 11', ''),
    by('(country, toStartOfDay(occur_time))', 'count()', isView).replace('LIMIT 11', ''),
    ...['pathname', 'channel', 'browser'].map((column) => by(column, people, isView, persons)),
    by('kind', 'count()'),
    by('country', people, isView, persons, `country != ''`),
  ];
}
