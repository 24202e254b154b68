import { auditEventTypes, type AuditEventType } from '../../../platform/audit/audit-event-type.js';
import { type AppError, invalidArgument } from '../../../platform/errors/index.js';

/**
 * High-volume events of the data plane; all other events are acts of a person or key. Events of sibling
 * services count as system events, too.
 */
const systemTypes: ReadonlySet<string> = new Set<AuditEventType>([
  'MESSAGE_SENT',
  'MESSAGE_OPENED',
  'ACK_REGISTERED',
  'ESCALATION_EXECUTED',
  'AI_PREDICTION_LOGGED',
  'KMS_ENCRYPT',
  'KMS_DECRYPT',
  'REMINDER_FYI_DISPATCHED',
  'REMINDER_FYI_DISMISSED',
  'ESCALATION_SENT',
]);

export const managementTypes: readonly string[] = auditEventTypes.filter((type) => !systemTypes.has(type));

const management: ReadonlySet<string> = new Set(managementTypes);

export type EventClass = 'management' | 'system';

export function classOf(eventType: string): EventClass {
  return management.has(eventType) ? 'management' : 'system';
}

export interface TimeRange {
  /** Included. */
  from: Date | null;
  /** Excluded. */
  to: Date | null;
}

export function refuseRange({ from, to }: TimeRange): AppError | undefined {
  if (!from || !to || from < to) return undefined;
  return invalidArgument([{ field: 'end_time', description: 'must be later than start_time' }]);
}
