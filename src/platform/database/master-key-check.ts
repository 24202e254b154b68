import { createHmac, timingSafeEqual } from 'node:crypto';
import { createEnvelope } from '@dovecote/secret';
import type { Client } from 'pg';
import { opensSigningKey, type SealedSigningKey } from './sealed-signing-key.js';
import type { Obstacle } from './obstacle.js';

const checkBytes = 32;

/** The master key, and the one that is accepted beside it while it changes. */
export interface MasterKeys {
  readonly masterKey: Buffer;
  readonly acceptedKey?: Buffer;
}

/** Why none of the keys is the one that this database's secrets were encrypted with. */
export async function masterKeyObstacle(owner: Client, keys: MasterKeys): Promise<Obstacle | undefined> {
  return (await boundKey(owner, keys))
    ? undefined
    : {
        subject: 'master key',
        text: 'The secrets in this database cannot be opened: they were encrypted with another master key.',
        advice:
          'Set MASTER_KEY, or restore master.key in DATA_DIR, to the key that this database was made with.',
      };
}

/** Why no key may be made for this database. */
export async function keyMissingObstacle(owner: Client, file: string): Promise<Obstacle | undefined> {
  if (!(await tableExists(owner, 'schema_migration'))) return undefined;
  return {
    subject: 'master key',
    text: `${file} is missing, and the database holds secrets that only this key opens.`,
    advice: 'Restore it from your backup, or set MASTER_KEY to it.',
  };
}

/** The one of the keys to which the database is bound; undefined when it is bound to another one. */
export async function boundKey(
  owner: Client,
  { masterKey, acceptedKey }: MasterKeys,
): Promise<Buffer | undefined> {
  const keys = acceptedKey ? [masterKey, acceptedKey] : [masterKey];
  const check = await readKeyCheck(owner);
  if (check) return keyOfCheck(check, { masterKey, acceptedKey });
  // A database of an earlier release remembers no check; what it encrypted tells.
  if (!(await tableExists(owner, 'signing_key'))) return masterKey;
  const { rows } = await owner.query<SealedSigningKey>(
    'select kid, sealed_private_key from signing_key order by created_at desc limit 1',
  );
  return keys.find((key) => rows.every((row) => opensSigningKey(createEnvelope(key), row)));
}

/** The one of the keys that makes this check; undefined when it is of another one. */
export function keyOfCheck(check: Buffer, { masterKey, acceptedKey }: MasterKeys): Buffer | undefined {
  const keys = acceptedKey ? [masterKey, acceptedKey] : [masterKey];
  return keys.find((key) => check.length === checkBytes && timingSafeEqual(check, checkOf(key)));
}

/** Binds a database to its key, once. */
export async function rememberMasterKey(owner: Client, keys: MasterKeys): Promise<void> {
  const key = (await boundKey(owner, keys)) ?? keys.masterKey;
  await owner.query('insert into installation (key_check) values ($1) on conflict do nothing', [
    checkOf(key),
  ]);
}

/** Binds the database to another key. In a transaction. */
export async function bindTo(owner: Client, masterKey: Buffer): Promise<void> {
  await owner.query('update installation set key_check = $1', [checkOf(masterKey)]);
}

/** What the database remembers of its key; undefined for one of an earlier release. */
export async function readKeyCheck(owner: Client): Promise<Buffer | undefined> {
  if (!(await tableExists(owner, 'installation'))) return undefined;
  const { rows } = await owner.query<{ key_check: Buffer }>('select key_check from installation');
  return rows[0]?.key_check;
}

async function tableExists(owner: Client, name: string): Promise<boolean> {
  const { rows } = await owner.query(`select where to_regclass($1) is not null`, [`public.${name}`]);
  return rows.length > 0;
}

function checkOf(masterKey: Buffer): Buffer {
  return createHmac('sha256', masterKey).update('dovecote installation').digest();
}
