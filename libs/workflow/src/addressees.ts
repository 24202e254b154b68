/** Members who are told of one recipient, by reminder or escalation, in one round. */
export const MOST_PER_RECIPIENT = 50;
/** Copies that one step sends, all rounds together. */
export const MOST_PER_STEP = 200_000;

/** Why someone who was meant is not told. */
type SkipReason =
  | 'no_manager'
  /** The managers above the recipient lead back to the recipient. */
  | 'manager_cycle'
  | 'target_inactive'
  | 'target_restricted'
  | 'over_recipient_limit'
  | 'over_step_limit';

/** What a step's targets are at this moment, the managers of recipients apart. */
export interface NamedTargets {
  /** Members who can be told, each once, in the order of the step; enough of them to fill the limit. */
  readonly userIds: readonly string[];
  /** How many can be told, those that are not listed included. */
  readonly total: number;
}

export type Manager = { userId: string; reach: 'reachable' | 'inactive' | 'restricted' } | 'none' | 'cycle';

/** A recipient of whom others are told. */
export interface ChasedRecipient {
  readonly userId: string;
  /** Undefined when the step does not name managers. */
  readonly manager?: Manager | undefined;
}

export interface Addressees {
  /** Each once, never the recipient. */
  readonly userIds: string[];
  readonly skipped: { reason: SkipReason; userId?: string; amount: number }[];
}

/** The members who are told of a recipient: the manager first, then the others in the order of the step, up to the limit. */
export function addresseesOf(
  { userId, manager }: ChasedRecipient,
  named: NamedTargets,
  room: number,
): Addressees {
  const told = new Set<string>();
  const skipped: Addressees['skipped'] = [];
  if (manager) {
    const refusal = refuseManager(userId, manager);
    if (refusal) skipped.push({ ...refusal, amount: 1 });
    else if (typeof manager === 'object') told.add(manager.userId);
  }
  const limit = Math.min(MOST_PER_RECIPIENT, room);
  let met = 0;
  for (const id of named.userIds) {
    if (id === userId || told.has(id)) met += 1;
    else if (told.size < limit) {
      met += 1;
      told.add(id);
    }
  }
  const userIds = [...told].slice(0, Math.max(limit, 0));
  const left = named.total - met + (told.size - userIds.length);
  if (left > 0) {
    const reason =
      room < MOST_PER_RECIPIENT && userIds.length >= room ? 'over_step_limit' : 'over_recipient_limit';
    skipped.push({ reason, amount: left });
  }
  return { userIds, skipped };
}

function refuseManager(
  recipientId: string,
  manager: Manager,
): { reason: SkipReason; userId?: string } | undefined {
  if (manager === 'none') return { reason: 'no_manager' };
  if (manager === 'cycle') return { reason: 'manager_cycle' };
  const { userId, reach } = manager;
  if (userId === recipientId) return { reason: 'manager_cycle' };
  if (reach === 'inactive') return { reason: 'target_inactive', userId };
  if (reach === 'restricted') return { reason: 'target_restricted', userId };
  return undefined;
}
