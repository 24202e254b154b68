import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import type { InboxEntry, MessageAction } from './inbox-entry.js';
import { campaignStatus } from '../campaign/index.js';
import { deliveryKind, deliveryStatus, type DeliveryStatus, wordFor } from '../delivery/index.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** How many entries a Sync returns; throws for what the contract does not allow. */
export function syncLimit(requested: number): number {
  if (requested === 0) return DEFAULT_LIMIT;
  if (requested < 1 || requested > MAX_LIMIT) {
    throw invalidArgument([
      { field: 'limit', description: `must be from 1 to ${MAX_LIMIT}, or 0 for ${DEFAULT_LIMIT}` },
    ]);
  }
  return requested;
}

const final: readonly DeliveryStatus[] = [
  deliveryStatus.acknowledged,
  deliveryStatus.missed,
  deliveryStatus.failed,
];

type Actionable = Pick<InboxEntry, 'actions' | 'status' | 'kind' | 'campaignStatus'>;

/**
 * The actions offered with a message: only those that can still be taken. An acknowledgement is visible in
 * the status. A note of a reminder is to be read only.
 */
export function offeredActions({
  actions,
  status,
  kind,
  campaignStatus: campaign,
}: Actionable): MessageAction[] {
  if (kind === deliveryKind.reminderFyi) return [];
  return campaign === campaignStatus.running && status !== deliveryStatus.missed ? actions : [];
}

/** Why the recipient may not take this action now; undefined when they may. */
export function refuseAction(
  entry: Actionable,
  { actionId, payload }: { actionId: string; payload: Uint8Array },
): AppError | undefined {
  const actions = entry.kind === deliveryKind.reminderFyi ? [] : entry.actions;
  const action = actions.find(({ id }) => id === actionId);
  if (!action) {
    return invalidArgument([{ field: 'action_id', description: 'is not an action of this message' }]);
  }
  if (action.type === 'ACK' && payload.length > 0) {
    return invalidArgument([{ field: 'payload', description: 'must be empty for an acknowledgement' }]);
  }
  if (final.includes(entry.status)) return alreadySettled(entry.status);
  if (entry.campaignStatus !== campaignStatus.running) {
    return failedPrecondition(
      'CAMPAIGN_NOT_RUNNING',
      'The campaign has ended; its messages take no more actions.',
    );
  }
  return undefined;
}

export function alreadySettled(status: DeliveryStatus): AppError {
  return failedPrecondition(
    'DELIVERY_SETTLED',
    `This message is ${wordFor(deliveryStatus, status)} already.`,
  );
}
