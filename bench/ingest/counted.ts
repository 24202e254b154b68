import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { Granularity, InsightsService, InsightType } from '@dovecote/contract/shared/insights/v1/insights_pb';
import type { BenchProject } from '../support/project.js';

const DAY_MS = 86_400_000;

/** How many events of the last day the product counts. */
export async function countedTotal(baseUrl: string, project: BenchProject): Promise<number> {
  const authorize: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(project.private)) request.header.set(name, value);
    return next(request);
  };
  const transport = createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors: [authorize] });
  const { result } = await createClient(InsightsService, transport).query({
    spec: { insightType: InsightType.SEGMENTATION },
    timeRange: { from: timestampFromMs(Date.now() - DAY_MS), to: timestampFromMs(Date.now() + DAY_MS) },
    granularity: Granularity.DAY,
  });
  if (result.case !== 'segmentation') throw new Error(`A number was asked for, ${result.case} came.`);
  return result.value.total;
}
