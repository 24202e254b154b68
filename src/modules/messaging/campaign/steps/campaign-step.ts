import type { RunEvent, Step } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import type { RenderOrigin } from '../../render/index.js';
import type { Campaign } from '../campaign.js';
import type { CampaignRun } from '../campaign-run.store.js';
import type { Span } from '../progress.rules.js';

/** Where a campaign stands. */
export interface Standing {
  campaign: Campaign;
  run: CampaignRun;
  step: Step;
}

/** What `campaign.advance` does next: go on at once, or be woken later (or never again). */
export type Advance = 'again' | 'rest';

/** A part of a step: read in one transaction, worked on outside of any, written in another. */
export interface Piece {
  /** What the step is done with once the piece is written. */
  readonly span: Span;
  /** Without a transaction: it may take long, or wait for another process. */
  work(origin: RenderOrigin): Promise<void>;
  /**
   * Writes the outcome, in the transaction that also records that the step is done with the span. Returns how many
   * copies of recipients' messages it wrote for others.
   */
  write(scope: Scope): Promise<number>;
}

/** How one kind of step is carried out. */
export interface CampaignStep {
  /**
   * One look, in a transaction under the lock of the run. Returns a piece to be worked on, what ends the step, or,
   * where everything is done in this transaction, whether to look again at once or later.
   */
  advance(scope: Scope, standing: Standing): Promise<Piece | RunEvent | Advance>;
  /**
   * The next piece from a position on, while earlier ones are in flight; undefined when there is none. Takes
   * no lock. Step types with at most one piece at a time omit this.
   */
  pieceFrom?(scope: Scope, standing: Standing, position: number): Promise<Piece | undefined>;
}

/** The event that ends a step as most end. */
export function finished({ stepId, round }: Pick<CampaignRun, 'stepId' | 'round'>): RunEvent {
  return { type: 'step_finished', stepId, round, outcome: 'completed' };
}
