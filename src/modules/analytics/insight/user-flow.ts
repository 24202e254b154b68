import { analyticsQuery, type Fragment, sql, value } from '../../../platform/analytics-store/index.js';
import type { UserFlowQuery } from './insight-query.js';
import type { UserFlowResult } from './insight-result.js';
import { everything } from './question-examples.js';
import { compareTexts } from './series.js';
import { EventSource } from './source.js';

/** A link between two nodes; `others`: the node of all small ones of its step, with no label. */
interface FlowRow {
  readonly depth: number;
  readonly source: string;
  readonly target: string;
  readonly source_others: 0 | 1;
  readonly target_others: 0 | 1;
  /** What all links carry that touch the node, before the limit of links. */
  readonly source_weight: number;
  readonly target_weight: number;
  readonly value: number;
}

export const userFlowStatement = analyticsQuery<UserFlowQuery, FlowRow>({
  name: 'insight.user_flow',
  build: (query) => {
    const place = (side: Fragment) => sql`maxIf(place, side = ${side}) > ${value(query.maxNodes, 'UInt32')}`;
    // Each link is a row for its source and one for its target, so that a node meets all links that touch it.
    return sql`SELECT depth, source, target, source_others, target_others,
        any(source_weight) AS source_weight, any(target_weight) AS target_weight, sum(sessions) AS value
      FROM (
        SELECT depth, ${place(sql`0`)} AS source_others, ${place(sql`1`)} AS target_others,
          if(source_others, '', link.1) AS source, if(target_others, '', link.2) AS target,
          maxIf(weight, side = 0) AS source_weight, maxIf(weight, side = 1) AS target_weight, any(sessions) AS sessions
        FROM (
          SELECT *, dense_rank() OVER (PARTITION BY depth + side ORDER BY weight DESC, label) AS place
          FROM (
            SELECT *, sum(sessions) OVER (PARTITION BY depth + side, label) AS weight
            FROM (
              SELECT depth, link, sessions, side, if(side = 0, link.1, link.2) AS label
              FROM (${linksSql(query)}) ARRAY JOIN [0, 1] AS side
            )
          )
        ) GROUP BY depth, link
      ) GROUP BY depth, source, target, source_others, target_others
      ORDER BY value DESC, depth, source_others, source, target_others, target LIMIT ${value(query.maxLinks, 'UInt32')}`;
  },
  examples: [
    {
      ...everything,
      type: 'user_flow',
      node: { type: 'kind' },
      scope: { kind: '', filters: [] },
      maxHops: 5,
      maxNodes: 20,
      maxLinks: 250,
    },
    {
      ...everything,
      type: 'user_flow',
      node: { type: 'property', property: 'plan' },
      scope: { kind: '', filters: [] },
      maxHops: 1,
      maxNodes: 2,
      maxLinks: 1,
    },
  ],
});

/** A row for each link of neighbouring labels at a depth: `depth`, `link`, `sessions`. A node without a label breaks it. */
function linksSql(query: UserFlowQuery): Fragment {
  const source = new EventSource(query);
  const label = query.node.type === 'kind' ? sql`kind` : source.property(query.node.property).text;
  const person = source.canonicalPerson();
  const from = source.from({
    selectors: [query.scope],
    window: query.window,
    conditions: [sql`session != 0`, ...(query.includeCookieless ? [] : [sql`NOT cookieless`])],
  });
  // All of a session's events and then the first: `groupArraySorted` compares tuples at three times the cost.
  const events = sql`arraySort(groupArray(tuple(occur_time, event_id, kind, CAST(${label}, 'String'))))`;
  const labels = sql`arraySlice(${events}, 1, ${value(query.maxHops + 1, 'UInt8')}).4`;
  return sql`SELECT depth - 1 AS depth, link, toFloat64(count()) AS sessions
    FROM (SELECT ${labels} AS labels ${from} GROUP BY session, ${person})
    ARRAY JOIN arrayZip(arrayPopBack(labels), arrayPopFront(labels)) AS link, arrayEnumerate(arrayPopFront(labels)) AS depth
    WHERE link.1 != '' AND link.2 != '' GROUP BY depth, link`;
}

interface FlowNode {
  readonly depth: number;
  readonly label: string;
  readonly others: boolean;
  readonly weight: number;
}

const OTHERS = '$others';

export function userFlowResult(rows: readonly FlowRow[]): UserFlowResult {
  const nodes = new Map<string, FlowNode>();
  for (const row of rows) {
    for (const node of [sourceOf(row), targetOf(row)]) nodes.set(keyOf(node), node);
  }
  const sorted = [...nodes.values()].sort(byPlace);
  const positions = new Map(sorted.map((node, position) => [keyOf(node), position]));
  const positionOf = (node: FlowNode) => positions.get(keyOf(node)) ?? -1;
  return {
    type: 'user_flow',
    nodes: sorted.map(({ depth, label, others }) => ({ depth, label, others })),
    links: rows.map((row) => ({
      source: positionOf(sourceOf(row)),
      target: positionOf(targetOf(row)),
      value: row.value,
    })),
  };
}

function sourceOf(row: FlowRow): FlowNode {
  return nodeOf(row.depth, row.source, row.source_others === 1, row.source_weight);
}

function targetOf(row: FlowRow): FlowNode {
  return nodeOf(row.depth + 1, row.target, row.target_others === 1, row.target_weight);
}

function nodeOf(depth: number, label: string, others: boolean, weight: number): FlowNode {
  return { depth, label: others ? OTHERS : label, others, weight };
}

function keyOf({ depth, label, others }: FlowNode): string {
  return `${depth} ${others} ${label}`;
}

function byPlace(left: FlowNode, right: FlowNode): number {
  return (
    left.depth - right.depth ||
    Number(left.others) - Number(right.others) ||
    right.weight - left.weight ||
    compareTexts(left.label, right.label)
  );
}
