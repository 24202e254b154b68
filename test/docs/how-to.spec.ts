import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { TeamService } from '@dovecote/contract/pidgr/v1/team_pb';
import { DataSource, type QueryRunner } from 'typeorm';
import { tenantTable } from '../../migrations/tenant-table.js';
import { type Actor, addMember } from '../support/cast.js';
import { carry, type SamlProvider, startSamlProvider } from '../support/saml-provider.js';
import { cloneDatabase } from '../support/test-database.js';
import { Page, root } from './support/page.js';
import { complaintsAbout } from './support/program.js';
import { serve, type ServedPage } from './support/served-page.js';
import { Shell } from './support/shell.js';

jest.setTimeout(100_000);

const connecting = Page.open('docs/how-to/connect-an-identity-provider.md');
const provisioning = Page.open('docs/how-to/provision-people-by-scim.md');
let provider: SamlProvider;
let reader: ServedPage;
let admin: Actor;
const ids: Record<string, string> = {};

beforeAll(async () => {
  provider = await startSamlProvider();
  reader = await serve(
    connecting,
    { OUTBOUND_ALLOWED_HOSTS: provider.host, SSO_TRUSTED_DOMAINS: 'example.com' },
    { metadataUrl: provider.metadataUrl, ids },
  );
  const { server, cast, shell } = reader;
  admin = await addMember(server, cast.acme, { email: 'admin@example.com', role: 'super_admin' });
  const token = admin.headers.authorization.replace('Bearer ', '');
  await shell.run(`API=${server.url} TOKEN=${token}`);
});
afterAll(async () => {
  await reader?.stop();
  await provider?.stop();
});

/** The fields of the answers that the specs use. */
interface Answer {
  readonly connection?: { readonly id: string };
  readonly url?: string;
}

async function type(page: Page, words: string, language = 'command'): Promise<Answer> {
  const printed = await reader.shell.run(reader.here(page.take(words, language)));
  return (printed === '' ? {} : JSON.parse(printed)) as Answer;
}

describe('connecting an identity provider', () => {
  test('domain, connection, test, activation, enforcement', async () => {
    await type(connecting, 'call()', 'sh');
    expect(await type(connecting, 'DomainService/AddDomain')).toHaveProperty('domain.recordValue');
    await type(connecting, 'DomainService/VerifyDomain');
    expect(await type(connecting, 'PrepareConnection')).toHaveProperty('reservation');
    const { connection } = await type(connecting, 'CreateConnection');
    ids.connectionId = connection?.id ?? '';
    const { url = '' } = await type(connecting, 'StartTestLogin');
    const person = { nameId: admin.email, email: admin.email };
    await carry(reader.server, ids.connectionId, provider.answer(url, person));
    const [login] = (await admin.client(ConnectionService).listLogins({})).logins;
    ids.loginId = login?.id ?? '';
    await type(connecting, 'GetLogin');
    await type(connecting, 'UpdateConnection');
    ids.userId = reader.cast.erin.userId;
    ids.subject = 'erin-at-the-provider';
    await type(connecting, 'BindSubject');
    await type(connecting, 'SetEnforcement');
  });

  test('nothing that it shows is run by nobody', () => {
    expect(connecting.untaken).toEqual([]);
  });
});

describe('provisioning people', () => {
  test('token, settings, groups, a pause', async () => {
    const { team } = await reader.cast.kiosk.client(TeamService).createTeam({ name: 'Engineering' });
    ids.targetId = team?.id ?? '';
    // Enforcement has ended the session that the former page worked in.
    const kiosk = reader.cast.kiosk.headers.authorization.replace('Bearer ', '');
    await reader.shell.run(`TOKEN=${kiosk}`);
    await type(provisioning, 'call()', 'sh');
    expect(await type(provisioning, 'CreateScimToken')).toHaveProperty('secret');
    expect(await type(provisioning, 'GetScimSettings')).toHaveProperty('settings.baseUrl');
    await type(provisioning, 'SetGroupMappings');
    await type(provisioning, 'SetScimPaused');
  });

  test('nothing that it shows is run by nobody', () => {
    expect(provisioning.untaken).toEqual([]);
  });
});

