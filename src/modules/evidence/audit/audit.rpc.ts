import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type AppendRequest,
  type AppendResponseSchema,
  AuditService,
  type ExportAuditTrailRequest,
  type ExportAuditTrailResponseSchema,
  type ListAuditEventsRequest,
  type ListAuditEventsResponseSchema,
  type ListAuditExportsRequest,
  type ListAuditExportsResponseSchema,
} from '@dovecote/contract/pidgr/v1/audit_pb';
import { PrivacyRequestStatus } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { toDate, toEvent, toExport, toFilter, toFormat, toSiblingEvent } from './audit.mapper.js';
import { AuditEvents } from './event.service.js';
import { AuditExports } from './export.service.js';

@Controller()
export class AuditRpc {
  constructor(
    private readonly events: AuditEvents,
    private readonly exports: AuditExports,
  ) {}

  @Rpc(AuditService.method.listAuditEvents)
  async listAuditEvents(
    request: ListAuditEventsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListAuditEventsResponseSchema>> {
    const { events, nextPageToken } = await this.events.list(scope, toFilter(request), request);
    return { events: events.map(toEvent), nextPageToken };
  }

  @Rpc(AuditService.method.exportAuditTrail)
  async exportAuditTrail(
    { format, startTime, endTime }: ExportAuditTrailRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ExportAuditTrailResponseSchema>> {
    const range = { from: toDate(startTime), to: toDate(endTime) };
    await this.exports.request(scope, { ...range, format: toFormat(format) });
    return { status: PrivacyRequestStatus.PENDING };
  }

  @Rpc(AuditService.method.listAuditExports)
  async listAuditExports(
    _request: ListAuditExportsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListAuditExportsResponseSchema>> {
    return { exports: (await this.exports.list(scope)).map(toExport) };
  }

  @Rpc(AuditService.method.append)
  async append(request: AppendRequest, scope: Scope): Promise<MessageInitShape<typeof AppendResponseSchema>> {
    return { eventId: await this.events.append(scope, toSiblingEvent(request)) };
  }
}
