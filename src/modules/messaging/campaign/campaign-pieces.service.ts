import { Inject, Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { AppError } from '../../../platform/errors/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { CampaignRuns, PieceOvertaken, type PieceOfRun } from './campaign-run.service.js';
import { CampaignWake } from './campaign-wake.service.js';
import type { Advance } from './steps/campaign-step.js';

/** Pieces of one campaign that are in flight at a time. More gain little: PostgreSQL is the limit. */
const MOST_LANES = 3;

/** All campaigns of a process together use one in so many connections of the pool beyond one each: calls need them. */
const SHARE_OF_POOL = 5;

/** Between two looks at a render process that does not answer. */
const RENDER_PAUSE_MS = 3_000;

/**
 * Runs the pieces of a step concurrently: while PostgreSQL writes one, the next is read and rendered. Each
 * piece has its own transactions and may commit before earlier ones.
 */
@Injectable()
export class CampaignPieces {
  private spareLanes: number;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly runs: CampaignRuns,
    private readonly wakes: CampaignWake,
    private readonly log: PinoLogger,
  ) {
    log.setContext('campaign');
    this.spareLanes = Math.floor(config.database.poolSize / SHARE_OF_POOL);
  }

  /** Carries a piece and those behind it; says what the campaign does next. */
  async carry(first: PieceOfRun, context: JobContext): Promise<Advance> {
    const spare = Math.min(this.spareLanes, MOST_LANES - 1);
    this.spareLanes -= spare;
    try {
      return await this.carryInLanes(1 + spare, first, context);
    } finally {
      this.spareLanes += spare;
    }
  }

  private async carryInLanes(lanes: number, first: PieceOfRun, context: JobContext): Promise<Advance> {
    let outcome: Advance = 'again';
    let isStopped = false;
    let claimed: Promise<PieceOfRun | undefined> | undefined;
    // One after the other: a piece begins where the one before it ends.
    const claim = (): Promise<PieceOfRun | undefined> => {
      claimed = claimed
        ? claimed.then((piece) => (piece && !isStopped ? this.behind(piece, context) : undefined))
        : Promise.resolve(first);
      return claimed;
    };
    const lane = async (): Promise<void> => {
      try {
        for (let piece = await claim(); piece; piece = await claim()) {
          const next = await this.carryOne(piece, context);
          if (next === 'rest') outcome = 'rest';
          isStopped ||= next !== 'again' || context.signal.aborted;
        }
      } catch (error) {
        isStopped = true;
        throw error;
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return outcome;
  }

  private behind(piece: PieceOfRun, { run }: JobContext): Promise<PieceOfRun | undefined> {
    return run((scope) => this.runs.pieceBehind(scope, piece));
  }

  private async carryOne(piece: PieceOfRun, context: JobContext): Promise<Advance | 'overtaken'> {
    if (!(await this.work(piece, context))) return 'rest';
    try {
      return await context.run((scope) => this.runs.write(scope, piece));
    } catch (error) {
      if (error instanceof PieceOvertaken) return 'overtaken';
      throw error;
    }
  }

  /** False when rendering is unavailable: the campaign is woken again soon, however long that lasts. */
  private async work({ campaign, piece }: PieceOfRun, { jobId, run }: JobContext): Promise<boolean> {
    try {
      await piece.work({ requestId: `job:${jobId}` });
      return true;
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'unavailable')) throw error;
      const { id } = campaign;
      this.log.warn({ err: error.cause ?? error, campaignId: id }, 'rendering is unavailable; waiting');
      await run((scope) => this.wakes.wake(scope, id, new Date(scope.now().getTime() + RENDER_PAUSE_MS)));
      return false;
    }
  }
}
