import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EchoServer } from './support/echo-server.js';
import { RawClient } from './support/exchange.js';
import { http1 } from './support/raw.js';

const ECHO = '/dovecote.test.v1.EchoService/Echo';
const CONSOLE = 'https://console.example';
const PAGE = 'https://shop.example';
const json = { 'Content-Type': 'application/json' };

describe('a service that pages of any origin may call', () => {
  const echo = new EchoServer({
    cors: { origins: [CONSOLE], allowedHeaders: ['X-Org-Id'], anyOriginHeaders: ['X-Api-Key'] },
    traits: () => ({ anyOrigin: true }),
  });
  beforeAll(() => echo.start());
  afterAll(() => echo.stop());

  test.each([PAGE, CONSOLE, 'null'])('lets %s send a beacon, which carries credentials', async (origin) => {
    const preflight = await http1(
      echo.port,
      `${ECHO}?api_key=pub_x`,
      { Origin: origin, 'Access-Control-Request-Method': 'POST' },
      '',
      'OPTIONS',
    );
    const answer = await http1(echo.port, `${ECHO}?api_key=pub_x`, { Origin: origin, ...json }, '{}');
    expect([preflight.status, answer.status]).toEqual([204, 200]);
    for (const { headers } of [preflight, answer]) {
      expect(headers).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      });
      expect(headers.vary).toMatch(/^Origin\b/);
    }
    expect(preflight.headers['access-control-allow-headers']).toMatch(/X-Org-Id.*X-Api-Key/);
    expect(preflight.headers['access-control-max-age']).toBe('7200');
  });

  test('tells caches that answers differ by origin, also where the request names none', async () => {
    const { headers } = await http1(echo.port, ECHO, json, '{}');
    expect(headers.vary).toMatch(/^Origin\b/);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  test('says so with refusals too', async () => {
    const refusals = [
      await http1(echo.port, ECHO, { Origin: PAGE, ...json }, '{'),
      await http1(echo.port, ECHO, { Origin: PAGE, 'Content-Type': 'text/plain' }, '{}'),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([400, 415]);
    for (const { headers } of refusals) expect(headers['access-control-allow-origin']).toBe(PAGE);
  });
});

test('another service of the server keeps its origins and its headers', async () => {
  const echo = await new EchoServer({
    cors: { origins: [CONSOLE], anyOriginHeaders: ['X-Api-Key'] },
  }).start();
  const ask = (origin: string) =>
    http1(echo.port, ECHO, { Origin: origin, 'Access-Control-Request-Method': 'POST' }, '', 'OPTIONS');
  const [page, own] = [await ask(PAGE), await ask(CONSOLE)];
  await echo.stop();
  expect(page.headers).not.toHaveProperty('access-control-allow-origin');
  expect(own.headers).toMatchObject({ 'access-control-allow-origin': CONSOLE });
  expect(own.headers).not.toHaveProperty('access-control-allow-credentials');
  expect(own.headers['access-control-allow-headers']).not.toContain('X-Api-Key');
});

describe('a service with further paths', () => {
  const echo = new EchoServer({ traits: () => ({ pathPrefixes: ['collect', 't/v2'] }) });
  beforeAll(() => echo.start());
  afterAll(() => echo.stop());

  test.each(['/other', '/collect/t', '/COLLECT', '/t'])('does not answer under %s', async (prefix) => {
    expect((await http1(echo.port, prefix + ECHO, json, '{}')).status).toBe(404);
  });

  test.each(['', '/collect', '/t/v2'])('answers under "%s", by the name that it has', async (prefix) => {
    const { status, body } = await http1(echo.port, `${prefix}${ECHO}?a=1`, json, '{"text":"hello"}');
    expect([status, JSON.parse(body.toString())]).toEqual([200, { text: 'hello' }]);
    expect(echo.lastCall.name).toBe(ECHO);
  });

  test('answers there on HTTP/2', async () => {
    const client = new RawClient(echo.port);
    const path = `/collect${ECHO}?key=k`;
    const body = Buffer.from('{"text":"hi"}');
    const headers = { 'content-type': 'application/json' };
    const answer = await client.send({ version: 2, method: 'POST', path, headers, body });
    client.close();
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([200, { text: 'hi' }]);
    expect(echo.lastCall.queryParameter('key')).toBe('k');
  });
});

describe('a handler', () => {
  const echo = new EchoServer();
  beforeAll(() => echo.start());
  afterAll(() => echo.stop());

  test.each([
    ['the fast path', json],
    ["Connect's own way", { 'Content-Type': 'application/json; charset=utf-8' }],
  ])('reads parameters of the query on %s', async (_way, headers) => {
    await http1(echo.port, `${ECHO}?api_key=a%20b&api_key=c&empty=`, headers, '{}');
    const { lastCall } = echo;
    expect(['api_key', 'empty', 'absent'].map((name) => lastCall.queryParameter(name))).toEqual([
      'a b',
      '',
      undefined,
    ]);
  });
});
