import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { Board, BoardHead, Tile } from './board.js';
import { type BoardUse, bytesOf } from './board.rules.js';

/** A board, and who made it. */
export interface BoardRow extends Board {
  readonly createdBy: string | null;
}

const head = `id, project_id as "projectId", name, description, default_range as "defaultRange",
          default_granularity as "defaultGranularity", version::float8 as version, created_at as "createdAt",
          updated_at as "updatedAt"`;

const lock = statement('board.lock', `select pg_advisory_xact_lock(hashtextextended('board/' || $1, 0))`);
const use = statement(
  'board.use',
  `select count(*)::integer as boards, coalesce(sum(tile_bytes), 0)::integer as bytes
     from board where org_id = $1 and project_id = $2 and id is distinct from $3`,
);
const listHeads = statement(
  'board.list_heads',
  `select ${head} from board where org_id = $1 and project_id = $2 order by created_at, id`,
);
const list = statement(
  'board.list',
  `select ${head}, tiles from board where org_id = $1 and project_id = $2 order by created_at, id`,
);
const find = statement(
  'board.find',
  `select ${head}, tiles from board where org_id = $1 and project_id = $2 and id = $3`,
);
const findForUpdate = statement(
  'board.find_for_update',
  `select ${head}, tiles from board where org_id = $1 and project_id = $2 and id = $3 for update`,
);
const insert = statement(
  'board.insert',
  `insert into board (org_id, id, project_id, name, description, default_range, default_granularity, tiles, tile_bytes,
                      version, created_by, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)`,
);
const update = statement(
  'board.update',
  `update board set name = $3, description = $4, default_range = $5, default_granularity = $6, version = $7,
          updated_at = $8
    where org_id = $1 and id = $2`,
);
const updateTiles = statement(
  'board.update_tiles',
  'update board set tiles = $3, tile_bytes = $4 where org_id = $1 and id = $2',
);
const remove = statement('board.delete', 'delete from board where org_id = $1 and id = $2');

@Injectable()
export class BoardStore {
  /**
   * What the project's boards take, without the one named. Held until the transaction ends: two calls at once cannot both
   * take the last place.
   */
  async useForWrite(scope: Scope, except?: string): Promise<BoardUse> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.project.id]);
    const row = await tx.queryOne<BoardUse>(use, [scope.orgId, scope.project.id, except ?? null]);
    return row ?? { boards: 0, bytes: 0 };
  }

  /** Oldest first, without tiles. */
  async listHeads(scope: Scope): Promise<BoardHead[]> {
    const tx = await scope.tx();
    return tx.query<BoardHead>(listHeads, [scope.orgId, scope.project.id]);
  }

  /** Oldest first. */
  async list(scope: Scope): Promise<Board[]> {
    const tx = await scope.tx();
    return tx.query<Board>(list, [scope.orgId, scope.project.id]);
  }

  async find(scope: Scope, id: string): Promise<Board | undefined> {
    return this.findIn(scope, scope.project.id, id);
  }

  /** For a scope that a link has led to the organization, and that has no project yet. */
  async findIn(scope: Scope, projectId: string, id: string): Promise<Board | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<Board>(find, [scope.orgId, projectId, id]);
  }

  /** Locks the row until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<Board | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<Board>(findForUpdate, [scope.orgId, scope.project.id, id]);
  }

  async insert(scope: Scope, board: BoardRow): Promise<void> {
    const tx = await scope.tx();
    const { id, projectId, name, description, defaultRange, defaultGranularity, tiles } = board;
    const settings = [name, description, defaultRange, defaultGranularity];
    const stored = [JSON.stringify(tiles), bytesOf(tiles), board.version, board.createdBy, board.createdAt];
    await tx.execute(insert, [scope.orgId, id, projectId, ...settings, ...stored]);
  }

  /** Everything but the tiles. */
  async update(scope: Scope, board: BoardHead): Promise<void> {
    const tx = await scope.tx();
    const { id, name, description, defaultRange, defaultGranularity, version, updatedAt } = board;
    const settings = [name, description, defaultRange, defaultGranularity, version, updatedAt];
    await tx.execute(update, [scope.orgId, id, ...settings]);
  }

  async updateTiles(scope: Scope, id: string, tiles: readonly Tile[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(updateTiles, [scope.orgId, id, JSON.stringify(tiles), bytesOf(tiles)]);
  }

  /** With its share link. */
  async delete(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, id]);
  }
}
