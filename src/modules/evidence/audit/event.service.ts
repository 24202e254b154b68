import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notFound } from '../../../platform/errors/index.js';
import { Paging, type PageRequest } from '../../../platform/paging/paging.js';
import { adoptOrganization, type Scope } from '../../../platform/scope/index.js';
import { pairsOf } from './details.rules.js';
import { refuseRange } from './event.rules.js';
import { type EventFilter, EventStore, type ListedEvent } from './event.store.js';

export interface SiblingEvent {
  orgId: string;
  eventType: string;
  subjectUserId: string;
  actorId: string;
  details: object;
}

const pageForm = { defaultSize: 50, path: '' };

@Injectable()
export class AuditEvents {
  constructor(
    private readonly store: EventStore,
    private readonly paging: Paging,
  ) {}

  async list(
    scope: Scope,
    filter: EventFilter,
    request: PageRequest,
  ): Promise<{ events: ListedEvent[]; nextPageToken: string }> {
    const refusal = refuseRange(filter);
    if (refusal) throw refusal;
    const binding = ['audit_events', scope.orgId, JSON.stringify(filter)];
    const page = this.paging.parse(request, binding, pageForm);
    const rows = await this.store.list(scope, filter, page);
    const { items, pagination } = this.paging.pageOf(rows, page, 0, binding);
    return { events: items, nextPageToken: pagination.nextPageToken };
  }

  /** What a sibling service has done for an organization. Returns the id of the event. */
  async append(scope: Scope, event: SiblingEvent): Promise<string> {
    const { orgId, eventType, subjectUserId, actorId, details } = event;
    adoptOrganization(scope, orgId);
    const id = uuid();
    const found = await this.store.append(scope, {
      id,
      orgId,
      type: eventType,
      actorKind: scope.caller.kind,
      actorId,
      entityType: subjectUserId && 'user',
      entityId: subjectUserId,
      metadata: pairsOf(details),
      requestId: scope.requestId,
      createdAt: scope.now(),
    });
    if (!found) throw notFound('organization');
    return id;
  }
}
