import { pino } from 'pino';
import type * as analyticsModule from '../../src/platform/analytics-store/index.js';
import type { InsightQuery } from '../../src/modules/analytics/insight/insight-query.js';
import type { InsightResult } from '../../src/modules/analytics/insight/insight-result.js';
import type * as insightsModule from '../../src/modules/analytics/insight/insights.service.js';
import { database, type EngineAddress } from '../support/engine.js';
import { product } from '../support/product.js';
import type { BenchProject } from '../support/project.js';

/** Beyond what a call may take, so that a figure is measured and not refused. */
const limits = { seconds: 300, memory: 3 * 1024 ** 3, rows: 1e9 };

export interface Evaluator {
  readonly answer: (query: InsightQuery) => Promise<InsightResult>;
  readonly close: () => Promise<void>;
}

/** The product's own evaluator in this process, on the engine of a running server. */
export async function evaluatorOf(address: EngineAddress, project: BenchProject): Promise<Evaluator> {
  const { AnalyticsEngine, AnalyticsStore, connectTo } = await product<typeof analyticsModule>(
    'platform/analytics-store/index.js',
  );
  const { Insights } = await product<typeof insightsModule>('modules/analytics/insight/insights.service.js');
  const access = {
    isUsed: async () => true,
    open: async () => {
      const options = { connections: 4, timeoutMs: limits.seconds * 1_000 };
      const connection = await connectTo({ ...address, place: { database } }, options);
      return { connection, recovers: true, close: () => connection.client.close() };
    },
  };
  const engine = new AnalyticsEngine(access, pino({ level: 'silent' }));
  const insights = new Insights(new AnalyticsStore(engine, { limits, freeDisk: 0 }));
  const owner = { orgId: project.orgId, project: { number: project.number } };
  return {
    answer: (query) => insights.evaluate<InsightQuery>(owner, query),
    close: () => engine.stop(),
  };
}
