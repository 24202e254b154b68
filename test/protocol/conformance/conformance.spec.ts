import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { buildGo, whyNoGo } from '../../support/go.js';
import { Contract } from './contract.js';
import { Host } from './host.js';

const run = promisify(execFile);
const SUITE = join(import.meta.dirname, 'suite');
const MODULE = 'connectrpc.com/conformance';
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
// A first build compiles Go's own library too.
const BUILD_MS = 300_000;
const RUN_MS = 180_000;

const missing = whyNoGo(SUITE);
if (missing) console.log(`skipped: ${missing}`);

let directory: string;
let host: Host;

beforeAll(async () => {
  if (missing) return;
  directory = await mkdtemp(join(tmpdir(), 'dovecote-conformance-'));
  await buildGo(SUITE, join(directory, 'suite'), `${MODULE}/cmd/connectconformance`);
  host = new Host(await loadContract());
  await host.listen(join(directory, 'socket'));
}, BUILD_MS);

afterAll(async () => {
  if (missing) return;
  host.close();
  await rm(directory, { recursive: true });
});

/** The protos are in the suite's module. */
async function loadContract(): Promise<Contract> {
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', MODULE], { cwd: SUITE });
  const image = join(directory, 'conformance.binpb');
  const source = join(stdout.trim(), 'proto');
  await run(process.execPath, [buf, 'build', source, '--as-file-descriptor-set', '-o', image]);
  return new Contract(createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image))));
}

(missing ? describe.skip : describe)('the conformance suite of Connect', () => {
  test(
    'passes, but for the cases that known-failing.txt explains',
    async () => {
      const output = await conformance();
      const [, total, passed] = /Total cases: (\d+)\n(\d+) passed, 0 failed/.exec(output) ?? [];
      console.log(`connectconformance: ${total} cases, ${passed} passed, the others failed as known`);
      expect(host.failures).toEqual([]);
      // A configuration that matches nothing passes too.
      expect(Number(passed)).toBeGreaterThan(500);
    },
    RUN_MS,
  );
});

/** What the suite printed; a failure that is not known, and a known one that passes, reject with it. */
async function conformance(): Promise<string> {
  const flags = ['--mode', 'server', '--conf', join(SUITE, 'config.yaml')];
  const known = ['--known-failing', `@${join(SUITE, 'known-failing.txt')}`];
  const command = [process.execPath, join(import.meta.dirname, 'bridge.mjs'), join(directory, 'socket')];
  const child = spawn(join(directory, 'suite'), [...flags, ...known, '--', ...command], { stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`connectconformance exited with ${code}:\n${output}`);
  return output;
}
