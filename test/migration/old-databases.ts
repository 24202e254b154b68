import { randomBytes } from 'node:crypto';
import type { migrations } from '#migrations';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { databaseUrl } from '../support/template-database.js';

/** Databases that begin empty, and are migrated in steps, as those of earlier releases were. */
export class OldDatabases {
  private readonly server: Client;
  private readonly created: string[] = [];
  private readonly owner = `ordinary_owner_${randomBytes(6).toString('hex')}`;

  private constructor(server: Client) {
    this.server = server;
  }

  static async connect(): Promise<OldDatabases> {
    const server = new Client({ connectionString: process.env.DOVECOTE_TEST_DATABASE_URL });
    await server.connect();
    return new OldDatabases(server);
  }

  /** A database as an operator would make it: nothing in it. */
  async createEmpty(): Promise<string> {
    const name = `empty_${randomBytes(6).toString('hex')}`;
    await this.server.query(`create database ${name} template template0`);
    this.created.push(name);
    return databaseUrl(process.env.DOVECOTE_TEST_DATABASE_URL ?? '', name);
  }

  /** As an owner for whom row-level security holds: not every PostgreSQL is ours. */
  async migrateAsOrdinaryOwner(url: string, some: typeof migrations): Promise<void> {
    await withClient(url, async (client) => {
      const { rows } = await client.query('select from pg_roles where rolname = $1', [this.owner]);
      if (rows.length === 0) await client.query(`create role ${this.owner}`);
      await client.query(`grant create on schema public to ${this.owner}`);
    });
    const dataSource = await new DataSource({
      type: 'postgres',
      url,
      migrations: some,
      migrationsTableName: 'schema_migration',
      extra: { options: `-c role=${this.owner}` },
    }).initialize();
    try {
      await dataSource.runMigrations();
    } finally {
      await dataSource.destroy();
    }
  }

  async drop(): Promise<void> {
    for (const name of this.created) await this.server.query(`drop database ${name} with (force)`);
    await this.server.query(`drop role if exists ${this.owner}`);
    await this.server.end();
  }
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
