import { type Step, stepById, stepsBehind, type StepType, type WorkflowDefinition } from '@dovecote/workflow';
import {
  channelNumber,
  deliveryKind,
  type DeliveryPlace,
  type DeliveryRecord,
  deliveryStatus,
  type Happening,
  type Person,
  skipReason,
  wordFor,
} from '../delivery/index.js';

/** Events of one answer. */
export const MOST_EVENTS = 1_000;

/** Names of dovecote.campaign.v1.TimelineEvent.Type. */
type EventType =
  | 'CREATED'
  | 'NOT_RENDERED'
  | 'SENT'
  | 'DELIVERED'
  | 'READ'
  | 'ACKNOWLEDGED'
  | 'REMINDED'
  | 'ESCALATED'
  | 'NOTED'
  | 'ALERTED'
  | 'SKIPPED'
  | 'MISSED'
  | 'DISMISSED'
  | 'CONTENT_ERASED';

/** Something that has happened to a delivery. */
export interface TimelineEvent {
  type: EventType;
  /** Null: not stored. */
  at: Date | null;
  text: string;
  /** Empty for what the recipient did. */
  stepId: string;
  round: number;
  /** Null for the recipient, and for several members. */
  person: Person | null;
  copyId: string | null;
  /** Why it was left out: see skipReason; 0 otherwise. */
  reason: number;
  channel: number;
  amount: number;
  wholeRound: boolean;
}

/** The steps that follow up on a message of a recipient; on copies none does. */
export function followingSteps({ steps }: WorkflowDefinition, { stepId, kind }: DeliveryPlace): string[] {
  if (kind !== deliveryKind.primary) return [];
  const behind = stepsBehind(steps, stepId);
  return steps
    .filter(({ id, type }) => behind.has(id) && (type === 'ESCALATE' || type === 'SEND_REMINDER'))
    .map(({ id }) => id);
}

/** The oldest first, those without an instant last; at most MOST_EVENTS. */
export function timelineOf(
  workflow: WorkflowDefinition,
  record: DeliveryRecord,
  happenings: readonly Happening[],
): { events: TimelineEvent[]; isTruncated: boolean } {
  const events = [
    ...beginnings(record, happenings),
    ...actsOfRecipient(record),
    ...inOrder(happenings).flatMap((happening) => followUpOf(workflow, record, happening) ?? []),
    ...endings(record),
  ];
  // Where instants are equal the order above stays.
  events.sort((a, b) => (a.at?.getTime() ?? Infinity) - (b.at?.getTime() ?? Infinity) || 0);
  return { events: events.slice(0, MOST_EVENTS), isTruncated: events.length > MOST_EVENTS };
}

const sources: readonly Happening['source'][] = ['push', 'copy', 'skip', 'round_skip'];

/** A step gives all that it does for a recipient one instant, and the store orders by instants alone. */
function inOrder(happenings: readonly Happening[]): Happening[] {
  return [...happenings].sort((a, b) => sources.indexOf(a.source) - sources.indexOf(b.source));
}

const createdTexts: Readonly<Record<number, string>> = {
  [deliveryKind.primary]: 'Created for the recipient.',
  [deliveryKind.escalation]: 'Created as a copy: the message was escalated.',
  [deliveryKind.reminderFyi]: 'Created as a note: the recipient of the message was reminded.',
};

function beginnings(record: DeliveryRecord, happenings: readonly Happening[]): TimelineEvent[] {
  const { stepId, round, kind, status, createdAt, sentAt } = record;
  const byStep = { stepId, round };
  const events = [event('CREATED', createdAt, createdTexts[kind] ?? 'Created.', byStep)];
  if (status === deliveryStatus.failed) {
    const text = `Not rendered. ${record.failure}`.trimEnd();
    return [...events, event('NOT_RENDERED', createdAt, text, byStep)];
  }
  // A message is pushed as it is created, unless there is no device yet.
  const isLate = sentAt !== null && sentAt > createdAt;
  if (isLate || (!sentAt && status !== deliveryStatus.pending))
    events.push(
      event('SKIPPED', createdAt, 'Not pushed: the recipient had no device.', {
        ...byStep,
        reason: skipReason.no_device,
        amount: 1,
      }),
    );
  if (sentAt)
    events.push(
      event(
        'SENT',
        sentAt,
        isLate ? 'Pushed, once the recipient had a device.' : 'Pushed to the recipient.',
        {
          ...byStep,
          amount: happenings.find((happening) => isOwnPush(record, happening))?.amount ?? 0,
        },
      ),
    );
  return events;
}

function actsOfRecipient(record: DeliveryRecord): TimelineEvent[] {
  const { deliveredAt, readAt, actedAt, status, dismissedAt } = record;
  const events: TimelineEvent[] = [];
  if (deliveredAt) events.push(event('DELIVERED', deliveredAt, 'Fetched by a client of the recipient.'));
  if (readAt) events.push(event('READ', readAt, 'Read by the recipient.'));
  if (actedAt || (status === deliveryStatus.acknowledged && !dismissedAt))
    events.push(event('ACKNOWLEDGED', actedAt, 'Acknowledged by the recipient.'));
  return events;
}

