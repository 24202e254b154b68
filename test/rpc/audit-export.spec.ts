import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AuditExportFormat, type AuditExport, AuditService } from '@dovecote/contract/pidgr/v1/audit_pb';
import { PrivacyRequestStatus } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { checkTrail, type Verdict } from '../../src/commands/verify/check-trail.js';
import { AuditChain } from '../../src/modules/evidence/audit/chain.service.js';
import { readTrail, type TrailRow } from '../../src/platform/audit/trail-file/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const DAY_MS = 24 * 3_600_000;

let s: TestServer;
let cast: Cast;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-trail-'));
  s = await startTestServer({ env: { DATA_DIR: folder } });
  cast = await seedCast(s);
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const audit = (who: Actor) => who.client(AuditService);

/** Events in one statement, with ids in the order of their times. */
async function addEvents(orgId: string, count: number, at = new Date()): Promise<void> {
  await s.database.query(
    `insert into audit_event (org_id, id, event_type, actor_kind, actor_id, entity_type, entity_id, metadata, created_at)
     select $1, (substr(hex, 1, 8) || '-' || substr(hex, 9) || substr(gen_random_uuid()::text, 14))::uuid,
            'ROLE_UPDATED', 'member', 'somebody', 'role', 'role-' || n,
            '{"name": "=1+1", "a": "\\"quoted\\", and so on"}', $3::timestamptz + (n - 1) * interval '1 microsecond'
       from generate_series(1, $2::int) n,
            lpad(to_hex((extract(epoch from $3::timestamptz) * 1000)::bigint), 12, '0') hex`,
    [orgId, count, at],
  );
}

async function finished(who: Actor, ended = PrivacyRequestStatus.COMPLETED): Promise<AuditExport> {
  return eventually('the export is done', async () => {
    const [newest] = (await audit(who).listAuditExports({})).exports;
    return newest?.status === ended && newest;
  });
}

/** The file behind the link, on disk: the public URL of the tests says port 0. */
async function download({ resultUrl }: AuditExport): Promise<string> {
  const response = await fetch(s.url + new URL(resultUrl).pathname);
  expect(response.status).toBe(200);
  const path = join(folder, `download-${Math.random()}`);
  await writeFile(path, Buffer.from(await response.arrayBuffer()));
  return path;
}

async function rowsOf(path: string): Promise<TrailRow[]> {
  const rows: TrailRow[] = [];
  for await (const line of await readTrail(path)) if ('row' in line) rows.push(line.row);
  return rows;
}

const verdictOf = async (path: string): Promise<Verdict> => checkTrail(await readTrail(path));

const storedCount = async (orgId: string): Promise<number> => {
  const text = 'select count(*)::int as count from audit_event where org_id = $1';
  return (await s.database.query<{ count: number }>(text, [orgId]))[0]?.count ?? 0;
};

async function chain(orgId: string): Promise<void> {
  const origin = { caller: { kind: 'system', orgId }, requestId: 'spec' } as const;
  const scopes = s.server.app.get(Scopes, { strict: false });
  const chains = s.server.app.get(AuditChain, { strict: false });
  while (!(await scopes.run(origin, (scope) => chains.extend(scope))));
}

describe('an export is refused', () => {
  test('to keys and to members without the permission', async () => {
    const request = { format: AuditExportFormat.CSV };
    expect((await refusalOf(audit(cast.kiosk).exportAuditTrail(request))).reason).toBe('API_KEY_HAS_NO_USER');
    const calls = [audit(cast.max).exportAuditTrail(request), audit(cast.erin).listAuditExports({})];
    for (const refused of await refusalsOf(calls)) expect(refused.reason).toBe('PERMISSION_MISSING');
  });

  test('without a format, or of a time that ends before it begins', async () => {
    const now = timestampFromDate(new Date());
    for (const [request, field] of [
      [{}, 'format'],
      [{ format: 4 as AuditExportFormat }, 'format'],
      [{ format: AuditExportFormat.CSV, startTime: now, endTime: now }, 'end_time'],
    ] as const) {
      expect((await refusalOf(audit(cast.alice).exportAuditTrail(request))).fields).toEqual([field]);
    }
  });

  test('while five are being made, of many that ask at once', async () => {
    const idle = await startTestServer({ env: { ROLE: 'api' } });
    try {
      const { mallory } = await seedCast(idle);
      const ask = () => audit(mallory).exportAuditTrail({ format: AuditExportFormat.CSV });
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, ask));
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      expect(await refusalOf(ask())).toMatchObject({
        code: Code.ResourceExhausted,
        reason: 'TOO_MANY_EXPORTS',
      });
    } finally {
      await idle.stop();
    }
  });
});

describe.each([
  ['csv', AuditExportFormat.CSV, 'csv'],
  ['json', AuditExportFormat.JSON, 'ndjson'],
  ['parquet', AuditExportFormat.PARQUET, 'parquet'],
] as const)('an export as %s', (format, wanted, extension) => {
  test('holds the whole trail of the organization, itself included, and is sound', async () => {
    await addEvents(cast.acme.id, 2_500);
    await addEvents(cast.other.id, 10);
    const before = await storedCount(cast.acme.id);
    const answer = await audit(cast.alice).exportAuditTrail({ format: wanted });
    expect(answer).toMatchObject({ status: PrivacyRequestStatus.PENDING, exportUrl: '' });
    const done = await finished(cast.alice);
    expect(done).toMatchObject({ format, errorMessage: '', requestedByEmail: cast.alice.email });
    expect(done.completedAt).toBeDefined();
    const response = await fetch(s.url + new URL(done.resultUrl).pathname);
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`audit-trail-[\\d-]+\\.${extension}"$`),
    );
    await response.arrayBuffer();

    const path = await download(done);
    expect(await verdictOf(path)).toMatchObject({
      sound: true,
      end: { orgId: cast.acme.id, events: before + 1, firstSeq: 1, lastSeq: before + 1 },
    });
    const rows = await rowsOf(path);
    expect(new Set(rows.map(({ orgId }) => orgId))).toEqual(new Set([cast.acme.id]));
    expect(rows.at(-1)).toMatchObject({
      eventType: 'DATA_EXPORT_REQUESTED',
      actorId: cast.alice.userId,
      metadata: { format },
    });
    expect(rows[5]).toMatchObject({ metadata: { name: '=1+1', a: '"quoted", and so on' } });
    expect((await audit(cast.mallory).listAuditExports({})).exports).toEqual([]);
  });
});