test('adding a table: the migration makes a tenant’s table', async () => {
  const page = Page.open('docs/how-to/add-a-table.md');
  const migration = page.take('create table poll', 'ts');
  const database = await cloneDatabase();
  const source = await new DataSource({ type: 'postgres', url: database.ownerUrl }).initialize();
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code of the page is what is tested
    const run = new Function('runner', 'tenantTable', `return (async () => {${migration}})()`) as (
      runner: QueryRunner,
      table: typeof tenantTable,
    ) => Promise<void>;
    await run(source.createQueryRunner(), tenantTable);
    const [forced] = await database.query(
      `select relforcerowsecurity as forced from pg_class where relname = 'poll'`,
    );
    expect(forced).toEqual({ forced: true });
  } finally {
    await source.destroy();
    await database.drop();
  }
  page.leave(
    'npm run jest -- test/migration -u',
    'It writes the snapshot of test/migration/migration.spec.ts anew.',
  );
  expect(page.untaken).toEqual([]);
});

test('adding an RPC: the handler is the one of the module to copy', () => {
  const page = Page.open('docs/how-to/add-an-rpc.md');
  const flat = (code: string): string => code.replaceAll(/\s+/g, ' ').trim();
  const source = readFileSync(join(root, 'src/modules/people/role/role.rpc.ts'), 'utf8');
  expect(flat(source)).toContain(flat(page.take('@Rpc(RoleService', 'ts')));
  const scripts = new Set(Object.keys(manifest().scripts));
  for (const name of ['generate', 'lint:proto', 'breaking', 'check', 'jest']) {
    expect(scripts).toContain(name);
    page.leave(
      `npm run ${name}`,
      'It checks or changes the whole tree; .ci/run runs it, or what it makes is compared.',
    );
  }
  expect(page.untaken).toEqual([]);
});

test('adding a job: its parts are what the code has', () => {
  const page = Page.open('docs/how-to/add-a-job.md');
  page.leave(
    'scope.enqueue',
    'A part of src/modules/messaging/campaign/campaign-wake.service.ts, whose names it explains.',
  );
  page.leave('@HandlesJob', 'A shorter form of src/modules/messaging/campaign/campaign.jobs.ts.');
  expect(page.untaken).toEqual([]);
});

test('passkeys: the client is what the compiler takes', async () => {
  const page = Page.open('docs/how-to/passkeys.md');
  // test/browser/passkey.spec.ts is a page that does it.
  expect(await complaintsAbout([page.take('beginPasskeySignIn', 'ts')])).toBe('');
  expect(page.untaken).toEqual([]);
});

test('breaking things: what is to be run is there', async () => {
  const page = Page.open('docs/how-to/break-things.md');
  const shell = await Shell.open();
  try {
    for (const line of page.take('FUZZ_SECONDS', 'bash').trim().split('\n')) {
      // They run for minutes, and some want what is not on every machine. scripts/real-components.sh runs the script.
      const command = line.split('#')[0]?.replace(/^(?=scripts\/)/, 'bash -n ');
      expect(await shell.run(`${command} --listTests`)).toContain('.spec.ts');
    }
  } finally {
    await shell.close();
  }
  expect(page.untaken).toEqual([]);
});

test('rendering elsewhere, and clients in other languages, have specs of their own', () => {
  const rendering = Page.open('docs/how-to/render-in-a-process-of-its-own.md');
  rendering.leave('INTERNAL_PORT=9090 INTERNAL_SECRET', 'It is run by test/rpc/render-process.spec.ts.');
  rendering.leave('INTERNAL_HOST=0.0.0.0', 'It is run by test/rpc/render-process.spec.ts.');
  rendering.leave('npx dovecote doctor', 'It is run by test/docs/operations.spec.ts.');
  expect(rendering.untaken).toEqual([]);
  const clients = Page.open('docs/how-to/clients-in-other-languages.md');
  clients.leave('npx dovecote proto export', 'It is run by test/protocol/other-languages.spec.ts.');
  clients.leave('version: v2', 'It is run by test/protocol/other-languages.spec.ts.');
  clients.leave('go install', 'What it installs is built by test/protocol/other-languages.spec.ts.');
  clients.leave('buf generate', 'A clone is compiled by test/protocol/other-languages.spec.ts.');
  expect(clients.untaken).toEqual([]);
});

test('the list of variables is printed as its page says', async () => {
  const page = Page.open('docs/configuration.md');
  expect(await reader.shell.run(page.take('npx dovecote config --markdown'))).toContain('| `PORT` | 8080 |');
  page.leave('npx dovecote config', 'It is run by test/docs/readme.spec.ts.');
  page.leave('npm run format', 'It changes the whole tree, and .ci/run compares.');
  expect(page.untaken).toEqual([]);
});

function manifest(): { scripts: Record<string, string> } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
}
