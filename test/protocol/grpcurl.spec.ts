import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeForeignClient, type Servers, type Sights } from './support/foreign-client.js';
import { buildGo, whyNoGo } from '../support/go.js';

const run = promisify(execFile);
const SOURCE = join(import.meta.dirname, 'grpcurl');

// No schema is given: grpcurl asks the server's reflection.
describeForeignClient({
  name: 'grpcurl',
  missing: whyNoGo(SOURCE),
  async look(servers) {
    const directory = await mkdtemp(join(tmpdir(), 'dovecote-grpcurl-'));
    try {
      const binary = join(directory, 'grpcurl');
      await buildGo(SOURCE, binary, 'github.com/fullstorydev/grpcurl/cmd/grpcurl');
      return await calls(binary, servers);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
});

async function calls(binary: string, { product, echo, apiKey, token }: Servers): Promise<Sights> {
  const call = (...args: string[]) => grpcurl(binary, args);
  const as = (credential: string) => ['-H', `authorization: Bearer ${credential}`];
  const listRoles = [product, 'pidgr.v1.RoleService/ListRoles'];
  const listed = async (credential: string): Promise<number> =>
    (JSON.parse((await call(...as(credential), ...listRoles)).stdout).roles as unknown[]).length;
  const refused = await call(...listRoles);
  const invalid = await call(...as(apiKey), product, 'pidgr.v1.RoleService/CreateRole');
  const echoed = await call(
    ...['-v', '-H', 'x-echo-one: eins', '-d', '{"text":"grüß dich"}'],
    ...[echo, 'dovecote.test.v1.EchoService/Echo'],
  );
  const sleep = ['-d', '{"milliseconds":60000}', echo, 'dovecote.test.v1.EchoService/Sleep'];
  // Within the time the connection is made, too.
  const late = await call('-max-time', '3', ...sleep);
  const streamed = await call('-v', '-d', '{"to":3}', echo, 'dovecote.test.v1.EchoService/Count');
  const watched = await call('-max-time', '3', product, 'grpc.health.v1.Health/Watch');
  return {
    keyRoles: await listed(apiKey),
    tokenRoles: await listed(token),
    refusedCode: statusOf(refused.stderr),
    refusedReason: /"reason": "(\w+)"/.exec(refused.stderr)?.[1] ?? '',
    invalidCode: statusOf(invalid.stderr),
    invalidFields: [...invalid.stderr.matchAll(/"field": "([^"]+)"/g)].map(([, field]) => field ?? ''),
    deadlineCode: statusOf(late.stderr),
    echoText: /"text": "(.*)"/.exec(echoed.stdout)?.[1] ?? '',
    echoHeader: /^x-echo-one: (.*)$/m.exec(echoed.stdout)?.[1] ?? '',
    echoTrailer: /^x-trailer-one: (.*)$/m.exec(echoed.stdout)?.[1] ?? '',
    stream: [...streamed.stdout.matchAll(/"number": (\d+)/g)].map(([, number]) => Number(number)),
    streamHeader: /^x-count: (.*)$/m.exec(streamed.stdout)?.[1] ?? '',
    streamTrailer: /^x-done: (.*)$/m.exec(streamed.stdout)?.[1] ?? '',
    health: /"status": "(\w+)"/.exec(watched.stdout)?.[1] ?? '',
  };
}

interface Printed {
  stdout: string;
  stderr: string;
}

/** What it printed, also when the call failed. */
async function grpcurl(binary: string, args: string[]): Promise<Printed> {
  return run(binary, ['-plaintext', '-format-error', ...args]).catch((error: Printed) => error);
}

/** -format-error prints the google.rpc.Status of a failure as JSON. */
function statusOf(stderr: string): number {
  return Number(/"code": (\d+)/.exec(stderr)?.[1]);
}
