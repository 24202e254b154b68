import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { chromeOfAPerson, startChromium } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { startWebSite } from '../support/web-site.js';
import { Page, root } from './support/page.js';
import { complaintsAbout, runProgram } from './support/program.js';
import { serve, type ServedPage } from './support/served-page.js';
import { substitute } from './support/substitutions.js';

// The first run on a machine installs the browser.
jest.setTimeout(300_000);

const page = Page.open('docs/how-to/send-events.md');
const INGEST = 'INGEST_PATHS=collect';
const day = 86_400_000;

/** The project and its keys, as the reader's terminal has them. */
const made = { PROJECT: '', SDK: '', PUBLIC: '' };
let reader: ServedPage;
let browser: Browser | undefined;

beforeAll(async () => {
  const [name = '', value = ''] = INGEST.split('=');
  reader = await serve(page, { [name]: value }, {}, { analytics: true });
  await reader.type('API_KEY=');
  for (const name of ['PROJECT', 'SDK', 'PUBLIC'] as const)
    made[name] = await reader.shell.run(`echo $${name}`);
});
afterAll(async () => {
  await browser?.close();
  await reader?.stop();
});

interface Answer {
  readonly totals?: readonly { event: string; breakdown: string; value: number }[];
  readonly funnel?: { steps: readonly { event: string; count: number }[] };
}

/** Asks until the answer is the one: events are counted within two seconds, and less idle machines are slower. */
async function answers(code: string, isRight: (answer: Answer) => boolean): Promise<Answer> {
  let last = '';
  return eventually('the answer', async () => {
    last = await reader.shell.run(code);
    const answer = JSON.parse(last) as Answer;
    return isRight(answer) && answer;
  }).catch((cause: unknown) => {
    throw new Error(`The last answer: ${last}`, { cause });
  });
}

const countOf = (event: string): Promise<Answer> =>
  answers(`ask '[{"name": "${event}"}]' '"aggregation": "AGGREGATION_COUNT"'`, ({ totals = [] }) =>
    totals.some(({ value }) => value === 1),
  );

describe('events', () => {
  test('with curl are counted by the channel of their URL', async () => {
    expect(await reader.type('send()')).toBe('{"eventsCreated":2}');
    const question = reader.here(page.take('ask()', 'sh'));
    const { totals } = await answers(question, (answer) => answer.totals?.length === 1);
    expect(totals).toEqual([{ event: 'page_view', breakdown: 'Paid Search', value: 1 }]);
  });

  test('of a visitor without consent are accepted', async () => {
    expect(await reader.type('"cookieless": true')).toBe('{"accepted":1,"dropped":0}');
  });

  test('of a page that is closed at once arrive, from another origin', async () => {
    const html = substitute(page.take('sendBeacon', 'html'), {
      ...reader.surroundings,
      publicKey: made.PUBLIC,
    });
    browser = await startChromium();
    if (!browser) return;
    const site = await startWebSite(html);
    try {
      const context = await browser.newContext({ userAgent: chromeOfAPerson });
      const tab = await context.newPage();
      await tab.goto(site.origin);
      // The context stays: it would take along what the page has begun to send.
      await tab.close();
      await countOf('plan_opened');
    } finally {
      await site.stop();
    }
  });

  test('of a program are those of the person who was identified, in one funnel', async () => {
    const program = page.take('batchCreate', 'ts');
    expect(await complaintsAbout([program])).toBe('');
    const [, printed] = /It prints `([^`]+)`/.exec(text) ?? [];
    expect(await runProgram(reader.here(program), made)).toEqual([printed]);
    expect(JSON.parse(await reader.type('ProfilesSDKService/Identify'))).toHaveProperty('profileId');
    const question = reader.here(page.take('conversionWindow', 'sh'));
    const { funnel } = await answers(question, (answer) => answer.funnel?.steps.at(-1)?.count === 1);
    expect(funnel?.steps.map(({ event }) => event)).toEqual(['page_view', 'signup', 'order_paid']);
  });

  test('arrive under a further path', async () => {
    page.leave(`${INGEST} npm start`, 'The server of this spec has the variable.', 'command');
    const [path = ''] = /\/collect\/[\w./]+/.exec(text) ?? [];
    const response = await send(path, { events: [shipped(1)] }, { 'x-api-key': made.PUBLIC });
    expect(await response.json()).toEqual({ accepted: 1, dropped: 0 });
  });
});

const text = readFileSync(join(root, page.path), 'utf8');
const BATCH = 'events.v1.EventsService/BatchCreate';
const SHIPPED = `sdk.${BATCH}`;

function send(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(path, reader.server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const shipped = (index: number, fields: object = {}) => ({
  eventId: `0190f5e2-5e6b-7c3a-9b1f-${String(index).padStart(12, '0')}`,
  kind: 'page_view',
  occurTime: new Date().toISOString(),
  distinctId: 'anon-2',
  sessionId: '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f',
  ...fields,
});

const cookieless = (index: number, ago = 0) =>
  shipped(index, {
    distinctId: undefined,
    sessionId: undefined,
    cookieless: true,
    occurTime: new Date(Date.now() - ago).toISOString(),
  });

test('of a batch, events that cannot be counted are dropped by the reasons of the page', async () => {
  const ahead = shipped(4, { occurTime: new Date(Date.now() + 2 * day).toISOString() });
  const events = [ahead, cookieless(5, 3 * day)];
  const answer = (await (await send(SHIPPED, { events }, { 'x-api-key': made.PUBLIC })).json()) as {
    droppedByReason: object;
  };
  const reasons = Object.keys(answer.droppedByReason);
  expect(reasons.sort()).toEqual(['day_out_of_range', 'future_occur_time']);
  for (const reason of reasons) expect(text).toContain(`\`${reason}\``);
});

