import { readFileSync } from 'node:fs';
import { request as call } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { BatchCreateResponseSchema } from '@dovecote/contract/sdk/events/v1/events_pb';
import { addProject, seedCast, type TestOrganization, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** What an unmodified SDK has sent: test/protocol/sdk-traffic/record.mjs. */
interface Recording {
  readonly sdk: string;
  readonly version: string;
  readonly recordedAt: string;
  readonly requests: readonly RecordedRequest[];
}

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64. */
  readonly body: string;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Uint8Array;
}

interface StoredEvent {
  readonly kind: string;
  readonly person: string;
  readonly channel: string;
}

const browserSdk = read('sdk-browser');
const nodeSdk = read('sdk-node');

let s: TestServer;
let acme: TestOrganization;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  // Cookieless events are of today or yesterday, by the clock of the server.
  const latest = Math.max(...[browserSdk, nodeSdk].map(({ recordedAt }) => Date.parse(recordedAt)));
  await s.travel(latest - Date.now());
  ({ acme } = await seedCast(s));
});
afterAll(() => s?.stop());

function read(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`sdk-traffic/${name}.json`, import.meta.url), 'utf8')) as Recording;
}

/** Sends the recorded bytes, with the keys of the project. */
function replay(recorded: RecordedRequest, { keys }: TestProject): Promise<Answer> {
  const insert = (text: string): string =>
    text.replaceAll('{public}', keys.public.key).replaceAll('{private}', keys.private.key);
  const { method, path } = recorded;
  const headers = Object.fromEntries(
    Object.entries(recorded.headers).map(([name, value]) => [name, insert(value)]),
  );
  return new Promise((resolve, reject) => {
    const outgoing = call(new URL(insert(path), s.url), { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(Buffer.from(recorded.body, 'base64'));
  });
}

async function replayAll({ requests }: Recording, project: TestProject): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const request of requests) answers.push(await replay(request, project));
  return answers;
}

/** How many events the answers to batches count. */
function acceptedBy(recording: Recording, answers: readonly Answer[]): number {
  const batches = answers.filter((_, index) => {
    const { method = '', path = '' } = recording.requests[index] ?? {};
    return method === 'POST' && path.includes('/sdk.events.v1.EventsService/BatchCreate');
  });
  return batches.reduce((sum, { body }) => {
    const { accepted, dropped } = fromBinary(BatchCreateResponseSchema, body);
    expect(dropped).toBe(0);
    return sum + accepted;
  }, 0);
}

async function storedIn({ number }: TestProject, count: number): Promise<StoredEvent[]> {
  const { client, database } = s.analytics!;
  return eventually('the events are stored', async () => {
    const result = await client.query({
      query: `SELECT kind, distinct_id AS person, channel FROM ${database}.events FINAL
              WHERE project = {number: UInt32} ORDER BY occur_time, event_id`,
      query_params: { number },
      format: 'JSONEachRow',
    });
    const rows = await result.json<StoredEvent>();
    return rows.length >= count && rows;
  });
}

const kindsOf = (events: readonly StoredEvent[]): string[] => [...new Set(events.map(({ kind }) => kind))];

describe.each([browserSdk, nodeSdk])('$sdk $version', (recording) => {
  let project: TestProject;
  let answers: Answer[];

  beforeAll(async () => {
    project = await addProject(s, acme, recording.sdk);
    answers = await replayAll(recording, project);
  });

  test('is answered as it expects', () => {
    const wrong = answers.filter(
      ({ status }, index) => status !== (recording.requests[index]?.method === 'OPTIONS' ? 204 : 200),
    );
    expect(wrong).toEqual([]);
    expect(answers.length).toBeGreaterThan(1);
  });

  test('has all of its events stored, and once', async () => {
    const accepted = acceptedBy(recording, answers);
    expect(accepted).toBeGreaterThan(1);
    expect(await storedIn(project, accepted)).toHaveLength(accepted);
    // What it sends again for want of an answer.
    expect(acceptedBy(recording, await replayAll(recording, project))).toBe(accepted);
    expect(await storedIn(project, accepted)).toHaveLength(accepted);
  });

  test('makes its person known', async () => {
    const [person] = await eventually('the profile', async () => {
      const rows = await s.database.query<{ traits: object }>(
        'select properties as traits from profile where project = $1 and external_id = $2',
        [project.number, 'ada@shop.example'],
      );
      return rows.length > 0 && rows;
    });
    expect(person?.traits).toMatchObject({ name: 'Ada', plan: 'pro' });
  });
});

describe('the browser SDK', () => {
  let events: StoredEvent[];
  let answers: Answer[];

  beforeAll(async () => {
    const project = await addProject(s, acme, 'Shop');
    answers = await replayAll(browserSdk, project);
    events = await storedIn(project, acceptedBy(browserSdk, answers));
  });

  test('may call from its page, also without a header', () => {
    expect(browserSdk.requests.some(({ path }) => path.endsWith('?api_key={public}'))).toBe(true);
    for (const [index, { headers }] of answers.entries()) {
      expect(headers['access-control-allow-origin']).toBe(browserSdk.requests[index]?.headers['origin']);
      expect(headers['access-control-allow-credentials']).toBe('true');
    }
  });

  test('sends what the page did, what it beaconed, and what it knows of a visit', () => {
    expect(kindsOf(events)).toEqual(expect.arrayContaining(['page_view', 'signup', 'beaconed']));
    expect(events.filter(({ kind }) => kind === 'beaconed')).toHaveLength(4);
    expect(events.find(({ kind }) => kind === 'signup')).toMatchObject({
      person: 'ada@shop.example',
      channel: 'Paid Search',
    });
  });

  test('is given a person of the day for a visitor without consent', () => {
    expect(events.filter(({ person }) => person.startsWith('cookieless-')).length).toBeGreaterThan(0);
  });
});
