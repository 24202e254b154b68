import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEnvelope } from '@dovecote/secret';
import { Client } from 'pg';
import { pino } from 'pino';
import { SigningKeys } from '../../platform/caller/signing-keys.js';
import { loadConfig } from '../../platform/config/index.js';
import { appUrl } from '../../platform/database/app-role.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { startEmbeddedPostgres } from '../../platform/database/embedded/index.js';
import type { EmbeddedPostgres } from '../../platform/database/embedded/index.js';
import { Database } from '../../platform/database/index.js';
import { migrate } from '../../platform/database/migrate.js';
import type { OpenDatabase } from '../open-database.js';
import { examineAnalytics } from './analytics.js';
import { examineConnections } from './connections.js';
import { examineDatabase } from './database.js';
import type { Finding } from './finding.js';
import { examineMachine } from './machine.js';
import { examineSiblings } from './siblings.js';

const log = pino({ level: 'silent' });
const masterKey = Buffer.alloc(32, 1);

let dataDir: string;
let postgres: EmbeddedPostgres;
let open: OpenDatabase;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'dovecote-doctor-'));
  postgres = await startEmbeddedPostgres({ dataDir, log });
  open = { ownerUrl: postgres.url, appUrl: appUrl(postgres.url, masterKey), masterKey };
});

afterAll(async () => {
  await postgres.stop();
  await rm(dataDir, { recursive: true });
});

function about(subject: string, findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => finding.subject === subject);
}

