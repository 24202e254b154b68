import pg from 'pg';
import { pino } from 'pino';
import { migrate } from '../../dist/compiled/platform/database/migrate.js';

export const templateName = 'dovecote_template';
/** The same in every spec, so that one app role serves all cloned databases. */
export const testMasterKey = Buffer.alloc(32, 7);

export function databaseUrl(serverUrl, name) {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

/** Migrates once; cloning the result takes tens of milliseconds. */
export async function createTemplate(serverUrl) {
  const owner = new pg.Client({ connectionString: serverUrl });
  await owner.connect();
  try {
    await owner.query(`create database ${templateName}`);
  } finally {
    await owner.end();
  }
  const log = pino({ level: 'warn' });
  await migrate({ ownerUrl: databaseUrl(serverUrl, templateName), masterKey: testMasterKey }, log);
}

/** For a server whose databases go with the run: waiting for the disk is most of what creating and dropping one takes. */
export async function forgoDurability(serverUrl) {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      await client.query(`alter system set ${setting} = off`);
    }
    await client.query("alter system set max_wal_size = '8GB'");
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
}
