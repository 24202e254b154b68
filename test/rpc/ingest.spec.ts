import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { EventsService as Documented } from '@dovecote/contract/events/v1/events_pb';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { EventsService as Shipped } from '@dovecote/contract/sdk/events/v1/events_pb';
import { seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';

type Headers = Readonly<Record<string, string>>;

let s: TestServer;
let keys: Record<'sdk' | 'public', Headers>;

beforeAll(async () => {
  s = await startTestServer();
  const { site } = await seedCast(s);
  keys = { sdk: site.keys.sdk.headers, public: site.keys.public.headers };
});
afterAll(() => s?.stop());

function transport(headers: Headers) {
  return createConnectTransport({
    baseUrl: s.url,
    httpVersion: '1.1',
    interceptors: [
      (next) => (request) => {
        for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
        return next(request);
      },
    ],
  });
}

const id = (index: number): string => `0190f5e2-5e6b-7c3a-9b1f-${String(index).padStart(12, '0')}`;
const shipped = (index: number) => ({
  eventId: id(index),
  kind: 'page_view',
  occurTime: timestampFromDate(new Date()),
  distinctId: 'anon-1',
  sessionId: id(0),
});

describe('BatchCreate of the shipped contract', () => {
  const client = () => createClient(Shipped, transport({ ...keys.public, 'user-agent': firefox }));

  test('refuses a batch with one event twice, by its reason', async () => {
    const error = await client()
      .batchCreate({ events: [shipped(1), shipped(1)] })
      .catch((cause: unknown) => cause);
    if (!(error instanceof ConnectError)) throw new Error('The call was not refused.');
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe('INVALID_EVENT_BATCH');
    expect(error.rawMessage).toContain(id(1));
  });

  test('accepts events, and says why it dropped others', async () => {
    const day = 86_400_000;
    const old = { ...shipped(3), distinctId: undefined, sessionId: undefined, cookieless: true };
    old.occurTime = timestampFromDate(new Date(Date.now() - 3 * day));
    const future = {
      ...shipped(4),
      occurTime: timestampFromDate(new Date(Date.now() + 2 * day)),
    };
    const cookieless = { ...shipped(5), distinctId: undefined, sessionId: undefined, cookieless: true };
    const answer = await client().batchCreate({ events: [shipped(2), old, future, cookieless] });
    expect(answer).toMatchObject({
      accepted: 2,
      dropped: 2,
      droppedByReason: { day_out_of_range: 1, future_occur_time: 1 },
    });
    expect(await client().batchCreate({})).toMatchObject({ accepted: 0, dropped: 0 });
  });
});

test('BatchCreate of the documented contract accepts the sample of the documentation', async () => {
  const client = createClient(Documented, transport(keys.sdk));
  const event = { name: 'page_view', properties: { path: '/home' }, timestamp: { seconds: 0n, nanos: 0 } };
  expect((await client.batchCreate({ events: [event, event] })).eventsCreated).toBe(2);
});
