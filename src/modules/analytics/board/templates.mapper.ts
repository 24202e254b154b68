import { create, type JsonObject, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import {
  AggregationType,
  InsightQuerySpecSchema,
  InsightType,
  SessionMetric,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { notFound } from '../../../platform/errors/index.js';
import type { Position, TileDraft, View } from './board.js';

type Spec = Exclude<MessageInitShape<typeof InsightQuerySpecSchema>, { $typeName: string }>;

/** A board to begin with, made of events with a standard name and of automatic properties. */
export interface Template {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tiles: readonly TileDraft[];
}

const COLUMNS = 72;
const NUMBER_ROWS = 14;
const CHART_ROWS = 36;

const { TOTAL, UNIQUE_USERS } = AggregationType;
const { PROPERTY, EVENT_KIND } = TopKQuery_Dimension;

const number = (kind: string, aggregation: AggregationType, title: string) =>
  question(title, 'kpi', { insightType: InsightType.SEGMENTATION, events: [counted(kind, aggregation)] });
const sessionNumber = (metric: SessionMetric, title: string) =>
  question(title, 'kpi', { insightType: InsightType.SEGMENTATION, session: { metric } });
const over = (title: string, kinds: readonly string[], aggregation: AggregationType, view: View = 'line') =>
  question(title, view, {
    insightType: InsightType.TRENDS,
    events: kinds.map((kind) => counted(kind, aggregation)),
  });
const sessionsOver = (title: string, metric: SessionMetric, view: View = 'area', property?: string) =>
  question(title, view, {
    insightType: InsightType.TRENDS,
    session: { metric },
    breakdowns: property === undefined ? [] : [{ property }],
  });
const top = (title: string, property: string, view: View = 'table', kind = '') =>
  question(title, view, {
    insightType: InsightType.TOP_K,
    topK: { dimension: PROPERTY, property, metric: UNIQUE_USERS, scope: { kind } },
  });
const topKinds = (title: string) =>
  question(title, 'table', {
    insightType: InsightType.TOP_K,
    topK: { dimension: EVENT_KIND, metric: TOTAL },
  });
const countries = (title: string) =>
  question(title, 'map', { insightType: InsightType.MAP, map: { metric: UNIQUE_USERS } });
const funnel = (title: string, ...kinds: string[]) =>
  question(title, 'bar', {
    insightType: InsightType.FUNNEL,
    events: kinds.map((kind) => ({ event: { kind } })),
    conversionWindow: { seconds: 7n * 86_400n },
    includeStepTiming: true,
  });
const retention = (title: string, start: string, back: string) =>
  question(title, 'table', {
    insightType: InsightType.RETENTION,
    events: [{ event: { kind: start } }, { event: { kind: back } }],
  });

export const templates: readonly Template[] = [
  template(
    'product_overview',
    'Product overview',
    'How many people use the product, and what they do. Works with any events.',
    [
      [
        number('', UNIQUE_USERS, 'People'),
        number('', TOTAL, 'Events'),
        sessionNumber(SessionMetric.SESSIONS, 'Sessions'),
      ],
      [sessionsOver('Sessions over time', SessionMetric.SESSIONS), topKinds('What people do')],
      [countries('Where people are'), top('Platforms', '$platform', 'pie')],
    ],
  ),
  template('web_traffic', 'Web traffic', 'Visitors, pages and where visitors come from. Expects page_view.', [
    [
      number('page_view', UNIQUE_USERS, 'Visitors'),
      number('page_view', TOTAL, 'Page views'),
      sessionNumber(SessionMetric.BOUNCE_RATE, 'Bounce rate'),
      sessionNumber(SessionMetric.AVG_DURATION, 'Seconds per visit'),
    ],
    [over('Visitors over time', ['page_view'], UNIQUE_USERS, 'area')],
    [
      top('Top pages', '$pathname', 'table', 'page_view'),
      sessionsOver('Entry pages', SessionMetric.ENTRY, 'bar_stacked', '$pathname'),
    ],
    [top('Channels', '$channel', 'pie'), top('Referrers', '$referrerDomain'), countries('Countries')],
    [top('Browsers', '$browser'), top('Devices', '$device'), top('Campaigns', '$utmCampaign')],
  ]),
  template(
    'activation_and_retention',
    'Activation and retention',
    'Whether new people reach the value of the product and come back. Expects signup, login and feature_used.',
    [
      [
        number('signup', UNIQUE_USERS, 'New people'),
        number('feature_used', UNIQUE_USERS, 'People who used a feature'),
      ],
      [
        over('New and returning', ['signup', 'login'], UNIQUE_USERS),
        funnel('From sign-up to first use', 'signup', 'feature_used'),
      ],
      [retention('Who comes back after signing up', 'signup', 'feature_used')],
      [
        top('Features', 'feature_name', 'table', 'feature_used'),
        funnel('Trials that convert', 'trial_started', 'trial_converted'),
      ],
    ],
  ),
  template(
    'messages',
    'Messages',
    'How many messages are received, clicked and dismissed. Expects notification_received, notification_clicked and notification_dismissed.',
    [
      [
        number('notification_received', UNIQUE_USERS, 'People reached'),
        number('notification_received', TOTAL, 'Received'),
        number('notification_clicked', TOTAL, 'Clicked'),
        number('notification_dismissed', TOTAL, 'Dismissed'),
      ],
      [
        over(
          'Messages over time',
          ['notification_received', 'notification_clicked', 'notification_dismissed'],
          TOTAL,
        ),
      ],
      [
        funnel('From receipt to click', 'notification_received', 'notification_clicked'),
        top('Campaigns by people who click', 'campaign_id', 'table', 'notification_clicked'),
      ],
    ],
  ),
];

type Placed = Omit<TileDraft, 'position'>;

function question(title: string, view: View, spec: Spec): Placed {
  // The JSON of a message is an object.
  const json = toJson(InsightQuerySpecSchema, create(InsightQuerySpecSchema, spec)) as JsonObject;
  return {
    title,
    description: '',
    view,
    look: {},
    content: { type: 'insight', contract: 'shipped', spec: json },
  };
}

function counted(kind: string, aggregation: AggregationType) {
  return { event: { kind }, aggregation };
}

/** Tiles row by row; those of a row share its width. */
function template(
  id: string,
  name: string,
  description: string,
  rows: readonly (readonly Placed[])[],
): Template {
  let y = 0;
  const tiles = rows.flatMap((row) => {
    const h = row.every(({ view }) => view === 'kpi') ? NUMBER_ROWS : CHART_ROWS;
    const placed = row.map((tile, index) => ({ ...tile, position: slot(index, row.length, y, h) }));
    y += h;
    return placed;
  });
  return { id, name, description, tiles };
}

function slot(index: number, of: number, y: number, h: number): Position {
  const w = Math.floor(COLUMNS / of);
  return { x: index * w, y, w, h };
}

/** Throws NOT_FOUND. */
export function templateOf(id: string): Template {
  const found = templates.find((one) => one.id === id);
  if (!found) throw notFound('dashboard template');
  return found;
}
