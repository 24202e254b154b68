import { type Database, statement } from '../../../platform/database/index.js';
import { mirrorSettings } from './profile-mirror.store.js';

/** Rows of a transaction: a call that changes one of them waits no longer than it takes. */
const PIECE = 5_000;

/** The last row of a piece, by the primary key. */
interface Piece {
  readonly rows: number;
  readonly last: readonly unknown[];
}

/** Marks the rows behind one as unknown to the analytics store; answers how many, and the last of them. */
function unmirror(table: string, columns: readonly string[]) {
  const key = columns.join(', ');
  const names = columns.map((column) => `t.${column} = piece.${column}`).join(' and ');
  return statement(
    `${table}.unmirror`,
    `with piece as materialized (
       select ${key} from ${table} where (${key}) > (${columns.map((_, n) => `$${n + 1}`).join(', ')})
        order by ${key} limit ${PIECE}
     ), marked as (
       update ${table} t set is_mirrored = false from piece where ${names}
     )
     select count(*) over ()::int as rows, json_build_array(${key}) as last
       from piece order by ${columns.map((column) => `${column} desc`).join(', ')} limit 1`,
  );
}

const noId = '00000000-0000-0000-0000-000000000000';
const tables = [
  { name: 'profiles', piece: unmirror('profile', ['org_id', 'id']), first: [noId, noId] },
  { name: 'aliases', piece: unmirror('profile_alias', ['org_id', 'project', 'alias']), first: [noId, 0, ''] },
] as const;

/** How many rows the mirror sends again, by table. */
export type Resynced = Readonly<Record<(typeof tables)[number]['name'], number>>;

/**
 * Lets the mirror send everybody of all organizations again, to an analytics store that lost them or is new. What the store
 * still has is replaced by the same.
 */
export async function resyncProfiles(database: Database): Promise<Resynced> {
  const resynced = { profiles: 0, aliases: 0 };
  for (const { name, piece, first } of tables) {
    const markBehind = (last: readonly unknown[]): Promise<Piece | undefined> =>
      database.transaction(mirrorSettings, (tx) => tx.queryOne<Piece>(piece, [...last]));
    for (let done = await markBehind(first); done; done = await markBehind(done.last))
      resynced[name] += done.rows;
  }
  return resynced;
}
