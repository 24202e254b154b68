import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { KeyFamily, ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import {
  AggregationType,
  Granularity,
  InsightsService,
  InsightType,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { Command } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { SmallDisk } from './small-disk.js';

jest.setTimeout(240_000);

const FREE_KIBIBYTES = 24 * 1024;

let server: Command;
let url: string;

const disk = await SmallDisk.mount(400);
if (!disk) console.log('skipped: a small disk can be mounted by root on Linux only');

beforeAll(async () => {
  if (!disk) return;
  const env = {
    DATA_DIR: join(disk.folder, 'data'),
    PORT: '0',
    LOG_FORMAT: 'json',
    // The disk is smaller than what the engine leaves free by default.
    ANALYTICS_FREE_DISK_MIB: '0',
  };
  server = Command.start(['serve'], { env, folder: disk.folder });
  [, url = ''] = await server.printed(/running on (http:\S+)/);
});
afterAll(async () => {
  await server?.stop();
  await disk?.unmount();
});

function transport(headers: Record<string, string>): Transport {
  return createGrpcTransport({
    baseUrl: url,
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
}

async function createKeys(): Promise<Record<'public' | 'private', Transport>> {
  const [apiKey = ''] = await server.printed(/pidgr_k_\w+/);
  const projects = createClient(ProjectService, transport({ authorization: `Bearer ${apiKey}` }));
  const { project } = await projects.createProject({ name: 'Site' });
  const create = async (family: KeyFamily) => {
    const { key } = await projects.createProjectKey({ projectId: project?.id, name: 'key', family });
    return transport({ 'x-api-key': key });
  };
  return { public: await create(KeyFamily.PUBLIC), private: await create(KeyFamily.PRIVATE) };
}

const now = timestampFromDate(new Date());

/** 200 KB that no compression makes much smaller. */
function batch() {
  return Array.from({ length: 500 }, () => ({
    eventId: randomUUID(),
    kind: 'page_view',
    occurTime: now,
    distinctId: 'u-1',
    sessionId: randomUUID(),
    customProperties: {
      text: { value: { case: 'stringValue' as const, value: randomBytes(300).toString('base64') } },
    },
  }));
}

(disk ? describe : describe.skip)('a disk that is full', () => {
  test('loses and doubles nothing that was accepted, and ends when there is space again', async () => {
    const keys = await createKeys();
    const events = createClient(EventsService, keys.public);
    const insights = createClient(InsightsService, keys.private);
    const stored = async (): Promise<number> => {
      const { result } = await insights.query({
        timeRange: {
          from: timestampFromDate(new Date(Date.now() - 3_600_000)),
          to: timestampFromDate(new Date(Date.now() + 3_600_000)),
        },
        granularity: Granularity.HOUR,
        spec: {
          insightType: InsightType.SEGMENTATION,
          includeBots: true,
          events: [{ event: { kind: 'page_view' }, aggregation: AggregationType.TOTAL }],
        },
      });
      return result.case === 'segmentation' ? result.value.total : 0;
    };
    const send = async (refusals: ConnectError[]) => {
      const sent = batch();
      await eventually(
        'the batch is accepted',
        async () => {
          try {
            return (await events.batchCreate({ events: sent })).accepted === sent.length;
          } catch (error) {
            refusals.push(ConnectError.from(error));
            return false;
          }
        },
        60_000,
      );
    };

    await send([]);
    await eventually('the engine answers', async () => (await stored().catch(() => 0)) === 500, 60_000);
    await disk?.shrink(FREE_KIBIBYTES);

    const refusals: ConnectError[] = [];
    let batches = 1;
    const sending = Promise.all(
      [1, 2].map(async () => {
        while (refusals.length === 0) {
          await send(refusals);
          batches += 1;
        }
      }),
    );
    await eventually('a batch is refused', async () => refusals.length > 0, 60_000);
    expect(await disk?.freeBytes()).toBeLessThan(FREE_KIBIBYTES * 1024);
    disk?.restore();
    await sending;

    expect(batches).toBeGreaterThan(3);
    expect([...new Set(refusals.map(({ code }) => code))]).toEqual([Code.Unavailable]);
    await eventually('all are stored', async () => (await stored().catch(() => 0)) === batches * 500, 90_000);
    expect(server.output).not.toContain('"msg":"internal error"');
  });
});
