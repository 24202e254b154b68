import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportProtosCommand } from '../../src/commands/export-protos.js';
import { buildGo, whyNoGo } from '../support/go.js';

const run = promisify(execFile);
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');
const root = join(import.meta.dirname, '../..');
/** Has the modules that generated code needs, and those of the plugins. */
const GO_CLIENT = join(import.meta.dirname, 'go-client');
const BUILD_MS = 300_000;

let folder: string;
let protos: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-protos-'));
  protos = join(folder, 'protos');
});
afterAll(() => rm(folder, { recursive: true }));

/** As on a machine that has buf, and nothing of ours. */
const runBuf = (cwd: string, ...args: string[]) =>
  run(process.execPath, [buf, ...args], {
    cwd,
    env: { ...process.env, PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter) },
  });

describe('dovecote proto export', () => {
  test('writes the contract with all that it imports, and nothing that is served to tests only', async () => {
    expect(await exportProtosCommand(protos)).toMatch(/^\d+ proto files written to /);
    const written = await readdir(protos, { recursive: true });
    expect(written).toEqual(
      expect.arrayContaining([
        'pidgr/v1/role.proto',
        'dovecote/auth/v1/auth.proto',
        'buf/validate/validate.proto',
        'google/rpc/error_details.proto',
      ]),
    );
    expect(written.filter((path) => path.startsWith('dovecote/test'))).toEqual([]);
  });

  test('refuses a folder that is not empty', async () => {
    await expect(exportProtosCommand(protos)).rejects.toThrow(/is not empty; name an empty folder/);
  });

  test('writes what compiles by itself', async () => {
    await runBuf(protos, 'build', '.', '-o', '/dev/null');
  });
});

test('a clean clone compiles by itself', async () => {
  const clone = join(folder, 'clone');
  for (const name of ['buf.yaml', 'proto', 'third_party'])
    await cp(join(root, name), join(clone, name), { recursive: true });
  await runBuf(clone, 'build', 'proto', '-o', '/dev/null');
});

const missing = whyNoGo(GO_CLIENT);
if (missing) console.log(`skipped: ${missing}`);

/** The sample of the how-to. */
async function sample(): Promise<string> {
  const page = await readFile(join(root, 'docs/how-to/clients-in-other-languages.md'), 'utf8');
  const [, template] = /```yaml\n([^`]+)```/.exec(page) ?? [];
  if (!template) throw new Error('The how-to has no buf.gen.yaml.');
  return template;
}

(missing ? test.skip : test)(
  'the Go code that the how-to makes compiles',
  async () => {
    const plugins = [
      'google.golang.org/protobuf/cmd/protoc-gen-go',
      'connectrpc.com/connect/cmd/protoc-gen-connect-go',
    ];
    await buildGo(GO_CLIENT, `${join(folder, 'bin')}/`, ...plugins);
    await writeFile(join(folder, 'buf.gen.yaml'), await sample());
    await runBuf(folder, 'generate');
    const module = await readFile(join(GO_CLIENT, 'go.mod'), 'utf8');
    await writeFile(join(folder, 'go.mod'), module.replace(/^module .*$/m, 'module example.com/client'));
    await cp(join(GO_CLIENT, 'go.sum'), join(folder, 'go.sum'));
    await buildGo(folder, '/dev/null', './gen/...');
    expect(await readdir(join(folder, 'gen/pidgr/v1'))).toContain('role.pb.go');
  },
  BUILD_MS,
);
