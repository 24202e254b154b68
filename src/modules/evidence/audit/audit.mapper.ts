import { create } from '@bufbuild/protobuf';
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type AppendRequest,
  AuditEventClass,
  AuditEventType,
  AuditExportFormat,
  AuditEventSchema,
  AuditExportSchema,
  type AuditEvent,
  type AuditExport,
  type ListAuditEventsRequest,
} from '@dovecote/contract/pidgr/v1/audit_pb';
import type { TrailFormat } from '../../../platform/audit/trail-file/index.js';
import { classOf, type EventClass } from './event.rules.js';
import type { SiblingEvent } from './event.service.js';
import type { EventFilter, ListedEvent } from './event.store.js';
import type { ListedExport } from './export.store.js';

const classes: Record<EventClass, AuditEventClass> = {
  management: AuditEventClass.MANAGEMENT,
  system: AuditEventClass.SYSTEM,
};

const formats: Partial<Record<AuditExportFormat, TrailFormat>> = {
  [AuditExportFormat.CSV]: 'csv',
  [AuditExportFormat.JSON]: 'json',
  [AuditExportFormat.PARQUET]: 'parquet',
};

export function toEvent({ eventType, createdAt, ...event }: ListedEvent): AuditEvent {
  return create(AuditEventSchema, {
    ...event,
    // Words of sibling services that the contract does not know have no number.
    eventType: AuditEventType[eventType as keyof typeof AuditEventType] ?? AuditEventType.UNSPECIFIED,
    eventClass: classes[classOf(eventType)],
    createdAt: timestampFromDate(createdAt),
  });
}

export function toFilter(request: ListAuditEventsRequest): EventFilter {
  const { eventType, actorId, startTime, endTime, eventClasses } = request;
  const wanted = (['management', 'system'] as const).filter((name) => eventClasses.includes(classes[name]));
  return {
    eventType: eventType === AuditEventType.UNSPECIFIED ? null : (AuditEventType[eventType] ?? null),
    actorId: actorId.toLowerCase() || null,
    from: toDate(startTime),
    to: toDate(endTime),
    // All of them is as good as none.
    eventClass: wanted.length === 1 ? (wanted[0] ?? null) : null,
  };
}

export function toFormat(format: AuditExportFormat): TrailFormat {
  const found = formats[format];
  if (!found) throw new RangeError(`Format ${format} is not part of the contract.`);
  return found;
}

export function toDate(time: Timestamp | undefined): Date | null {
  return time ? timestampDate(time) : null;
}

export function toExport({ url, ...row }: ListedExport & { url: string }): AuditExport {
  const { id, format, status, error, requestedByEmail, createdAt, completedAt } = row;
  return create(AuditExportSchema, {
    id,
    format,
    status,
    resultUrl: url,
    errorMessage: error,
    requestedByEmail,
    createdAt: timestampFromDate(createdAt),
    completedAt: completedAt ? timestampFromDate(completedAt) : undefined,
  });
}

export function toSiblingEvent(request: AppendRequest): SiblingEvent {
  return {
    orgId: request.orgId.toLowerCase(),
    eventType: request.eventType.replace(/^AUDIT_EVENT_TYPE_/, ''),
    subjectUserId: request.subjectUserId?.toLowerCase() ?? '',
    actorId: request.actorId?.toLowerCase() ?? '',
    details: request.details ?? {},
  };
}
