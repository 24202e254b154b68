import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { appUrl } from '../../src/platform/database/app-role.js';
import { databaseUrl, templateName, testMasterKey } from './template-database.js';

export interface TestDatabase {
  /** Connection of the owner, who sees every tenant: for arranging and checking. */
  readonly ownerUrl: string;
  /** Connection of the app role, as the server has it. */
  readonly appUrl: string;
  /** Runs a statement as the owner. */
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** A database of its own for one spec file, cloned from the migrated template. */
export function cloneDatabase(): Promise<TestDatabase> {
  return createDatabase('test', templateName);
}

/** A database as an operator would make it: nothing in it. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('empty', 'template0');
}

async function createDatabase(prefix: string, template: string): Promise<TestDatabase> {
  const serverUrl = process.env.DOVECOTE_TEST_DATABASE_URL;
  if (!serverUrl) throw new Error('Run the specs through `npm run jest`: the database is missing.');
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await administer(serverUrl, `create database ${name} template ${template}`);
  const ownerUrl = databaseUrl(serverUrl, name);
  const owner = new Client({ connectionString: ownerUrl });
  // A spec that fails half-way leaves the connection to the end of the run, when the database goes first.
  owner.on('error', () => undefined);
  await owner.connect();
  return {
    ownerUrl,
    appUrl: appUrl(ownerUrl, testMasterKey),
    async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
      return (await owner.query(text, values)).rows as Row[];
    },
    async drop() {
      await owner.end();
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function administer(serverUrl: string, command: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl });
  await client.connect();
  try {
    // Two spec files may clone at once, and PostgreSQL lets only one use a template at a time.
    await client.query('select pg_advisory_lock(7263543)');
    await client.query(command);
  } finally {
    await client.end();
  }
}
