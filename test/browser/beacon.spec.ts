import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import {
  type BatchCreateRequest,
  BatchCreateRequestSchema,
} from '@dovecote/contract/sdk/events/v1/events_pb';
import type { Browser, BrowserContext } from 'playwright-core';
import { type Cast, seedCast } from '../support/cast.js';
import { startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { startWebSite, type WebSite } from '../support/web-site.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const EVENTS = 10;

let s: TestServer;
let cast: Cast;
let browser: Browser | undefined;
/** Outlives its pages, as a person's profile does: what a page has begun to send ends with the context. */
let context: BrowserContext;
let site: WebSite;

beforeAll(async () => {
  browser = await startChromium();
  if (!browser) return;
  context = await browser.newContext();
  s = await startTestServer({ env: { ACCESS_LOG: 'on', LOG_LEVEL: 'trace' }, analytics: true });
  cast = await seedCast(s);
  // Another site to the browser, not only another port.
  site = await startWebSite('<!doctype html><title>Shop</title>', 'shop.localhost');
});
afterAll(async () => {
  await browser?.close();
  await site?.stop();
  await s?.stop();
});

const event = (kind: string) => ({
  eventId: randomUUID(),
  kind,
  occurTime: timestampNow(),
  distinctId: 'anon-visitor',
  sessionId: randomUUID(),
});

/** What waits in the queue of a page, as an SDK sends it in one beacon. */
const bodies = {
  'application/proto': (request: BatchCreateRequest) => toBinary(BatchCreateRequestSchema, request),
  'application/json': (request: BatchCreateRequest) =>
    Buffer.from(toJsonString(BatchCreateRequestSchema, request)),
};

async function stored(kind: string): Promise<number> {
  const { client, database } = s.analytics!;
  const result = await client.query({
    query: `SELECT count() AS stored FROM ${database}.events FINAL WHERE kind = {kind: String}`,
    query_params: { kind },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ stored: string }>();
  return Number(row?.stored);
}

describe('ten events of a page of another site', () => {
  test.each(['application/proto', 'application/json'] as const)(
    'are stored when it is closed and sends them as a beacon: %s',
    async (type) => {
      if (!browser) return;
      const kind = type.replace('/', '.');
      const events = Array.from({ length: EVENTS }, () => event(kind));
      const body = [...bodies[type](create(BatchCreateRequestSchema, { events }))];
      const url = `${s.url}/sdk.events.v1.EventsService/BatchCreate?api_key=${cast.site.keys.public.key}`;
      const page = await context.newPage();
      await page.goto(site.origin);
      expect(await page.evaluate('location.origin')).not.toBe(new URL(s.url).origin);
      await page.evaluate(`addEventListener('pagehide', () => {
        navigator.sendBeacon('${url}', new Blob([new Uint8Array(${JSON.stringify(body)})], { type: '${type}' }));
      })`);
      await page.close();
      await eventually('the events', async () => (await stored(kind)) >= EVENTS);
      expect(await stored(kind)).toBe(EVENTS);
    },
  );

  test('leave their key in no line of the log', () => {
    if (!browser) return;
    const lines = JSON.stringify(s.logLines());
    expect(lines).toContain('/sdk.events.v1.EventsService/BatchCreate');
    expect(lines).not.toContain(cast.site.keys.public.key);
    expect(lines).not.toContain('api_key');
  });
});
