import {
  analyticsQuery,
  type Fragment,
  profiles,
  sql,
  value,
} from '../../../platform/analytics-store/index.js';
import { measureOf, names, selected } from './aggregation.js';
import type { TopKQuery } from './insight-query.js';
import type { TopKResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { rankedCells } from './ranking.js';
import { EventSource } from './source.js';

interface TopKRow {
  /** 1 is the largest; the query's limit + 1: all others together. */
  readonly place: number;
  /** Arbitrary for the others. */
  readonly label: string;
  readonly value: number;
  readonly profile_id: string;
  readonly external_id: string;
}

export const topKStatement = analyticsQuery<TopKQuery, TopKRow>({
  name: 'insight.top_k',
  build: (query) => (query.dimension.type === 'person' ? topPersons(query) : topTexts(query)),
  examples: [
    {
      ...everything,
      type: 'top_k',
      dimension: { type: 'property', property: 'plan' },
      scope: { kind: 'view', filters: [] },
      aggregation: { type: 'unique_users' },
      limit: 1,
      others: true,
    },
    {
      ...everything,
      type: 'top_k',
      dimension: { type: 'person' },
      scope: { kind: '', filters: [] },
      aggregation: { type: 'average', property: 'amount' },
      limit: 1,
      others: true,
    },
  ],
});

function topTexts(query: TopKQuery): Fragment {
  const source = new EventSource(query);
  const measure = measureOf(query.aggregation, source, false);
  const key =
    query.dimension.type === 'property' ? source.property(query.dimension.property).text : sql`kind`;
  const ranked = rankedCells(
    {
      kind: sql`''`,
      bucket: sql`toInt64(0)`,
      keys: [key],
      measure,
      from: source.from({ selectors: [query.scope], window: query.window, conditions: measure.conditions }),
    },
    { limit: query.limit, rankBy: 'window' },
  );
  return sql`SELECT place, keys[1] AS label, value, '' AS profile_id, '' AS external_id
    FROM (${ranked}) WHERE whole = 1`;
}

/** Persons are labelled when their events are counted: by the profile's id, without a profile by the id of the events. */
function topPersons(query: TopKQuery): Fragment {
  const source = new EventSource(query);
  const measure = measureOf(query.aggregation, source, false);
  const person = source.canonicalPerson();
  const from = source.from({
    selectors: [query.scope],
    window: query.window,
    conditions: [...measure.conditions, source.hasPerson()],
  });
  return sql`SELECT ranked.place AS place, ranked.label AS label, ranked.value AS value, profile.profile_id AS profile_id,
      profile.external_id AS external_id
    FROM (
      SELECT place, any(label) AS label, any(counted) AS counted, ${measure.folded} AS value
      FROM (
        SELECT counted, label, ${names(measure.partials)},
          least(row_number() OVER (ORDER BY weight DESC, label), ${value(query.limit + 1, 'UInt32')}) AS place
        FROM (
          SELECT counted, ${names(measure.partials)}, if(profile_id = '', some_id, profile_id) AS label,
            ${measure.value} AS weight
          FROM (SELECT ${person} AS counted, min(distinct_id) AS some_id, ${selected(measure.partials)} ${from} GROUP BY ${person})
            AS one
          ANY LEFT JOIN (SELECT canonical, profile_id FROM ${profiles}) AS name ON counted = canonical
        )
      ) GROUP BY place
    ) AS ranked
    ANY LEFT JOIN (
      SELECT canonical, profile_id, external_id FROM ${profiles} WHERE NOT deleted
    ) AS profile ON ranked.counted = profile.canonical`;
}

export function topKResult(query: TopKQuery, rows: readonly TopKRow[]): TopKResult {
  const kept = rows.filter(({ place }) => place <= query.limit || query.others);
  return {
    type: 'top_k',
    rows: kept
      .toSorted((left, right) => left.place - right.place)
      .map((row) => (row.place > query.limit ? othersRow(row) : keptRow(row))),
  };
}

function othersRow({ value: amount }: TopKRow): TopKResult['rows'][number] {
  return { label: '$others', value: amount, others: true };
}

function keptRow({ label, value: amount, ...row }: TopKRow): TopKResult['rows'][number] {
  if (row.profile_id === '') return { label, value: amount, others: false };
  return {
    label,
    value: amount,
    others: false,
    profile: { id: row.profile_id, externalId: row.external_id },
  };
}
