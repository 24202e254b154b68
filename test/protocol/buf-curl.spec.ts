import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { EchoServer } from './support/echo-server.js';

const run = promisify(execFile);
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

const echo = new EchoServer();
let server: TestServer;
let authorization: string;
beforeAll(async () => {
  await echo.start();
  server = await startTestServer({ env: { ROLE: 'api' } });
  ({ authorization } = (await seedCast(server)).kiosk.headers);
});
afterAll(async () => {
  await echo.stop();
  await server?.stop();
});

interface Printed {
  stdout: string;
  stderr: string;
}

// No schema is given: buf asks the server's reflection.
async function curl(...args: string[]): Promise<Printed> {
  return run(process.execPath, [buf, 'curl', ...args]).catch((error: Printed) => error);
}

const transports = [
  { protocol: 'connect', flags: [] },
  { protocol: 'connect', flags: ['--http2-prior-knowledge'] },
  { protocol: 'grpc', flags: ['--http2-prior-knowledge'] },
  { protocol: 'grpcweb', flags: [] },
];

test.each(transports)('buf curl is refused over $protocol $flags, and prints why', async (transport) => {
  const url = `${server.url}/pidgr.v1.RoleService/ListRoles`;
  const { stderr } = await curl('--protocol', transport.protocol, ...transport.flags, url);
  const { code, details } = JSON.parse(stderr);
  expect(code).toBe('unauthenticated');
  expect(fromBinary(ErrorInfoSchema, Buffer.from(details[0].value, 'base64')).reason).toBe(
    'CREDENTIAL_MISSING',
  );
});

test.each(transports)(
  'buf curl calls over $protocol $flags without files, with metadata',
  async (transport) => {
    const url = `${echo.url}/dovecote.test.v1.EchoService/Echo`;
    const options = ['--protocol', transport.protocol, ...transport.flags, '-v', '-H', 'x-echo-one: eins'];
    const { stdout, stderr } = await curl(...options, '--data', '{"text":"hi"}', url);
    expect(JSON.parse(stdout)).toEqual({ text: 'hi' });
    expect(stderr).toMatch(/x-echo-one: eins/i);
  },
);

test.each(transports)('buf curl reads a stream over $protocol $flags', async (transport) => {
  const url = `${echo.url}/dovecote.test.v1.EchoService/Count`;
  const options = ['--protocol', transport.protocol, ...transport.flags, '--data', '{"to":3}'];
  const { stdout } = await curl(...options, url);
  expect([...stdout.matchAll(/"number": ?(\d)/g)].map(([, number]) => number)).toEqual(['1', '2', '3']);
});

test('buf curl calls with an API key', async () => {
  const url = `${server.url}/pidgr.v1.RoleService/ListRoles`;
  const { stdout } = await curl('-H', `authorization: ${authorization}`, url);
  expect(JSON.parse(stdout).roles).toHaveLength(4);
});

test('buf curl lists the services', async () => {
  const { stdout } = await curl('--http2-prior-knowledge', '--list-services', echo.url);
  expect(stdout).toContain('dovecote.test.v1.EchoService\n');
});
