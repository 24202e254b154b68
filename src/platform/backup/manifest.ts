import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { BackupError, type BackupTarget } from './backup-target.js';
import { manifestName } from './manifest-name.js';

/** A manifest names some ten thousand files. */
const MOST_BYTES = 64 * 1024 * 1024;

const name = z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/);
const column = z.string().regex(/^[a-z_][a-z0-9_]*$/);
const count = z.number().int().nonnegative();

/** A compressed file of lines. */
const file = z.object({
  name,
  rows: count,
  /** Size and hash of the compressed file. */
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const table = z.object({
  schema: column,
  name: column,
  columns: z.array(column),
  rows: count,
  files: z.array(file),
});

const manifest = z.object({
  format: z.literal(1),
  id: z.uuid(),
  /** The version of the program. */
  program: z.string(),
  /** The instant of PostgreSQL's snapshot: T of the guarantee. */
  takenAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** What the key of the installation makes of a constant, in hexadecimal. */
  keyCheck: z.string().regex(/^[0-9a-f]{64}$/),
  postgres: z.object({
    version: z.string(),
    migrations: z.array(z.string()),
    tables: z.array(table),
    sequences: z.array(
      z.object({ schema: column, name: column, value: z.string().regex(/^-?\d+$/), isCalled: z.boolean() }),
    ),
  }),
  /** Null: analytics was never used. */
  analytics: z
    .object({ version: z.string(), migrations: z.array(z.string()), tables: z.array(table) })
    .nullable(),
  objects: z.object({
    count,
    bytes: count,
    /** Deleted while the backup ran. */
    gone: count,
    /** The list of the objects: a file of lines. */
    list: z.array(file),
  }),
});

const envelope = z.object({ manifest: z.unknown(), sha256: z.string(), mac: z.string() });

export type BackupFile = z.infer<typeof file>;
export type BackupTable = z.infer<typeof table>;
export type Manifest = z.infer<typeof manifest>;

/** A manifest, and what its key has made of it. */
export interface SignedManifest {
  readonly manifest: Manifest;
  /** Whether a holder of the key has written it, and it was not changed since. */
  isSignedWith(masterKey: Buffer): boolean;
}

export async function writeManifest(target: BackupTarget, made: Manifest, masterKey: Buffer): Promise<void> {
  const text = JSON.stringify(made);
  const outer = { manifest: made, sha256: digestOf(text), mac: macOf(text, masterKey).toString('hex') };
  await target.put(manifestName, Readable.from([JSON.stringify(outer)]));
}

/** Refuses a place without a manifest, and one that was damaged. */
export async function readManifest(target: BackupTarget): Promise<SignedManifest> {
  if (!(await target.names()).includes(manifestName))
    throw new BackupError(
      `${target.place} holds no complete backup: ${manifestName} is missing, which is written last.`,
    );
  const outer = parse(await readBounded(await target.read(manifestName)), target);
  const text = JSON.stringify(outer.manifest);
  if (digestOf(text) !== outer.sha256) throw damaged(target);
  const read = manifest.safeParse(outer.manifest);
  if (!read.success)
    throw new BackupError(
      `${manifestName} in ${target.place} is of another version of the program: ${read.error.issues[0]?.path.join('.')} is not as it should be.`,
    );
  const mac = Buffer.from(outer.mac, 'hex');
  return {
    manifest: read.data,
    isSignedWith(masterKey) {
      const expected = macOf(text, masterKey);
      return mac.length === expected.length && timingSafeEqual(mac, expected);
    },
  };
}

function parse(text: string, target: BackupTarget): z.infer<typeof envelope> {
  try {
    return envelope.parse(JSON.parse(text));
  } catch {
    throw damaged(target);
  }
}

async function readBounded(stream: Readable): Promise<string> {
  let bytes = 0;
  const bounded = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new BackupError(`${manifestName} is larger than any that was written.`);
      yield chunk;
    }
  };
  return (await buffer(bounded())).toString('utf8');
}

function damaged(target: BackupTarget): BackupError {
  return new BackupError(`${manifestName} in ${target.place} is damaged.`);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function macOf(text: string, masterKey: Buffer): Buffer {
  return createHmac('sha256', masterKey).update('dovecote backup').update(text).digest();
}
