import { Injectable } from '@nestjs/common';
import {
  awaitedSteps,
  type ChannelName,
  type EscalationTarget,
  MOST_PER_RECIPIENT,
  MOST_PER_STEP,
} from '@dovecote/workflow';
import { v7 as uuid } from 'uuid';
import type { Scope } from '../../../platform/scope/index.js';
import {
  type CopyBatch,
  CopyStore,
  CounterStore,
  DeliveryEventStore,
  type FollowedMessage,
  FollowUpStore,
  type Skip,
  SkipStore,
} from '../delivery/index.js';
import {
  followed,
  followedStatuses,
  type FollowUpCondition,
  recipientsAtOnce,
  tellings,
} from './follow-up.rules.js';
import { nextGap, type Span } from './progress.rules.js';
import { RecipientStore } from './recipient.store.js';
import type { Standing } from './steps/campaign-step.js';
import { namesManagers, Targets } from './target.service.js';

/** How a step follows up on the messages that were sent before it. */
export interface FollowUp {
  condition: FollowUpCondition;
  targets: readonly EscalationTarget[];
  channels: readonly ChannelName[];
}

/** The recipients of a piece whose messages are followed up on, who is told of them, and who is not. */
export interface FollowUpPiece {
  span: Span;
  messages: FollowedMessage[];
  copies: CopyBatch['copies'];
  skips: Skip[];
}

/** What reminders and escalations have in common. */
@Injectable()
export class FollowUps {
  constructor(
    private readonly recipients: RecipientStore,
    private readonly messages: FollowUpStore,
    private readonly targets: Targets,
    private readonly copies: CopyStore,
    private readonly skips: SkipStore,
    private readonly counters: CounterStore,
    private readonly events: DeliveryEventStore,
  ) {}

  /** The next piece of the audience; undefined when there is none left. */
  async next(
    scope: Scope,
    { campaign, run }: Standing,
    { condition, targets }: FollowUp,
  ): Promise<FollowUpPiece | undefined> {
    const gap = nextGap(run.done, 0);
    if (!gap) return undefined;
    const [from, to] = gap;
    const { includeRestricted } = campaign;
    const named = await this.targets.named(scope, targets, includeRestricted);
    const most = recipientsAtOnce(
      Math.min(named.total, MOST_PER_RECIPIENT) + (namesManagers(targets) ? 1 : 0),
    );
    const places = await this.recipients.next(scope, campaign.id, gap, most);
    const last = places.at(-1);
    if (!last && to === null) return undefined;
    const stepIds = awaitedSteps(campaign.workflow, run.stepId);
    const userIds = places.map(({ userId }) => userId);
    const found = await this.messages.find(scope, campaign.id, stepIds, userIds);
    const { messages, skips } = followed(found, condition, includeRestricted);
    const concerned = messages.map(({ userId }) => userId);
    const managers = await this.targets.managersOf(scope, targets, concerned, includeRestricted);
    const told = tellings(messages, { managers, named, room: MOST_PER_STEP - run.copies });
    return {
      span: [from, last && places.length === most ? last.position + 1 : to],
      messages,
      copies: told.told.map((copy) => ({ id: uuid(), ...copy })),
      skips: [...skips, ...told.skips, ...unreachable(named)],
    };
  }

  /** Before anything of the piece is written: the recipients and those who are told of them wait. */
  async lock(scope: Scope, { messages, copies }: FollowUpPiece): Promise<void> {
    await this.copies.lockInboxes(scope, [
      ...messages.map(({ userId }) => userId),
      ...copies.map(({ userId }) => userId),
    ]);
  }

  batchOf(
    { campaign, run }: Standing,
    { condition }: FollowUp,
    { copies }: FollowUpPiece,
    kind: CopyBatch['kind'],
  ): CopyBatch {
    return {
      campaignId: campaign.id,
      stepId: run.stepId,
      round: run.round,
      kind,
      critical: campaign.critical,
      parentStatuses: followedStatuses[condition],
      copies,
    };
  }

  /** Returns how many copies are new. */
  async send(scope: Scope, batch: CopyBatch): Promise<number> {
    const created = await this.copies.insert(scope, batch);
    if (created > 0) await this.counters.add(scope, batch.campaignId, { copies: created });
    return created;
  }

  /** What the step did about the messages of the piece, when all of that is written, and whom it left out. */
  async record(
    scope: Scope,
    { campaign, run, step }: Standing,
    { messages }: FollowUpPiece,
    skips: readonly Skip[],
  ): Promise<void> {
    const place = { campaignId: campaign.id, stepId: run.stepId, round: run.round };
    await this.skips.record(scope, place, skips);
    if (messages.length === 0) return;
    const deliveryIds = messages.map(({ deliveryId }) => deliveryId);
    if (step.type === 'SEND_REMINDER') await this.events.noteReminded(scope, place, deliveryIds);
    else await this.events.noteEscalated(scope, place, deliveryIds);
  }
}

/** Once for a round: it is the same for every recipient. */
function unreachable({ inactive, restricted }: { inactive: number; restricted: number }): Skip[] {
  return [
    ...(inactive > 0 ? [{ reason: 'target_inactive' as const, amount: inactive }] : []),
    ...(restricted > 0 ? [{ reason: 'target_restricted' as const, amount: restricted }] : []),
  ];
}