function endings({ status, missedAt, dismissedAt, hasContent }: DeliveryRecord): TimelineEvent[] {
  const events: TimelineEvent[] = [];
  if (status === deliveryStatus.missed)
    events.push(event('MISSED', missedAt, 'Marked as missed: the recipient did not acknowledge in time.'));
  if (dismissedAt)
    events.push(event('DISMISSED', dismissedAt, 'Settled: the recipient of the message acknowledged.'));
  if (!hasContent && status !== deliveryStatus.failed)
    events.push(event('CONTENT_ERASED', null, 'The text was erased.'));
  return events;
}

/** Undefined: it is told otherwise, or not about this delivery. */
function followUpOf(
  workflow: WorkflowDefinition,
  record: DeliveryRecord,
  happening: Happening,
): TimelineEvent | undefined {
  const { source, at, person, stepId, round, copyId, amount } = happening;
  const step = stepById(workflow, stepId);
  const whom = nameOf(person);
  const byStep = { stepId, round, person };
  switch (source) {
    case 'copy':
      return step?.type === 'SEND_REMINDER'
        ? event('NOTED', at, `Noted for ${whom}: the recipient was reminded.`, { ...byStep, copyId })
        : event('ESCALATED', at, `Escalated to ${whom}.`, { ...byStep, copyId });
    case 'push':
      if (person) return event('ALERTED', at, `Escalated to ${whom} by an alert.`, { ...byStep, amount });
      if (isOwnPush(record, happening)) return undefined;
      return event('REMINDED', at, 'The recipient was reminded.', { ...byStep, amount });
    case 'skip':
      return skipped(step?.type, happening);
    case 'round_skip':
      return isConcerned(step, record, at) ? skipped(step?.type, happening) : undefined;
  }
}

function isOwnPush({ stepId, round }: DeliveryRecord, { source, person, ...push }: Happening): boolean {
  return source === 'push' && !person && push.stepId === stepId && push.round === round;
}

/** Whether a round at that instant was about the message, by what is known of it. */
function isConcerned(
  step: Step | undefined,
  { actedAt, missedAt, status }: DeliveryRecord,
  at: Date,
): boolean {
  if (status === deliveryStatus.failed) return false;
  if (step?.config?.kind === 'ESCALATE' && step.config.condition === 'IF_NOT_CLOSED') return true;
  const isOver = (instant: Date | null): boolean => instant !== null && instant <= at;
  return !isOver(actedAt) && !(step?.type === 'SEND_REMINDER' && isOver(missedAt));
}

type Reason = keyof typeof skipReason;

const reasonTexts: Readonly<Record<Reason, string>> = {
  no_manager: 'the recipient has no manager',
  manager_cycle: 'the managers above the recipient lead back to the recipient',
  target_inactive: 'deactivated',
  target_restricted: 'the processing of their data is restricted',
  over_recipient_limit: 'at most 50 members are told of one recipient in one round',
  over_step_limit: 'a step writes at most 200,000 copies',
  recipient_inactive: 'the recipient is deactivated',
  recipient_restricted: 'the processing of data about the recipient is restricted',
  not_rendered: 'the recipient has no text',
  no_device: 'the recipient has no device',
  channel_unavailable: 'the channel does not exist yet',
  channel_not_set_up: "the organization's webhook is missing or not enabled, or has no secret",
  channels_off: 'the privacy setting third_party_channels is off',
  organization_closed: 'the organization is suspended, or is being deleted',
};

/** Reasons that keep a step from a channel. */
const aboutChannel: readonly number[] = [
  skipReason.channel_unavailable,
  skipReason.channel_not_set_up,
  skipReason.channels_off,
  skipReason.organization_closed,
];

/** Reasons that keep a step from a recipient; the others keep it from telling someone else. */
const aboutRecipient: readonly number[] = [
  skipReason.recipient_inactive,
  skipReason.recipient_restricted,
  skipReason.not_rendered,
  skipReason.no_device,
];

function skipped(type: StepType | undefined, happening: Happening): TimelineEvent {
  const { at, stepId, round, person, reason, channel, amount, source } = happening;
  const word = Object.entries(skipReason).find(([, number]) => number === reason)?.[0];
  const why = isReason(word) ? reasonTexts[word] : 'for a reason of a newer release';
  const what = aboutChannel.includes(reason)
    ? `Not sent by ${wordFor(channelNumber, channel)}`
    : (type === 'ESCALATE' ? 'Not escalated' : 'Not reminded') + toWhom(happening, type);
  return event('SKIPPED', at, `${what}: ${why}.`, {
    ...{ stepId, round, person, reason, channel, amount },
    wholeRound: source === 'round_skip',
  });
}

function toWhom({ reason, person, amount }: Happening, type: StepType | undefined): string {
  if (aboutRecipient.includes(reason)) return '';
  const preposition = type === 'ESCALATE' ? ' to ' : ', by a note to ';
  if (person) return preposition + nameOf(person);
  if (reason === skipReason.no_manager || reason === skipReason.manager_cycle)
    return `${preposition}the manager`;
  return `${preposition}${amount} ${amount === 1 ? 'member' : 'members'}`;
}

function isReason(word: string | undefined): word is Reason {
  return word !== undefined && Object.hasOwn(reasonTexts, word);
}

function nameOf(person: Person | null): string {
  if (person?.isErased) return 'an erased member';
  return person?.name || 'a member';
}

function event(
  type: EventType,
  at: Date | null,
  text: string,
  more: Partial<TimelineEvent> = {},
): TimelineEvent {
  return {
    ...{ type, at, text, stepId: '', round: 0, person: null, copyId: null },
    ...{ reason: 0, channel: 0, amount: 0, wholeRound: false },
    ...more,
  };
}
