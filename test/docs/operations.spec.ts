import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { ExternalPostgres } from '../support/external-postgres.js';
import { freePort } from '../support/free-port.js';
import { SmtpServer } from '../support/smtp-server.js';
import { Page, root } from './support/page.js';
import { Shell } from './support/shell.js';
import { substitute, type Surroundings } from './support/substitutions.js';

// An installation from nothing, in production, on a PostgreSQL whose owner is no superuser.
jest.setTimeout(120_000);

const page = Page.open('docs/operations.md');
const smtp = new SmtpServer();
let postgres: ExternalPostgres;
let administrator: string;
let dataDir: string;
let shell: Shell;
let surroundings: Surroundings;

beforeAll(async () => {
  postgres = await ExternalPostgres.start();
  dataDir = await mkdtemp(join(tmpdir(), 'dovecote-operator-'));
  const { ownerUrl, superuserUrl } = await postgres.createDatabase();
  administrator = superuserUrl;
  // The page makes one of this name itself.
  await postgres.administer('drop database dovecote with (force)', administrator);
  // As the page names them.
  const databaseUrl = Object.assign(new URL(ownerUrl), {
    username: 'dovecote_owner',
    pathname: '/dovecote',
  }).toString();
  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  surroundings = { url, databaseUrl, smtpUrl: await smtp.open(), metricsPort };
  shell = await Shell.open({ PORT: String(port), DATA_DIR: dataDir, LOG_FORMAT: 'json' });
});
afterAll(async () => {
  await shell?.close();
  await postgres?.stop();
  smtp.close();
  await rm(dataDir, { recursive: true, force: true });
});

const type = (words: string, language = 'sh'): Promise<string> =>
  shell.run(substitute(page.take(words, language), surroundings));

async function call(method: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${surroundings.url}/dovecote.auth.v1.AuthService/${method}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Record<string, unknown>;
}

describe('the first start', () => {
  test('the role, the database, the variables', async () => {
    for (const statement of page.take('create role', 'sql').split(';\n').filter(Boolean))
      await postgres.administer(statement, administrator);
    await type('export DATABASE_URL');
    page.leave('openssl rand -base64 32', 'The block of variables runs it.', 'command');
  });

  test('the schema and the first organization', async () => {
    expect(await type('npx dovecote create-organization')).toContain('you@example.com');
  });

  test('the processes, and all is well', async () => {
    await type('npx dovecote serve --role api &');
    await eventually(
      'the API is ready',
      async () => (await fetch(`${surroundings.url}/health/ready`)).ok,
      60_000,
    );
    page.leave('npx dovecote serve --role api', 'The block of processes runs it.', 'command');
    page.leave('npx dovecote serve --role worker', 'The block of processes runs it.', 'command');
    expect(await type('npx dovecote doctor')).toContain('signing keys');
  });

  test('the first admin signs in by a mailed code', async () => {
    const email = 'you@example.com';
    await call('RequestSignInCode', { email });
    const code = await eventually('the mail', () =>
      Promise.resolve(
        /\b\d{6}\b/.exec(smtp.received.find((mail) => mail.includes(`To: ${email}`)) ?? '')?.[0],
      ),
    );
    expect(await call('VerifySignInCode', { email, code })).toHaveProperty('tokens.accessToken');
  });
});

describe('over the years', () => {
  test('keys are rotated, and a second migration has nothing to do', async () => {
    await type('npx dovecote rotate-keys', 'command');
    await type('npx dovecote migrate', 'command');
    await type('npx dovecote doctor', 'command');
    expect(await type('npx dovecote dead-letters list')).toContain('There are no dead letters.');
    expect(await type('npx dovecote resync-profiles')).toContain('0 profiles and 0 aliases');
  });

  test('the figures are told, and the page and its alerts name such as there are', async () => {
    // Beside the one that runs.
    await shell.run(`export PORT=${await freePort()}`);
    await type('METRICS_PORT=9464');
    const told = await eventually(
      'the figures',
      async () => {
        const { metricsPort } = surroundings;
        return (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      },
      60_000,
    );
    expect(await type('curl http://127.0.0.1:9464/metrics')).toContain('dovecote_workers{lane="mail"} 1');
    const text = readFileSync(join(root, page.path), 'utf8');
    const named = new Set(text.match(/\b(dovecote|nodejs|process)_[a-z0-9_]*[a-z0-9](?=[`{[)\s])/g));
    const names = new Set(told.match(/^# TYPE \w+/gm)?.map((line) => line.slice('# TYPE '.length)));
    const ours = [...named].filter((name) => !/^dovecote_(app|owner)$/.test(name));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.filter((name) => !names.has(name.replace(/_bucket$/, '')))).toEqual([]);
    page.leave('scrape_configs', 'There is no Prometheus here; the names in it are compared above.');
    page.leave('groups:', 'There is no Prometheus here; the names in it are compared above.');
  });
});

test('nothing that it shows is run by nobody', () => {
  const elsewhere = 'It is run by test/commands/commands.spec.ts.';
  for (const words of [
    'npx dovecote verify <file>',
    'verify <file> --after',
    'open-export <file>',
    'end-enforcement',
    'npx dovecote render',
  ])
    page.leave(words, elsewhere);
  page.leave('dead-letters show', 'It is run by test/commands/dead-letters.spec.ts.');
  page.leave('npx dovecote backup', 'It is run by test/docs/back-up-and-restore.spec.ts.');
  page.leave('npx dovecote restore', 'It is run by test/docs/back-up-and-restore.spec.ts.');
  page.leave('npx dovecote event-limit', 'It is run by test/commands/event-limit.spec.ts.');
  page.leave('docker run', 'There is no container runtime here.');
  page.leave(
    'helm install',
    'There is no Kubernetes here; test/deploy/helm.spec.ts renders what it installs.',
  );
  page.leave('npm start', 'It is run by test/docs/readme.spec.ts.');
  page.leave('npm run bench', 'A benchmark takes minutes.');
  page.leave('npx dovecote …', 'It says how the commands are written.');
  expect(page.untaken).toEqual([]);
});
