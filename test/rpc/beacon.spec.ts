import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { EventsService as DocumentedEventsService } from '@dovecote/contract/events/v1/events_pb';
import { ProfilesSDKService as DocumentedProfilesService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { BatchCreateRequestSchema, EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const PAGE = 'https://shop.example';
const BATCH = 'sdk.events.v1.EventsService/BatchCreate';
const ID = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { INGEST_PATHS: 'collect, t/v2', ACCESS_LOG: 'on' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const batch = create(BatchCreateRequestSchema, {
  events: [
    {
      eventId: ID,
      kind: 'page_view',
      occurTime: { seconds: BigInt(Math.floor(Date.now() / 1000)) },
      distinctId: 'anon-1',
      sessionId: ID,
    },
  ],
});

/** What a browser sends for `navigator.sendBeacon(url, new Blob([bytes], { type }))`: no header of Connect, no key. */
function beacon(path: string, key: string, type = 'application/proto'): Promise<Response> {
  return fetch(`${s.url}/${path}?api_key=${key}`, {
    method: 'POST',
    headers: { origin: PAGE, 'content-type': type },
    body: bodyIn(type),
  });
}

function bodyIn(type: string): Uint8Array<ArrayBuffer> | string {
  return type.endsWith('proto')
    ? new Uint8Array(toBinary(BatchCreateRequestSchema, batch))
    : toJsonString(BatchCreateRequestSchema, batch);
}

const preflight = (path: string): Promise<Response> =>
  fetch(`${s.url}/${path}`, {
    method: 'OPTIONS',
    headers: {
      origin: PAGE,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-api-key,x-project-id',
    },
  });

describe('a beacon', () => {
  test.each([
    ['an unknown key', () => 'pub_0123456789abcdef0123', 401],
    ['the private key', () => cast.site.keys.private.key, 401],
    ['the SDK key', () => cast.site.keys.sdk.key, 401],
  ])('is refused with %s, in a way that the page may read', async (_name, key, status) => {
    const response = await beacon(BATCH, key());
    expect(response.status).toBe(status);
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  /** The same call by an SDK that is not about to end, with the key in its header. */
  const ordinary = (type: string): Promise<Response> =>
    fetch(`${s.url}/${BATCH}`, {
      method: 'POST',
      headers: { 'x-api-key': cast.site.keys.public.key, 'content-type': type },
      body: bodyIn(type),
    });

  test.each([
    ['application/proto', ''],
    ['application/json', ''],
    ['application/proto', 'collect/'],
    ['application/json', 't/v2/'],
  ])('is answered like any call: %s under /%s', async (type, prefix) => {
    const response = await beacon(prefix + BATCH, cast.site.keys.public.key, type);
    const expected = await ordinary(type);
    expect(response.status).toBe(expected.status);
    // Its key and its message were accepted.
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(expected.headers.get('content-type'));
    expect(response.headers.get('access-control-allow-credentials')).toBe('true');
  });

  test('does not arrive under another path, nor elsewhere under that one', async () => {
    const key = cast.site.keys.public.key;
    expect((await beacon(`other/${BATCH}`, key)).status).toBe(404);
    expect((await beacon('collect/shared.insights.v1.InsightsService/Query', key)).status).toBe(404);
  });

  test('leaves its key in no line of the log', async () => {
    const { key } = cast.site.keys.public;
    for (const path of [
      BATCH,
      `collect/${BATCH}`,
      `other/${BATCH}`,
      'nothing',
      'sdk.events.v1.EventsService/Nothing',
    ])
      await beacon(path, key);
    await beacon(BATCH, 'pub_0123456789abcdef0123');
    await fetch(`${s.url}/${BATCH}?api_key=${key}`, { method: 'PUT' });
    await fetch(`${s.url}/${BATCH}?api_key=${key}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '',
    });
    const lines = JSON.stringify(s.logLines());
    expect(lines).toContain('/sdk.events.v1.EventsService/BatchCreate');
    expect(lines).not.toContain(key);
    expect(lines).not.toContain('api_key');
    expect(lines).not.toContain('pub_0123456789abcdef0123');
  });
});

describe('pages of any origin', () => {
  test.each([EventsService, ProfilesSDKService, DocumentedEventsService, DocumentedProfilesService])(
    'may call $typeName',
    async ({ typeName, methods }) => {
      const { headers } = await preflight(`${typeName}/${methods[0]!.name}`);
      expect(headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('access-control-max-age')).toBe('7200');
      const allowed = headers.get('access-control-allow-headers')?.toLowerCase();
      for (const name of [
        'content-type',
        'x-api-key',
        'x-project-id',
        'authorization',
        'connect-protocol-version',
      ])
        expect(allowed).toContain(name);
    },
  );

  test('may not call services that read', async () => {
    const { headers } = await preflight(`${InsightsService.typeName}/Query`);
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });
});
