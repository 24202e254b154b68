import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createProgram } from '../../src/commands/program.js';
import { sealedWith } from '../../src/platform/object-store/sealed-file.js';
import { built, Command, type CommandResult, npxDovecote } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { type ExternalDatabase, ExternalPostgres, queryAt } from '../support/external-postgres.js';
import { freePort } from '../support/free-port.js';

// Every command of `dovecote --help`, run as an operator runs it: a process of its own, in production, against a
// PostgreSQL whose owner is no superuser.
jest.setTimeout(300_000);

const create = ['create-organization', '--name', 'Acme', '--admin-email', 'boss@acme.example'];

const end = ['end-enforcement', '--organization', 'acme.example'];

let postgres: ExternalPostgres;
let database: ExternalDatabase;
let folder: string;
let env: Record<string, string>;
let running: Command[] = [];
/** First words of the commands that a spec runs; these have one beside this. */
const covered = new Set<string>([
  'backup',
  'dead-letters',
  'event-limit',
  'import',
  'resync-profiles',
  'restore',
]);

beforeAll(async () => {
  postgres = await ExternalPostgres.start();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  database = await postgres.createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'dovecote-operator-'));
  env = {
    DATABASE_URL: database.ownerUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    LOG_FORMAT: 'json',
  };
});
afterEach(async () => {
  for (const command of running) command.signal('SIGKILL');
  await Promise.all(running.map((command) => command.result()));
  running = [];
  await rm(folder, { recursive: true });
  // The role belongs to the server, its password to the installation.
  await postgres.administer(`drop database ${database.name} with (force)`);
  await postgres.administer('drop role if exists dovecote_app');
});

function run(words: string[], more: Record<string, string> = {}, program = built): Promise<CommandResult> {
  covered.add(words[0] ?? '');
  return Command.run(words, { env: { ...env, ...more }, folder, program });
}

function start(words: string[], more: Record<string, string> = {}): Command {
  covered.add(words[0] ?? '');
  const command = Command.start(words, { env: { ...env, ...more }, folder });
  running.push(command);
  return command;
}

/** Ends with a code, says a sentence, shows no stack. */
function expectRefusal({ exitCode, output }: CommandResult, sentence: string | RegExp): void {
  expect(output).toMatch(sentence);
  expect(output).not.toMatch(/^ {4}at /m);
  expect(exitCode).toBe(1);
}