describe('an export of a range', () => {
  test('begins with its first event and ends before its end', async () => {
    const [from, to] = [new Date('2020-01-01T00:00:00Z'), new Date('2020-01-02T00:00:00Z')];
    // Whenever the minute is over, a worker chains what there is: nothing older may be written in between.
    await chain(cast.other.id);
    // One at the very beginning: of those of a millisecond, whose order is any, the others would bring it along.
    await addEvents(cast.other.id, 1, from);
    await addEvents(cast.other.id, 19, new Date(from.getTime() + 1000));
    await chain(cast.other.id);
    await addEvents(cast.other.id, 20, to);
    await audit(cast.mallory).exportAuditTrail({
      format: AuditExportFormat.JSON,
      startTime: timestampFromDate(from),
      endTime: timestampFromDate(to),
    });
    const path = await download(await finished(cast.mallory));
    expect(await verdictOf(path)).toMatchObject({ sound: true, end: { events: 20 } });
    expect((await rowsOf(path)).every(({ createdAt }) => createdAt.startsWith('2020-01-01T'))).toBe(true);
  });

  test('in which nothing happened is an empty one', async () => {
    const [startTime, endTime] = [timestampFromDate(new Date(0)), timestampFromDate(new Date(1000))];
    await audit(cast.mallory).exportAuditTrail({ format: AuditExportFormat.CSV, startTime, endTime });
    const path = await download(await finished(cast.mallory));
    expect(await verdictOf(path)).toMatchObject({ sound: true, end: { events: 0 } });
  });
});

describe('the file', () => {
  test('is gone after a week, and the record is not', async () => {
    await audit(cast.mallory).exportAuditTrail({ format: AuditExportFormat.CSV });
    const { id, resultUrl } = await finished(cast.mallory);
    await s.travel(7 * DAY_MS + 1000);
    const [record] = (await audit(cast.mallory).listAuditExports({})).exports;
    expect(record).toMatchObject({ id, status: PrivacyRequestStatus.COMPLETED, resultUrl: '' });
    expect((await fetch(s.url + new URL(resultUrl).pathname)).status).toBe(404);
    const kept = join(folder, 'objects', cast.other.id, 'audit');
    await eventually('the file is deleted', async () => !(await readdir(kept)).includes(`${id}.csv`));
  });
});

describe('the chain', () => {
  test('takes every event of many who act at once, none twice, without making them wait for each other', async () => {
    const act = (n: number) =>
      cast.alice.client(RoleService).createRole({ name: `Parallel ${n}`, permissions: [13] });
    await Promise.all([
      ...Array.from({ length: 60 }, (_, n) => act(n)),
      ...Array.from({ length: 5 }, () => chain(cast.acme.id)),
    ]);
    await chain(cast.acme.id);
    const [state] = await s.database.query(
      `select count(*)::int as links, max(seq)::int as last, count(distinct event_id)::int as events,
              (select count(*)::int from audit_event where org_id = $1) as happened,
              (select count(*)::int from audit_backlog where organization_id = $1) as waiting
         from audit_chain where org_id = $1`,
      [cast.acme.id],
    );
    const happened = (state as { happened: number }).happened;
    expect(state).toEqual({ links: happened, last: happened, events: happened, happened, waiting: 0 });
  });

  test('does not hold up whoever acts while it is extended', async () => {
    await addEvents(cast.acme.id, 10);
    const origin = { caller: { kind: 'system', orgId: cast.acme.id }, requestId: 'spec' } as const;
    const chains = s.server.app.get(AuditChain, { strict: false });
    await s.server.app.get(Scopes, { strict: false }).run(origin, async (scope) => {
      await chains.extend(scope);
      // Its transaction is still open.
      await cast.alice.client(RoleService).createRole({ name: 'Meanwhile', permissions: [13] });
    });
  });

  test('is extended by one at a time', async () => {
    const origin = { caller: { kind: 'system', orgId: cast.acme.id }, requestId: 'spec' } as const;
    const chains = s.server.app.get(AuditChain, { strict: false });
    const extend = (done: () => Promise<void>) =>
      s.server.app.get(Scopes, { strict: false }).run(origin, async (scope) => {
        await chains.extend(scope);
        await done();
      });
    await addEvents(cast.acme.id, 10);
    let second: Promise<void> | undefined;
    await extend(async () => {
      second = extend(() => Promise.resolve());
      await eventually('the second waits', async () => {
        const waiting = `select from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`;
        return (await s.database.query(waiting)).length > 0;
      });
    });
    await second;
  });

  test('is extended every minute, for every organization', async () => {
    await addEvents(cast.other.id, 5);
    await s.database.query(
      `select graphile_worker.add_job('audit.chain', payload := '{"_cron": {"ts": "2026-01-01T00:00:00Z"}}'::json)`,
    );
    await eventually('nothing waits', async () => {
      const rows = await s.database.query('select from audit_backlog where organization_id = $1', [
        cast.other.id,
      ]);
      return rows.length === 0;
    });
  });
});
