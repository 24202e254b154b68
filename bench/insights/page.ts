import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import {
  AggregationType,
  Granularity,
  type InsightQuerySpecSchema,
  InsightsService,
  InsightType,
  SessionMetric,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { Window } from '../../src/modules/analytics/insight/insight-query.js';
import type { BenchProject } from '../support/project.js';
import { before } from './window.js';

type Spec = Exclude<MessageInitShape<typeof InsightQuerySpecSchema>, { $typeName: string }>;

interface Tile {
  readonly spec: Spec;
  readonly window: Window;
}

/** Milliseconds of one page: of each answer, and until the last one. */
export interface PageTimes {
  readonly answers: readonly number[];
  readonly page: number;
  /** Questions that the product refused, since they took longer than a question may. */
  readonly refused: number;
}

/** A dashboard that asks as one of a web site's does: 26 questions at once, each in a call. */
export class Page {
  private readonly client: Client<typeof InsightsService>;
  private readonly tiles: readonly Tile[];

  constructor(baseUrl: string, project: BenchProject, window: Window) {
    const authorize: Interceptor = (next) => (request) => {
      for (const [name, value] of Object.entries(project.private)) request.header.set(name, value);
      return next(request);
    };
    // In JSON, as a browser sends them.
    const transport = createConnectTransport({
      ...{ baseUrl, httpVersion: '1.1' },
      useBinaryFormat: false,
      interceptors: [authorize],
    });
    this.client = createClient(InsightsService, transport);
    this.tiles = tilesOf(window);
  }

  get questions(): number {
    return this.tiles.length;
  }

  /** `earlier`: milliseconds by which all windows are moved, so that the server has not given these answers before. */
  async open(earlier = 0): Promise<PageTimes> {
    const begin = performance.now();
    let refused = 0;
    const answers = await Promise.all(
      this.tiles.map(async ({ spec, window: { from, to } }) => {
        const timeRange = { from: timestampFromMs(from - earlier), to: timestampFromMs(to - earlier) };
        await this.client.query({ spec, timeRange, granularity: Granularity.DAY }).catch((error: unknown) => {
          if (ConnectError.from(error).code !== Code.DeadlineExceeded) throw error;
          refused += 1;
        });
        return performance.now() - begin;
      }),
    );
    return { answers, page: Math.max(...answers), refused };
  }
}

const view = { kind: 'page_view' };
const views = { event: view, aggregation: AggregationType.TOTAL };
const visitors = { event: view, aggregation: AggregationType.UNIQUE_USERS };
const segmentation = { insightType: InsightType.SEGMENTATION };
const trends = { insightType: InsightType.TRENDS };

function tilesOf(window: Window): Tile[] {
  const numbers: Spec[] = [
    { ...segmentation, events: [visitors] },
    { ...segmentation, events: [views] },
    ...[SessionMetric.SESSIONS, SessionMetric.BOUNCE_RATE, SessionMetric.AVG_DURATION].map((metric) => ({
      ...segmentation,
      session: { metric },
    })),
  ];
  const lines: Spec[] = [
    { ...trends, events: [visitors] },
    { ...trends, events: [views] },
    { ...trends, session: { metric: SessionMetric.SESSIONS } },
  ];
  const pages: Spec[] = [SessionMetric.ENTRY, SessionMetric.EXIT].map((metric) => ({
    ...trends,
    ...{ session: { metric }, breakdowns: [{ property: '$pathname' }] },
  }));
  const ranked = [
    ...[
      '$pathname',
      '$referrerDomain',
      '$utmSource',
      '$utmCampaign',
      '$channel',
      '$browser',
      '$os',
      '$device',
      '$city',
    ],
  ].map((property) => topOf({ dimension: TopKQuery_Dimension.PROPERTY, property, scope: view }));
  const kinds = topOf({ dimension: TopKQuery_Dimension.EVENT_KIND });
  const map: Spec = {
    insightType: InsightType.MAP,
    map: { scope: view, metric: AggregationType.UNIQUE_USERS },
  };
  const now = [...numbers, ...lines, ...pages, ...ranked, kinds, map].map((spec) => ({ spec, window }));
  // Each number beside that of the period before.
  return [...now, ...numbers.map((spec) => ({ spec, window: before(window) }))];
}

function topOf(topK: Exclude<Spec['topK'], undefined>): Spec {
  return {
    insightType: InsightType.TOP_K,
    topK: { metric: AggregationType.UNIQUE_USERS, limit: 10, ...topK },
  };
}
