import { addresseesOf, type Manager, type NamedTargets, type WorkflowDefinition } from '@dovecote/workflow';
import { deliveryStatus, type FollowedMessage, openStatuses, type Skip } from '../delivery/index.js';

/** A step follows up on the messages on which recipients can still act, on those not acknowledged, or on all. */
export type FollowUpCondition = 'open' | 'not_acknowledged' | 'any';

/** The states of a message in which a step with the condition follows up on it. */
export const followedStatuses = {
  open: openStatuses,
  not_acknowledged: [...openStatuses, deliveryStatus.missed],
  any: [...openStatuses, deliveryStatus.missed, deliveryStatus.acknowledged],
} as const;

/** The messages of a piece that a step follows up on, and the ones that it has to leave out. */
export function followed(
  messages: readonly FollowedMessage[],
  condition: FollowUpCondition,
  includeRestricted: boolean,
): { messages: FollowedMessage[]; skips: Skip[] } {
  const skips: Skip[] = [];
  const kept = messages.filter((message) => {
    const reason = refuseRecipient(message, condition, includeRestricted);
    if (reason && reason !== 'not_concerned')
      skips.push({ deliveryId: message.deliveryId, reason, amount: 1 });
    return !reason;
  });
  return { messages: kept, skips };
}

function refuseRecipient(
  { status, isRendered, isReachable, isRestricted }: FollowedMessage,
  condition: FollowUpCondition,
  includeRestricted: boolean,
): Skip['reason'] | 'not_concerned' | undefined {
  const isConcerned = followedStatuses[condition].some((one) => one === status);
  if (!isConcerned && (status !== deliveryStatus.failed || condition === 'open')) return 'not_concerned';
  if (!isRendered) return 'not_rendered';
  if (!isReachable) return 'recipient_inactive';
  return isRestricted && !includeRestricted ? 'recipient_restricted' : undefined;
}

/** The members who are told of recipients, at most `room` copies; and those who are not, and why. */
export function tellings(
  messages: readonly FollowedMessage[],
  {
    managers,
    named,
    room,
  }: { managers: ReadonlyMap<string, Manager> | undefined; named: NamedTargets; room: number },
): { told: { parentId: string; userId: string }[]; skips: Skip[] } {
  const told: { parentId: string; userId: string }[] = [];
  const skips: Skip[] = [];
  for (const { deliveryId, userId } of messages) {
    const manager = managers && (managers.get(userId) ?? 'none');
    const { userIds, skipped } = addresseesOf({ userId, manager }, named, Math.max(room - told.length, 0));
    for (const id of userIds) told.push({ parentId: deliveryId, userId: id });
    for (const skip of skipped) skips.push({ deliveryId, ...skip });
  }
  return { told, skips };
}

/** Rows that a piece may write: the more addressees, the fewer recipients. */
const MOST_ROWS = 4_000;
const MOST_RECIPIENTS = 2_000;

export function recipientsAtOnce(addressees: number): number {
  return Math.max(1, Math.min(MOST_RECIPIENTS, Math.floor(MOST_ROWS / Math.max(addressees, 1))));
}

/** The steps whose copies are settled once the recipient acknowledges: the others do not depend on that. */
export function stepsSettledByRecipient({ steps }: WorkflowDefinition): string[] {
  return steps
    .filter(
      ({ type, config }) =>
        type === 'SEND_REMINDER' || (config?.kind === 'ESCALATE' && config.condition === 'IF_NOT_ACKED'),
    )
    .map(({ id }) => id);
}
