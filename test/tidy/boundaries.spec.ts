import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Report {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
}

function cruise(folder: string, ...paths: string[]): Promise<Report> {
  const script = join(root, 'node_modules/.bin/depcruise');
  const args = [script, ...paths, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    // Violations are its exit code; only output that is no report is a failure here.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (stdout === '') reject(error ?? new Error(stderr));
      else resolve(JSON.parse(stdout) as Report);
    });
  });
}

describe('the boundaries', () => {
  test('hold, and the cruiser did read the program', async () => {
    const { summary } = await cruise(root, 'src', 'libs', 'migrations');
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    // With a TypeScript that it does not support, the cruiser reads nothing and finds no fault.
    expect(summary.totalCruised).toBeGreaterThan(150);
  });
});

describe('a program that breaks them', () => {
  let folder: string;
  let broken: string[];

  const files: Record<string, string> = {
    'node_modules/typeorm/index.js': 'export const a = 1;',
    'libs/contract/gen/role_pb.ts': 'export const role = 1;',
    'libs/rpc/src/index.ts': `import '../../../src/app.js';`,
    'src/app.ts': `import './modules/role/role.store.js';`,
    'src/platform/a.ts': `import './b.js'; import '../modules/role/index.js';`,
    'src/platform/b.ts': `import './a.js';`,
    'src/modules/role/index.ts': `import '../campaign/index.js';`,
    'src/modules/role/role.store.ts': 'export const store = 1;',
    'src/modules/role/role.rpc.ts': `import './role.store.js';`,
    'src/modules/role/role.service.ts': `import 'typeorm'; import '../../../libs/contract/gen/role_pb.js';`,
    'src/modules/role/role.rules.ts': `import 'node:fs';`,
    'src/modules/campaign/index.ts': `import '../role/role.store.js';`,
    'src/modules/newcomer/index.ts': `import '../role/index.js'; import './gone.js';`,
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-boundaries-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    await writeFile(
      join(folder, 'node_modules/typeorm/package.json'),
      '{"name":"typeorm","main":"index.js"}',
    );
    await writeFile(join(folder, 'package.json'), '{"dependencies":{"typeorm":"1"}}');
    const { summary } = await cruise(folder, 'src', 'libs');
    broken = summary.violations.map(({ rule }) => rule.name);
  });

  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    'no-cycles',
    'modules-through-their-door',
    'program-enters-modules-through-their-door',
    'modules-have-a-row',
    'row-1-imports-no-higher-row',
    'platform-knows-no-module',
    'libs-know-no-src',
    'generated-types-stop-at-the-edge',
    'typeorm-stops-at-stores-and-entities',
    'rpc-touches-no-store',
    'rules-import-no-package',
    'resolvable',
  ])('is told so: %s', (rule) => {
    expect(broken).toContain(rule);
  });
});