async function post(
  url: string,
  method: string,
  body: object,
  headers = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

async function urlOf(server: Command): Promise<string> {
  return `http://127.0.0.1:${(await server.printed(/"listening":"127\.0\.0\.1:(\d+)"/))[1]}`;
}

describe('an operator with a PostgreSQL of their own', () => {
  test('makes the first organization as the documentation shows it; its admin signs in', async () => {
    const created = await run(create, {}, npxDovecote);
    expect(created).toMatchObject({ exitCode: 0, output: expect.stringContaining('organization Acme') });
    const server = start(['serve', '--role', 'all']);
    const url = await urlOf(server);
    const auth = `${url}/dovecote.auth.v1.AuthService`;
    await post(auth, 'RequestSignInCode', { email: 'boss@acme.example' });
    const code = await eventually('the mailed code', async () => {
      const mails = await queryAt(database.ownerUrl, 'select body from captured_mail');
      return /\b\d{6}\b/.exec(mails.map(({ body }) => String(body)).join('\n'))?.[0];
    });
    const { tokens } = await post(auth, 'VerifySignInCode', { email: 'boss@acme.example', code });
    const { accessToken } = tokens as { accessToken: string };
    const { organization } = await post(
      `${url}/pidgr.v1.OrganizationService`,
      'GetOrganization',
      {},
      { authorization: `Bearer ${accessToken}` },
    );
    expect(organization).toMatchObject({ name: 'Acme' });
    expect(await server.stop()).toMatchObject({ exitCode: 0 });
  });

  test('migrates, serves in every role, and starts again: the role is left as it is', async () => {
    for (const words of [['migrate'], ['migrate'], ['rotate-keys'], ['doctor']])
      expect(await run(words)).toMatchObject({ exitCode: 0 });
    for (const role of ['all', 'api', 'worker', 'all']) {
      const server = start(['serve', '--role', role]);
      if (role === 'worker') await server.printed(/"msg":"[^"]*ready/);
      else expect((await fetch(`${await urlOf(server)}/health`)).status).toBe(200);
      expect(await server.stop()).toMatchObject({ exitCode: 0 });
    }
  });

  test('ends the enforcement of single sign-on, on record and told to the admins', async () => {
    const { output } = await run(create);
    const id = /\(([0-9a-f-]{36})\)/.exec(output)?.[1] ?? '';
    const end = (organization: string) => run(['end-enforcement', '--organization', organization]);
    expectRefusal(await end('acme.example'), 'has proven the domain');
    expectRefusal(await end('00000000-0000-7000-8000-000000000000'), 'Organization not found');
    expectRefusal(await end(id), 'does not enforce single sign-on');
    await queryAt(
      database.superuserUrl,
      `with enforced as (update organization set sso_enforced_at = now())
       insert into sso_domain (org_id, name, challenge, created_at, verified_at)
       select id, 'acme.example', 'x', now(), now() from organization`,
    );
    expect(await end('ACME.example')).toMatchObject({ exitCode: 0 });
    expect(
      await queryAt(database.superuserUrl, 'select sso_enforced_at as "enforcedAt" from organization'),
    ).toEqual([{ enforcedAt: null }]);
    expect(
      await queryAt(
        database.superuserUrl,
        `select metadata from audit_event where metadata->>'change' = 'enforcement_ended'`,
      ),
    ).toEqual([{ metadata: { change: 'enforcement_ended', by: 'operator' } }]);
    const server = start(['serve', '--role', 'worker']);
    await eventually('the mail', async () => {
      const mails = await queryAt(database.superuserUrl, 'select subject from captured_mail');
      return mails.some(({ subject }) => String(subject).includes('no longer enforced'));
    });
    expect(await server.stop()).toMatchObject({ exitCode: 0 });
  });

  test('runs a render process', async () => {
    const port = await freePort();
    const render = start(['render'], {
      INTERNAL_PORT: String(port),
      INTERNAL_SECRET: randomBytes(24).toString('hex'),
    });
    await render.printed(/ready|running/i);
    expect(await render.stop()).toMatchObject({ exitCode: 0 });
  });

  test('works with files without a database', async () => {
    const key = randomBytes(32);
    const sealed = join(folder, 'export.sealed');
    await writeFile(sealed, await collect(sealedWith(key, Readable.from([Buffer.from('content')]))));
    const words = ['open-export', sealed, '--key', key.toString('base64url'), '--out', 'organization.zip'];
    expect(await run(words)).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(folder, 'organization.zip'), 'utf8')).toBe('content');
    expect(await run(['verify', 'no-such-file.csv'])).toMatchObject({ exitCode: 2 });
    expect(await run(['proto', 'export', 'protos'])).toMatchObject({ exitCode: 0 });
    const config = await run(['config']);
    expect(config).toMatchObject({ exitCode: 0, output: expect.stringContaining('DATABASE_URL') });
    expect(config.output).not.toContain('secret@');
    expectRefusal(await run(['config'], { CORS_ORIGINS: 'app.example.com' }), 'CORS_ORIGINS must be');
  });

  test('has an owner who may not create roles: the first start says what to do, and then works', async () => {
    await postgres.administer(`alter role ${database.owner} nocreaterole`);
    for (const words of [['migrate'], ['serve'], create])
      expectRefusal(await run(words), 'may not create roles');
    expectRefusal(await run(['doctor']), /fail +app role .*may not create roles/);
    expect(await queryAt(database.ownerUrl, `select to_regclass('member') as member`)).toEqual([
      { member: null },
    ]);
    await postgres.administer(`create role hand_made login password 'chosen'`);
    const appUrl = new URL(database.ownerUrl);
    appUrl.username = 'hand_made';
    appUrl.password = 'chosen';
    const DATABASE_APP_URL = appUrl.toString();
    for (const words of [['migrate'], ['migrate'], ['doctor']])
      expect(await run(words, { DATABASE_APP_URL })).toMatchObject({ exitCode: 0 });
    appUrl.password = 'wrong';
    const wrong = { DATABASE_APP_URL: appUrl.toString() };
    for (const words of [['serve'], ['migrate'], ['doctor']])
      expectRefusal(await run(words, wrong), 'password authentication failed');
    expectRefusal(
      await run(['serve'], { DATABASE_APP_URL: database.ownerUrl }),
      'names the owner of the tables',
    );
    await postgres.administer(`drop owned by hand_made`, database.superuserUrl);
    await postgres.administer('drop role hand_made');
  });

  test('finds an app role that an administrator made: left alone where it cannot be altered, and said', async () => {
    await postgres.administer('create role dovecote_app login');
    for (const words of [['migrate'], ['serve'], ['doctor']])
      expectRefusal(await run(words), 'may not alter it');
    await postgres.administer(`grant dovecote_app to ${database.owner} with admin option`);
    expect(await run(['migrate'])).toMatchObject({ exitCode: 0 });
    await postgres.administer('alter role dovecote_app superuser');
    expectRefusal(await run(['serve']), 'alter role dovecote_app nosuperuser');
  });

  test('does not take the role of another installation on the same server', async () => {
    expect(await run(['migrate'])).toMatchObject({ exitCode: 0 });
    const other = await postgres.createDatabase('superuser');
    const second = { DATABASE_URL: other.ownerUrl, MASTER_KEY: randomBytes(32).toString('base64') };
    expectRefusal(await run(['migrate'], second), `serves ${database.name} on this PostgreSQL server`);
    expect(await run(['doctor'])).toMatchObject({ exitCode: 0 });
    await postgres.administer(`drop database ${other.name}`);
  });

  test('runs an older program, or has another master key: every command refuses, and changes nothing', async () => {
    const server = start(['serve']);
    const url = await urlOf(server);
    const every = [
      ['serve', '--role', 'api'],
      ['serve', '--role', 'worker'],
      ['migrate'],
      ['rotate-keys'],
      create,
      end,
    ];
    const MASTER_KEY = randomBytes(32).toString('base64');
    for (const words of [...every, ['doctor']])
      expectRefusal(await run(words, { MASTER_KEY }), 'encrypted with another master key');
    const internal = { INTERNAL_PORT: String(await freePort()), INTERNAL_SECRET: 'x'.repeat(32) };
    await postgres.administer(
      `insert into schema_migration (timestamp, name) values (9e12, 'FromTheFuture')`,
      database.superuserUrl,
    );
    for (const words of [...every, ['render'], ['doctor']])
      expectRefusal(await run(words, internal), 'newer than this program: FromTheFuture');
    // New connections of the server that runs are still admitted.
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('sees in health and doctor since when no worker is there; calls are answered meanwhile', async () => {
    const url = await urlOf(start(['serve', '--role', 'api']));
    const health = async (): Promise<unknown> => (await fetch(`${url}/health/ready`)).json();
    expect(await health()).toEqual({ status: 'degraded', workers: 'none seen yet', analytics: 'ok' });
    const workers = [start(['serve', '--role', 'worker']), start(['serve', '--role', 'worker'])];
    for (const worker of workers) await worker.printed(/"msg":"ready"/);
    expect(await health()).toEqual({ status: 'ok', workers: 'ok', analytics: 'ok' });
    for (const worker of workers) expect(await worker.stop()).toMatchObject({ exitCode: 0 });
    expect(await health()).toEqual({
      status: 'degraded',
      workers: expect.stringMatching(/^none seen since 20\d\d-/),
      analytics: 'ok',
    });
    const doctor = await run(['doctor']);
    expect(doctor).toMatchObject({
      exitCode: 0,
      output: expect.stringMatching(/warn +workers +none seen since[^]*ok +connections +\d+ of \d+ used/),
    });
  });

  test('has a database that belongs to somebody else', async () => {
    await postgres.administer(`alter database ${database.name} owner to dovecote`);
    for (const words of [['migrate'], ['serve'], ['doctor']])
      expectRefusal(await run(words), 'may not create tables');
  });

  test.each([
    ['nobody listens', { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' }, 'cannot be reached'],
    ['the host has no address', { DATABASE_URL: 'postgres://a:b@nowhere.invalid/x' }, 'cannot be reached'],
    ['a TLS certificate that is not there', { TLS_CERT_FILE: 'a.pem', TLS_KEY_FILE: 'b.pem' }, 'a.pem'],
    ['a list of authorities that is not there', { OUTBOUND_CA_FILE: 'c.pem' }, 'c.pem'],
    ['an unusable variable', { PORT: 'many' }, 'PORT must be'],
  ])('starts although %s: one sentence, and an end', async (_what, wrong, sentence) => {
    expectRefusal(await run(['serve'], wrong), sentence);
  });

  test('commands end when the database is away', async () => {
    const away = { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/x' };
    for (const words of [['migrate'], ['rotate-keys'], create])
      expectRefusal(await run(words, away), 'cannot be reached');
    expectRefusal(await run(['doctor'], away), /fail +database/);
    for (const words of [['rotate-keys'], end]) expectRefusal(await run(words), 'dovecote migrate');
  });

  test('starts on a port that is taken', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    expectRefusal(await run(['serve'], { PORT: String(port) }), 'EADDRINUSE');
    await new Promise((resolve) => other.close(resolve));
  });
});

test('no command of the help was forgotten here', () => {
  expect([...covered].sort()).toEqual(
    createProgram({})
      .commands.map((command) => command.name())
      .sort(),
  );
});

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks);
}
