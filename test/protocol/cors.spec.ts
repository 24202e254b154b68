import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EchoServer } from './support/echo-server.js';
import { http1 } from './support/raw.js';

const ECHO = '/dovecote.test.v1.EchoService/Echo';
const CONSOLE = 'https://console.example';

const echo = new EchoServer({
  cors: { origins: [CONSOLE], allowedHeaders: ['X-Org-Id'], exposedHeaders: ['RateLimit'] },
});
beforeAll(() => echo.start());
afterAll(() => echo.stop());

function preflight(port: number, origin: string) {
  return http1(port, ECHO, { Origin: origin, 'Access-Control-Request-Method': 'POST' }, '', 'OPTIONS');
}

function post(port: number, origin: string) {
  return http1(port, ECHO, { Origin: origin, 'Content-Type': 'application/json' }, '{}');
}

describe('another origin', () => {
  test('gets no permission', async () => {
    for (const [{ headers }, vary] of [
      [await preflight(echo.port, 'https://evil.example'), 'Origin'],
      [await post(echo.port, 'null'), 'Origin, Accept-Encoding'],
    ] as const) {
      expect(headers).not.toHaveProperty('access-control-allow-origin');
      expect(headers).toMatchObject({ vary });
    }
  });
});

describe('an allowed origin', () => {
  test('may send the headers of the protocols and ours', async () => {
    const { status, headers } = await preflight(echo.port, CONSOLE);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': CONSOLE,
      'access-control-allow-methods': 'POST, GET',
      vary: 'Origin',
    });
    for (const name of [
      'Content-Type',
      'Connect-Protocol-Version',
      'X-Grpc-Web',
      'Authorization',
      'X-Org-Id',
    ]) {
      expect(headers['access-control-allow-headers']).toContain(name);
    }
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  test('may read the status headers and ours, of successes and of errors', async () => {
    const unknown = await http1(
      echo.port,
      '/pidgr.v1.RoleService/Nothing',
      { Origin: CONSOLE, 'Content-Type': 'application/json' },
      '{}',
    );
    for (const { headers } of [await post(echo.port, CONSOLE), unknown]) {
      expect(headers['access-control-allow-origin']).toBe(CONSOLE);
      expect(headers['access-control-expose-headers']).toMatch(/Grpc-Status.*RateLimit/);
    }
  });
});

test('any origin may call when that is configured', async () => {
  const open = await new EchoServer({ cors: { origins: ['*'] } }).start();
  expect((await preflight(open.port, CONSOLE)).headers['access-control-allow-origin']).toBe('*');
  expect((await post(open.port, CONSOLE)).headers['access-control-allow-origin']).toBe('*');
  await open.stop();
});

describe('an origin with any port', () => {
  const local = new EchoServer({ cors: { origins: ['http://localhost:*'] } });
  beforeAll(() => local.start());
  afterAll(() => local.stop());

  const allowed = async (origin: string): Promise<unknown> =>
    (await preflight(local.port, origin)).headers['access-control-allow-origin'];

  test.each([
    'https://localhost:5173',
    'http://localhost.evil.example:80',
    'http://evil.example:80',
    'http://localhost:80:80',
  ])('is not %s', async (origin) => {
    expect(await allowed(origin)).toBeUndefined();
  });

  test.each(['http://localhost', 'http://localhost:5173'])('is %s', async (origin) => {
    expect(await allowed(origin)).toBe(origin);
  });
});
