import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { EchoServer } from './support/echo-server.js';

const run = promisify(execFile);
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

// No schema is given: buf asks the server's reflection.
test.each([
  ['connect', []],
  ['connect', ['--http2-prior-knowledge']],
  ['grpc', ['--http2-prior-knowledge']],
  ['grpcweb', []],
])('buf curl calls over %s %j without files', async (protocol, flags) => {
  const url = `${echo.url}/dovecote.test.v1.EchoService/Echo`;
  const { stdout } = await run(process.execPath, [
    buf,
    'curl',
    '--protocol',
    protocol,
    ...flags,
    '--data',
    '{"text":"hi"}',
    url,
  ]);
  expect(JSON.parse(stdout)).toEqual({ text: 'hi' });
});

test('buf curl lists the services', async () => {
  const { stdout } = await run(process.execPath, [
    buf,
    'curl',
    '--http2-prior-knowledge',
    '--list-services',
    echo.url,
  ]);
  expect(stdout).toContain('dovecote.test.v1.EchoService\n');
});
