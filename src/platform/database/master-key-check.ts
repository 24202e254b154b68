import { createHmac, timingSafeEqual } from 'node:crypto';
import { createEnvelope } from '@dovecote/secret';
import type { Client } from 'pg';
import { opensSigningKey, type SealedSigningKey } from './sealed-signing-key.js';
import type { Obstacle } from './obstacle.js';

/** Why the key is not the one that this database's secrets were encrypted with. */
export async function masterKeyObstacle(owner: Client, masterKey: Buffer): Promise<Obstacle | undefined> {
  return (await isKeyOf(owner, masterKey))
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

/** Binds a database to its key, once. */
export async function rememberMasterKey(owner: Client, masterKey: Buffer): Promise<void> {
  await owner.query('insert into installation (key_check) values ($1) on conflict do nothing', [
    checkOf(masterKey),
  ]);
}

async function isKeyOf(owner: Client, masterKey: Buffer): Promise<boolean> {
  const check = await readCheck(owner);
  if (check) return timingSafeEqual(check, checkOf(masterKey));
  // A database of an earlier release remembers no check; what it encrypted tells.
  if (!(await tableExists(owner, 'signing_key'))) return true;
  const { rows } = await owner.query<SealedSigningKey>(
    'select kid, sealed_private_key from signing_key order by created_at desc limit 1',
  );
  return rows.every((row) => opensSigningKey(createEnvelope(masterKey), row));
}

async function readCheck(owner: Client): Promise<Buffer | undefined> {
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
