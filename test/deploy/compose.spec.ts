import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { versionProblem } from '../../src/platform/analytics-store/server-version.rules.js';
import { loadConfig } from '../../src/platform/config/index.js';
import { root } from '../docs/support/page.js';
import { buildGo, whyNoGo } from '../support/go.js';

const run = promisify(execFile);
const TOOLS = join(import.meta.dirname, 'tools');
const BUILD_MS = 300_000;

const missing = whyNoGo(TOOLS);
if (missing) console.log(`skipped: ${missing}`);

// What docker compose itself reads files with: the specification's schema, interpolation, references.
(missing ? describe.skip : describe)('the reference implementation of the Compose specification', () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-compose-'));
    program = join(folder, 'compose');
    await buildGo(TOOLS, program, './compose');
  }, BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = (file: string, env: Record<string, string>) =>
    run(program, [file], { cwd: root, env: { PATH: process.env['PATH'], ...env } });
  const secrets = { MASTER_KEY: 'key', POSTGRES_PASSWORD: 'password', CLICKHOUSE_PASSWORD: 'secret' };

  test('reads docker-compose.yml', async () => {
    const { stdout } = await read('docker-compose.yml', secrets);
    const { services } = JSON.parse(stdout) as { services: Record<string, { environment?: object }> };
    expect(Object.keys(services)).toEqual(
      expect.arrayContaining([
        'postgres',
        'clickhouse',
        'redis',
        'mail',
        'migrate',
        'api-1',
        'api-2',
        'worker-1',
        'worker-2',
      ]),
    );
    expect(services['api-1']?.environment).toMatchObject({
      DATABASE_URL: 'postgresql://dovecote:password@postgres:5432/dovecote',
      MASTER_KEY: 'key',
    });
  });

  test('workers alone see the backups that they make', async () => {
    const { stdout } = await read('docker-compose.yml', secrets);
    const { services } = JSON.parse(stdout) as {
      services: Record<string, { environment?: Record<string, string>; volumes?: { target: string }[] }>;
    };
    const seeing = Object.entries(services).filter(([, { volumes = [] }]) =>
      volumes.some(({ target }) => target === '/backups'),
    );
    expect(seeing.map(([name]) => name).sort()).toEqual(['worker-1', 'worker-2']);
    for (const [, { environment = {} }] of seeing) {
      const { BACKUP_TARGET, BACKUP_SCHEDULE } = environment;
      expect(loadConfig({ BACKUP_TARGET, BACKUP_SCHEDULE }).backup).toMatchObject({
        target: '/backups',
        schedule: '30 2 * * *',
      });
    }
  });

  test('every container of Dovecote has the one ClickHouse server, with its credentials', async () => {
    const { stdout } = await read('docker-compose.yml', secrets);
    const { services } = JSON.parse(stdout) as {
      services: Record<string, { image?: string; environment?: Record<string, string> }>;
    };
    const { clickhouse, ...others } = services;
    const {
      CLICKHOUSE_USER: user,
      CLICKHOUSE_PASSWORD: password,
      CLICKHOUSE_DB: database,
    } = clickhouse?.environment ?? {};
    const ours = Object.values(others).filter(({ image }) => image === 'dovecote');
    expect(ours).toHaveLength(5);
    for (const { environment } of ours)
      expect(environment?.CLICKHOUSE_URL).toBe(`http://${user}:${password}@clickhouse:8123/${database}`);
    const version = /^clickhouse\/clickhouse-server:([\d.]+)$/.exec(clickhouse?.image ?? '')?.[1] ?? '';
    expect(versionProblem(version)).toBeUndefined();
  });

  test.each([
    [200, 'healthy'],
    [503, 'unhealthy'],
  ])('its health check calls an API server that answers %d %s', async (status, word) => {
    const { stdout } = await read('docker-compose.yml', secrets);
    const { services } = JSON.parse(stdout) as {
      services: Record<string, { healthcheck?: { test: string[] } }>;
    };
    const [kind, program, ...words] = services['api-1']?.healthcheck?.test ?? [];
    expect([kind, program]).toEqual(['CMD', 'node']);
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/health/ready' ? status : 404).end(),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const check = words.map((one) => one.replace(':8080/', `:${port}/`));
    const found = await run(process.execPath, check).then(
      () => 'healthy',
      () => 'unhealthy',
    );
    server.close();
    expect(found).toBe(word);
  });

  test.each(Object.keys(secrets))('does without no %s', async (name) => {
    await expect(read('docker-compose.yml', { ...secrets, [name]: '' })).rejects.toThrow(`set ${name}`);
  });

  test.each([
    ['an unknown key', 'restart: unless-stopped', 'restrat: unless-stopped', 'restrat'],
    [
      'a volume that is not declared',
      'volumes: [exports:/data]',
      'volumes: [export:/data]',
      'undefined volume',
    ],
  ])('refuses %s', async (_, right, wrong, message) => {
    const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
    const file = join(folder, 'wrong.yml');
    await writeFile(file, text.replace(right, wrong));
    await expect(read(file, secrets)).rejects.toThrow(message);
  });
});
