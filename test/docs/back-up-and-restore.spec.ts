import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Page } from './support/page.js';
import { Shell } from './support/shell.js';

// On one machine, and then on another one.
jest.setTimeout(180_000);

const page = Page.open('docs/how-to/back-up-and-restore.md');
let folder: string;
let shell: Shell;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-backups-'));
  const dataDir = join(folder, 'monday');
  shell = await Shell.open({
    DATA_DIR: dataDir,
    BACKUPS: join(folder, 'backups'),
    ENVIRONMENT: 'production',
    ANALYTICS_FREE_DISK_MIB: '64',
    PORT: '0',
  });
  await shell.run('npx dovecote create-organization --name Acme --admin-email you@example.com');
});
afterAll(async () => {
  await shell?.close();
  await rm(folder, { recursive: true, force: true });
});

const type = (words: string): Promise<string> => shell.run(page.take(words));

test('the steps of the page lead from one machine to another one', async () => {
  expect(await type('npx dovecote backup $BACKUPS/monday')).toContain('The master key is not in it');
  expect(await type('npx dovecote backup $BACKUPS --keep 7')).toContain('Backed up to');
  expect(await type('restore $BACKUPS/monday --check')).toContain('are as they were written');
  await mkdir(join(folder, 'tuesday'));
  await copyFile(join(folder, 'monday', 'master.key'), join(folder, 'tuesday', 'master.key'));
  await shell.run(`export DATA_DIR=${join(folder, 'tuesday')}`);
  expect(await type('npx dovecote restore $BACKUPS/monday\n')).toContain('Restored');
  expect(await type('npx dovecote doctor')).toContain('All checks passed.');
  page.leave('npx dovecote resync-profiles', 'It is run by test/commands/resync-profiles.spec.ts.');
  expect(page.untaken).toEqual([]);
  expect(await readFile(join(folder, 'backups', 'monday', 'manifest.json'), 'utf8')).toContain('"format":1');
});
