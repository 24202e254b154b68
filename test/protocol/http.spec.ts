import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EchoService } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer } from './support/echo-server.js';
import { envelope, envelopes, http1 } from './support/raw.js';

const ECHO = '/dovecote.test.v1.EchoService/Echo';
const JSON_TYPE = { 'Content-Type': 'application/json' };

const echo = new EchoServer({
  fallback: (request, response) => {
    response.statusCode = 418;
    response.end(`plain ${request.method} ${request.url}`);
  },
  trustedProxies: ['127.0.0.0/8'],
});
beforeAll(() => echo.start());
afterAll(() => echo.stop());

describe('refuses', () => {
  test('a method without a handler, with a clear message', async () => {
    const bare = await new EchoServer({ services: [EchoService], handle: () => undefined }).start();
    const response = await http1(bare.port, ECHO, JSON_TYPE, 'not even JSON');
    expect(response.status).toBe(501);
    expect(JSON.parse(response.body.toString())).toEqual({
      code: 'unimplemented',
      message: 'dovecote.test.v1.EchoService/Echo is not implemented',
    });
    await bare.stop();
  });

  test('a limit for a method that is not served', () => {
    const limits = { requestBytesFor: { '/no.such.Service/Method': 1 } };
    expect(() => new EchoServer({ limits })).toThrow('requestBytesFor names /no.such.Service/Method');
  });

  test.each([
    ['Connect JSON', 'application/json'],
    ['Connect binary', 'application/proto'],
  ])('an unknown method over %s', async (_name, type) => {
    const response = await http1(echo.port, '/pidgr.v1.RoleService/Nothing', { 'Content-Type': type }, '?');
    expect(response.status).toBe(501);
    expect(JSON.parse(response.body.toString())).toEqual({
      code: 'unimplemented',
      message: 'unknown method pidgr.v1.RoleService/Nothing',
    });
  });

  test('an unknown method over a Connect stream', async () => {
    const type = { 'Content-Type': 'application/connect+json' };
    const response = await http1(
      echo.port,
      '/pidgr.v1.RoleService/Nothing',
      type,
      envelope(Buffer.from('{}')),
    );
    expect(response.status).toBe(200);
    const [end] = envelopes(response.body);
    expect(JSON.parse(end!.data.toString())).toMatchObject({ error: { code: 'unimplemented' } });
  });

  test('an unknown method over gRPC-Web', async () => {
    const type = { 'Content-Type': 'application/grpc-web+proto' };
    const response = await http1(echo.port, '/pidgr.v1.RoleService/Nothing', type, envelope(Buffer.alloc(0)));
    expect(envelopes(response.body)[0]!.data.toString()).toMatch(/grpc-status: 12\r\n/);
  });

  test('a wrong content type', async () => {
    expect((await http1(echo.port, ECHO, { 'Content-Type': 'text/plain' }, 'hi')).status).toBe(415);
  });

  test('a wrong HTTP method', async () => {
    expect((await http1(echo.port, ECHO, JSON_TYPE, '{}', 'PUT')).status).toBe(405);
  });

  test('GET for a method with side effects', async () => {
    const path = '/dovecote.test.v1.EchoService/Fail?encoding=json&message=%7B%7D';
    expect((await http1(echo.port, path, {}, '', 'GET')).status).toBe(405);
  });

  test('malformed JSON', async () => {
    const response = await http1(echo.port, ECHO, JSON_TYPE, '{"text":');
    expect(response.status).toBe(400);
    expect(JSON.parse(response.body.toString())).toMatchObject({ code: 'invalid_argument' });
  });

  test('other requests with 404 when there is no fallback', async () => {
    const bare = await new EchoServer().start();
    expect((await http1(bare.port, '/favicon.ico', {}, '', 'GET')).status).toBe(404);
    await bare.stop();
  });
});

test.each([
  ['GET', '/health', {}],
  ['POST', '/scim/v2/Users', JSON_TYPE],
  ['GET', '/pidgr.v1.RoleService', {}],
])('%s %s is left to the fallback', async (method, path, headers) => {
  const response = await http1(echo.port, path, headers, '', method);
  expect(response).toMatchObject({ status: 418, body: Buffer.from(`plain ${method} ${path}`) });
});

test('answers a plain Connect call and a Connect GET without any library', async () => {
  const post = await http1(echo.port, ECHO, JSON_TYPE, '{"text":"hi"}');
  expect(JSON.parse(post.body.toString())).toEqual({ text: 'hi' });
  const query = `encoding=json&message=${encodeURIComponent('{"text":"hi"}')}`;
  const get = await http1(echo.port, `${ECHO}?${query}`, {}, '', 'GET');
  expect(JSON.parse(get.body.toString())).toEqual({ text: 'hi' });
});

test.each([
  ['an RPC', ECHO, '{"text":"hi"}'],
  ['a plain request', '/health?a=b', 'plain POST /health?a=b'],
  ['the root', '', 'plain POST /'],
])('takes the absolute form of a target: %s', async (_what, path, answer) => {
  const response = await http1(echo.port, `http://dovecote.example${path}`, JSON_TYPE, '{"text":"hi"}');
  expect(response.body.toString()).toBe(answer);
});

test('takes as many header fields as 16 KiB hold', async () => {
  const session = connectHttp2(echo.url);
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, 'a']));
  const stream = session.request({
    ':method': 'POST',
    ':path': ECHO,
    'content-type': 'application/json',
    ...many,
  });
  stream.end('{}');
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(200);
  session.destroy();
});

test('a method may have a limit of its own', async () => {
  const roomy = await new EchoServer({
    limits: { requestBytes: 1_000, requestBytesFor: { [ECHO]: 100_000 } },
  }).start();
  const body = JSON.stringify({ message: 'x'.repeat(5_000), text: 'x'.repeat(5_000) });
  expect((await http1(roomy.port, ECHO, JSON_TYPE, body)).status).toBe(200);
  expect((await http1(roomy.port, '/dovecote.test.v1.EchoService/Fail', JSON_TYPE, body)).status).toBe(429);
  await roomy.stop();
});

test('believes X-Forwarded-For from a trusted proxy only', async () => {
  await http1(echo.port, ECHO, { ...JSON_TYPE, 'X-Forwarded-For': '6.6.6.6, 198.51.100.1' }, '{}');
  expect(echo.lastCall.address).toBe('198.51.100.1');
  const open = await new EchoServer().start();
  await http1(open.port, ECHO, { ...JSON_TYPE, 'X-Forwarded-For': '198.51.100.1' }, '{}');
  expect(open.lastCall.address).toBe('127.0.0.1');
  await open.stop();
});

test('tells the listeners apart', async () => {
  const { port } = await echo.server.listen({ port: 0, host: '127.0.0.1', name: 'internal' });
  await http1(port, ECHO, JSON_TYPE, '{}');
  expect(echo.lastCall.listener).toBe('internal');
  await http1(echo.port, ECHO, JSON_TYPE, '{}');
  expect(echo.lastCall.listener).toBe('public');
});

test('a port that is taken is an error', async () => {
  await expect(echo.server.listen({ port: echo.port, host: '127.0.0.1' })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
