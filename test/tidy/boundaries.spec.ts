import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ofFiles = '.dependency-cruiser.cjs';
const ofFolders = '.dependency-cruiser-folders.cjs';

interface Report {
  summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] };
}

function cruise(folder: string, config: string, ...paths: string[]): Promise<Report> {
  const script = join(root, 'node_modules/.bin/depcruise');
  const args = [script, ...paths, '--config', join(root, config), '--output-type', 'json'];
  return new Promise((resolve, reject) => {
    // Violations are its exit code; only output that is no report is a failure here.
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (stdout === '') reject(error ?? new Error(stderr));
      else resolve(JSON.parse(stdout) as Report);
    });
  });
}

describe('the boundaries', () => {
  test.each([ofFiles, ofFolders])('hold by %s, and the cruiser did read the program', async (config) => {
    const { summary } = await cruise(root, config, 'src', 'libs', 'migrations');
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
    'src/app.ts': `import './modules/people/role/role.store.js';`,
    'src/platform/a.ts': `import './b.js'; import '../modules/people/role/index.js';`,
    'src/platform/b.ts': `import './a.js';`,
    'src/platform/jobs/a.ts': `import '../scope/a.js';`,
    'src/platform/scope/a.ts': 'export const a = 1;',
    'src/platform/scope/b.ts': `import '../jobs/b.js';`,
    'src/platform/jobs/b.ts': 'export const b = 1;',
    'src/modules/people/role/index.ts': `import '../../messaging/campaign/index.js';`,
    'src/modules/people/role/role.store.ts': 'export const store = 1;',
    'src/modules/people/role/role.rpc.ts': `import './role.store.js';`,
    'src/modules/people/role/role.service.ts': `import 'typeorm'; import '../../../../libs/contract/gen/role_pb.js';`,
    'src/modules/people/role/role.rules.ts': `import 'node:fs';`,
    'src/modules/messaging/campaign/index.ts': `import '../../people/role/role.store.js'; import './a.js';`,
    'src/modules/messaging/campaign/a.ts': `import '../inbox/index.js';`,
    'src/modules/messaging/inbox/index.ts': `import './b.js';`,
    'src/modules/messaging/inbox/b.ts': `import '../campaign/c.js';`,
    'src/modules/messaging/campaign/c.ts': 'export const c = 1;',
    'src/modules/newcomer/role/index.ts': `import '../../people/role/index.js'; import './gone.js';`,
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
    const reports = await Promise.all([
      cruise(folder, ofFiles, 'src', 'libs'),
      cruise(folder, ofFolders, 'src', 'libs'),
    ]);
    broken = reports.flatMap(({ summary }) => summary.violations.map(({ rule }) => rule.name));
  });

  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    'no-cycles',
    'modules-through-their-door',
    'program-enters-modules-through-their-door',
    'modules-stand-in-an-area',
    'people-imports-only-areas-below',
    'modules-form-no-knot',
    'platform-forms-no-knot',
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
