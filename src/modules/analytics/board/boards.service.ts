import { Injectable } from '@nestjs/common';
import { randomBase62 } from '@dovecote/secret';
import { validate as isUuid, v7 as uuid } from 'uuid';
import type { Scope } from '../../../platform/scope/index.js';
import type { Board, BoardHead, Share, TileDraft } from './board.js';
import {
  boardNotFound,
  byAge,
  reconciled,
  refuseBoardOverLimit,
  refuseEqualTitles,
  refuseIds,
  refuseStaleVersion,
  refuseTooLarge,
  type SaveRules,
  type SentTile,
} from './board.rules.js';
import { BoardStore } from './board.store.js';
import { Shares } from './shares.service.js';
import { defaultGranularity, defaultPreset } from './window.rules.js';

/** What can be set of a board. */
export type BoardSettings = Pick<BoardHead, 'name' | 'description' | 'defaultRange' | 'defaultGranularity'>;

/** The desired state of a board. */
export interface BoardSave {
  /** Settings to change; what is not given stays. */
  readonly settings: Partial<BoardSettings>;
  readonly tiles: readonly SentTile[];
  readonly rules: SaveRules;
  /** The version that the caller has seen; undefined: whichever there is. */
  readonly expectedVersion?: number;
}

/** The boards of the scope's project. */
@Injectable()
export class Boards {
  constructor(
    private readonly store: BoardStore,
    private readonly shares: Shares,
  ) {}

  /** Oldest first, without tiles. */
  listHeads(scope: Scope): Promise<BoardHead[]> {
    return this.store.listHeads(scope);
  }

  /** Oldest first. */
  async list(scope: Scope): Promise<Board[]> {
    const boards = await this.store.list(scope);
    const shares = await this.shares.ofProject(scope);
    return boards.map((board) => ({ ...board, share: shares.get(board.id) }));
  }

  async get(scope: Scope, id: string): Promise<Board> {
    const board = isUuid(id) ? await this.store.find(scope, id.toLowerCase()) : undefined;
    if (!board) throw boardNotFound();
    return { ...board, share: await this.shares.find(scope, board.id) };
  }

  /** A board without a link. Without settings: of 30 days, by day. */
  async create(
    scope: Scope,
    settings: Pick<BoardSettings, 'name'> & Partial<BoardSettings>,
    tiles: readonly TileDraft[] = [],
  ): Promise<Board> {
    const use = await this.store.useForWrite(scope);
    refuse(refuseBoardOverLimit(use) ?? refuseTooLarge(tiles, use));
    const now = scope.now();
    const times = { createdAt: now.getTime(), updatedAt: now.getTime() };
    const board: Board = {
      description: '',
      defaultRange: defaultPreset,
      defaultGranularity,
      ...settings,
      id: uuid(),
      projectId: scope.project.id,
      tiles: tiles.map((tile) => ({ ...tile, ...times, id: newTileId() })),
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    await this.store.insert(scope, { ...board, createdBy: scope.actorId || null });
    await this.record(scope, 'DASHBOARD_CREATED', board);
    return board;
  }

  /** What is not given stays. `shared`: whether the link works. */
  async update(
    scope: Scope,
    id: string,
    { shared, ...settings }: Partial<BoardSettings> & { readonly shared?: boolean },
  ): Promise<Board> {
    const board = await this.getForUpdate(scope, id);
    const changed = { ...board, ...settings };
    const share = await this.setShared(scope, board.id, shared);
    if (!isChanged(board, changed)) return { ...board, share };
    const updated = nextVersion(changed, scope);
    await this.store.update(scope, updated);
    await this.record(scope, 'DASHBOARD_UPDATED', updated);
    return { ...updated, share };
  }

  /** Replaces all tiles. Of two calls at once the second one waits, and sees what the first one left. */
  async save(
    scope: Scope,
    id: string,
    { settings, tiles, rules, expectedVersion }: BoardSave,
  ): Promise<Board> {
    const board = await this.getForUpdate(scope, id);
    refuse(refuseStaleVersion(board.version, expectedVersion) ?? refuseIds(tiles, board.tiles, rules));
    const next = reconciled(tiles, board.tiles, { now: scope.now().getTime(), newId: newTileId });
    if (rules.uniqueTitles) refuse(refuseEqualTitles(next));
    refuse(refuseTooLarge(next, await this.store.useForWrite(scope, board.id)));
    const saved = nextVersion({ ...board, ...settings }, scope);
    await this.store.update(scope, saved);
    await this.store.updateTiles(scope, board.id, byAge(next, board.tiles));
    await this.record(scope, 'DASHBOARD_UPDATED', saved);
    return { ...saved, tiles: next, share: await this.shares.find(scope, board.id) };
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const board = await this.getForUpdate(scope, id);
    await this.store.delete(scope, board.id);
    await this.record(scope, 'DASHBOARD_DELETED', board);
  }

  /** A copy with other ids, and without the link. `name`: empty for that of the original. */
  async duplicate(scope: Scope, id: string, name: string): Promise<Board> {
    const board = await this.get(scope, id);
    const { description, defaultRange, defaultGranularity: granularity } = board;
    const settings = { description, defaultRange, defaultGranularity: granularity, name: name || board.name };
    const drafts = board.tiles.map(({ title, description: about, content, view, look, position }) => ({
      ...{ title, description: about, content, view, look },
      ...(position && { position }),
    }));
    return this.create(scope, settings, drafts);
  }

  async share(scope: Scope, id: string, wanted: { expiresAt: Date | null; renew: boolean }): Promise<Share> {
    const { id: boardId } = await this.getForUpdate(scope, id);
    return this.shares.enable(scope, boardId, wanted);
  }

  async revokeShare(scope: Scope, id: string): Promise<void> {
    const { id: boardId } = await this.getForUpdate(scope, id);
    await this.shares.revoke(scope, boardId);
  }

  /** Locks the row until the transaction ends: what belongs to the board changes under it. */
  private async getForUpdate(scope: Scope, id: string): Promise<Board> {
    const board = isUuid(id) ? await this.store.findForUpdate(scope, id.toLowerCase()) : undefined;
    if (!board) throw boardNotFound();
    return board;
  }

  private async setShared(scope: Scope, id: string, shared: boolean | undefined): Promise<Share | undefined> {
    if (shared) return this.shares.enable(scope, id);
    if (shared === false) await this.shares.disable(scope, id);
    return this.shares.find(scope, id);
  }

  private async record(
    scope: Scope,
    type: 'DASHBOARD_CREATED' | 'DASHBOARD_UPDATED' | 'DASHBOARD_DELETED',
    { id, projectId, name }: BoardHead,
  ): Promise<void> {
    await scope.audit(type, {
      entityType: 'dashboard',
      entityId: id,
      metadata: { project_id: projectId, name },
    });
  }
}

function newTileId(): string {
  return `tile_${randomBase62(20)}`;
}

function nextVersion(board: Board, scope: Scope): Board {
  return { ...board, version: board.version + 1, updatedAt: scope.now() };
}

function isChanged(before: BoardHead, after: BoardHead): boolean {
  const settings = ['name', 'description', 'defaultRange', 'defaultGranularity'] as const;
  return settings.some((key) => before[key] !== after[key]);
}

function refuse(refusal: Error | undefined): void {
  if (refusal) throw refusal;
}
