import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { Project } from '../../../platform/caller/project.js';
import { AppError } from '../../../platform/errors/index.js';
import { originOf, type Scope, type ScopeOrigin, Scopes } from '../../../platform/scope/index.js';
import { Answers, toResponse, type Window, withEveryBucket } from '../insight/index.js';
import { type AskedTime, type BoardTime, boardTimeOf, throwIfTooLong } from './asked-time.rules.js';
import type { Board, Tile } from './board.js';
import { tileNotFound } from './board.rules.js';
import { Boards } from './boards.service.js';
import { inTurns } from './in-turns.js';
import { questionOf } from './question.mapper.js';
import { messageOf } from './tile-errors.rules.js';

/** Tiles of one board that are asked at once. */
const TILES_AT_ONCE = 8;

/** As `shared.insights.v1` answers. */
export type Answer = ReturnType<typeof toResponse>;

/** The answer to the question of a tile, or why there is none. */
export type Outcome = { readonly answer: Answer } | { readonly error: string };

/** A tile with the outcome of its question; a note has none. */
export interface AnsweredTile {
  readonly tile: Tile;
  readonly outcome?: Outcome;
  /** For the time to compare with. */
  readonly compared?: Outcome;
}

export interface AnsweredBoard {
  readonly board: Board;
  readonly time: BoardTime;
  readonly tiles: readonly AnsweredTile[];
}

/** Answers the questions of boards, each tile by itself: what fails for one says so, and spares the others. */
@Injectable()
export class BoardAnswers {
  constructor(
    private readonly boards: Boards,
    private readonly answers: Answers,
    private readonly scopes: Scopes,
    private readonly log: PinoLogger,
  ) {
    log.setContext('board');
  }

  /** Throws CANCELLED when the caller leaves; then all its questions end. */
  async query(scope: Scope, id: string, asked: AskedTime): Promise<AnsweredBoard> {
    const board = await this.read(scope, id);
    const time = boardTimeOf(asked, board, scope.project.zone, scope.now());
    const tiles = await this.answersOf(originOf(scope), scope.project, board.tiles, time);
    return { board, time, tiles };
  }

  /** All tiles at one time. `origin`: on whose behalf, in the project. */
  answersOf(
    origin: ScopeOrigin,
    project: Project,
    tiles: readonly Tile[],
    time: BoardTime,
  ): Promise<AnsweredTile[]> {
    return inTurns(tiles, TILES_AT_ONCE, (tile) => this.answerOf(origin, project, tile, time));
  }

  /** The tiles with questions that are asked for, one after the other. */
  async *each(
    scope: Scope,
    id: string,
    { tileIds, asked }: { readonly tileIds: readonly string[]; readonly asked: AskedTime },
  ): AsyncGenerator<{ readonly tile: AnsweredTile; readonly time: BoardTime }> {
    const board = await this.read(scope, id);
    const known = new Set(board.tiles.map((tile) => tile.id));
    if (tileIds.some((tileId) => !known.has(tileId))) throw tileNotFound();
    const time = boardTimeOf(asked, board, scope.project.zone, scope.now());
    for (const tile of board.tiles) {
      if (tile.content.type === 'markdown' || (tileIds.length > 0 && !tileIds.includes(tile.id))) continue;
      yield { tile: await this.answerOf(originOf(scope), scope.project, tile, time), time };
    }
  }

  /** In a separate scope: questions wait and run for long, and a scope keeps its connection. */
  private read(scope: Scope, id: string): Promise<Board> {
    return this.scopes.run({ ...originOf(scope), readOnly: true }, (reading) => this.boards.get(reading, id));
  }

  private async answerOf(
    origin: ScopeOrigin,
    project: Project,
    tile: Tile,
    { window, bounded, granularity, compared }: BoardTime,
  ): Promise<AnsweredTile> {
    if (tile.content.type === 'markdown') return { tile };
    const { content } = tile;
    const ask = (asked: Window, held: Window): Promise<Outcome> =>
      this.outcomeOf(origin, tile.id, async (scope) => {
        throwIfTooLong(held, granularity);
        const query = questionOf(content, project, { window: asked, granularity });
        const result = await this.answers.evaluate(scope, query);
        return toResponse(query, compared ? withEveryBucket(query, result) : result);
      });
    // One after the other: a tile runs one question at a time.
    const outcome = await ask(window, bounded);
    if (!compared) return { tile, outcome };
    return { tile, outcome, compared: await ask(compared.window, compared.bounded) };
  }

  /** Each in a separate scope, so that what fails for one tile leaves the transaction of no other in ruins. */
  private async outcomeOf(
    origin: ScopeOrigin,
    tileId: string,
    work: (scope: Scope) => Promise<Answer>,
  ): Promise<Outcome> {
    try {
      return { answer: await this.scopes.run({ ...origin, readOnly: true }, work) };
    } catch (error) {
      if (origin.signal?.aborted) throw error;
      if (!(error instanceof AppError) || error.kind === 'internal')
        this.log.error({ requestId: origin.requestId, tileId, err: error }, 'tile failed');
      return { error: messageOf(error) };
    }
  }
}