async function asOwner(statement: string): Promise<void> {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

describe('the doctor finds', () => {
  test('a database that cannot be reached, and asks nothing more of it', async () => {
    const findings = await examineDatabase({ ...open, ownerUrl: 'postgres://127.0.0.1:1/none' }, log);
    expect(findings).toMatchObject([{ level: 'fail', subject: 'database' }]);
  });

  test('a schema that was never migrated', async () => {
    const findings = await examineDatabase(open, log);
    expect(about('migrations', findings)).toMatchObject([{ level: 'fail' }]);
    expect(findings.at(-1)?.advice).toContain('dovecote migrate');
  });

  describe('on a migrated database', () => {
    beforeAll(async () => {
      await migrate({ ownerUrl: postgres.url, masterKey }, log);
      const dataSource = await appDataSource(
        open.appUrl,
        [],
        { size: 1, applicationName: 'spec' },
        log,
      ).initialize();
      await new SigningKeys(new Database(dataSource), createEnvelope(masterKey)).ensure();
      await dataSource.destroy();
    });

    test('nothing wrong', async () => {
      const findings = await examineDatabase(open, log);
      expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
      expect(findings.map(({ subject }) => subject)).toEqual([
        'database',
        'migrations',
        'app role',
        'tenancy',
        'signing keys',
        'workers',
      ]);
    });

    test('a server that would run as the owner', async () => {
      const findings = await examineDatabase({ ...open, appUrl: postgres.url }, log);
      expect(about('tenancy', findings).map(({ level }) => level)).toEqual(['fail', 'fail']);
    });

    test('a master key of another installation', async () => {
      const findings = await examineDatabase({ ...open, masterKey: Buffer.alloc(32, 2) }, log);
      expect(about('master key', findings)).toMatchObject([{ level: 'fail' }]);
      await asOwner('truncate installation');
      // As a database of an earlier release, which remembers no check.
      expect(await examineDatabase({ ...open, masterKey: Buffer.alloc(32, 2) }, log)).toEqual(findings);
      expect(await examineDatabase(open, log)).toMatchObject(Array(6).fill({ level: 'ok' }));
    });

    test('that no worker is there, and since when', async () => {
      await asOwner(`insert into worker_heartbeat values ('gone', '2026-01-02T03:04:05Z')`);
      expect(about('workers', await examineDatabase(open, log))).toMatchObject([
        { level: 'warn', text: expect.stringContaining('none seen since 2026-01-02T03:04:05.000Z') },
      ]);
      await asOwner(`insert into worker_heartbeat (worker_id, seen_at, lane)
        select lane, case lane when 'webhook' then '2026-02-03T04:05:06Z' else now() end, lane
          from unnest(array['mail', 'campaign', 'webhook', 'background']) lane`);
      expect(about('workers', await examineDatabase(open, log))).toMatchObject([
        { level: 'warn', text: 'no worker for webhook jobs since 2026-02-03T04:05:06.000Z: their jobs wait' },
      ]);
      await asOwner(`insert into worker_heartbeat values ('there', now())`);
      expect(about('workers', await examineDatabase(open, log))).toMatchObject([{ level: 'ok' }]);
      await asOwner('truncate worker_heartbeat');
    });

    test('how many connections the processes may use, of how many', async () => {
      const config = loadConfig({ DATA_DIR: dataDir });
      const [fits] = await examineConnections(open, config, log);
      expect(fits).toMatchObject({
        ...{ level: 'ok', subject: 'connections' },
        text: expect.stringMatching(/^\d+ of \d+ used; 1 process, of which 1 worker, may use 23$/),
      });
      // As two processes that run, and of which one is a worker.
      const feeds = [1, 2].map(
        () => new Client({ connectionString: open.appUrl, application_name: 'dovecote feed' }),
      );
      await Promise.all(feeds.map((feed) => feed.connect()));
      await asOwner(
        `insert into worker_heartbeat (worker_id, seen_at, lane) values ('a', now(), 'mail'), ('b', now(), 'webhook')`,
      );
      const large = loadConfig({ DATA_DIR: dataDir, DATABASE_POOL_SIZE: '60', WORKER_CONCURRENCY: '20' });
      const findings = await examineConnections(open, large, log);
      await Promise.all(feeds.map((feed) => feed.end()));
      await asOwner('truncate worker_heartbeat');
      expect(findings).toMatchObject([
        {
          level: 'fail',
          text: expect.stringMatching(/^\d+ of \d+ used; 2 processes, of which 1 worker, may use 146/),
          advice: expect.stringContaining('DATABASE_POOL_SIZE'),
        },
      ]);
    });

    test('a table that lost its protection', async () => {
      await asOwner('create table leaky (org_id uuid not null)');
      const findings = await examineDatabase(open, log);
      await asOwner('drop table leaky');
      expect(about('tenancy', findings)).toMatchObject([
        { level: 'fail', text: expect.stringContaining('leaky') },
      ]);
    });

    test('a schema that a newer program made', async () => {
      await asOwner("insert into schema_migration (timestamp, name) values (9, 'FromTheFuture')");
      const findings = await examineDatabase(open, log);
      await asOwner("delete from schema_migration where name = 'FromTheFuture'");
      expect(about('migrations', findings)).toMatchObject([
        { level: 'fail', advice: 'Upgrade the program.' },
      ]);
    });
  });

  test('a port that another program holds', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const env = { PORT: String(port), DATA_DIR: join(dataDir, 'other') };
    const findings = await examineMachine(loadConfig(env));
    await new Promise((resolve) => other.close(resolve));
    expect(about('port', findings)).toMatchObject([{ level: 'warn' }]);
  });

  test('an analytics server that does not answer, and one that is too old', async () => {
    const dead = loadConfig({ CLICKHOUSE_URL: 'http://127.0.0.1:1', DATA_DIR: dataDir });
    expect(await examineAnalytics(dead)).toMatchObject([
      { level: 'fail', subject: 'analytics', advice: expect.stringContaining('CLICKHOUSE_URL') },
    ]);
    // As Debian's package answers.
    const old = createHttpServer((_, response) => response.end('{"version":"18.16.1"}\n'));
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    const { port } = old.address() as AddressInfo;
    const found = await examineAnalytics(
      loadConfig({ CLICKHOUSE_URL: `http://127.0.0.1:${port}`, DATA_DIR: dataDir }),
    );
    old.close();
    expect(found).toMatchObject([
      { level: 'fail', text: 'ClickHouse 18.16.1 is too old: 25.8 or newer is needed.' },
    ]);
  });

  test('no analytics engine where none was used', async () => {
    const findings = await examineAnalytics(loadConfig({ DATA_DIR: join(dataDir, 'none') }));
    expect(findings).toMatchObject([{ level: 'ok', text: expect.stringContaining('not running') }]);
  });

  test('a Redis that does not answer', async () => {
    const findings = await examineMachine(
      loadConfig({ REDIS_URL: 'redis://127.0.0.1:1', DATA_DIR: dataDir }),
    );
    expect(about('redis', findings)).toMatchObject([{ level: 'fail' }]);
  });

  test('a render process that is not there, and certificates that are not', async () => {
    const tls = { INTERNAL_TLS_CERT_FILE: 'a', INTERNAL_TLS_KEY_FILE: 'b', INTERNAL_TLS_CA_FILE: 'c' };
    const secret = 'a-secret-of-at-least-thirty-two-characters';
    const env = { ...tls, RENDER_URL: 'http://127.0.0.1:1', INTERNAL_SECRET: secret };
    const findings = await examineSiblings(loadConfig(env));
    expect(about('certificate', findings)).toMatchObject([{ level: 'fail' }]);
    expect(about('render', findings)).toMatchObject([{ level: 'fail' }]);
  });

  test.each([
    ['0.0.0.0', 'warn'],
    ['127.0.0.1', 'ok'],
  ])('development on %s: %s', async (HOST, level) => {
    const findings = await examineMachine(
      loadConfig({ ENVIRONMENT: 'development', HOST, DATA_DIR: dataDir }),
    );
    expect(about('environment', findings)).toMatchObject([{ level }]);
  });

  test('production settings that leave people outside', async () => {
    const env = { ENVIRONMENT: 'production', DATA_DIR: dataDir };
    const findings = await examineMachine(loadConfig(env));
    expect(about('mail', findings)).toMatchObject([{ level: 'warn', advice: 'Set SMTP_URL.' }]);
    expect(about('public url', findings)).toMatchObject([{ level: 'warn' }]);
    expect(about('app url', findings)).toMatchObject([{ text: expect.stringContaining('set APP_URL') }]);
  });
});