describe('what a refusal means', () => {
  const rows = [...text.matchAll(/^\| (\d{3}) +\| (?:`([^`]+)`|none) +\|/gm)].map(
    ([, status, message = '']): [string, number] => [message, Number(status)],
  );
  const keyOf = (family: string) => reader.shell.run(`make_key ${family}`);
  const sdk = (key = made.SDK, project = made.PROJECT) => ({
    authorization: `Bearer ${key}`,
    ...(project && { 'x-project-id': project }),
  });
  const pub = () => ({ 'x-api-key': made.PUBLIC });
  const one = { events: [{ name: 'a' }] };

  const cases: Record<string, () => Promise<Response>> = {
    'validation error': () => send(BATCH, { events: [{ name: '' }] }, sdk()),
    'events[1] repeats the event_id': () => send(SHIPPED, { events: [shipped(2), shipped(2)] }, pub()),
    'Cookieless events need': () =>
      send(SHIPPED, { events: [cookieless(3)] }, { ...pub(), 'user-agent': '' }),
    'Authorization header not present': () => send(BATCH, one),
    'x-api-key header not present': () => send(SHIPPED, {}),
    'x-project-id header is required': () => send(BATCH, one, sdk(made.SDK, '')),
    'invalid API key': () => send(BATCH, one, sdk('pk_sdk_mistyped')),
    'project not found': () => send(BATCH, one, sdk(made.SDK, reader.cast.otherSite.id)),
    'beacon requests only': async () =>
      send(`${SHIPPED}?api_key=${await keyOf('PRIVATE')}`, { events: [shipped(2)] }),
    'This key only reads': async () => send(BATCH, one, sdk(await keyOf('SHARED'))),
    'This key only sends': () =>
      send('insights.v1.InsightsService/Query', { query: { events: one.events } }, sdk()),
  };

  test.each(rows.filter(([message]) => Object.keys(cases).some((begin) => message.startsWith(begin))))(
    '"%s"',
    async (message, status) => {
      const [, refused] = Object.entries(cases).find(([begin]) => message.startsWith(begin)) ?? [];
      const response = await refused!();
      const body = (await response.json()) as { message: string };
      expect([response.status, body.message]).toEqual([status, expect.stringContaining(message)]);
    },
  );

  test('another path is not there', async () => {
    expect((await send(`other/${SHIPPED}`, {}, pub())).status).toBe(404);
  });

  test('every row is shown here, or by the spec of the limits and the queue', () => {
    const elsewhere = ['', 'Too many requests.', 'This organization is suspended', 'Too many events wait'];
    const known = [...Object.keys(cases), ...elsewhere];
    expect(rows.length).toBeGreaterThan(10);
    const unshown = rows.filter(([message]) => !known.some((begin) => begin && message.startsWith(begin)));
    expect(unshown).toEqual([['', 404]]);
  });
});

test('every snippet has been run or left with a reason', () => {
  page.leave('npm start', 'README starts the server by it, and so does its spec.');
  expect(page.untaken).toEqual([]);
});
