import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type BatchCreateRequest,
  type BatchCreateResponseSchema,
  EventsService,
} from '@dovecote/contract/sdk/events/v1/events_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Ingest } from './ingest.service.js';
import { draftsOfShipped } from './shipped-event.mapper.js';

@Controller()
export class ShippedEventsRpc {
  constructor(private readonly ingest: Ingest) {}

  @Rpc(EventsService.method.batchCreate)
  async batchCreate(
    request: BatchCreateRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof BatchCreateResponseSchema>> {
    const batch = await this.ingest.accept(scope, draftsOfShipped(request), 'shipped');
    const { records, dropped, droppedByReason } = batch;
    return { accepted: records.length, dropped, droppedByReason: Object.fromEntries(droppedByReason) };
  }
}
