import { type Step, stepsBehind, type StepType, type Wait, waitsAhead } from '@dovecote/workflow';
import { type CampaignSnapshot, campaignStatus } from '../campaign/index.js';
import {
  type CountedDeliveries,
  deliveryKind,
  type DeliveryTally,
  PACE_MINUTES,
  type SkipTally,
} from '../delivery/index.js';

/** What one step has done. */
export interface StepFigures {
  stepId: string;
  type: StepType;
  counts: readonly DeliveryTally[];
  skips: readonly SkipTally[];
  /** The part of the audience that has no delivery of the step; undefined for steps that send none. */
  withoutDelivery: { waiting: number; passedOver: number } | undefined;
}

export interface CampaignFigures {
  totals: CountedDeliveries & { erasedRecipients: number; erasedCopies: number };
  steps: StepFigures[];
  paces: { windowMinutes: number; acknowledged: number; read: number }[];
  /** Undefined when there is nothing to estimate by. */
  end: EndEstimate | undefined;
}

interface EndEstimate {
  at: Date;
  timers: readonly Wait[];
  /** The current step is at work: the timers behind it have not begun. */
  atWork: boolean;
}

export function figuresOf(snapshot: CampaignSnapshot): CampaignFigures {
  const { tallies, skips, counted, workflow } = snapshot;
  const present = (isPrimary: boolean): number =>
    sum(
      tallies.filter(({ kind }) => (kind === deliveryKind.primary) === isPrimary).map(({ count }) => count),
    );
  return {
    totals: {
      ...counted,
      erasedRecipients: counted.recipients - present(true),
      erasedCopies: counted.copies - present(false),
    },
    steps: workflow.steps.map((step) => {
      const counts = tallies.filter(({ stepId }) => stepId === step.id);
      return {
        stepId: step.id,
        type: step.type,
        counts,
        skips: skips.filter(({ stepId }) => stepId === step.id),
        withoutDelivery: withoutDelivery(snapshot, step, counts),
      };
    }),
    paces: PACE_MINUTES.map((windowMinutes, index) => ({
      windowMinutes,
      acknowledged: sum(tallies.map(({ lately }) => lately.acknowledged[index] ?? 0)),
      read: sum(tallies.map(({ lately }) => lately.read[index] ?? 0)),
    })),
    end: estimateEnd(snapshot),
  };
}

function withoutDelivery(
  snapshot: CampaignSnapshot,
  step: Step,
  counts: readonly DeliveryTally[],
): StepFigures['withoutDelivery'] {
  if (step.type !== 'SEND_NOTIFICATION') return undefined;
  const waiting = waitingFor(snapshot, step);
  const sent = sum(counts.map(({ count }) => count));
  return { waiting, passedOver: snapshot.audienceSize - sent - waiting };
}

/** Places of the audience whose turn at the step can still come. */
function waitingFor({ status, run, workflow, audienceSize }: CampaignSnapshot, { id }: Step): number {
  if (status === campaignStatus.created) return audienceSize;
  if (!run) return 0;
  if (run.stepId === id) return audienceSize - run.placesDone;
  return stepsBehind(workflow.steps, run.stepId).has(id) ? audienceSize : 0;
}

function estimateEnd({ run, workflow, takenAt }: CampaignSnapshot): EndEstimate | undefined {
  // When a pause ends is not known.
  if (!run || run.pausedAt) return undefined;
  const { stepId, enteredAt, round, wakeAt } = run;
  const timers = waitsAhead(workflow, { stepId, enteredAt, round, wakeAt: wakeAt ?? undefined }, takenAt);
  const last = timers.at(-1);
  return last && { at: last.at, timers, atWork: !wakeAt };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
