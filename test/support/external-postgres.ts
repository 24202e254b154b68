import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/index.js';
import { forgoDurability } from './template-database.js';

export interface ExternalDatabase {
  readonly name: string;
  readonly owner: string;
  /** DATABASE_URL as the operator sets it. */
  readonly ownerUrl: string;
  readonly superuserUrl: string;
}

/** A PostgreSQL server of its own, as a provider runs it: whoever owns a database there is no superuser. */
export class ExternalPostgres {
  private readonly superuserUrl: string;
  readonly stop: () => Promise<void>;

  private constructor(superuserUrl: string, stop: () => Promise<void>) {
    this.superuserUrl = superuserUrl;
    this.stop = stop;
  }

  static async start(): Promise<ExternalPostgres> {
    const dataDir = await mkdtemp(join(tmpdir(), 'dovecote-external-'));
    const quiet = { info: () => undefined, error: (message: string) => console.error(message) };
    const postgres = await startEmbeddedPostgres({ dataDir, log: quiet });
    await forgoDurability(postgres.url);
    // Over TCP, as a server elsewhere.
    const url = Object.assign(new URL(postgres.url), { search: '' }).toString();
    return new ExternalPostgres(url, async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true });
    });
  }

  /** An empty database and its owner, who has these attributes. */
  async createDatabase(attributes = 'createrole createdb'): Promise<ExternalDatabase> {
    const name = `app_${randomBytes(4).toString('hex')}`;
    const owner = `${name}_owner`;
    await this.administer(`create role ${owner} login ${attributes} password 'secret'`);
    await this.administer(`create database ${name} owner ${owner}`);
    const url = new URL(this.superuserUrl);
    url.pathname = `/${name}`;
    const superuserUrl = url.toString();
    url.username = owner;
    url.password = 'secret';
    return { name, owner, ownerUrl: url.toString(), superuserUrl };
  }

  /** As the provider's own administrator. */
  administer(statement: string, url = this.superuserUrl): Promise<Record<string, unknown>[]> {
    return queryAt(url, statement);
  }
}

export async function queryAt(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values)).rows;
  } finally {
    await client.end();
  }
}
