import type { RunEvent, Step } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import type { RenderOrigin } from '../../render/index.js';
import type { Campaign } from '../campaign.js';
import type { CampaignRun } from '../campaign-run.store.js';

/** Where a campaign stands; read under the lock of its run. */
export interface Standing {
  campaign: Campaign;
  run: CampaignRun;
  step: Step;
}

/** What `campaign.advance` does next: go on at once, or be woken later (or never again). */
export type Advance = 'again' | 'rest';

/** A part of a step: read in one transaction, worked on outside of any, written in another. */
export interface Piece {
  /** Where the part ends: the cursor of the run once it is written. */
  readonly end: number;
  /** Whether nothing of the step is left behind it. */
  readonly isLast: boolean;
  /** Without a transaction: it may take long, or wait for another process. */
  work(origin: RenderOrigin): Promise<void>;
  /** Writes the outcome, in the transaction that also records how far the step has come. */
  write(scope: Scope): Promise<void>;
}

/** How one kind of step is carried out. */
export interface CampaignStep {
  /**
   * One look, in a transaction under the lock of the run. Returns a piece to be worked on, what ends the step, or,
   * where everything is done in this transaction, whether to look again at once or later.
   */
  advance(scope: Scope, standing: Standing): Promise<Piece | RunEvent | Advance>;
}

/** The event that ends a step as most end. */
export function finished(stepId: string): RunEvent {
  return { type: 'step_finished', stepId, outcome: 'completed' };
}
