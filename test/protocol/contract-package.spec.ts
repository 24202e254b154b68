import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const INSTALL_MS = 180_000;
/** Two runs of the compiler, beside other specs. */
const COMPILE_MS = 120_000;

/** What an application names in its package.json. */
const named = ['@dovecote/contract', '@connectrpc/connect', '@connectrpc/connect-web'];

const application = `
import { create, toJson } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { CampaignStatus, type Role } from '@dovecote/contract/pidgr/v1/common_pb';
import { CreateRoleRequestSchema } from '@dovecote/contract/pidgr/v1/role_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_connect';

const transport = createConnectTransport({ baseUrl: 'https://dovecote.example' });

export async function roles(): Promise<Role[]> {
  const { roles } = await createClient(RoleService, transport).listRoles({});
  return roles;
}

export const services: string[] = [RoleService.typeName, AuthService.typeName];
export const running: CampaignStatus = CampaignStatus.RUNNING;
console.log(JSON.stringify(toJson(CreateRoleRequestSchema, create(CreateRoleRequestSchema, { name: 'Reader' }))));
`;
const mistake = `
import { create } from '@bufbuild/protobuf';
import { CreateRoleRequestSchema } from '@dovecote/contract/pidgr/v1/role_pb';
create(CreateRoleRequestSchema, { name: 1 });
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-application-'));
  const tarballs = await Promise.all([...(await withAllTheyNeed(named))].map(packed));
  const manifest = {
    name: 'application',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(tarballs),
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await npm(folder, 'install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts');
  await writeFile(join(folder, 'application.ts'), application);
  await writeFile(join(folder, 'mistake.ts'), mistake);
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true }));

/** Packages that a registry would be asked for are packed here too, so that none is asked. */
async function withAllTheyNeed(names: readonly string[]): Promise<Set<string>> {
  const all = new Set(names);
  for (const name of all) {
    const manifest = await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8');
    const { dependencies, peerDependencies } = JSON.parse(manifest) as Record<string, object | undefined>;
    for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) all.add(needed);
  }
  return all;
}

/** The name of a package and the file that it is packed in. */
async function packed(name: string): Promise<[string, string]> {
  const source = join(root, 'node_modules', name);
  const { stdout } = await npm(source, 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  return [name, `file:${stdout.trim()}`];
}

function npm(cwd: string, ...args: string[]) {
  // Of the npm that runs the tests; what it says of them is not for another project.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  return run('npm', args, { cwd, env: { ...env, npm_config_update_notifier: 'false' } });
}

function compile(module: string, resolution: string, file: string) {
  const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'];
  return run(
    process.execPath,
    [tsc, ...options, '--module', module, '--moduleResolution', resolution, file],
    {
      cwd: folder,
    },
  );
}

describe('the contract, packed and installed elsewhere', () => {
  test('needs nothing that it does not name', async () => {
    const { stdout } = await npm(folder, 'ls', '--all', '--json');
    expect(JSON.parse(stdout)).not.toHaveProperty('problems');
  });

  test.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'compiles with tsc --strict and its own types, module %s',
    async (module, resolution) => {
      await compile(module, resolution, 'application.ts');
      await expect(compile(module, resolution, 'mistake.ts')).rejects.toMatchObject({
        stdout: expect.stringContaining("Type 'number' is not assignable to type 'string'"),
      });
    },
    COMPILE_MS,
  );

  test('is bundled with one copy of protobuf, and runs', async () => {
    const { metafile } = await build({
      absWorkingDir: folder,
      entryPoints: ['application.ts'],
      outfile: 'bundle.mjs',
      bundle: true,
      format: 'esm',
      platform: 'browser',
      metafile: true,
      logLevel: 'silent',
    });
    const bundled = Object.keys(metafile.inputs);
    const copies = bundled.flatMap((path) => /^(.*@bufbuild\/protobuf\/dist\/[^/]+)\//.exec(path)?.[1] ?? []);
    expect([...new Set(copies)]).toEqual(['node_modules/@bufbuild/protobuf/dist/esm']);
    // The rules stand in the descriptors; what evaluates them is for servers.
    expect(bundled.filter((path) => /@bufbuild\/(cel|re2)\//.test(path))).toEqual([]);
    const { stdout } = await run(process.execPath, ['bundle.mjs'], { cwd: folder });
    expect(JSON.parse(stdout)).toEqual({ name: 'Reader' });
  });

  test('is loaded by Node as it is', async () => {
    const script = `import('@dovecote/contract/pidgr/v1/role_connect').then(({ RoleService }) => console.log(RoleService.typeName))`;
    const { stdout } = await run(process.execPath, ['--eval', script], { cwd: folder });
    expect(stdout.trim()).toBe('pidgr.v1.RoleService');
  });
});
