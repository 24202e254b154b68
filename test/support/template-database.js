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
