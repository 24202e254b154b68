import type { Envelope } from '@dovecote/secret';
import { UnsealError } from '@dovecote/secret';
import type { Client } from 'pg';
import { type SealedColumn, sealedColumns, type SealedJob, sealedJobs } from './sealed-column.js';

/** Values of a transaction: their rows stay locked as long as it lasts. */
const PIECE = 100;

interface Resealed {
  /** Values that were sealed with another key, and are sealed with the current one now. */
  readonly resealed: number;
  /** Values that none of the keys opens. */
  readonly unreadable: number;
}

/** Hears of each place, such as `device.sealed_push_token`, when it is done. */
type Progress = (place: string, done: Resealed) => void;

interface Piece extends Resealed {
  /** Where the next piece begins; undefined behind the last one. */
  readonly next?: readonly string[];
}

interface Row {
  readonly places: readonly string[];
  readonly sealed: Buffer;
}

/**
 * Seals again what was sealed with another key than the current one, beside running servers: a value that a server has
 * changed since it was read is left alone, for it is sealed with the current key. Each piece is committed, so that a run that
 * was killed is continued by the next one.
 *
 * @param owner A connection of the owner of the tables, outside of transactions.
 */
export async function reseal(owner: Client, envelope: Envelope, tell: Progress): Promise<Resealed> {
  const organizations = await allOrganizations(owner);
  const ofTenants = new Set(
    (
      await owner.query<{ name: string }>(
        `select table_name as name from information_schema.columns
          where table_schema = 'public' and column_name = 'org_id'`,
      )
    ).rows.map(({ name }) => name),
  );
  const total = { resealed: 0, unreadable: 0 };
  const add = (place: string, done: Resealed): void => {
    tell(place, done);
    total.resealed += done.resealed;
    total.unreadable += done.unreadable;
  };
  for (const column of sealedColumns()) {
    const scopes = ofTenants.has(column.table) ? organizations : [''];
    const done = { resealed: 0, unreadable: 0 };
    for (const orgId of scopes)
      await pieces(done, (after) => pieceOfColumn(owner, envelope, { column, orgId, after }));
    add(`${column.table}.${column.column}`, done);
  }
  for (const job of sealedJobs()) {
    const done = { resealed: 0, unreadable: 0 };
    await pieces(done, (after) => pieceOfJobs(owner, envelope, job, after));
    add(`jobs ${job.task}`, done);
  }
  return total;
}

async function pieces(
  done: { resealed: number; unreadable: number },
  next: (after: readonly string[] | undefined) => Promise<Piece>,
): Promise<void> {
  for (let after: readonly string[] | undefined; ;) {
    const piece = await next(after);
    done.resealed += piece.resealed;
    done.unreadable += piece.unreadable;
    if (!piece.next) return;
    after = piece.next;
  }
}

async function allOrganizations(owner: Client): Promise<string[]> {
  return inTransaction(owner, { 'app.lookup': 'sealed:all' }, async () => {
    const { rows } = await owner.query<{ id: string }>('select id from organization order by id');
    return rows.map(({ id }) => id);
  });
}

/** `orgId`: empty for a table that belongs to no tenant. */
async function pieceOfColumn(
  owner: Client,
  envelope: Envelope,
  { column, orgId, after }: { column: SealedColumn; orgId: string; after?: readonly string[] },
): Promise<Piece> {
  const { table, column: name, places } = column;
  const [from, key] = [`public.${table}`, places.join(', ')];
  const numbered = (first: number): string => places.map((_, index) => `$${index + first}`).join(', ');
  return inTransaction(owner, { 'app.org_id': orgId }, async () => {
    // The version and the id of the key begin a sealed value. A superuser sees every tenant.
    const { rows } = await owner.query<Row>(
      `select array[${places.map((place) => `${place}::text`).join(', ')}] as places, ${name} as sealed from ${from}
        where ${orgId === '' ? `$2 = ''` : 'org_id = $2'}
          and ${name} is not null and substring(${name} from 2 for ${envelope.keyId.length}) <> $1
          ${after ? `and (${key}) > (${numbered(3)})` : ''}
        order by ${key} limit ${PIECE}`,
      [envelope.keyId, orgId, ...(after ?? [])],
    );
    const update = `update ${from} set ${name} = $1 where ${name} = $2 and (${key}) = (${numbered(3)})`;
    return rewrite(rows, envelope, column.context, async (row, sealed) => {
      const { rowCount } = await owner.query(update, [sealed, row.sealed, ...row.places]);
      return rowCount ?? 0;
    });
  });
}

async function pieceOfJobs(
  owner: Client,
  envelope: Envelope,
  { task, context }: SealedJob,
  after: readonly string[] = ['0'],
): Promise<Piece> {
  return inTransaction(owner, {}, async () => {
    const { rows } = await owner.query<Row & { id: string }>(
      `select array[j.id::text, j.payload->>'id'] as places, decode(j.payload->>'sealed', 'base64') as sealed
         from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
        where t.identifier = $1 and j.id > $2 and j.payload->>'sealed' is not null
          and substring(decode(j.payload->>'sealed', 'base64') from 2 for ${envelope.keyId.length}) <> $3
        order by j.id limit ${PIECE}`,
      [task, after[0], envelope.keyId],
    );
    return rewrite(
      rows,
      envelope,
      (_job, id = '') => context(id),
      async ({ places: [job] }, sealed) => {
        const { rowCount } = await owner.query(
          `update graphile_worker._private_jobs
              set payload = (payload::jsonb || jsonb_build_object('sealed', $2::text))::json where id = $1`,
          [job, sealed.toString('base64')],
        );
        return rowCount ?? 0;
      },
    );
  });
}

async function rewrite(
  rows: readonly Row[],
  envelope: Envelope,
  context: (...places: string[]) => string,
  write: (row: Row, sealed: Buffer) => Promise<number>,
): Promise<Piece> {
  let [resealed, unreadable] = [0, 0];
  for (const row of rows) {
    const bound = context(...row.places);
    const opened = opening(envelope, row.sealed, bound);
    if (opened) resealed += await write(row, envelope.seal(opened, bound));
    else unreadable += 1;
  }
  return { resealed, unreadable, next: rows.length < PIECE ? undefined : rows.at(-1)?.places };
}

function opening(envelope: Envelope, sealed: Buffer, context: string): Buffer | undefined {
  try {
    return envelope.open(sealed, context);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

async function inTransaction<T>(
  owner: Client,
  settings: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  await owner.query('begin');
  try {
    for (const [name, value] of Object.entries(settings))
      await owner.query('select set_config($1, $2, true)', [name, value]);
    const result = await work();
    await owner.query('commit');
    return result;
  } catch (error) {
    await owner.query('rollback').catch(() => undefined);
    throw error;
  }
}
