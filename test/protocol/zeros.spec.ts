import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromJsonString } from '@bufbuild/protobuf';
import {
  InsightsService,
  QueryResponseSchema as DocumentedResponseSchema,
} from '@dovecote/contract/insights/v1/insights_pb';
import { InsightsService as ShippedInsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { RpcServer } from '@dovecote/rpc';
import { http1 } from './support/raw.js';

const time = { seconds: 1_700_000_000n };
const answers: Record<string, object> = {
  [InsightsService.typeName]: {
    series: [{ timestamp: time, value: 0, event: 'a' }],
    funnel: { steps: [{ event: 'a' }] },
  },
  [ShippedInsightsService.typeName]: {
    result: { case: 'segmentation', value: { total: 0 } },
  },
};
let answer: object | undefined;

const server = new RpcServer({
  services: [InsightsService, ShippedInsightsService],
  traits: ({ typeName }) => ({ zerosInJson: typeName === InsightsService.typeName }),
  handle:
    ({ parent }) =>
    async () =>
      answer ?? answers[parent.typeName]!,
});
let port: number;
beforeAll(async () => ({ port } = await server.listen({ port: 0, host: '127.0.0.1' })));
afterAll(() => server.close(0));

async function query(service: string, contentType: string): Promise<string> {
  const { status, body } = await http1(port, `/${service}/Query`, { 'Content-Type': contentType }, '{}');
  expect(status).toBe(200);
  return body.toString();
}

describe.each([
  ['the fast path', 'application/json'],
  ["Connect's own way", 'application/json; charset=utf-8'],
])('JSON on %s', (_way, contentType) => {
  test('has zeros and empty lists where the service has them', async () => {
    expect(JSON.parse(await query(InsightsService.typeName, contentType))).toEqual({
      series: [{ timestamp: '2023-11-14T22:13:20Z', value: 0, event: 'a', breakdown: '' }],
      totals: [],
      funnel: {
        steps: [{ event: 'a', count: 0, conversionRate: 0, stepConversionRate: 0 }],
        groups: [],
      },
    });
  });

  test('elsewhere has what was set, be it zero', async () => {
    expect(JSON.parse(await query(ShippedInsightsService.typeName, contentType))).toEqual({
      segmentation: { total: 0 },
    });
  });
});

test('a long answer has them in every piece', async () => {
  const series = Array.from({ length: 1_201 }, (_, index) => ({
    timestamp: time,
    value: index % 2,
    event: '[{"',
  }));
  answer = { series, totals: [{ event: 'a' }] };
  const json = await query(InsightsService.typeName, 'application/json');
  answer = undefined;
  const message = fromJsonString(DocumentedResponseSchema, json);
  expect(message.series.map(({ value }) => value)).toEqual(series.map(({ value }) => value));
  expect(message.totals).toHaveLength(1);
  expect(json.match(/"series"/g)).toHaveLength(1);
  expect(json.match(/"breakdown":""/g)).toHaveLength(1_202);
  expect(json).toContain('"totals":[{"event":"a","breakdown":"","value":0}]');
});
